"""Table 3 as the paper prints it: deltas on one scale, from which no level can be worked out."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from abkit.core.analyzed import Analysis
from abkit.core.arms import Effect
from abkit.core.check import Status
from abkit.core.errors import ConfigError
from abkit.core.results import Rendered
from abkit.core.table3 import Intervals, MetricRow, PooledRow, Verdict

Scale = Literal["points", "relative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """One metric, treatment against control, on one scale."""

    treatment: str
    use_case: str | None  # None: pooled
    metric: str
    effect: Effect
    p_value: float
    p_value_adjusted: float | None  # None: pooled
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the delta."""
        return {
            "treatment": self.treatment,
            "use_case": self.use_case,
            "metric": self.metric,
            **self.effect.to_dict(),
            "p_value": self.p_value,
            "p_value_adjusted": self.p_value_adjusted,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deltas(Rendered):
    """Deltas without counts and levels; of a check only what it is called and how it ended."""

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
            "scale": self.scale,
            "confidence_level": self.confidence_level,
            "intervals": self.intervals,
            "deltas": self.records(),
            "left_out": list(self.left_out),
            "checks": [{"code": code, "status": status} for code, status in self.checks],
        }


def deltas_only(analysis: Analysis, scale: Scale) -> Deltas:
    """Return an analysis reduced to one scale; segments stay out.

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
        scale=scale,
        confidence_level=analysis.tables[0].confidence_level,
        intervals=analysis.tables[0].intervals,
        deltas=tuple(_delta(*row, scale) for row in shown),
        left_out=tuple(dict.fromkeys(row[2].metric for row in rows if row not in shown)),
        checks=tuple(dict.fromkeys((check.code, check.status) for check in analysis.checks)),
    )


def _delta(treatment: str, use_case: str | None, row: MetricRow | PooledRow, scale: Scale) -> Delta:
    effect = row.difference if scale == "points" else row.relative
    if effect.note:  # it may say which level is 0
        effect = replace(effect, note="no finite value or bound")
    return Delta(
        treatment=treatment,
        use_case=use_case,
        metric=row.metric,
        effect=effect,
        p_value=row.p_value,
        p_value_adjusted=row.p_value_adjusted if isinstance(row, MetricRow) else None,
        verdict=row.verdict,
    )
