"""Resamples: what is drawn, that it is keyed, and what percentiles are."""

import math

import numpy as np
import pytest
from scipy import stats

from abkit.core.errors import ConfigError
from abkit.model.bootstrap import percentile_interval, resampled_counts


def test_counts_are_multinomial() -> None:
    """Each adds up to n; a row's count is binomial(n, 1/n): 4 standard errors."""
    counts = np.stack(list(resampled_counts(50, 4000, seed=1)))
    assert counts.shape == (4000, 50)
    assert (counts.sum(axis=1) == 50).all()
    never = (counts == 0).mean()
    assert abs(never - 0.98**50) < 4 * np.sqrt(0.36 * 0.64 / counts.size)
    assert counts.var() == pytest.approx(0.98, abs=0.03)


def test_counts_depend_on_seed_and_size_alone() -> None:
    one = list(resampled_counts(9, 3, seed=1))
    assert np.array_equal(one, list(resampled_counts(9, 5, seed=1))[:3])
    assert not np.array_equal(one, list(resampled_counts(9, 3, seed=2)))


def test_percentiles_are_order_statistics() -> None:
    """1..1000 at 95 %: the 25th from either end; NaN left out, infinity kept, signs turn it."""
    draws = np.arange(1000, 0, -1.0)
    assert percentile_interval(draws).tolist() == [25, 976]
    assert percentile_interval(draws, confidence_level=0.9).tolist() == [50, 951]
    assert percentile_interval(-draws).tolist() == [-976, -25]
    two = np.stack([np.r_[draws, np.nan], np.full(1001, np.nan)])
    got = percentile_interval(two)
    assert got[0].tolist() == [25, 976]
    assert np.isnan(got[1]).all()
    assert percentile_interval(np.array([1, 2, math.inf, math.inf]))[1] == math.inf
    with pytest.raises(ConfigError, match="`confidence_level` is 1"):
        percentile_interval(draws, confidence_level=1)


def test_the_mean_against_scipy() -> None:
    """scipy's percentile bootstrap of a mean, other random numbers: ends within Monte Carlo."""
    x = np.random.default_rng(3).normal(size=200)
    ours = percentile_interval(np.array([c @ x / 200 for c in resampled_counts(200, 4000, seed=0)]))
    peer = stats.bootstrap(
        (x,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours == pytest.approx(np.array(peer), abs=0.012)


def test_coverage_of_accuracy() -> None:
    """300 samples of 200 rows, share .8: the 95 % interval holds it in 95 % (4 SD band)."""
    rng = np.random.default_rng(4)
    counts = np.stack(list(resampled_counts(200, 500, seed=5)))
    held = 0
    for _ in range(300):
        low, high = percentile_interval(counts @ (rng.random(200) < 0.8) / 200)
        held += low <= 0.8 <= high
    assert abs(held / 300 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 300)
