"""Recall and prevalence from two samples, each weighted by the contacts it stands for."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from abkit.analysis.exact_intervals import hypergeometric_interval
from abkit.analysis.quantiles import critical_value
from abkit.core.audited import AuditedShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One annotated sample: `positives` of `annotated`, drawn without replacement from `size`."""

    positives: int
    annotated: int
    size: int

    @property
    def rate(self) -> float:
        """Return the sample's share of positives."""
        return self.positives / self.annotated

    @property
    def rate_variance(self) -> float:
        """Return (1 - n/N) p (1 - p) / (n - 1), unbiased; for a sample with both kinds in it.

        Reference: Cochran (1977), Sampling Techniques, 3rd edition, theorem 3.2.
        """
        n, p = self.annotated, self.rate
        return (1 - n / self.size) * p * (1 - p) / (n - 1)

    def bounds(self, confidence_level: float) -> tuple[float, float]:
        """Return the exact interval for the share of positives."""
        return hypergeometric_interval(
            self.positives, self.annotated, population=self.size, confidence_level=confidence_level
        )


def recall_share(flagged: Stratum, unflagged: Stratum, *, confidence_level: float) -> AuditedShare:
    """Return the share of all positives that were flagged, F p / (F p + U m).

    Its logit is log(F p) - log(U m), with variance var(p) / p^2 + var(m) / m^2.
    """

    def recall(p: float, m: float) -> float | None:
        found, lost = flagged.size * p, unflagged.size * m
        return found / (found + lost) if found + lost > 0 else None

    def logit_deviation(p: float, m: float) -> float:
        return math.sqrt(flagged.rate_variance / p**2 + unflagged.rate_variance / m**2)

    return _weighted_share(recall, logit_deviation, flagged, unflagged, confidence_level, sign=-1)


def prevalence_share(
    flagged: Stratum, unflagged: Stratum, *, confidence_level: float
) -> AuditedShare:
    """Return the share of positives among all contacts, (F p + U m) / (F + U)."""
    whole = flagged.size + unflagged.size

    def prevalence(p: float, m: float) -> float:
        return (flagged.size * p + unflagged.size * m) / whole

    def logit_deviation(p: float, m: float) -> float:
        share = prevalence(p, m)
        parts = (
            flagged.size**2 * flagged.rate_variance,
            unflagged.size**2 * unflagged.rate_variance,
        )
        return math.sqrt(sum(parts)) / whole / (share * (1 - share))

    return _weighted_share(
        prevalence, logit_deviation, flagged, unflagged, confidence_level, sign=1
    )


def _weighted_share(
    share: Callable[[float, float], float | None],
    logit_deviation: Callable[[float, float], float],
    flagged: Stratum,
    unflagged: Stratum,
    level: float,
    *,
    sign: int,
) -> AuditedShare:
    """Return a share of p and m, growing in p and, by `sign`, growing or falling in m.

    Logit interval by the delta method. Where a sample is all of one kind the logit variance does
    not exist: then the exact bounds of p and of m, at half the error each, bound the share.
    """
    p, m = flagged.rate, unflagged.rate
    estimate = share(p, m)
    if estimate is not None and 0 < p < 1 and 0 < m < 1:
        centre = math.log(estimate / (1 - estimate))
        half = float(critical_value(level)) * logit_deviation(p, m)
        lower, upper = (1 / (1 + math.exp(-(centre + side * half))) for side in (-1, 1))
        method = "design-weighted, logit interval by the delta method"
    else:
        p_bounds, m_bounds = (part.bounds((1 + level) / 2) for part in (flagged, unflagged))
        low, high = (share(p, m) for p, m in zip(p_bounds, m_bounds[::sign], strict=True))
        lower, upper = (0.0 if low is None else low), (1.0 if high is None else high)
        method = "design-weighted, bounds from the exact intervals of both samples"
    note = None if estimate is not None else "no positive contact was found in either sample"
    return AuditedShare(estimate=estimate, ci_lower=lower, ci_upper=upper, method=method, note=note)
