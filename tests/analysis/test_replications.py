"""The mean of replications, its interval, and how many are enough."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.replications import enough_replications, mean_interval

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30)


@given(values=VALUES, level=st.floats(0.5, 0.999))
def test_scipy_agrees(values: list[float], level: float) -> None:
    x = np.array(values)
    found = mean_interval(x, confidence_level=level)
    half = stats.t.ppf((1 + level) / 2, x.size - 1) * stats.sem(x)
    assert (found.mean, found.sd) == (x.mean(), x.std(ddof=1))
    assert found.ci_lower == pytest.approx(x.mean() - half, abs=1e-9)
    assert found.ci_upper == pytest.approx(x.mean() + half, abs=1e-9)


def test_few() -> None:
    none, one = mean_interval(np.array([])), mean_interval(np.array([2.5]))
    assert (none.n, none.mean, none.ci_lower) == (0, None, None)
    assert (one.n, one.mean, one.ci_lower, one.sd) == (1, 2.5, None, None)


@given(values=st.lists(st.floats(-10, 10), min_size=3, max_size=20), aim=st.floats(1, 100))
def test_wide_enough_is_narrow_enough(values: list[float], aim: float) -> None:
    first = np.array(values)
    n = enough_replications(first, aim)
    assert n >= first.size
    more = np.resize(first, n)
    found = mean_interval(more, first_stage=first.size)
    assert (found.ci_upper - found.ci_lower) / 2 <= aim * (1 + 1e-9)
    if n > first.size:  # one less would not do
        half = stats.t.ppf(0.975, first.size - 1) * first.std(ddof=1)
        assert half / np.sqrt(n - 1) > aim * (1 - 1e-9)


def test_a_textbook_case() -> None:
    """n0 = 10 values of standard deviation 2: (2.262157 * 2 / 0.5)^2 = 81.88, hence 82."""
    first = np.array([-1.0, 1.0] * 5)
    first *= 2 / first.std(ddof=1)
    assert enough_replications(first, 0.5) == 82
    assert enough_replications(first, 5) == 10


def stopped(rng: np.random.Generator, sd: float, aim: float) -> tuple[bool, bool, int]:
    """Return whether Stein's rule, and looking after each one, hold 0; and how many Stein took."""
    x = rng.normal(0, sd, 400)
    n = enough_replications(x[:10], aim)
    found = mean_interval(x[:n], first_stage=10)
    for looked in range(10, 400):
        naive = mean_interval(x[:looked])
        if naive.ci_upper - naive.ci_lower <= 2 * aim:
            break
    return found.ci_lower <= 0 <= found.ci_upper, naive.ci_lower <= 0 <= naive.ci_upper, n


@pytest.mark.slow
@pytest.mark.parametrize("sd", [1.0, 2.0])
def test_coverage_although_it_was_stopped(sd: float) -> None:
    """Stein's interval covers at its level; one that is looked at after each draw does not."""
    rng, runs = np.random.default_rng(5), 5_000
    held = np.array([stopped(rng, sd, 0.6) for _ in range(runs)])
    stein, naive, n = held.mean(axis=0)
    error = np.sqrt(0.95 * 0.05 / runs)
    print(f"\nsd {sd}: Stein {stein:.4f} with {n:.1f} replications, looking on {naive:.4f}")
    assert stein > 0.95 - 4 * error
    assert naive < stein
