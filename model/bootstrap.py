"""Resampled rows: how often each is drawn, and percentile intervals of what they give."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.rng import rng_for

Floats = npt.NDArray[np.float64]


def resampled_counts(n: int, n_resamples: int, *, seed: int) -> Iterator[Floats]:
    """Yield how often each of n rows is drawn, (n,), n_resamples times.

    Rows are drawn with replacement, n at a time: multinomial counts. They depend on `n` and `seed`
    alone, so that two models on the same rows are drawn with the same counts, which pairs them.
    """
    rng = rng_for(seed, "bootstrap rows", n)
    for _ in range(n_resamples):
        yield np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)


def percentile_interval(draws: Floats, *, confidence_level: float = 0.95) -> Floats:
    """Return the k-th smallest and the k-th largest of draws (..., m), shape (..., 2).

    k is the whole part of (m + 1) (1 - confidence_level) / 2, at least 1: the 25th of 1,000 at
    95 %. Order statistics keep infinite draws infinite, and turned signs turn the interval. NaN
    draws are left out; NaN where there is nothing else.

    References:
        Davison and Hinkley (1997), Bootstrap Methods and their Application, section 5.3.1.
    """
    checks.level("confidence_level", confidence_level)
    out = np.full((*draws.shape[:-1], 2), np.nan)
    for place in np.ndindex(draws.shape[:-1]):
        known = np.sort(draws[place][~np.isnan(draws[place])])
        if m := known.size:
            k = max(1, int((m + 1) * (1 - confidence_level) / 2 + 1e-9))
            out[place] = known[k - 1], known[m - k]
    return out
