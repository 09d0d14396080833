"""The metrics of Tables 1 and 2 on many resamples at once: weights in, one figure per resample.

`abkit.model.measures` knows more metrics, one resample at a time; for the hundred rows of a study
only the tables' are wanted, and all resamples are one matrix product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core.reproduced import Interval
from abkit.core.rng import rng_for
from abkit.model.reliability import bin_numbers

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

N_BINS: Final = 10
_SMALLEST: Final = np.finfo(np.float64).tiny  # log p stays finite where softmax underflows


def resamples(n: int, replications: int, *key: int | str, seed: int) -> Floats:
    """Return how often each row is drawn, shape (1 + replications, n); row 0 takes all once.

    The same key gives the same resamples, so that differences between models are paired.
    """
    rng = rng_for(seed, "reproduce", "bootstrap", *key)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=replications)
    return np.vstack([np.ones(n), drawn])


@dataclass(frozen=True, slots=True)
class Scored:
    """Probabilities (n, k) of one model on one golden part, and the labels (n,)."""

    probabilities: Floats
    labels: Labels


def measures(scored: Scored, weights: Floats, *, gamma: float | None) -> dict[str, Floats]:
    """Return every metric, shape (b,), under each row of `weights`, shape (b, n).

    The conventions are those of `abkit.model.metrics` (ten right-closed top-label bins, 0/0 = 0).

    Args:
        scored: Of n texts.
        weights: How often each text counts.
        gamma: Of the training objective; None: there is none (a calibrator came after it).
    """
    p, y = scored.probabilities, scored.labels
    label_p = np.maximum(p[np.arange(len(y)), y], _SMALLEST)
    total = weights.sum(axis=1)
    found = {
        "accuracy": weights @ (p.argmax(axis=1) == y) / total,
        **_macro(p, y, weights),
        "nll": weights @ -np.log(label_p) / total,
        **_calibration(p, y, weights),
        "average_precision": _average_precision(p[:, 0], y == 0, weights),
    }
    if gamma is not None:
        found["objective"] = weights @ ((1 - label_p) ** gamma * -np.log(label_p)) / total
    return found


def interval(values: Floats, *, confidence_level: float) -> Interval:
    """Return the estimate (the first value) and the percentile interval of the others."""
    alpha = (1 - confidence_level) / 2
    low, high = np.quantile(values[1:], [alpha, 1 - alpha])
    return Interval(estimate=float(values[0]), ci_lower=float(low), ci_upper=float(high))


def _macro(p: Floats, y: Labels, weights: Floats) -> dict[str, Floats]:
    k = p.shape[1]
    predicted, true = np.eye(k)[p.argmax(axis=1)], np.eye(k)[y]
    n_predicted, n_true = weights @ predicted, weights @ true  # (b, k)
    hits = weights @ (predicted * true)
    return {
        "precision": _ratio(hits, n_predicted).mean(axis=1),
        "recall": _ratio(hits, n_true).mean(axis=1),
        "f1": _ratio(2 * hits, n_predicted + n_true).mean(axis=1),
    }


def _calibration(p: Floats, y: Labels, weights: Floats) -> dict[str, Floats]:
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == y
    member = np.eye(N_BINS)[bins_of(confidence)]  # (n, bins)
    n = weights @ member
    gap = np.abs(weights @ (member * (hit - confidence)[:, None]))
    return {"ece": gap.sum(axis=1) / n.sum(axis=1), "mce": _ratio(gap, n).max(axis=1)}


def bins_of(confidence: Floats, n_bins: int = N_BINS) -> Labels:
    """Return the right-closed bin of each probability, 0 in the first; edges are b / n_bins."""
    return bin_numbers(confidence, n_bins, "right")[0]


def _average_precision(scores: Floats, positive: npt.NDArray[Any], weights: Floats) -> Floats:
    """Return the area under precision-recall steps; tied scores are one threshold."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # of each run of ties
    drawn = weights[:, order]
    flagged = np.cumsum(drawn, axis=1)[:, last]
    hits = np.cumsum(drawn * positive[order], axis=1)[:, last]
    area = np.sum(np.diff(hits, axis=1, prepend=0.0) * _ratio(hits, flagged), axis=1)
    return _ratio(area, hits[:, -1])


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    out = np.zeros(np.broadcast(numerator, denominator).shape)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def differences(ours: Mapping[str, Floats], reference: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return ours minus the reference, resample by resample, for the metrics of both.

    But for the objective: two of different losses have no common unit.
    """
    shared = (name for name in ours if name in reference and name != "objective")
    return {name: ours[name] - reference[name] for name in shared}
