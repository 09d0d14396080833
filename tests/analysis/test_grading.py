"""Shares of experiments against their promise; the truth from many experiments."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.grading import difference_of_sums, graded_share


@given(n=st.integers(1, 3000), share=st.floats(0, 1), promised=st.floats(0.001, 0.999))
def test_limits_are_exact_and_the_band_is_four_deviations(
    n: int, share: float, promised: float
) -> None:
    count = round(share * n)
    found = graded_share(count, n, promised=promised)
    exact = stats.binomtest(count, n).proportion_ci(0.95, method="exact")
    assert (found.ci_lower, found.ci_upper) == pytest.approx((exact.low, exact.high), abs=1e-9)
    half = 4 * stats.binom.std(n, promised) / n
    assert found.band_lower == pytest.approx(max(0, promised - half))
    assert found.band_upper == pytest.approx(min(1, promised + half))
    assert found.kept == (found.band_lower <= count / n <= found.band_upper)


def test_at_most_forgives_too_few_and_never_too_many() -> None:
    assert not graded_share(0, 1000, promised=0.05).kept
    assert graded_share(0, 1000, promised=0.05, at_most=True).kept
    assert not graded_share(90, 1000, promised=0.05, at_most=True).kept


def test_equals_the_paired_standard_error_when_every_experiment_is_as_large() -> None:
    rng = np.random.default_rng(1)
    control, treatment = rng.binomial(200, 0.3, 50), rng.binomial(100, 0.4, 50)
    difference, error, ratio = difference_of_sums(
        [(int(y), 200) for y in control], [(int(y), 100) for y in treatment]
    )
    paired = treatment / 100 - control / 200
    assert difference == pytest.approx(paired.mean())
    assert error == pytest.approx(stats.sem(paired))
    assert ratio == pytest.approx((treatment / 100).mean() / (control / 200).mean())


def test_the_error_is_that_of_repeated_studies() -> None:
    """Arms of random size that share a random rate: the error counts what they share once."""
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        rate = rng.beta(20, 80, 60)
        m = rng.poisson(80, (2, 60)) + 1
        y = rng.binomial(m, [rate, rate + 0.1])
        arms = [list(zip(y[a].tolist(), m[a].tolist(), strict=True)) for a in (0, 1)]
        found.append(difference_of_sums(*arms))
    differences, errors, _ = np.array(found).T
    assert differences.mean() == pytest.approx(0.1, abs=4 * differences.std() / 20)
    spread = differences.std(ddof=1)
    assert errors.mean() == pytest.approx(spread, abs=4 * spread / math.sqrt(800))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(9, 20)), min_size=2, max_size=20))
def test_equal_arms_differ_by_nothing(arm: list[tuple[int, int]]) -> None:
    assert difference_of_sums(arm, arm) == (0, 0, 1)
