"""Intervals for a ratio of proportions that others use: for the coverage table only.

abkit itself inverts the score test, see `score_test`.
"""

import numpy as np

from abkit.analysis.quantiles import critical_value
from abkit.analysis.two_proportions import Arm, Bounds, Counts, Floats, checked_counts
from abkit.core import checks


def delta_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """r +- z sqrt(v1 / p0^2 + p1^2 v0 / p0^4), r = p1 / p0 and v = p (1 - p) / n of each arm.

    The delta method on the ratio itself: what gbstats 0.8 reports, but for its t quantile.

    Args:
        treatment: Successes and trials >= 1, any broadcastable shapes.
        control: The same for the control arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Returns:
        Bounds of the broadcast shape, the lower one not kept above 0; NaN without successes in
        control.

    Raises:
        ConfigError: A count or the level lies outside its domain.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    (p1, p0), (v1, v0) = counts.rates, _variances(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = p1 / p0
        half = critical_value(confidence_level) * np.sqrt(v1 / p0**2 + p1**2 * v0 / p0**4)
        return Bounds(ratio - half, ratio + half)


def katz_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """r exp(+- z sqrt(1/x1 - 1/n1 + 1/x0 - 1/n0)): normal on the scale of the logarithm.

    Arguments and errors as in `delta_interval`; NaN where an arm has no successes.

    References:
        Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474, method C.
    """
    checks.level("confidence_level", confidence_level)
    return _logarithmic(checked_counts(treatment, control), confidence_level)


def walter_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """Katz's interval after adding 1/2 to successes and trials of each arm: never undefined.

    Arguments and errors as in `delta_interval`.

    References:
        Walter (1975), Biometrika 62, 371-374.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    return _logarithmic(Counts(*(part + 0.5 for part in counts)), confidence_level)


def pooled_log_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """r exp(+- z sqrt((1 - p) / p (1/n1 + 1/n0))), p the pooled proportion.

    The variance is that of no effect: what tea-tasting 1.14 reports with `correction=False`.
    Arguments and errors as in `delta_interval`; without successes in an arm the bounds are 0,
    infinite or NaN.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    (p1, p0), p = counts.rates, counts.pooled_rate
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt((1 - p) / p * (1 / counts.n1 + 1 / counts.n0))
        factor = np.exp(critical_value(confidence_level) * spread)
        return Bounds(p1 / p0 / factor, p1 / p0 * factor)


def fieller_interval(treatment: Arm, control: Arm, *, confidence_level: float = 0.95) -> Bounds:
    """Every ratio r >= 0 with (p1 - r p0)^2 <= z^2 (v1 + r^2 v0), v = p (1 - p) / n of each arm.

    Between the roots of a r^2 - 2 m r + b, a = p0^2 - z^2 v0, m = p1 p0, b = p1^2 - z^2 v1. Where
    control's rate does not differ from 0 (a <= 0) the set has no upper end: outside the roots, one
    of which is then negative, or everything.

    Arguments and errors as in `delta_interval`. Both bounds are infinite where no finite ratio
    fits.

    References:
        Fieller (1954), Journal of the Royal Statistical Society B 16, 175-185.
    """
    checks.level("confidence_level", confidence_level)
    counts = checked_counts(treatment, control)
    (p1, p0), (v1, v0) = counts.rates, _variances(counts)
    z2 = critical_value(confidence_level) ** 2
    a, m, b = p0**2 - z2 * v0, p1 * p0, p1**2 - z2 * v1
    # m^2 - a b, without the cancellation of the fourth powers
    root = np.sqrt(np.maximum(z2 * (p1**2 * v0 + p0**2 * v1 - z2 * v1 * v0), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(b > 0, b / (m + root), 0.0)  # (m - root) / a without cancellation
        upper = np.where(a > 0, (m + root) / a, np.inf)
    return Bounds(lower, upper)


def _variances(counts: Counts) -> tuple[Floats, Floats]:
    """Return p (1 - p) / n of treatment and of control."""
    p1, p0 = counts.rates
    return p1 * (1 - p1) / counts.n1, p0 * (1 - p0) / counts.n0


def _logarithmic(counts: Counts, confidence_level: float) -> Bounds:
    x1, n1, x0, n0 = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x0 / n0)
        factor = np.exp(
            critical_value(confidence_level) * np.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
        )
        return Bounds(ratio / factor, ratio * factor)
