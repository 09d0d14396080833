"""Tests of no effect that others use: for the coverage table only.

abkit's own is the score test, see `score_test`.
"""

import numpy as np

from abkit.analysis.quantiles import two_sided_p
from abkit.analysis.two_proportions import Arm, Floats, checked_counts


def pooled_z_p_value(treatment: Arm, control: Arm, *, corrected: bool = False) -> Floats:
    """Two-sided p-value of (p1 - p0) / sqrt(p (1 - p) (1/n1 + 1/n0)), p the pooled proportion.

    Its square is Pearson's chi-square. `corrected` first moves p1 - p0 towards 0 by
    (1/n1 + 1/n0) / 2, at most to 0: Yates's correction, and what tea-tasting 1.14 tests with from
    1,000 rows on. The p-value is 1 where neither arm varies.

    Args:
        treatment: Successes and trials >= 1, any broadcastable shapes.
        control: The same for the control arm.
        corrected: Whether to correct for continuity.

    Raises:
        ConfigError: A count lies outside its domain.
    """
    counts = checked_counts(treatment, control)
    (p1, p0), p = counts.rates, counts.pooled_rate
    per_trial = 1 / counts.n1 + 1 / counts.n0
    distance = np.abs(p1 - p0)
    if corrected:
        distance = np.maximum(distance - per_trial / 2, 0.0)
    return _p_value(distance, np.sqrt(p * (1 - p) * per_trial))


def unpooled_z_p_value(treatment: Arm, control: Arm) -> Floats:
    """Two-sided p-value of (p1 - p0) / sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0).

    Welch's test but for its t quantile: the test that Wald's interval inverts. Arguments and errors
    as in `pooled_z_p_value`. Where neither arm varies: 1 for equal rates, else 0.
    """
    counts = checked_counts(treatment, control)
    p1, p0 = counts.rates
    variance = p1 * (1 - p1) / counts.n1 + p0 * (1 - p0) / counts.n0
    return _p_value(np.abs(p1 - p0), np.sqrt(variance))


def _p_value(distance: Floats, deviation: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(distance == 0, 0.0, distance / deviation)
    return two_sided_p(statistic)
