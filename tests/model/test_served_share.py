"""A share from mean scores, its lower limit, and the test of calibration beside it."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for
from abkit.model.served_share import calibration_p_value, share_by_means


def draw(n: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores calibrated at a share of .3, and whether each row is positive."""
    rng = rng_for(seed, "served share")
    y = rng.random(n) < share
    z = rng.normal(size=n) + 2.4 * y
    return special.expit(2.4 * z - 2.88 + np.log(0.3 / 0.7)), y


def test_by_hand() -> None:
    """Class means .8 and .2, served mean .35: share .15 / .6 = .25."""
    scores = np.array([0.7, 0.9, 0.1, 0.3] * 50)
    y = np.array([True, True, False, False] * 50)
    found = share_by_means(np.array([0.3, 0.4] * 50), scores, y, confidence=0.975)
    v, v1 = 0.05**2 / 99, 0.1**2 / 99  # of the means: 100 rows each
    assert found.share == pytest.approx(0.25)
    assert found.standard_error == pytest.approx(
        np.sqrt(v + 0.25**2 * v1 + 0.75**2 * v1) / 0.6, rel=1e-9
    )
    s = found.lower
    assert s is not None
    golden = 0.6 * s * (1 - s) / np.sqrt(200 * 0.5 * 0.5)
    sd = np.sqrt(v + s**2 * v1 + (1 - s) ** 2 * v1 + golden**2)
    assert (0.15 - 0.6 * s) / sd == pytest.approx(stats.norm.isf(0.025))


def test_certain_scores_are_a_comparison_of_two_shares() -> None:
    """Scores of 0 and 1 are labels: the limit is that of a binomial share, by the score test."""
    y = np.arange(10_000_000) % 2 == 0  # so many that only the served rows are uncertain
    found = share_by_means(np.repeat([1.0, 0.0], [300, 700]), y * 1.0, y, confidence=0.975)
    assert found.share == pytest.approx(0.3)
    wald = 0.3 - stats.norm.isf(0.025) * np.sqrt(0.21 / 999)
    assert found.lower == pytest.approx(wald, abs=2e-4)
    assert found.standard_error == pytest.approx(np.sqrt(0.21 / 999), rel=1e-6)


@pytest.mark.parametrize("power", [1.0, 2.0])  # calibrated scores, and far too sure ones
def test_the_limit_holds_as_often_as_it_says(power: float) -> None:
    """Of odds served against labelled; 300 of each, so that both errors count."""
    over, z = 0, []
    for seed in range(600):
        (p, y), (q, _) = draw(300, 0.3, seed), draw(300, 0.15, 10_000 + seed)
        p, q = (special.expit(power * special.logit(one)) for one in (p, q))
        found = share_by_means(q, p, y, confidence=0.95)
        assert found.share is not None
        assert found.standard_error is not None
        assert found.lower is not None
        z.append((found.share - 0.15) / found.standard_error)
        ratio = special.logit(found.lower) - special.logit(y.mean())
        over += ratio > special.logit(0.15) - special.logit(0.3)
    assert over / 600 == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 600))
    assert np.mean(z) == pytest.approx(0, abs=0.2)
    assert np.std(z) == pytest.approx(1, abs=0.15)


@given(st.floats(-3, 3), st.floats(0.1, 5), st.integers(0, 10**6))
def test_the_scale_of_the_scores_does_not_matter(shift: float, scale: float, seed: int) -> None:
    (p, y), (q, _) = draw(60, 0.4, seed), draw(40, 0.3, seed + 1)
    one, two = (
        share_by_means(b, a, y, confidence=0.9)
        for a, b in ((p, q), (shift + scale * p, shift + scale * q))
    )
    assert (one.share is None) == (two.share is None)
    if one.share is not None:
        assert two.share == pytest.approx(one.share, abs=1e-6)
        assert two.lower == pytest.approx(one.lower, abs=1e-6)
        assert one.lower is not None
        assert 0 <= one.lower <= one.share <= 1


def test_what_cannot_be_told() -> None:
    p, y = draw(200, 0.3, 1)
    noise = rng_for(0, "noise").random(200)
    for served, scores in ((noise, noise), (np.full(50, 0.9999), p), (p[:1], p)):
        assert share_by_means(served, scores, y, confidence=0.95).lower is None
    assert share_by_means(p[~y], p, y, confidence=0.95).lower == 0  # no share is too small
    with pytest.raises(ConfigError, match="`confidence` is 1"):
        share_by_means(p, p, y, confidence=1)


def test_calibration_against_statsmodels() -> None:
    """The score test of a logistic regression on the log-odds: intercept 0, slope 1."""
    p, y = draw(400, 0.3, 3)
    for scores in (p, special.expit(0.8 * special.logit(p) + 0.3)):
        x = sm.add_constant(special.logit(scores))
        model = sm.GLM(y.astype(float), x, family=sm.families.Binomial())
        at = np.array([0.0, 1.0])
        score, information = model.score(at), -model.hessian(at)
        want = stats.chi2.sf(score @ np.linalg.inv(information) @ score, 2)
        assert calibration_p_value(scores, y) == pytest.approx(want, rel=1e-8)


def test_calibration_is_rarely_denied_and_its_lack_found() -> None:
    values = [calibration_p_value(*draw(300, 0.3, seed)) for seed in range(400)]
    assert np.mean([v <= 0.05 for v in values]) == pytest.approx(0.05, abs=0.045)
    p, y = draw(1000, 0.3, 1)
    for a, b in ((0.5, 1.0), (0.0, 1.5), (0.0, 0.7)):  # too high, too sure, too unsure
        assert calibration_p_value(special.expit(a + b * special.logit(p)), y) < 1e-3
    assert calibration_p_value(np.array([0.0, 1.0]), np.array([False, True])) == pytest.approx(1)
    assert calibration_p_value(np.full(9, 0.5), np.arange(9) > 3) is None
