"""Label shift: closed forms, Elkan's formula, and what expectation maximisation recovers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from abkit.core.errors import ConfigError, DataError
from abkit.core.rng import rng_for
from abkit.model.prior_shift import (
    corrected,
    estimate_prior,
    moved,
    precision_at_prior,
    prior_for_precision,
)

SHARE = st.floats(0.01, 0.99)


def test_precision_by_hand() -> None:
    """1,000 rows, 200 positive: recall .8 finds 160, a false-positive rate of .05 adds 40."""
    assert precision_at_prior(0.8, 0.05, 0.2) == pytest.approx(160 / 200)
    assert precision_at_prior(0.8, 0.05, 0.5) == pytest.approx(0.4 / 0.425)
    assert prior_for_precision(0.8, 0.05, 0.8) == pytest.approx(0.2)
    assert precision_at_prior(0.0, 0.0, 0.2) is None
    assert prior_for_precision(0.0, 0.0, 0.8) is None


@given(SHARE, SHARE, SHARE, SHARE)
def test_a_promise_breaks_where_it_says(recall, fpr, prior, target) -> None:
    edge = prior_for_precision(recall, fpr, target)
    assert edge is not None
    assert precision_at_prior(recall, fpr, edge) == pytest.approx(target)
    precision = precision_at_prior(recall, fpr, prior)
    assert precision is not None
    assert moved(precision, prior, edge) == pytest.approx(target)


@given(SHARE, SHARE, SHARE)
def test_elkans_formula(p, b, new) -> None:
    """Elkan (2001), theorem 2: p' = b' (p - p b) / (b - p b + b' p - b b')."""
    want = new * (p - p * b) / (b - p * b + new * p - b * new)
    assert moved(p, b, new) == pytest.approx(want)
    both = corrected([[p, 1 - p]], [b, 1 - b], [new, 1 - new])
    assert both[0, 0] == pytest.approx(want)
    assert moved(moved(p, b, new), new, b) == pytest.approx(p)


def test_two_scores_have_a_closed_form() -> None:
    """n_1 rows of ratio 1 + a_1, n_2 of 1 + a_2: share = -(n_1 a_1 + n_2 a_2) / (n a_1 a_2)."""
    prior, p, n = 0.3, np.array([0.8, 0.1]), np.array([40, 160])
    rows = np.repeat(p, n)
    a = p / prior / ((1 - p) / (1 - prior)) - 1  # odds against the rest, at share 0
    want = -(n @ a) / (n.sum() * a.prod())
    got = estimate_prior(np.column_stack([rows, 1 - rows]), [prior, 1 - prior])
    assert 0 < want < 1
    assert got.prior[0] == pytest.approx(want, abs=1e-6)
    assert got.standard_errors[0] == pytest.approx(got.standard_errors[1])


def test_certain_scores_are_counted() -> None:
    """Scores of 0 and 1 leave no doubt: the estimate is their share, its error the binomial one."""
    rows = np.repeat([1.0, 0.0], [30, 70])
    got = estimate_prior(np.column_stack([rows, 1 - rows]), [0.5, 0.5])
    assert got.prior == pytest.approx((0.3, 0.7))
    assert got.standard_errors[0] == pytest.approx(np.sqrt(0.3 * 0.7 / 100))


def sample(n: int, prior: np.ndarray, seed: int) -> np.ndarray:
    """Calibrated probabilities at equal shares, of three classes drawn at `prior`."""
    rng = rng_for(seed, "shift")
    centres = 1.5 * np.eye(3)
    x = centres[rng.choice(3, size=n, p=prior)] + rng.normal(size=(n, 3))
    density = np.exp(-0.5 * ((x[:, None, :] - centres) ** 2).sum(axis=2))
    return density / density.sum(axis=1, keepdims=True)


def test_against_a_direct_maximiser() -> None:
    """Scipy's constrained search climbs the same likelihood to the same point."""
    p = sample(60, np.array([0.45, 0.35, 0.2]), seed=1)

    def loss(free):
        return -np.sum(np.log((3 * p) @ np.append(free, 1 - free.sum())))

    best = optimize.minimize(
        loss, [0.3, 0.3], bounds=[(1e-6, 1)] * 2, method="SLSQP", options={"ftol": 1e-14},
        constraints={"type": "ineq", "fun": lambda free: 1 - 1e-6 - free.sum()},
    )  # fmt: skip
    got = estimate_prior(p, [1 / 3] * 3)
    assert got.prior[:2] == pytest.approx(best.x, abs=1e-4)
    gain = 2 * (loss(np.full(2, 1 / 3)) - loss(best.x))
    assert got.p_value == pytest.approx(stats.chi2.sf(gain, 2), rel=1e-3)
    assert 1e-4 < got.p_value < 0.5


def test_shares_are_recovered_and_errors_mean_what_they_say() -> None:
    prior = np.array([0.6, 0.3, 0.1])
    z = []
    for seed in range(200):
        got = estimate_prior(sample(500, prior, seed), [1 / 3] * 3)
        z.append((np.array(got.prior) - prior) / np.array(got.standard_errors, dtype=float))
    assert np.abs(np.mean(z, axis=0)) == pytest.approx([0, 0, 0], abs=0.3)
    assert np.std(z, axis=0) == pytest.approx([1, 1, 1], abs=0.2)


def test_no_shift_is_rarely_called_one() -> None:
    values = [estimate_prior(sample(300, np.full(3, 1 / 3), s), [1 / 3] * 3).p_value
              for s in range(300)]  # fmt: skip
    assert np.mean(np.array(values) <= 0.05) == pytest.approx(0.05, abs=0.05)


@given(st.integers(1, 200), st.integers(0, 10**6))
def test_rows_may_come_in_any_order(n, seed) -> None:
    p = sample(n, np.array([0.2, 0.5, 0.3]), seed)
    a, b = (estimate_prior(rows, [0.2, 0.3, 0.5]) for rows in (p, p[::-1]))
    assert a.prior == pytest.approx(b.prior, abs=1e-8)
    assert sum(a.prior) == pytest.approx(1)


def test_rows_that_say_nothing_move_nothing() -> None:
    got = estimate_prior(np.full((50, 2), 0.5), [0.5, 0.5])
    assert got.prior == pytest.approx((0.5, 0.5))
    assert got.standard_errors == (None, None)
    assert got.p_value == 1


@pytest.mark.parametrize(
    ("rows", "prior", "error"),
    [
        ([[0.5, 0.5]], [0.5, 0.6], ConfigError),
        ([[0.5, 0.5]], [1.0, 0.0], ConfigError),
        ([[0.5, 0.5]], [1.0], ConfigError),
        ([[1.5, -0.5]], [0.5, 0.5], DataError),
        ([0.5], [0.5, 0.5], DataError),
        (np.empty((0, 2)), [0.5, 0.5], DataError),
        ([[0.0, 0.0]], [0.5, 0.5], DataError),
    ],
)
def test_refusals(rows, prior, error) -> None:
    with pytest.raises(error):
        estimate_prior(rows, prior)
    if error is ConfigError:
        with pytest.raises(error):
            corrected(rows, prior, [0.5, 0.5])
