"""Calibration error in bins, with its conventions named: ECE, MCE, the reliability diagram."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError, unknown_choice
from abkit.model.predictions import Floats, Labels, checked, checked_weights

Edges = Literal["right", "left"]
CalibrationOf = Literal["top-label", "positive", "classwise"]
EDGES: Final = ("right", "left")
CALIBRATION_OF: Final = ("top-label", "positive", "classwise")
MIN_BIN: Final = 20  # rows below which a bin's gap is mostly noise (`mce_min20`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """One bar of a reliability diagram; accuracy and confidence are None when it is empty."""

    lower: float
    upper: float
    n: int
    accuracy: float | None  # share of events: hits, or rows of the class
    confidence: float | None  # mean probability
    class_index: int | None = None  # None for the top label


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Calibration error under one named convention."""

    calibration_of: CalibrationOf
    edges: Edges
    n: int
    ece: float  # mean over classes when classwise
    mce: float  # over non-empty bins
    mce_min20: float | None  # over bins of at least 20 rows; None when there are none
    bins: tuple[Bin, ...]


def reliability(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    n_bins: int = 10,
    edges: Edges = "right",
    calibration_of: CalibrationOf = "top-label",
    positive: int | None = None,
    weights: npt.ArrayLike | None = None,
) -> Reliability:
    """Return ECE = sum_b n_b / n |acc_b - conf_b| and MCE = max_b |acc_b - conf_b|.

    Bins have equal width and exact edges b / n_bins. `right`: (lower, upper], 0 in the first.
    `left`: [lower, upper), 1 in the last. The default convention is the one inferred from the
    paper's lineage (Guo et al. 2017): ten right-closed bins of the top label.

    Args:
        probabilities: Shape (n, k), rows summing to 1 within 0.01.
        labels: Int, shape (n,), in 0..k-1.
        n_bins: At least 1.
        edges: Which end of a bin belongs to it.
        calibration_of: `top-label`: the largest probability against "it is the label"; ties go
            to the first class. `positive`: the column of class `positive` against "it is the
            label". `classwise`: `positive` for every class; ECE is the mean over classes (Kull et
            al. 2019), MCE the largest.
        positive: The class of `positive`; refused otherwise.
        weights: Shape (n,): a row of weight 2 counts as two rows; but `n` of a bin, and so
            `mce_min20`, counts rows, since a weight adds no evidence.

    Raises:
        DataError: Arrays out of their domain.
        ConfigError: An unknown convention, n_bins < 1, or `positive` missing, unused or unknown.
    """
    p, y = checked(probabilities, labels)
    w = checked_weights(weights, len(y))
    checks.at_least("n_bins", n_bins, 1)
    if edges not in EDGES:
        raise unknown_choice("edges", edges, EDGES)
    bins, total = [], []
    for column in columns_of(calibration_of, positive, p.shape[1]):
        found, weight = _bins(*confidence_and_hit(p, y, column), w, n_bins, edges, column)
        bins += found
        total.append(weight)
    share = np.concatenate(total)
    gaps = np.array([_gap(b) for b in bins])
    n = np.array([b.n for b in bins])
    return Reliability(
        calibration_of=calibration_of,
        edges=edges,
        n=len(y),
        ece=float(np.sum(gaps * share) / share.sum()),
        mce=float(gaps.max()),
        mce_min20=float(gaps[n >= MIN_BIN].max()) if (n >= MIN_BIN).any() else None,
        bins=tuple(bins),
    )


def columns_of(
    calibration_of: CalibrationOf, positive: int | None, n_classes: int
) -> list[int | None]:
    """Return the columns to bin; None stands for the top label."""
    if calibration_of not in CALIBRATION_OF:
        raise unknown_choice("calibration_of", calibration_of, CALIBRATION_OF)
    if calibration_of != "positive":
        if positive is not None:
            raise ConfigError(f"`positive` is {positive} with calibration of `{calibration_of}`")
        return [None] if calibration_of == "top-label" else list(range(n_classes))
    if positive is None or not 0 <= positive < n_classes:
        raise ConfigError(f"`positive` is {positive}; expected a class from 0 to {n_classes - 1}")
    return [positive]


def confidence_and_hit(
    p: Floats, y: Labels, column: int | None
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return each row's probability, of the top label or of a class, and whether it came true."""
    if column is None:
        return p.max(axis=1), p.argmax(axis=1) == y
    return p[:, column], y == column


def bin_numbers(confidence: Floats, n_bins: int, edges: Edges) -> tuple[Labels, Floats]:
    """Return the bin of each confidence, and the n_bins + 1 edges b / n_bins.

    They are exact: linspace gives .30000000000000004 where .3 belongs.
    """
    bounds = np.arange(n_bins + 1) / n_bins
    side: Literal["left", "right"] = "left" if edges == "right" else "right"
    return np.clip(np.searchsorted(bounds, confidence, side=side) - 1, 0, n_bins - 1), bounds


def _bins(
    confidence: Floats,
    hit: npt.NDArray[np.bool_],
    w: Floats,
    n_bins: int,
    edges: Edges,
    column: int | None,
) -> tuple[list[Bin], Floats]:
    """Return the bins and their weights."""
    at, bounds = bin_numbers(confidence, n_bins, edges)
    n = np.bincount(at, minlength=n_bins)
    weight: Floats = np.bincount(at, weights=w, minlength=n_bins).astype(np.float64)
    hits = np.bincount(at, weights=w * hit, minlength=n_bins)
    total = np.bincount(at, weights=w * confidence, minlength=n_bins)
    return [
        Bin(
            lower=float(bounds[b]),
            upper=float(bounds[b + 1]),
            n=int(n[b]),
            accuracy=float(hits[b] / weight[b]) if weight[b] else None,
            confidence=float(total[b] / weight[b]) if weight[b] else None,
            class_index=column,
        )
        for b in range(n_bins)
    ], weight


def _gap(one: Bin) -> float:
    """Return |accuracy - confidence|; 0 for an empty bin."""
    if one.accuracy is None or one.confidence is None:
        return 0.0
    return abs(one.accuracy - one.confidence)
