"""How hard the generated task is for TF-IDF + logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.model.baseline import Baseline, fit_baseline
from abkit.model.metrics import average_precision, macro_scores, precision_recall_at
from abkit.model.thresholds import plug_in_threshold
from abkit.simulations.language.sets import TextSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """TF-IDF + logistic regression on one history, scored on golden texts of the same prior."""

    defective_share: float
    labels: str  # "true" or "logged": what the model was trained on
    accuracy: float  # of the larger of the two probabilities
    balanced_accuracy: float
    best_balanced_accuracy: float  # at the threshold where it is largest on these golden texts
    macro_f1: float  # five classes
    average_precision: float
    threshold: float | None  # lowest with an observed precision of 0.85 for LABEL 0
    recall: float | None  # there
    recall_by_level: tuple[float, ...]  # there, hardness in fifths, easiest first


def difficulties(share: float, history: TextSet, golden: TextSet) -> tuple[Difficulty, ...]:
    """Return the difficulty with true and with logged labels in the history."""
    return (
        _difficulty(share, "true", history.texts, history.reason, golden),
        _difficulty(share, "logged", history.texts, history.logged_reason, golden),
    )


def _difficulty(
    share: float, kind: str, texts: list[str], labels: npt.NDArray[np.int8], golden: TextSet
) -> Difficulty:
    binary = fit_baseline(texts, (labels != DEFECTIVE).astype(int))
    scores = binary.probabilities(golden.texts)[:, 0]
    positive = golden.reason == DEFECTIVE
    balanced = [_balanced_accuracy(scores, positive, t) for t in np.linspace(0.05, 0.95, 91)]
    chosen = plug_in_threshold(scores, positive, target_precision=0.85).threshold
    level = np.minimum((golden.hardness * 5).astype(int), 4)
    found = (
        ()
        if chosen is None
        else tuple(float((scores[positive & (level == k)] >= chosen).mean()) for k in range(5))
    )
    return Difficulty(
        defective_share=share,
        labels=kind,
        accuracy=float(((scores > 0.5) == positive).mean()),
        balanced_accuracy=_balanced_accuracy(scores, positive, 0.5),
        best_balanced_accuracy=max(balanced),
        macro_f1=_macro_f1(fit_baseline(texts, labels, n_classes=len(REASONS)), golden),
        average_precision=average_precision(scores, positive),
        threshold=chosen,
        recall=None if chosen is None else precision_recall_at(scores, positive, chosen)[1],
        recall_by_level=found,
    )


def _balanced_accuracy(
    scores: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], threshold: float
) -> float:
    """Return the mean of the shares of positives above and of negatives below the threshold."""
    flagged = scores > threshold
    return float((flagged[positive].mean() + (~flagged[~positive]).mean()) / 2)


def _macro_f1(model: Baseline, golden: TextSet) -> float:
    return macro_scores(model.probabilities(golden.texts), golden.reason.astype(np.int64)).f1
