"""What Figures 2 to 6 of the paper show, as numbers; `abkit.render.figures` draws them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagramBin:
    """One bar of a reliability diagram, with the exact 95 % interval of its accuracy."""

    lower: float
    upper: float
    n: int
    accuracy: float | None  # None: empty
    confidence: float | None
    ci_lower: float | None
    ci_upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """One model's scores: a histogram, and the reliability of its top label."""

    model: str
    ece: float
    mce: float
    f1: float
    histogram: tuple[tuple[int, ...], tuple[int, ...]]  # counts per bin of two groups of texts
    bins: tuple[DiagramBin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Precision and recall of LABEL 0 at every distinct score, falling."""

    model: str
    thresholds: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    average_precision: float
    chosen: float | None  # for the target precision, on other golden texts
    chosen_precision: float | None  # here
    chosen_recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """Everything that the figures of one table show, of one seed."""

    table: int
    seed: int
    share: float  # of LABEL 0 in the golden texts shown
    target_precision: float
    class_names: tuple[str, ...]
    balance: Mapping[str, tuple[int, ...]]  # texts per class, by set
    histogram_of: str  # whose probability, in words
    histogram_groups: tuple[str, str]
    diagrams: tuple[Diagram, ...]
    curves: tuple[Curve, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return every number that is drawn."""
        return asdict(self)
