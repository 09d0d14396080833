"""How often an experiment of this size would show an effect of a given size."""

import math

from scipy import special

from abkit.core import checks
from abkit.core.table3 import MetricRow


def power_of_difference(row: MetricRow, difference: float, *, alpha: float = 0.05) -> float | None:
    """Return the power of the row's score test if the true difference were `difference`.

    P(|Z| > z) for Z normal, its mean and spread from the row's control rate, that rate plus
    `difference`, and each arm's trials divided by its design effect. The level is nominal: no
    adjustment for the other rows.

    Args:
        row: Supplies control rate, trials and design effects.
        difference: Treatment rate - control rate, as a proportion.
        alpha: Two-sided significance level, in (0, 1).

    Returns:
        A probability; None where an arm is empty or a rate would leave [0, 1].

    References:
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454.
    """
    checks.level("alpha", alpha)
    effects = row.design_effect
    p0 = row.control.rate
    if p0 is None or row.treatment.rate is None or not 0 <= p0 + difference <= 1:
        return None
    n0 = row.control.trials / (effects.control or 1.0)
    n1 = row.treatment.trials / (effects.treatment or 1.0)
    p1, total = p0 + difference, n1 + n0
    pooled = (n1 * p1 + n0 * p0) / total
    under_null = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0) * total / (total - 1))
    under_effect = math.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    if under_effect == 0:
        return float(difference != 0)
    critical = -float(special.ndtri(alpha / 2)) * under_null
    return sum(
        float(special.ndtr((side * difference - critical) / under_effect)) for side in (-1, 1)
    )
