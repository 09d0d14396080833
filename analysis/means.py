"""Means of numeric metrics in two arms: Welch's test, linearised where units have several values.

The p-value, the interval of the difference and Fieller's interval of the ratio come from the same
variances and the same degrees of freedom, so that they always agree about no effect.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from scipy import special

from abkit.analysis.fieller import Mean, fieller_interval
from abkit.analysis.quantiles import critical_value, two_sided_p
from abkit.core import checks

_ROUNDING: Final = 2.0**-48  # a spread below this share of the mean is nothing but rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanMoments:
    """Sums over one arm's units i (customers, say) with m_i values that sum to s_i.

    With the mean = `total` / `trials`, residuals are e_i = s_i - mean m_i.
    """

    units: int  # with m_i >= 1
    trials: int  # sum of m
    total: float  # sum of s
    residual_squares: float  # sum of e^2

    @property
    def mean(self) -> float:
        """Return the mean over values, NaN without values."""
        return self.total / self.trials if self.trials else math.nan


class MeanPair(NamedTuple):
    """The same metric in both arms."""

    control: MeanMoments
    treatment: MeanMoments


Interval = tuple[float, float, float]  # estimate, lower, upper
NOTHING: Final[Interval] = (math.nan, -math.inf, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanComparison:
    """Treatment against control; an estimate may be NaN, bounds and the p-value never are."""

    difference: Interval
    ratio: Interval  # `NOTHING` unless the control's mean is above 0
    p_value: float
    df: float | None  # of Student's t; None where no variance is known, or it is 0
    standard_error: float | None  # of the difference


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledMeans:
    """One effect over several use-cases, and whether they agree."""

    effect: MeanComparison
    q: float  # heterogeneity of the differences
    q_df: int
    q_p_value: float | None


def variance_of_mean(moments: MeanMoments) -> float | None:
    """Return the variance of total / trials as a ratio of sums over units.

    k / (k - 1) sum e_i^2 / n^2 with k units and n values: with one value per unit it is the sample
    variance over n. None where it is unknown: fewer than two units, or squares beyond what a
    float can hold. 0 where the residuals are no larger than rounding makes them.

    References:
        Cochran (1977), Sampling Techniques, 3rd edition, section 6.3.
    """
    k, n, squares = moments.units, moments.trials, moments.residual_squares
    if k < 2 or not math.isfinite(squares):
        return None
    if math.sqrt(squares) <= _ROUNDING * abs(moments.total) / math.sqrt(k):
        return 0.0
    return squares / n / n * (k / (k - 1))


def compare_means(
    control: MeanMoments, treatment: MeanMoments, *, confidence_level: float = 0.95
) -> MeanComparison:
    """Test equal means by Welch's t, with intervals for the difference and the ratio.

    t = (m1 - m0) / sqrt(v1 + v0), v from `variance_of_mean`, against Student's t with
    (v1 + v0)^2 / (v1^2 / (k1 - 1) + v0^2 / (k0 - 1)) degrees of freedom, k the numbers of units.
    The ratio has Fieller's interval with the same variances and degrees of freedom.

    An arm with fewer than two units has no known variance: p = 1 and both intervals are all
    numbers. Where neither arm varies there is no t. (scipy says p = 0 if the constants differ and
    NaN if not, whatever the size; R refuses.) Then p is what a permutation test can show at most,
    2 / C(k1 + k0, k1), and 1 if the constants are equal; the intervals are the one observed value
    if that shows something at the level, all numbers if not.

    Args:
        control: Sums over the control arm.
        treatment: Sums over the treatment arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Raises:
        ConfigError: The level lies outside its domain.

    References:
        Welch (1947), Biometrika 34, 28-35; Fieller (1954), J. R. Stat. Soc. B 16, 175-185.
    """
    return _compare([MeanPair(control, treatment)], confidence_level)


def pooled_means(pairs: Iterable[MeanPair], *, confidence_level: float = 0.95) -> PooledMeans:
    """Pool the differences of several use-cases with Mantel-Haenszel's weights n1 n0 / (n1 + n0).

    Difference and ratio are those of the arms' weighted means, with Satterthwaite's degrees of
    freedom over all arms; one use-case gives `compare_means`. Use-cases where an arm has no values
    are left out, and so are those without a known variance, as long as another has one.
    Heterogeneity is Cochran's Q with inverse variances as weights, over use-cases that vary.

    Args:
        pairs: Control and treatment of each use-case.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Raises:
        ConfigError: The level lies outside its domain.

    References:
        Satterthwaite (1946), Biometrics Bulletin 2, 110-114;
        Cochran (1954), Biometrics 10, 101-129.
    """
    pairs = list(pairs)
    q, q_df = _heterogeneity(pairs)
    return PooledMeans(
        effect=_compare(pairs, confidence_level),
        q=q,
        q_df=q_df,
        q_p_value=float(special.chdtrc(q_df, q)) if q_df else None,
    )


def _compare(pairs: Sequence[MeanPair], level: float) -> MeanComparison:
    """Return the comparison of the arms' weighted means."""
    checks.level("confidence_level", level)
    kept = _informative(pairs)
    if not kept:
        return MeanComparison(
            difference=NOTHING, ratio=NOTHING, p_value=1.0, df=None, standard_error=None
        )
    weights = _weights(kept)
    control, treatment = (_weighted(arms, weights) for arms in zip(*kept, strict=True))
    difference, variance = treatment.mean - control.mean, treatment.variance + control.variance
    df = error = None
    if 0 < variance < math.inf:
        error, df = math.sqrt(variance), _satterthwaite(kept, weights, variance)
        p_value = float(two_sided_p(difference / error, df))
        critical = float(critical_value(level, df))
    elif variance == 0:
        error, p_value, critical = 0.0, *_without_spread(kept, treatment.mean, control.mean, level)
    else:
        p_value, critical = 1.0, math.inf
    shown = p_value < 1 - level
    return MeanComparison(
        difference=_difference(difference, critical * error if error else critical, shown=shown),
        ratio=_ratio(treatment, control, critical, shown=shown),
        p_value=p_value,
        df=df,
        standard_error=error,
    )


def _informative(pairs: Iterable[MeanPair]) -> list[MeanPair]:
    """Return the pairs with values in both arms, those with known variances if there are any."""
    filled = [pair for pair in pairs if all(arm.trials for arm in pair)]
    known = [pair for pair in filled if all(variance_of_mean(arm) is not None for arm in pair)]
    return known or filled


def _weights(pairs: Sequence[MeanPair]) -> list[float]:
    """Return n1 n0 / (n1 + n0) of each pair, divided by their sum."""
    raw = [c.trials * t.trials / (c.trials + t.trials) for c, t in pairs]
    return [weight / math.fsum(raw) for weight in raw]


def _weighted(arms: Sequence[MeanMoments], weights: Sequence[float]) -> Mean:
    """Return the weighted mean of one arm over use-cases; its variance is NaN where unknown."""
    variances = [variance_of_mean(arm) for arm in arms]
    return Mean(
        math.fsum(w * arm.mean for w, arm in zip(weights, arms, strict=True)),
        math.nan
        if None in variances
        else sum(w * w * (v or 0.0) for w, v in zip(weights, variances, strict=True)),
    )


def _satterthwaite(pairs: Sequence[MeanPair], weights: Sequence[float], variance: float) -> float:
    """Return V^2 / sum of (w^2 v)^2 / (k - 1) over arms, V = `variance` the sum of all w^2 v."""
    return 1 / sum(
        (weight * weight * (variance_of_mean(arm) or 0.0) / variance) ** 2 / (arm.units - 1)
        for pair, weight in zip(pairs, weights, strict=True)
        for arm in pair
    )


def _without_spread(
    pairs: Sequence[MeanPair], mean1: float, mean0: float, level: float
) -> tuple[float, float]:
    """Return p and the critical value (0 or infinite) where no arm varies within itself.

    Of C(k1 + k0, k1) ways to deal the units to the arms the observed one is the most extreme; the
    use-case that shows least speaks for all.
    """
    least = max(min(1.0, 2 / float(special.binom(c.units + t.units, c.units))) for c, t in pairs)
    equal = abs(mean1 - mean0) <= _ROUNDING * max(abs(mean1), abs(mean0))
    return 1.0 if equal else least, 0.0 if least < 1 - level else math.inf


def _difference(estimate: float, half: float, *, shown: bool) -> Interval:
    """Return estimate +- half, on the side of no effect where the p-value puts it."""
    lower, upper = estimate - half, estimate + half
    if not shown:
        return estimate, min(lower, 0.0), max(upper, 0.0)
    if estimate > 0:
        return estimate, max(lower, 5e-324), upper
    return estimate, lower, min(upper, -5e-324)


def _ratio(treatment: Mean, control: Mean, critical: float, *, shown: bool) -> Interval:
    """Return the ratio with Fieller's interval, on the side of 1 where the p-value puts it."""
    if not control.mean > 0:
        return NOTHING
    estimate = treatment.mean / control.mean
    lower, upper = fieller_interval(treatment, control, critical=critical)
    if not shown:
        return estimate, min(lower, 1.0), max(upper, 1.0)
    if treatment.mean > control.mean:
        return estimate, max(lower, math.nextafter(1.0, 2.0)), upper
    return estimate, lower, min(upper, math.nextafter(1.0, 0.0))


def _heterogeneity(pairs: Sequence[MeanPair]) -> tuple[float, int]:
    """Return Cochran's Q of the use-cases' differences, and its degrees of freedom."""
    found = [
        (treatment.mean - control.mean, 1 / variance)
        for control, treatment in pairs
        for variance in (_variance_of_difference(control, treatment),)
        if variance
    ]
    if len(found) < 2:
        return 0.0, 0
    centre = sum(effect * weight for effect, weight in found) / sum(w for _, w in found)
    return sum(weight * (effect - centre) ** 2 for effect, weight in found), len(found) - 1


def _variance_of_difference(control: MeanMoments, treatment: MeanMoments) -> float | None:
    """Return the variance of the difference of two means, None where one is unknown."""
    variances = variance_of_mean(control), variance_of_mean(treatment)
    return None if None in variances else sum(variance or 0.0 for variance in variances)
