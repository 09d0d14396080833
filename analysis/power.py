"""Power of a two-sided test of two proportions, in closed form."""

import math

from scipy.special import ndtr, ndtri

from abkit.core import checks


def power_of_difference(
    control_rate: float, difference: float, n_control: float, n_treatment: float, *, alpha: float
) -> float | None:
    """Return P(two-sided p < alpha) when the rates are p0 and p0 + d.

    Phi(d/s - z) + Phi(-d/s - z) with s^2 = p0 (1 - p0) / n0 + p1 (1 - p1) / n1, z the upper
    alpha/2 quantile of the normal law:
    the unpooled normal approximation.

    Args:
        control_rate: p0, in [0, 1].
        difference: d; None is returned when p0 + d leaves [0, 1].
        n_control: Contacts in control, divided by their design effect.
        n_treatment: The same in treatment.
        alpha: Nominal two-sided level, in (0, 1).

    Raises:
        ConfigError: A rate, a count or the level lies outside its domain.

    References:
        Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, section 4.2.
    """
    checks.probability("control_rate", control_rate)
    checks.positive("n_control", n_control)
    checks.positive("n_treatment", n_treatment)
    checks.level("alpha", alpha)
    treated = control_rate + difference
    if not 0 <= treated <= 1:
        return None
    variance = control_rate * (1 - control_rate) / n_control + treated * (1 - treated) / n_treatment
    if variance == 0:
        return float(difference != 0)
    ratio, z = difference / math.sqrt(variance), ndtri(1 - alpha / 2)
    return float(ndtr(ratio - z) + ndtr(-ratio - z))
