"""Every metric as a function of row weights, prepared once: one path for values and resamples.

Most metrics are functions of weighted sums, and those are one sparse matrix times the weights.
Average precision needs its rows in order, the smooth error a search: these go weight by weight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from abkit.model.calibration_error import (
    GRID,
    debiased_from_sums,
    equal_mass_bins,
    grid_places,
    smooth_from_grid,
)
from abkit.model.metrics import ratio
from abkit.model.predictions import Floats, Labels, checked, checked_weights
from abkit.model.reliability import (
    MIN_BIN,
    CalibrationOf,
    Edges,
    bin_numbers,
    columns_of,
    confidence_and_hit,
)

METRICS: Final = (
    "accuracy", "macro.precision", "macro.recall", "macro.f1", "macro.average_precision", "nll",
    "brier", "ece", "mce", "mce_min20", "ece_equal_mass", "ece_classwise", "l2_debiased",
    "l2_debiased_squared", "ece_smooth",
)  # fmt: skip

Flags = npt.NDArray[np.bool_]
_View = tuple[Floats, Flags]  # confidence and "it came true", (n,)


class Measures:
    """Metrics of fixed rows; `at` gives them for any weights of those rows.

    Bins of equal mass are those of the row weights given here, in all resamples.
    """

    def __init__(
        self,
        probabilities: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        n_bins: int = 10,
        edges: Edges = "right",
        calibration_of: CalibrationOf = "top-label",
        positive: int | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> None:
        p, y = checked(probabilities, labels)
        self.weights = checked_weights(weights, len(y))
        self.n, self.n_classes = p.shape
        views = [
            confidence_and_hit(p, y, column)
            for column in columns_of(calibration_of, positive, self.n_classes)
        ]
        classes = [(p[:, c], y == c) for c in range(self.n_classes)]
        self._parts = [
            _rowwise(p, y),
            _by_class(p, y),
            _equal_width(views, n_bins, edges),
            _classwise(classes, n_bins, edges),
            _equal_mass(views, n_bins, self.weights),
            _smooth(views),
        ]
        self._sums = sparse.vstack([part.sums for part in self._parts], format="csr")
        self._ends = np.cumsum([part.sums.shape[0] for part in self._parts])[:-1]
        self._rankings = [_Ranking(score, is_class) for score, is_class in classes]
        self._present = [bool((is_class & (self.weights > 0)).any()) for _, is_class in classes]

    @property
    def keys(self) -> list[tuple[str, int | None]]:
        """Return metric and class of each row of `at`."""
        classes = [("average_precision", c) for c in range(self.n_classes)]
        return [*((name, None) for name in METRICS), *classes]

    def at(self, weights: Floats) -> Floats:
        """Return all metrics for weights (n,), shape (len(keys),).

        NaN: not defined there, such as average precision where no row has the class; `mce_min20`
        is over the bins that have 20 rows whatever their weights.
        """
        found: dict[str, Any] = {}
        sums = np.split(self._sums @ weights, self._ends)
        with np.errstate(divide="ignore", invalid="ignore"):
            for part, values in zip(self._parts, sums, strict=True):
                found |= part.values(values, weights)
        ap = np.array([ranking.average_precision(weights) for ranking in self._rankings])
        found["macro.average_precision"] = ap[self._present].mean()
        return np.array([*(found[name] for name in METRICS), *ap])


class _Ranking:
    """One class's scores sorted once: `average_precision` for many weights.

    A run of ties counts its positive rows one by one, at the precision of the whole run; the sum
    over them is the sum over thresholds.
    """

    def __init__(self, scores: Floats, is_positive: Flags) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ends = np.flatnonzero(np.diff(scores[self._order], append=-np.inf))
        self._at = np.flatnonzero(is_positive[self._order])  # places of the positive rows
        self._end = ends[np.searchsorted(ends, self._at)]  # of their runs of ties
        self._last = np.searchsorted(self._at, self._end, side="right") - 1

    def average_precision(self, weights: Floats) -> float:
        """Return it for weights (n,); NaN when no positive row has one."""
        w = weights[self._order]
        hit = w[self._at]
        hits, flagged = np.cumsum(hit), np.cumsum(w)[self._end]
        if not len(hits) or not hits[-1]:
            return float("nan")
        return float(np.sum(hit * ratio(hits[self._last], flagged)) / hits[-1])


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Metrics that are functions of sums @ weights; the weights themselves come second."""

    sums: Any  # sparse, (sums, n)
    values: Callable[[Floats, Floats], dict[str, Any]]


def _matrix(cells: Labels, values: npt.ArrayLike, n_cells: int) -> Any:
    """Return the matrix that adds value i into cell i, for each row i of a (n,) pair."""
    n = len(cells)
    return sparse.csr_array((np.asarray(values, float), (cells, np.arange(n))), (n_cells, n))


def _rowwise(p: Floats, y: Labels) -> _Part:
    """Accuracy, NLL and Brier: means over rows."""
    rows = np.arange(len(y))
    with np.errstate(divide="ignore"):
        logs = -np.log(p[rows, y])
    impossible = np.isinf(logs)
    columns = (
        np.ones(len(y)),
        p.argmax(axis=1) == y,
        np.where(impossible, 0, logs),
        impossible,
        np.sum((p - np.eye(p.shape[1])[y]) ** 2, axis=1),
    )

    def values(s: Floats, _: Floats) -> dict[str, Any]:
        total, hits, log, never, square = s
        nll = np.inf if never > 0 else log / total
        return {"accuracy": hits / total, "nll": nll, "brier": square / total}

    return _Part(sparse.csr_array(np.stack(columns)), values)


def _by_class(p: Floats, y: Labels) -> _Part:
    """Macro precision, recall and F1."""
    k, predicted = p.shape[1], p.argmax(axis=1)
    ones = np.ones(len(y))
    sums = sparse.vstack(
        [_matrix(y, predicted == y, k), _matrix(predicted, ones, k), _matrix(y, ones, k)],
        format="csr",
    )

    def values(s: Floats, _: Floats) -> dict[str, Any]:
        hits, n_predicted, n_true = s.reshape(3, k)
        return {
            "macro.precision": ratio(hits, n_predicted).mean(),
            "macro.recall": ratio(hits, n_true).mean(),
            "macro.f1": ratio(2 * hits, n_predicted + n_true).mean(),
        }

    return _Part(sums, values)


def _cells(views: Sequence[_View], n_bins: int, edges: Edges) -> list[Labels]:
    """Return the bin of equal width of each row, per view."""
    return [bin_numbers(confidence, n_bins, edges)[0] for confidence, _ in views]


def _gaps(views: Sequence[_View], cells: Sequence[Labels], n_bins: int) -> list[Any]:
    """Return the matrices that add outcome - confidence by bin."""
    return [
        _matrix(at, hit - confidence, n_bins)
        for at, (confidence, hit) in zip(cells, views, strict=True)
    ]


def _equal_width(views: Sequence[_View], n_bins: int, edges: Edges) -> _Part:
    """ECE and MCE as `reliability` defines them."""
    cells = _cells(views, n_bins, edges)
    many = np.concatenate([np.bincount(at, minlength=n_bins) for at in cells]) >= MIN_BIN
    weights = [_matrix(at, np.ones(len(at)), n_bins) for at in cells]

    def values(s: Floats, _: Floats) -> dict[str, Any]:
        weight, gap = s.reshape(2, -1)
        gaps = np.abs(ratio(gap, weight))
        return {
            "ece": np.abs(gap).sum() / weight.sum(),
            "mce": gaps.max(),
            "mce_min20": gaps[many].max() if many.any() else np.nan,
        }

    return _Part(sparse.vstack([*weights, *_gaps(views, cells, n_bins)], format="csr"), values)


def _classwise(classes: Sequence[_View], n_bins: int, edges: Edges) -> _Part:
    """Mean over the classes of ECE in bins of equal width."""
    sums = sparse.vstack(_gaps(classes, _cells(classes, n_bins, edges), n_bins), format="csr")

    def values(s: Floats, w: Floats) -> dict[str, Any]:
        return {"ece_classwise": np.abs(s).sum() / (len(classes) * w.sum())}

    return _Part(sums, values)


def _equal_mass(views: Sequence[_View], n_bins: int, weights: Floats) -> _Part:
    """Equal-mass ECE and the debiased error, means over the views."""
    blocks, ones = [], []
    for confidence, hit in views:
        at, d = equal_mass_bins(confidence, n_bins, weights), hit - confidence
        ones.append(_matrix(at, np.ones(len(at)), n_bins))
        blocks += [ones[-1], _matrix(at, d, n_bins), _matrix(at, d * d, n_bins)]
    squares = sparse.vstack(ones, format="csr")

    def values(s: Floats, w: Floats) -> dict[str, Any]:
        weight, gap, gap_squared = s.reshape(len(views), 3, n_bins).transpose(1, 2, 0)
        square = (squares @ w**2).reshape(len(views), n_bins).T
        squared = debiased_from_sums(weight, gap, gap_squared, square).mean()
        return {
            "ece_equal_mass": (np.abs(gap).sum(axis=0) / weight.sum(axis=0)).mean(),
            "l2_debiased": np.sqrt(np.maximum(squared, 0)),  # NaN stays NaN
            "l2_debiased_squared": squared,
        }

    return _Part(sparse.vstack(blocks, format="csr"), values)


def _smooth(views: Sequence[_View]) -> _Part:
    """Smooth ECE, mean over the views."""
    blocks = []
    for confidence, hit in views:
        left, share = grid_places(confidence)
        d = hit - confidence
        blocks.append(
            _matrix(left, d * (1 - share), GRID + 1) + _matrix(left + 1, d * share, GRID + 1)
        )

    def values(s: Floats, w: Floats) -> dict[str, Any]:
        by_view = (s / w.sum()).reshape(len(views), GRID + 1)
        return {"ece_smooth": np.mean([smooth_from_grid(mass) for mass in by_view])}

    return _Part(sparse.vstack(blocks, format="csr"), values)
