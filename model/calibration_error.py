"""Calibration error beyond equal widths: equal mass, debiased, smooth.

All take confidences and "did it come true" (n,), with row weights; which probability that is (top
label, one class, each class) is the caller's convention, named there. A row of weight 2 counts as
two rows, except in how certain a bin's mean is: there a weight adds no evidence.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft, optimize

from abkit.core import checks
from abkit.core.errors import DataError
from abkit.model.predictions import Floats, Labels, checked_scores, checked_weights

GRID: Final = 2048  # steps of the smooth error's grid on [0, 1]


def equal_mass_ece(
    confidence: npt.ArrayLike,
    hit: npt.ArrayLike,
    *,
    n_bins: int = 10,
    weights: npt.ArrayLike | None = None,
) -> float:
    """Return sum_b w_b / w |acc_b - conf_b| over bins of about equal weight.

    References:
        Nguyen and O'Connor (2015), Posterior calibration and exploratory analysis for natural
        language processing models, EMNLP.
    """
    c, y, w = _checked(confidence, hit, n_bins, weights)
    at = equal_mass_bins(c, n_bins, w)
    return float(np.abs(np.bincount(at, weights=w * (y - c))).sum() / w.sum())


def equal_mass_bins(confidence: Floats, n_bins: int, weights: Floats) -> Labels:
    """Return the bin of each row, floor(n_bins * weight of smaller confidences / weight).

    Equal confidences share a bin, so the order of the rows does not matter; with many ties there
    are fewer bins than `n_bins`.
    """
    values, group = np.unique(confidence, return_inverse=True)
    mass = np.bincount(group, weights=weights, minlength=len(values))
    below = np.cumsum(mass) - mass
    at = np.floor(n_bins * below / mass.sum()).astype(np.int64)
    out: Labels = np.minimum(at, n_bins - 1)[group]
    return out


def debiased_squared_error(
    confidence: npt.ArrayLike,
    hit: npt.ArrayLike,
    *,
    n_bins: int = 10,
    weights: npt.ArrayLike | None = None,
) -> float:
    """Return sum_b w_b / w (d_b^2 - var(d_b)), d the mean of outcome - confidence in a bin.

    The plug-in sum of d_b^2 is too large by the variances of the means, which are estimated
    without bias and subtracted: given the bins, the expectation is the squared calibration error
    of the bins itself, so that a calibrated model is at 0 on average, and below it half the time.
    Bins have equal mass. A bin whose variance cannot be estimated (one row) adds 0; NaN where no
    bin has two rows.

    Where all confidences of a bin are equal, var(d_b) is acc (1 - acc) / (n_b - 1): Kumar et al.;
    else the spread of the confidences belongs to it. With weights n_b is Kish's effective number.

    References:
        Kumar, Liang and Ma (2019), Verified uncertainty calibration, NeurIPS, section 5.
        Brocker (2012), Estimating reliability and resolution of probability forecasts, Climate
        Dynamics 39, 655-667.
    """
    c, y, w = _checked(confidence, hit, n_bins, weights)
    at, d = equal_mass_bins(c, n_bins, w), y - c
    sums = [np.bincount(at, weights=values) for values in (w, w * d, w * d * d, w * w)]
    return float(debiased_from_sums(*np.array(sums, dtype=np.float64)))


def debiased_from_sums(
    weight: Floats, gap: Floats, gap_squared: Floats, weight_squared: Floats
) -> Floats:
    """Return `debiased_squared_error` from sums of w, w d, w d^2, w^2, (n_bins, ...); or NaN."""
    safe = np.where(weight > 0, weight, 1)
    mean = gap / safe
    spread = np.maximum(gap_squared / safe - mean**2, 0)
    n = safe**2 / np.where(weight_squared > 0, weight_squared, 1)
    known = (weight > 0) & (n > 1 + 1e-9)
    unbiased = mean**2 - spread / np.where(known, n - 1, 1)
    total = weight.sum(axis=0)
    out: Floats = np.sum(np.where(known, unbiased, 0) * weight, axis=0) / total
    return np.where(known.any(axis=0), out, np.nan)


def smooth_ece(
    confidence: npt.ArrayLike, hit: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> float:
    """Return the smooth calibration error smECE, which needs no bins.

    The residuals outcome - confidence are smoothed over the confidences with a Gaussian kernel
    reflected at 0 and 1; smECE_s is the integral of the absolute result at the kernel's standard
    deviation s. The bandwidth is the one s with smECE_s = s, and that s is the error.

    References:
        Blasiok and Nakkiran (2024), Smooth ECE: principled reliability diagrams via kernel
        smoothing, ICLR (arXiv 2309.12236).
    """
    c, y, w = _checked(confidence, hit, 1, weights)
    left, share = grid_places(c)
    residual = w * (y - c) / w.sum()
    mass: Floats = np.bincount(left, residual * (1 - share), GRID + 1).astype(np.float64)
    mass += np.bincount(left + 1, residual * share, GRID + 1)
    return smooth_from_grid(mass)


def grid_places(confidence: Floats) -> tuple[Labels, Floats]:
    """Return the grid point at or below each confidence, and the share that goes to the next."""
    left = np.minimum((confidence * GRID).astype(np.int64), GRID - 1)
    return left, confidence * GRID - left


def smooth_from_grid(mass: Floats) -> float:
    """Return smECE of residuals that stand on the grid 0, 1 / GRID, ..., 1, shape (GRID + 1,).

    A Gaussian reflected at both ends multiplies the k-th cosine coefficient by
    exp(-(pi k s)^2 / 2): the heat equation with closed ends.
    """
    folded = mass / 2
    folded[[0, -1]] = mass[[0, -1]]
    coefficients = fft.dct(folded, type=1)
    powers = (np.pi * np.arange(GRID + 1)) ** 2 / 2

    def smoothed(s: float) -> float:
        density = np.abs(fft.dct(coefficients * np.exp(-powers * s * s), type=1))
        return float((density.sum() - (density[0] + density[-1]) / 2) / GRID)  # trapezoids

    if not np.abs(mass).any():
        return 0.0
    return min(1.0, float(optimize.brentq(lambda s: smoothed(s) - s, 0.0, 1.01, xtol=1e-7)))


def _checked(
    confidence: npt.ArrayLike, hit: npt.ArrayLike, n_bins: int, weights: npt.ArrayLike | None
) -> tuple[Floats, npt.NDArray[np.bool_], Floats]:
    checks.at_least("n_bins", n_bins, 1)
    c, y = checked_scores(confidence, hit)
    if c.min() < 0 or c.max() > 1:
        raise DataError(f"confidences run from {c.min()} to {c.max()}; expected 0 to 1")
    return c, y, checked_weights(weights, len(c))
