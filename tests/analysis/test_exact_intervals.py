"""Exact intervals: published values, scipy, enumeration of a whole population."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.exact_intervals import (
    binomial_tails,
    clopper_pearson_interval,
    hypergeometric_interval,
    hypergeometric_tails,
)
from abkit.core.errors import ConfigError


@pytest.mark.parametrize(
    ("successes", "trials", "published"),
    [
        (81, 263, (0.2527, 0.3676)),
        (15, 148, (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1684)),
        (1, 29, (0.0009, 0.1776)),
    ],
)
def test_clopper_pearson_published(
    successes: int, trials: int, published: tuple[float, float]
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 5."""
    assert clopper_pearson_interval(successes, trials) == pytest.approx(published, abs=5e-5)


@settings(deadline=None)
@given(st.integers(1, 500), st.data(), st.sampled_from([0.5, 0.95, 0.999]))
def test_clopper_pearson_equals_scipy(trials: int, data: st.DataObject, level: float) -> None:
    successes = data.draw(st.integers(0, trials))
    theirs = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    found = clopper_pearson_interval(successes, trials, confidence_level=level)
    assert found == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@given(st.integers(1, 300), st.data(), st.floats(0.01, 0.99))
def test_binomial_tails_equal_scipy(trials: int, data: st.DataObject, share: float) -> None:
    successes = data.draw(st.integers(0, trials))
    below, above = binomial_tails(successes, trials, share)
    assert below == pytest.approx(stats.binom.cdf(successes, trials, share), rel=1e-9)
    assert above == pytest.approx(stats.binom.sf(successes - 1, trials, share), rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.data())
def test_hypergeometric_tails_by_counting_subsets(population: int, data: st.DataObject) -> None:
    trials = data.draw(st.integers(1, population))
    positives = data.draw(st.integers(0, population))
    k = data.draw(st.integers(0, trials))
    ways = [
        math.comb(positives, x) * math.comb(population - positives, trials - x)
        for x in range(trials + 1)
    ]
    below, above = hypergeometric_tails(k, trials, positives=positives, population=population)
    assert below == pytest.approx(sum(ways[: k + 1]) / sum(ways), rel=1e-12, abs=1e-300)
    assert above == pytest.approx(sum(ways[k:]) / sum(ways), rel=1e-12, abs=1e-300)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 80), st.data(), st.sampled_from([0.5, 0.9, 0.95]))
def test_hypergeometric_interval_by_enumeration(
    population: int, data: st.DataObject, level: float
) -> None:
    """Every number of positives that neither one-sided test rejects, and no other."""
    trials = data.draw(st.integers(1, population))
    k = data.draw(st.integers(0, trials))
    tail = (1 - level) / 2
    kept = [
        positives
        for positives in range(k, population - (trials - k) + 1)
        if min(hypergeometric_tails(k, trials, positives=positives, population=population)) > tail
    ]
    found = hypergeometric_interval(k, trials, population=population, confidence_level=level)
    assert found == (min(kept) / population, max(kept) / population)


@pytest.mark.parametrize(("population", "trials"), [(30, 12), (41, 20), (25, 24)])
def test_hypergeometric_interval_covers_every_truth(population: int, trials: int) -> None:
    """Exact coverage, enumerated, is at least the nominal one at every possible truth."""
    intervals = [hypergeometric_interval(k, trials, population=population)
                 for k in range(trials + 1)]  # fmt: skip
    for positives in range(population + 1):
        truth, covered = positives / population, 0.0
        for k in range(max(0, trials - population + positives), min(trials, positives) + 1):
            ways = math.comb(positives, k) * math.comb(population - positives, trials - k)
            low, high = intervals[k]
            covered += ways / math.comb(population, trials) * (low <= truth <= high)
        assert covered >= 0.95


def test_hypergeometric_interval_between_census_and_endless_supply() -> None:
    assert hypergeometric_interval(7, 10, population=10) == (0.7, 0.7)
    low, high = hypergeometric_interval(384, 485, population=10**7)
    assert (low, high) == pytest.approx(clopper_pearson_interval(384, 485), abs=1e-4)
    narrow = hypergeometric_interval(384, 485, population=600)
    assert low < narrow[0] < narrow[1] < high


def test_large_populations_stay_exact() -> None:
    """Against scipy's, where factorials of 1e9 would lose every digit."""
    found = hypergeometric_tails(9, 100, positives=10**8, population=10**9)
    law = stats.hypergeom(10**9, 10**8, 100)
    assert found == pytest.approx((law.cdf(9), law.sf(8)), rel=1e-6)


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ConfigError, match="no proportion"):
        clopper_pearson_interval(k, n)
    with pytest.raises(ConfigError, match="no proportion"):
        hypergeometric_interval(k, n, population=10)


def test_a_sample_beyond_its_population_is_refused() -> None:
    with pytest.raises(ConfigError, match="11 were sampled from a population of 10"):
        hypergeometric_interval(5, 11, population=10)
