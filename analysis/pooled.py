"""One effect over several use-cases: Mantel-Haenszel, Cochran's test, and whether they agree."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.analysis.constrained import Tables, deviation_at_difference
from abkit.analysis.quantiles import critical_value, two_sided_p
from abkit.analysis.stratified_score import (
    stratified_difference_interval,
    stratified_ratio_interval,
)

Floats = npt.NDArray[np.float64]
Interval = tuple[float, float, float]  # estimate, lower, upper


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEffect:
    """Mantel-Haenszel effects with intervals; an estimate may be NaN, bounds never are."""

    difference: Interval
    ratio: Interval
    p_value: float
    q: float  # heterogeneity of the differences
    q_df: int
    q_p_value: float | None


def pooled_effect(
    tables: Tables, *, confidence_level: float = 0.95, df: float = math.inf
) -> PooledEffect:
    """Pool 2x2 tables, one per use-case; tables with an empty arm say nothing and are left out.

    Both intervals invert the stratified score statistic, which is Cochran-Mantel-Haenszel's at no
    effect: p-value and intervals agree about that. With one table they are Miettinen-Nurminen's.

    Args:
        tables: Shape (s,); fractions are allowed (counts divided by design effects).
        confidence_level: Nominal two-sided coverage, in (0, 1).
        df: Degrees of freedom of the reference; infinite is the normal one.

    References:
        Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748;
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, section 4.
    """
    kept = (tables.n1 > 0) & (tables.n0 > 0)
    tables = Tables(*(part[kept] for part in (tables.x1, tables.n1, tables.x0, tables.n0)))
    if not kept.any():
        return PooledEffect(
            difference=(math.nan, -1.0, 1.0), ratio=(math.nan, 0.0, math.inf),
            p_value=1.0, q=0.0, q_df=0, q_p_value=None,
        )  # fmt: skip
    critical = float(critical_value(confidence_level, df))
    difference = mantel_haenszel_difference(tables, critical)
    q, q_df = heterogeneity(tables, difference[0])
    return PooledEffect(
        difference=difference,
        ratio=mantel_haenszel_ratio(tables, critical),
        p_value=float(two_sided_p(cochran_mantel_haenszel_statistic(tables), df)),
        q=q,
        q_df=q_df,
        q_p_value=float(special.chdtrc(q_df, q)) if q_df else None,
    )


def mantel_haenszel_weights(tables: Tables) -> Floats:
    """Return each use-case's weight in the pooled difference, n1 n0 / N; 0 with an empty arm."""
    total = tables.n1 + tables.n0
    product = tables.n1 * tables.n0
    return np.divide(product, total, where=total > 0, out=np.zeros_like(product))


def mantel_haenszel_difference(tables: Tables, critical: float) -> Interval:
    """Return the weighted difference, weights n1 n0 / N, and its score interval in [-1, 1]."""
    weights = mantel_haenszel_weights(tables)
    each = tables.x1 / tables.n1 - tables.x0 / tables.n0
    estimate = min(max(float(weights @ each / weights.sum()), -1.0), 1.0)
    return _around(estimate, *stratified_difference_interval(tables, weights, critical))


def mantel_haenszel_ratio(tables: Tables, critical: float) -> Interval:
    """Return sum(x1 n0 / N) / sum(x0 n1 / N) and its score interval in [0, inf]."""
    weights = mantel_haenszel_weights(tables)
    rate1 = float(weights @ (tables.x1 / tables.n1))
    rate0 = float(weights @ (tables.x0 / tables.n0))
    estimate = rate1 / rate0 if rate0 else (math.inf if rate1 else math.nan)
    return _around(estimate, *stratified_ratio_interval(tables, weights, critical))


def _around(estimate: float, lower: float, upper: float) -> Interval:
    """Return the interval about its estimate, which rounding may have put a last digit outside."""
    if math.isnan(estimate):
        return estimate, lower, upper
    return estimate, min(lower, estimate), max(upper, estimate)


def cochran_mantel_haenszel_statistic(tables: Tables) -> float:
    """Return the signed root of the CMH chi-square, uncorrected; 0 where nothing varies.

    With one use-case it is the Miettinen-Nurminen statistic of no effect.
    """
    total, events = tables.n1 + tables.n0, tables.x1 + tables.x0
    excess = float(np.sum((tables.x1 * tables.n0 - tables.x0 * tables.n1) / total))
    variance = float(
        np.sum(tables.n1 * tables.n0 * events * (total - events) / (total**2 * (total - 1)))
    )
    return excess / math.sqrt(variance) if variance > 0 else 0.0


def heterogeneity(tables: Tables, difference: float) -> tuple[float, int]:
    """Return Cochran's Q of the use-cases' differences, and its degrees of freedom.

    The variances are the Miettinen-Nurminen ones at the common `difference`, so that a use-case
    without successes has a variance too; use-cases that could not vary are left out.

    References:
        Cochran (1954), Biometrics 10, 101-129; Miettinen and Nurminen (1985), section 5.
    """
    common = np.full_like(tables.x1, min(max(difference, -1.0), 1.0))
    deviation = deviation_at_difference(tables, common)
    varies = deviation > 0
    if varies.sum() < 2:
        return 0.0, 0
    weight = 1 / deviation[varies] ** 2
    effect = (tables.x1 / tables.n1 - tables.x0 / tables.n0)[varies]
    centre = np.sum(weight * effect) / np.sum(weight)
    return float(np.sum(weight * (effect - centre) ** 2)), int(varies.sum()) - 1
