"""One effect over several use-cases: Mantel-Haenszel, Cochran's test, and whether they agree."""

import math
from dataclasses import dataclass
from typing import Final

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

_ROUNDING: Final = 1e-12  # a variance below this share of its terms is nothing but rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEffect:
    """Mantel-Haenszel effects with intervals; an estimate may be NaN, bounds never are."""

    difference: tuple[float, float, float]  # estimate, lower, upper
    ratio: tuple[float, float, float]
    p_value: float
    q: float  # heterogeneity of the differences
    q_df: int
    q_p_value: float | None


def pooled_effect(
    tables: Tables, *, confidence_level: float = 0.95, df: float = math.inf
) -> PooledEffect:
    """Pool 2x2 tables, one per use-case; tables with an empty arm say nothing and are left out.

    Args:
        tables: Shape (s,); fractions are allowed (counts divided by design effects).
        confidence_level: Nominal two-sided coverage, in (0, 1).
        df: Degrees of freedom of the reference; infinite is the normal one.

    References:
        Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748;
        Sato (1989), Biometrics 45, 1323-1324 (variance of the difference);
        Greenland and Robins (1985), Biometrics 41, 55-68 (variance of the log ratio).
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


def mantel_haenszel_difference(tables: Tables, critical: float) -> tuple[float, float, float]:
    """Return the weighted difference, weights n1 n0 / N, with Sato's interval, inside [-1, 1].

    Where no use-case varies within an arm that variance may be 0; then the interval is the
    stratified score one, as the ratio's.
    """
    x1, n1, x0, n0 = tables.x1, tables.n1, tables.x0, tables.n0
    total = n1 + n0
    weights = mantel_haenszel_weights(tables)
    weight = float(np.sum(weights))
    estimate = float(np.sum((x1 * n0 - x0 * n1) / total)) / weight
    p = np.sum((n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / total**2)
    q = np.sum((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * total))
    unscaled = float(estimate * p + q)
    if not unscaled > _ROUNDING * q:
        return estimate, *stratified_difference_interval(tables, weights, critical)
    half = critical * math.sqrt(unscaled) / weight
    return estimate, max(-1.0, estimate - half), min(1.0, estimate + half)


def mantel_haenszel_ratio(tables: Tables, critical: float) -> tuple[float, float, float]:
    """Return sum(x1 n0 / N) / sum(x0 n1 / N) with the Greenland-Robins interval of its logarithm.

    With no success in an arm the logarithm has no finite variance, and where nobody fails its
    variance would be 0: then the interval is the stratified score one.
    """
    x1, n1, x0, n0 = tables.x1, tables.n1, tables.x0, tables.n0
    total = n1 + n0
    r, s = float(np.sum(x1 * n0 / total)), float(np.sum(x0 * n1 / total))
    # n1 n0 events - x1 x0 total, as a sum of what cannot be negative: exactly 0 if nobody fails
    spread = float(np.sum((n1 * x1 * (n0 - x0) + n0 * x0 * (n1 - x1)) / total**2))
    if r == 0 or s == 0 or spread == 0:
        estimate = r / s if s else (math.inf if r else math.nan)
        weights = mantel_haenszel_weights(tables)
        return estimate, *stratified_ratio_interval(tables, weights, critical)
    half = critical * math.sqrt(spread / (r * s))
    return r / s, r / s * math.exp(-half), r / s * math.exp(half)


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
