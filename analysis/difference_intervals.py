"""Intervals for a difference of proportions that others use: for the coverage table only.

abkit itself inverts the score test, see `score_test`.
"""

import numpy as np

from abkit.analysis.quantiles import critical_value
from abkit.analysis.two_proportions import Arm, Bounds, Counts, Floats, checked_counts
from abkit.core import checks


def wald_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """d +- z sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0), d = p1 - p0.

    Args:
        treatment: Successes and trials >= 1, any broadcastable shapes.
        control: The same for the control arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Returns:
        Bounds of the broadcast shape; not kept inside [-1, 1].

    Raises:
        ConfigError: A count or the level lies outside its domain.
    """
    checks.level("confidence_level", confidence_level)
    return _wald(checked_counts(treatment, control), confidence_level)


def agresti_caffo_interval(
    treatment: Arm, control: Arm, *, confidence_level: float = 0.95
) -> Bounds:
    """Wald's interval after adding one success and one failure to each arm.

    Arguments, result and errors as in `wald_interval`.

    References:
        Agresti and Caffo (2000), The American Statistician 54, 280-288.
    """
    checks.level("confidence_level", confidence_level)
    x1, n1, x0, n0 = checked_counts(treatment, control)
    return _wald(Counts(x1 + 1, n1 + 2, x0 + 1, n0 + 2), confidence_level)


def pooled_corrected_interval(
    treatment: Arm, control: Arm, *, confidence_level: float = 0.95
) -> Bounds:
    """d +- (z sqrt(p (1 - p) (1/n1 + 1/n0)) + (1/n1 + 1/n0) / 2), p the pooled proportion.

    The variance is that of no effect, the last term a continuity correction: what tea-tasting
    1.14 reports from 1,000 rows on. Bounds stay inside [-1, 1]. Arguments and errors as in
    `wald_interval`.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    (p1, p0), p = counts.rates, counts.pooled_rate
    per_trial = 1 / counts.n1 + 1 / counts.n0
    half = critical_value(confidence_level) * np.sqrt(p * (1 - p) * per_trial) + per_trial / 2
    return Bounds(np.maximum(p1 - p0 - half, -1), np.minimum(p1 - p0 + half, 1))


def newcombe_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """The hybrid of two score intervals: method 10, without continuity correction.

    From d - sqrt((p1 - l1)^2 + (u0 - p0)^2) to d + sqrt((u1 - p1)^2 + (p0 - l0)^2), where
    [l, u] is Wilson's interval of each arm. Arguments and errors as in `wald_interval`; the bounds
    stay inside [-1, 1].

    References:
        Newcombe (1998), Statistics in Medicine 17, 873-890.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    p1, p0 = counts.rates
    z = critical_value(confidence_level)
    l1, u1 = _wilson(counts.x1, counts.n1, z)
    l0, u0 = _wilson(counts.x0, counts.n0, z)
    lower = p1 - p0 - np.hypot(p1 - l1, u0 - p0)
    upper = p1 - p0 + np.hypot(u1 - p1, p0 - l0)
    return Bounds(np.maximum(lower, -1), np.minimum(upper, 1))


def _wald(counts: Counts, confidence_level: float) -> Bounds:
    p1, p0 = counts.rates
    half = critical_value(confidence_level) * np.sqrt(
        p1 * (1 - p1) / counts.n1 + p0 * (1 - p0) / counts.n0
    )
    return Bounds(p1 - p0 - half, p1 - p0 + half)


def _wilson(x: Floats, n: Floats, z: Floats) -> Bounds:
    """Return (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n)."""
    p, scale = x / n, 1 + z**2 / n
    centre = (p + z**2 / (2 * n)) / scale
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / scale
    # exact at the ends, where the centre and the half width cancel
    return Bounds(np.where(x == 0, 0, centre - half), np.where(x == n, 1, centre + half))
