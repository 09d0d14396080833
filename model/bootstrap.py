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
    """Return the lower and upper percentiles of draws (..., m), shape (..., 2).

    The order statistics themselves, so that infinite draws stay infinite; NaN draws are left out.
    NaN where there is nothing else.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
    """
    checks.level("confidence_level", confidence_level)
    tail = (1 - confidence_level) / 2
    out = np.full((*draws.shape[:-1], 2), np.nan)
    for place in np.ndindex(draws.shape[:-1]):
        known = draws[place][~np.isnan(draws[place])]
        if known.size:
            out[place] = np.quantile(known, [tail, 1 - tail], method="inverted_cdf")
    return out
