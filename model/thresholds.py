"""The plug-in threshold: the lowest one whose observed precision reaches the target."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.model.metrics import flagged_and_hits
from abkit.model.predictions import checked_scores

MIN_FLAGGED: Final = 20  # fewer flagged rows say next to nothing about a precision


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugInThreshold:
    """A threshold and what it rests on; `threshold` is None when the target was not reached.

    It is no guarantee: the precision was observed on the rows that chose the threshold, so about
    half the time the true precision lies below the target.
    """

    threshold: float | None  # flag a text when score >= threshold
    target_precision: float
    expected_precision: float | None  # observed on these rows
    expected_recall: float | None  # observed on these rows
    n: int
    n_positive: int
    n_flagged: int  # rows at or above the threshold; 0 when there is none
    highest_precision: float | None  # of any threshold with enough flagged rows; None: no such

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values, unrounded."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PlugInThreshold":
        """Return the threshold that `to_dict` described; other keys are refused."""
        if set(values) != {field.name for field in fields(cls)}:
            raise ConfigError(f"a threshold has keys {sorted(values)}")
        return cls(**values)


def plug_in_threshold(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, *, target_precision: float = 0.85
) -> PlugInThreshold:
    """Choose the lowest threshold with observed precision >= target and >= 20 flagged rows.

    Candidates are the distinct scores, so tied rows are flagged together; the lowest has the
    largest recall. The threshold is put midway to the next lower score (midway to 0 below the
    lowest), so that rounding cannot unflag the row that chose it.

    Args:
        scores: Shape (n,), n >= 1, finite; larger is more likely positive.
        is_positive: Shape (n,), true for LABEL 0.
        target_precision: In (0, 1).

    Raises:
        ConfigError: The target lies outside (0, 1).
        DataError: Arrays out of their domain.
    """
    checks.level("target_precision", target_precision)
    s, y = checked_scores(scores, is_positive)
    distinct, flagged, hits = flagged_and_hits(s, y)
    precision = hits / flagged
    enough = flagged >= MIN_FLAGGED
    good = np.flatnonzero(enough & (precision >= target_precision))
    chosen = int(good[-1]) if len(good) else None
    return PlugInThreshold(
        threshold=None if chosen is None else midway(distinct, chosen),
        target_precision=target_precision,
        expected_precision=None if chosen is None else float(precision[chosen]),
        expected_recall=None if chosen is None else float(hits[chosen] / y.sum()),
        n=len(s),
        n_positive=int(y.sum()),
        n_flagged=0 if chosen is None else int(flagged[chosen]),
        highest_precision=float(precision[enough].max()) if enough.any() else None,
    )


def plug_in_recall(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, *, target_recall: float
) -> float | None:
    """Return the highest threshold with observed recall >= target; None: nothing is positive.

    As with precision, about half of such thresholds fall short. Errors are those above.
    """
    checks.level("target_recall", target_recall)
    s, y = checked_scores(scores, is_positive)
    distinct, _, hits = flagged_and_hits(s, y)
    good = np.flatnonzero(hits >= target_recall * y.sum())
    return midway(distinct, int(good[0])) if y.any() else None


def midway(distinct: npt.NDArray[np.float64], chosen: int) -> float:
    """Return the middle between a score and the next lower one, or the score if none fits."""
    upper = float(distinct[chosen])
    lower = float(distinct[chosen + 1]) if chosen + 1 < len(distinct) else min(0.0, upper)
    middle = (lower + upper) / 2
    return middle if lower < middle <= upper else upper
