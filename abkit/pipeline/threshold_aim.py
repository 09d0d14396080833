"""What is to be promised, and how: one place where precision and recall part ways."""

from dataclasses import dataclass, replace

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.model.certified_thresholds import (
    CertifiedThreshold,
    Goal,
    certify_precision,
    certify_recall,
    default_start,
)
from abkit.model.label_needs import LabelNeeds, labels_for_precision, labels_for_recall
from abkit.model.thresholds import plug_in_recall, plug_in_threshold
from abkit.pipeline.threshold_rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A target for precision or recall, with the sequence that tests it."""

    goal: Goal
    target: float
    confidence: float
    start: int | None
    step: int

    def __post_init__(self) -> None:
        for name, value in ((self.goal, self.target), ("confidence", self.confidence)):
            if value == 1:
                raise ConfigError(
                    f"`{name}` is {value}; expected a share strictly in (0, 1)",
                    hint="no finite number of labels can promise 100 %",
                )
        checks.level(self.goal, self.target)
        checks.level("confidence", self.confidence)
        checks.at_least("step", self.step, 1)

    def moved(self, target: float) -> "Aim":
        """Return the aim at another target; a start that it could not do with is raised."""
        if not 0 < target < 1:
            raise ConfigError(f"the target moves to {target}, which no labelled rows can show")
        least = default_start(target, self.confidence)
        start = None if self.start is None else max(self.start, least)
        return replace(self, target=target, start=start)

    def certify(self, rows: Rows) -> CertifiedThreshold:
        """Return the threshold that keeps the promise, or why there is none."""
        if self.goal == "recall":
            return certify_recall(
                rows.scores, rows.is_positive, target=self.target, confidence=self.confidence
            )
        return certify_precision(
            rows.scores, rows.is_positive, target=self.target, confidence=self.confidence,
            start=self.start, step=self.step,
        )  # fmt: skip

    def plug_in(self, rows: Rows) -> float | None:
        """Return the threshold whose observed share reaches the target."""
        if self.goal == "recall":
            return plug_in_recall(rows.scores, rows.is_positive, target_recall=self.target)
        found = plug_in_threshold(rows.scores, rows.is_positive, target_precision=self.target)
        return found.threshold

    def needs(self, rows: Rows) -> LabelNeeds | None:
        """Return the labels that would be expected to certify; None: no number is known to."""
        if self.goal == "recall":
            n, n_positive = len(rows.scores), int(rows.is_positive.sum())
            return labels_for_recall(n, n_positive, target=self.target, confidence=self.confidence)
        return labels_for_precision(
            rows.scores, rows.is_positive, target=self.target, confidence=self.confidence
        )
