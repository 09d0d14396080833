"""What an A/B analysis found for one treatment: Table 3, its pooled rows and its checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from abkit.core.arms import Average, Effect, PerArm, Proportion
from abkit.core.check import Check
from abkit.core.metrics import Direction, Kind
from abkit.core.results import Rendered

Verdict = Literal["better", "worse", "lost_after_correction", "no_difference_shown", "not_trusted"]
Arm = Proportion | Average

Intervals = Literal["unadjusted", "bonferroni"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric in one use-case.

    Beside PRR stand the responses among the offers, and how far the difference could move had
    everybody answered; beside 24RR the immature contacts that left it, the contacts whose issue
    came back before they had ended, and the Kaplan-Meier estimate that uses the immature ones too.
    """

    metric: str
    better: Direction
    kind: Kind = "proportion"
    control: Arm
    treatment: Arm
    difference: Effect  # treatment - control
    relative: Effect  # treatment / control - 1
    p_value: float | None  # None: an arm without trials, so that there is nothing to test
    p_value_adjusted: float | None  # Holm over all rows of the analysis, those without a test too
    method: str
    design_effect: PerArm  # what each arm's counts were divided by, at least 1; None for a mean
    standard_error: float | None  # of the difference, linearised over customers
    intraclass_correlation: PerArm  # None where no customer repeats
    verdict: Verdict
    control_responses: Proportion | None = None  # responses / offers
    treatment_responses: Proportion | None = None
    worst_case: tuple[float, float] | None = None  # of the difference over all offers
    immature: PerArm | None = None  # contacts
    overlapping: PerArm | None = None
    kaplan_meier: PerArm | None = None  # share repeated by 24 h

    def to_dict(self) -> dict[str, Any]:
        """Return the row as DESIGN's JSON, with what stands beside the metric."""
        row = _compared(self) | {
            "p_value_adjusted": self.p_value_adjusted,
            "method": self.method,
            "design_effect": self.design_effect.to_dict(),
            "standard_error": self.standard_error,
            "intraclass_correlation": self.intraclass_correlation.to_dict(),
            "verdict": self.verdict,
        }
        if self.control_responses and self.treatment_responses:
            row["responses"] = {
                "control": self.control_responses.to_dict(),
                "treatment": self.treatment_responses.to_dict(),
            }
        if self.worst_case:
            lower, upper = self.worst_case
            row["worst_case"] = {"lower": lower, "upper": upper}
        names = ("immature", "overlapping", "kaplan_meier")
        beside = {name: getattr(self, name) for name in names}
        return row | {name: part.to_dict() for name, part in beside.items() if part}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseRows:
    """All metrics of one use-case."""

    use_case: str
    metrics: tuple[MetricRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the use-case and its rows."""
        return {"use_case": self.use_case, "metrics": [row.to_dict() for row in self.metrics]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Whether differences differ: Cochran's Q; p None with fewer than two to compare."""

    q: float
    df: int
    p_value: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return Q, its degrees of freedom and its p-value."""
        return {"q": self.q, "df": self.df, "p_value": self.p_value}


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledRow:
    """One metric over all use-cases: counts are sums, effects are Mantel-Haenszel's.

    Outside the family of the adjusted p-values: its verdict rests on the plain one.
    """

    metric: str
    better: Direction
    kind: Kind = "proportion"
    control: Arm
    treatment: Arm
    difference: Effect
    relative: Effect
    p_value: float | None  # None: no use-case with trials in both arms
    method: str
    heterogeneity: Heterogeneity
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the row as DESIGN's JSON."""
        return _compared(self) | {
            "method": self.method,
            "heterogeneity": self.heterogeneity.to_dict(),
            "verdict": self.verdict,
        }


def _compared(row: MetricRow | PooledRow) -> dict[str, Any]:
    """Return what a use-case's row and a pooled row share: both arms, both scales, the test."""
    return {
        "metric": row.metric,
        "kind": row.kind,
        "better": row.better,
        "control": row.control.to_dict(),
        "treatment": row.treatment.to_dict(),
        "difference": row.difference.to_dict(),
        "relative": row.relative.to_dict(),
        "p_value": row.p_value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table3(Rendered):
    """Automation, positive responses and repeats, treatment against control, by use-case."""

    control: str  # the arms' names
    treatment: str
    confidence_level: float
    intervals: Intervals = "unadjusted"  # bonferroni: wider, at 1 - error / rows of the family
    family: int  # rows that Holm's adjustment, and Bonferroni's intervals, are over
    units: str = "customers"  # what was randomised: customers, rows, trials, or a column's name
    use_cases: tuple[UseCaseRows, ...]
    pooled: tuple[PooledRow, ...]
    checks: tuple[Check, ...]

    @property
    def trusted(self) -> bool:
        """Return whether no check failed."""
        return all(check.status != "fail" for check in self.checks)

    def rows(self) -> Iterator[tuple[str, MetricRow]]:
        """Yield (use-case, row) in the order of the table."""
        for group in self.use_cases:
            for row in group.metrics:
                yield group.use_case, row

    def records(self) -> list[dict[str, Any]]:
        """Return one row per use-case and metric; the pooled rows and the checks stay out."""
        return [{"use_case": use_case, **row.to_dict()} for use_case, row in self.rows()]

    def to_dict(self) -> dict[str, Any]:
        """Return DESIGN's JSON of an analysis: proportions, unrounded."""
        return {
            "arms": {"control": self.control, "treatment": self.treatment},
            "units": self.units,
            "confidence_level": self.confidence_level,
            "intervals": self.intervals,
            "family": self.family,
            "checks": [check.to_dict() for check in self.checks],
            "use_cases": [group.to_dict() for group in self.use_cases],
            "pooled": [row.to_dict() for row in self.pooled],
        }
