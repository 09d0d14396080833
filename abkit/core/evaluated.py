"""What `abkit evaluate` found: every metric with its interval, and the convention it rests on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True)
class BrierParts:
    """brier = reliability - resolution + uncertainty + variance - covariance within bins."""

    reliability: float
    resolution: float
    uncertainty: float
    within_bin_variance: float
    within_bin_covariance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedBin:
    """One bar of the reliability diagram; its numbers are None when it is empty."""

    class_name: str | None  # None: the top label
    lower: float
    upper: float
    n: int  # rows
    weight: float
    accuracy: float | None  # share that came true
    confidence: float | None  # mean probability
    ci_lower: float | None  # exact interval of `accuracy`
    ci_upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number; None where the rows do not define it, or infinite, and then `note` says why."""

    metric: str
    class_name: str | None  # of a metric of one class
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """What the numbers rest on; nothing here is guessed by a reader."""

    n_bins: int
    edges: str  # right: (lower, upper]; left: [lower, upper)
    calibration_of: str  # of ece, mce, bins, equal-mass, debiased and smooth error
    positive: str | None
    weight: str | None
    confidence_level: float
    resamples: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedRows:
    """All rows, or one stratum."""

    stratum: str | None
    n: int
    weight: float
    class_rows: Mapping[str, int]
    measures: tuple[Measure, ...]
    brier_parts: BrierParts
    bins: tuple[EvaluatedBin, ...]

    def measure(self, metric: str, class_name: str | None = None) -> Measure:
        """Return one of `measures`."""
        return next(m for m in self.measures if (m.metric, m.class_name) == (metric, class_name))

    def to_dict(self) -> dict[str, Any]:
        """Return the facts; `macro` and `average_precision` are nested, intervals listed."""
        facts: dict[str, Any] = {"n": self.n, "weight": self.weight}
        for one in self.measures:
            place = facts
            *path, last = [*one.metric.split("."), *([one.class_name] if one.class_name else [])]
            for step in path:
                place = place.setdefault(step, {})
            place[last] = one.estimate
        return facts | {
            "brier_parts": asdict(self.brier_parts),
            "class_rows": dict(self.class_rows),
            "bins": [asdict(one) for one in self.bins],
            "intervals": [asdict(one) for one in self.measures],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Another file of scores for the same rows; differences are this one minus the other."""

    source: str
    rows: EvaluatedRows  # the other's
    differences: tuple[Measure, ...]  # paired: both are drawn with the same resamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated(Rendered):
    """Every metric of one file of scores, or of a model on labelled texts."""

    source: str
    class_names: tuple[str, ...]
    conventions: Conventions
    rows: EvaluatedRows
    by: str | None
    strata: tuple[EvaluatedRows, ...]
    against: Comparison | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        against = self.against
        return {
            **self.rows.to_dict(),
            "source": self.source,
            "class_names": list(self.class_names),
            "conventions": asdict(self.conventions),
            "by": self.by,
            "strata": [{"stratum": one.stratum, **one.to_dict()} for one in self.strata],
            "against": None
            if against is None
            else {
                "source": against.source,
                **against.rows.to_dict(),
                "differences": [asdict(one) for one in against.differences],
            },
            "notes": list(self.notes),
        }

    def records(self) -> list[dict[str, Any]]:
        """Return one row per metric, strata below the whole."""
        return [
            {"stratum": rows.stratum, **asdict(one)}
            for rows in (self.rows, *self.strata)
            for one in rows.measures
        ]
