"""Every metric of the paper's Tables 1 and 2, and what they hide; numpy only.

Conventions: a prediction is the largest probability, ties go to the first class; 0/0 in a
precision, recall or F1 is 0; Brier sums over classes. Probabilities have shape (n, k). Optional
weights (n,): a row of weight 2 counts as two rows.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from abkit.model.predictions import (
    Floats,
    checked,
    checked_scores,
    checked_weights,
)  # fmt: skip
from abkit.model.reliability import Bin, reliability


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroScores:
    """Unweighted means over all k classes, in [0, 1]."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What `evaluate` prints; the calibration rows are top-label."""

    n: int
    accuracy: float
    macro: MacroScores
    nll: float
    brier: float
    ece: float
    mce: float
    mce_min20: float | None
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values, unrounded."""
        return asdict(self)


def evaluate(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> Evaluation:
    """Return every metric of Tables 1 and 2, with ten right-closed top-label bins."""
    calibration = reliability(probabilities, labels)
    return Evaluation(
        n=calibration.n,
        accuracy=accuracy(probabilities, labels),
        macro=macro_scores(probabilities, labels),
        nll=nll(probabilities, labels),
        brier=brier(probabilities, labels),
        ece=calibration.ece,
        mce=calibration.mce,
        mce_min20=calibration.mce_min20,
        bins=calibration.bins,
    )


def accuracy(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> float:
    """Return the share of rows whose largest probability is the label's."""
    p, y = checked(probabilities, labels)
    return _mean(p.argmax(axis=1) == y, checked_weights(weights, len(y)))


def macro_scores(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> MacroScores:
    """Return macro precision, recall and F1 (the mean of the classes' F1, not F1 of means)."""
    p, y = checked(probabilities, labels)
    w, k = checked_weights(weights, len(y)), p.shape[1]
    predicted = p.argmax(axis=1)
    hits = np.bincount(y, weights=w * (predicted == y), minlength=k)
    n_predicted = np.bincount(predicted, weights=w, minlength=k)
    n_true = np.bincount(y, weights=w, minlength=k)
    return MacroScores(
        precision=float(np.mean(ratio(hits, n_predicted))),
        recall=float(np.mean(ratio(hits, n_true))),
        f1=float(np.mean(ratio(2 * hits, n_predicted + n_true))),
    )


def nll(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> float:
    """Return the mean of -log p_y, in nats; infinite when some p_y is 0 and has a weight."""
    p, y = checked(probabilities, labels)
    w = checked_weights(weights, len(y))
    with np.errstate(divide="ignore"):
        logs = np.log(p[np.arange(len(y)), y])
    return -_mean(logs[w > 0], w[w > 0])


def brier(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> float:
    """Return the mean over rows of the sum over classes of (p_c - 1[y = c])^2, in [0, 2].

    References:
        Brier (1950), Monthly Weather Review 78, 1-3. (Twice the one-column form of two classes.)
    """
    p, y = checked(probabilities, labels)
    squares = np.sum((p - np.eye(p.shape[1])[y]) ** 2, axis=1)
    return _mean(squares, checked_weights(weights, len(y)))


def average_precision(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> float:
    """Return sum over thresholds of (R_j - R_{j-1}) P_j: the area under precision-recall steps.

    Tied scores are one threshold. An increasing map of the scores leaves it exactly as it was.
    0 when nothing is positive.
    """
    s, y = checked_scores(scores, is_positive)
    w = checked_weights(weights, len(s))
    if not (w * y).any():
        return 0.0
    order = np.argsort(-s, kind="stable")
    ends = np.flatnonzero(np.diff(s[order], append=-np.inf))  # of each run of ties
    flagged, hits = np.cumsum(w[order])[ends], np.cumsum((w * y)[order])[ends]
    recall = hits / hits[-1]
    return float(np.sum(ratio(np.diff(recall, prepend=0.0) * hits, flagged)))


def precision_recall_at(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, threshold: float
) -> tuple[float, float]:
    """Return precision and recall of "score >= threshold"; 0/0 is 0."""
    s, y = checked_scores(scores, is_positive)
    flagged = s >= threshold
    hits = np.array([np.sum(flagged & y)])
    precision, recall = ratio(hits, np.array([flagged.sum()])), ratio(hits, np.array([y.sum()]))
    return float(precision[0]), float(recall[0])


def flagged_and_hits(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> tuple[Any, Any, Any]:
    """Return distinct scores, falling, and how many rows, and positives, reach each of them."""
    order = np.argsort(-scores, kind="stable")
    s, y = scores[order], is_positive[order]
    last = np.flatnonzero(np.diff(s, append=-np.inf))  # of each run of ties
    return s[last], last + 1, np.cumsum(y)[last]


def ratio(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> Floats:
    """Return numerator / denominator with 0/0 = 0; a denominator of 0 has no other numerator."""
    out: Floats = numerator / np.where(denominator == 0, 1, denominator)
    return out


def _mean(values: npt.NDArray[Any], weights: Floats) -> float:
    return float(np.sum(weights * values) / np.sum(weights))
