"""Models on real texts: what `reproduce --real-texts` measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from abkit.core.reproduced import Interval
from abkit.core.results import Rendered

MAX_GAP: Final = 0.02  # of average precision behind the linear baseline
DEFAULT: Final = "FL1"
BASELINE: Final = "TF-IDF, logistic regression"

Verdict = Literal["met", "met by the point", "missed by the point", "not met"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Calibration on the test rows whose annotators did, or did not, all agree; seed means."""

    agreed: bool
    n: float
    accuracy: float
    confidence: float  # mean of the largest probability
    ece: float
    nll: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RealRow:
    """One model on the test part of one task; means over the seeds."""

    model: str
    temperature: float | None  # None: there is none
    metrics: Mapping[str, Interval]
    gap: Interval | None  # macro or LABEL 0 average precision less the baseline's, paired
    epochs: float | None  # after which the weights were kept
    strata: tuple[Stratum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One thing changed: its average precision, and that less two others', paired; seed means."""

    what: str
    n_train: float
    epochs: float | None
    value: Interval
    to_default: Interval  # less the default network's
    to_baseline: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTask:
    """One classification of real texts."""

    name: str
    how: str  # which rows, which labels
    class_names: tuple[str, ...]
    shares: tuple[float, ...]  # of the classes among the test rows, weighted
    metric: str  # which average precision the gap is of
    n_train: float
    n_validation: float
    n_test: float
    rows: tuple[RealRow, ...]
    changed: tuple[Changed, ...] = ()

    @property
    def default(self) -> RealRow:
        """Return the network that `abkit train` makes; the best one would be chosen on the test."""
        return next(row for row in self.rows if row.model == DEFAULT)

    @property
    def aim_met(self) -> bool:
        """Return whether the default network is at most `MAX_GAP` behind, by the estimate alone."""
        assert self.default.gap is not None  # of a network
        return self.default.gap.estimate >= -MAX_GAP

    @property
    def verdict(self) -> Verdict:
        """Return `met` or `not met` where the whole interval says so, else what the point says."""
        gap = self.default.gap
        assert gap is not None  # of a network
        if gap.ci_lower >= -MAX_GAP:
            return "met"
        if gap.ci_upper < -MAX_GAP:
            return "not met"
        return "met by the point" if self.aim_met else "missed by the point"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealTexts(Rendered):
    """Every task."""

    seeds: tuple[int, ...]
    tasks: tuple[RealTask, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values."""
        return asdict(self)

    def records(self) -> list[dict[str, Any]]:
        """Return one record per task and model."""
        return [
            {"task": task.name, **{k: v for k, v in asdict(row).items() if k != "strata"}}
            for task in self.tasks
            for row in task.rows
        ]
