"""Fieller's interval for the ratio of two independent means."""

import math
from typing import NamedTuple


class Mean(NamedTuple):
    """An estimated mean and the variance of that estimate."""

    mean: float
    variance: float


def fieller_interval(treatment: Mean, control: Mean, *, critical: float) -> tuple[float, float]:
    """Return the ratios r with (m1 - r m0)^2 <= c^2 (v1 + r^2 v0), connected round m1 / m0.

    That inverts the test of m1 = r m0 with the critical value c, so at r = 1 it agrees with the
    test of m1 = m0. Where the control's mean differs from 0 by less than its own error,
    m0^2 <= c^2 v0, the set has no upper bound (no lower one, if m1 < 0), and may be all numbers.

    Args:
        treatment: m1 and v1 >= 0.
        control: m0 > 0 and v0 >= 0.
        critical: c >= 0, of the normal or Student distribution; infinite gives all numbers.

    Returns:
        Lower and upper bound, which may be infinite, and are never NaN.

    References:
        Fieller (1954), J. R. Stat. Soc. B 16, 175-185.
    """
    ratio = treatment.mean / control.mean
    half1, half0 = (
        critical * math.sqrt(arm.variance) / control.mean for arm in (treatment, control)
    )
    lower, upper = _bounds(abs(ratio), half1, half0)
    return (lower, upper) if ratio >= 0 else (-upper, -lower)


def _bounds(ratio: float, half1: float, half0: float) -> tuple[float, float]:
    """Solve (1 - h0^2) r^2 - 2 u r + u^2 - h1^2 <= 0 round u >= 0, without cancellation.

    `half1` and `half0` are c sd / m0 of treatment and control.
    """
    leading = (1 - half0) * (1 + half0)
    spread = half1 * half1 * leading + ratio * ratio * half0 * half0
    if not 0 <= spread < math.inf:  # no root, or beyond what floats hold
        return -math.inf, math.inf
    far = ratio + math.sqrt(spread)  # the far root times `leading`
    if far == 0:
        return (0.0, 0.0) if leading > 0 else (-math.inf, math.inf)
    near = (ratio - half1) * (ratio + half1) / far
    return min(near, ratio), far / leading if leading > 0 else math.inf
