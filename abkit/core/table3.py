"""What an A/B analysis found: Table 3, its pooled rows and its checks. Facts only, unrounded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from abkit.core.results import Rendered
from abkit.core.store import finite

METRICS: Final = ("AR", "PRR", "24RR")
BETTER: Final[dict[str, Literal["higher", "lower"]]] = {
    "AR": "higher",
    "PRR": "higher",
    "24RR": "lower",
}

Verdict = Literal["better", "worse", "lost_after_correction", "no_difference_shown", "not_trusted"]
Status = Literal["pass", "warn", "fail", "not_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """Successes of trials in one arm."""

    successes: int
    trials: int

    @property
    def rate(self) -> float | None:
        """Return successes / trials, None without trials."""
        return self.successes / self.trials if self.trials else None

    def to_dict(self) -> dict[str, Any]:
        """Return counts and rate."""
        return {"successes": self.successes, "trials": self.trials, "rate": self.rate}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Treatment against control on one scale, as a proportion (0.02 is 2 points, or 2 per cent).

    `estimate` is None where it is undefined; a bound may be infinite; `note` says why.
    """

    estimate: float | None
    ci_lower: float
    ci_upper: float
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return estimate and interval; a non-finite number is None, with the note."""
        names = ("estimate", "ci_lower", "ci_upper")
        numbers: dict[str, Any] = finite({name: getattr(self, name) for name in names})
        return numbers | ({"note": self.note} if self.note else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class PerArm:
    """One number per arm, None where it is undefined."""

    control: float | None
    treatment: float | None

    def to_dict(self) -> dict[str, float | None]:
        """Return both numbers."""
        return {"control": self.control, "treatment": self.treatment}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One metric in one use-case.

    Beside PRR stand the responses among the offers; beside 24RR the immature contacts that left
    it, and the contacts whose issue came back before they had ended.
    """

    metric: str
    better: Literal["higher", "lower"]
    control: Proportion
    treatment: Proportion
    difference: Effect  # treatment rate - control rate
    relative: Effect  # treatment rate / control rate - 1
    p_value: float
    p_value_adjusted: float  # Holm over all rows of the analysis
    method: str
    design_effect: PerArm  # what each arm's counts were divided by, at least 1
    standard_error: float | None  # of the difference, linearised over customers
    intraclass_correlation: PerArm  # None where no customer repeats
    verdict: Verdict
    control_responses: Proportion | None = None  # responses / offers
    treatment_responses: Proportion | None = None
    immature: PerArm | None = None  # contacts
    overlapping: PerArm | None = None

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
        beside = {"immature": self.immature, "overlapping": self.overlapping}
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
    """Whether the use-cases' differences differ: Cochran's Q; p None with fewer than two."""

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
    better: Literal["higher", "lower"]
    control: Proportion
    treatment: Proportion
    difference: Effect
    relative: Effect
    p_value: float
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
        "better": row.better,
        "control": row.control.to_dict(),
        "treatment": row.treatment.to_dict(),
        "difference": row.difference.to_dict(),
        "relative": row.relative.to_dict(),
        "p_value": row.p_value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question put to the data before the results are trusted; a `fail` withdraws verdicts.

    `use_case` is None when the check is about the whole log.
    """

    code: str
    status: Status
    detail: str
    p_value: float | None = None
    use_case: str | None = None
    count: int | None = None  # rows or customers concerned, where the check counts some

    def to_dict(self) -> dict[str, Any]:
        """Return the check as DESIGN's JSON."""
        return {
            "code": self.code,
            "use_case": self.use_case,
            "status": self.status,
            "p_value": self.p_value,
            "count": self.count,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table3(Rendered):
    """Automation, positive responses and repeats, treatment against control, by use-case."""

    control: str  # the arms' names
    treatment: str
    confidence_level: float
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
            "confidence_level": self.confidence_level,
            "use_cases": [group.to_dict() for group in self.use_cases],
            "pooled": [row.to_dict() for row in self.pooled],
            "checks": [check.to_dict() for check in self.checks],
        }
