"""Table 3 as the paper prints it: deltas on one scale, rounded as it rounds them.

Rounding is what hides the levels. A difference, its two bounds and its p-value are four numbers, as
are the two counts of two arms: unrounded they can be solved for the counts. In small samples two
decimals would not do: so an interval is never wider than `STEPS` units of the last digit.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from abkit.core.analyzed import Analysis
from abkit.core.arms import Effect
from abkit.core.check import Status
from abkit.core.errors import ConfigError
from abkit.core.results import Rendered
from abkit.core.table3 import Intervals, MetricRow, PooledRow, Verdict

Scale = Literal["points", "relative"]
DECIMALS: Final = {"points": 4, "relative": 3}  # at most: .01 points; .1 per cent
STEPS: Final = 300  # with 100 customers an arm, rates from .2 to .7 give the same numbers
LEAST_P: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One metric, treatment against control, on one scale, rounded.

    A p-value below .0001 is given as .0001, and said to lie below it.
    """

    treatment: str
    use_case: str | None  # None: pooled
    metric: str
    effect: Effect
    p_value: float | None  # None: nothing to test
    p_value_below: bool  # the p-value lies below the number
    p_value_adjusted: float | None  # None: pooled, or nothing to test
    p_value_adjusted_below: bool
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the delta."""
        return {
            "treatment": self.treatment,
            "use_case": self.use_case,
            "metric": self.metric,
            **self.effect.to_dict(),
            "p_value": self.p_value,
            "p_value_below": self.p_value_below,
            "p_value_adjusted": self.p_value_adjusted,
            "p_value_adjusted_below": self.p_value_adjusted_below,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deltas(Rendered):
    """Deltas without counts and levels; of a check only what it is called and how it ended."""

    source: str  # what was read
    control: str
    scale: Scale
    confidence_level: float
    intervals: Intervals = "unadjusted"  # bonferroni: of the use-cases; pooled ones never are
    deltas: tuple[Delta, ...]
    left_out: tuple[str, ...] = ()  # metrics whose delta on this scale would tell a level's size
    checks: tuple[tuple[str, Status], ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per delta."""
        return [delta.to_dict() for delta in self.deltas]

    def to_dict(self) -> dict[str, Any]:
        """Return the deltas and the checks."""
        return {
            "source": self.source,
            "control": self.control,
            "scale": self.scale,
            "confidence_level": self.confidence_level,
            "intervals": self.intervals,
            "deltas": self.records(),
            "left_out": list(self.left_out),
            "checks": [{"code": code, "status": status} for code, status in self.checks],
        }


def deltas_only(analysis: Analysis, scale: Scale) -> Deltas:
    """Return an analysis reduced to one scale and rounded; segments stay out.

    A difference of means has the metric's unit, which tells a level's size: on the scale of points
    means are left out.

    Raises:
        ConfigError: Every metric is left out.
    """
    rows: list[tuple[str, str | None, MetricRow | PooledRow]] = []
    for table in analysis.tables:
        rows.extend((table.treatment, use_case, row) for use_case, row in table.rows())
        if len(table.use_cases) > 1:
            rows.extend((table.treatment, None, row) for row in table.pooled)
    shown = [row for row in rows if scale == "relative" or row[2].kind == "proportion"]
    if not shown:
        raise ConfigError(
            "`deltas_only` is `points`, but every metric is a mean, which points give away",
            hint="choose relative",
        )
    return Deltas(
        source=analysis.source,
        control=analysis.tables[0].control,
        scale=scale,
        confidence_level=analysis.tables[0].confidence_level,
        intervals=analysis.tables[0].intervals,
        deltas=tuple(_delta(*row, scale) for row in shown),
        left_out=tuple(dict.fromkeys(row[2].metric for row in rows if row not in shown)),
        checks=tuple(dict.fromkeys((check.code, check.status) for check in analysis.checks)),
    )


def _delta(treatment: str, use_case: str | None, row: MetricRow | PooledRow, scale: Scale) -> Delta:
    effect = row.difference if scale == "points" else row.relative
    adjusted = row.p_value_adjusted if isinstance(row, MetricRow) else None
    return Delta(
        treatment=treatment,
        use_case=use_case,
        metric=row.metric,
        effect=_rounded(effect, scale),
        p_value=_rounded_p(row.p_value),
        p_value_below=row.p_value is not None and row.p_value < LEAST_P,
        p_value_adjusted=_rounded_p(adjusted),
        p_value_adjusted_below=adjusted is not None and adjusted < LEAST_P,
        verdict=row.verdict,
    )


def _rounded(effect: Effect, scale: Scale) -> Effect:
    """Return an effect in so few digits that it fits many levels."""
    found = (effect.estimate, effect.ci_lower, effect.ci_upper)
    finite = [value for value in found if value is not None and math.isfinite(value)]
    width = max(finite, default=0.0) - min(finite, default=0.0)
    digits = DECIMALS[scale]
    if width > 0:
        digits = min(digits, math.floor(math.log10(STEPS / width)))
    estimate, lower, upper = (
        round(value, digits) + 0.0 if value is not None and math.isfinite(value) else value
        for value in found
    )  # + 0.0: no negative zero
    return Effect(
        estimate=estimate,
        ci_lower=-math.inf if lower is None else lower,
        ci_upper=math.inf if upper is None else upper,
        note="no finite value or bound" if effect.note else None,  # not which level is 0
    )


def _rounded_p(p_value: float | None) -> float | None:
    """Return a p-value as it is printed: two decimals, below .1 four."""
    if p_value is None:
        return None
    return max(round(p_value, 2 if p_value >= 0.1 else 4), LEAST_P)
