"""How many labels a promise would need: an estimate from the observed curve."""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.model.certified_thresholds import (
    default_start,
    p_at_least,
    smallest_set,
)
from abkit.model.metrics import flagged_and_hits
from abkit.model.predictions import Floats, checked_scores

POWER: Final = 0.8  # chance that a draw of the stated size certifies, were the curve the truth
MOST: Final = 10_000_000  # labels; beyond this the answer is none
MIN_CURVE: Final = 20  # fewer flagged rows say next to nothing about a precision


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNeeds:
    """A fresh draw that would be expected to certify, and the first set to test in it."""

    labels: int
    start: int | None  # None: recall needs none


def labels_for_precision(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, *, target: float, confidence: float
) -> LabelNeeds | None:
    """Return the smallest fresh draw with an 80 % chance to certify `target`; None: no such.

    For each set of the m top rows with observed precision q > target, M is the smallest set whose
    exact test rejects with power 80 % at q; the draw then has M n / m rows, and the sequence
    starts at M. The smallest draw over m is returned. It is an estimate: q is observed, and the
    best of many observed precisions flatters.
    """
    s, y = checked_scores(scores, is_positive)
    _, flagged, hits = flagged_and_hits(s, y)
    kept = (flagged >= MIN_CURVE) & (hits / flagged > target)
    if not kept.any():
        return None
    share, precision = flagged[kept] / len(s), hits[kept] / flagged[kept]
    sizes = _sizes(default_start(target, confidence))
    power = _power(precision[:, None], sizes, target, confidence)  # (sets, sizes)
    enough = power >= POWER
    first = np.where(enough.any(axis=1), sizes[enough.argmax(axis=1)], MOST)
    labels = np.ceil(first / share)
    best = int(labels.argmin())
    if labels[best] > MOST:
        return None
    return LabelNeeds(labels=int(labels[best]), start=int(first[best]))


def labels_for_recall(
    n: int, n_positive: int, *, target: float, confidence: float
) -> LabelNeeds | None:
    """Return the draw that is expected to hold the fewest positives any promise needs.

    With p positives, all flagged, the chance that recall < target is target^p. None: no positive
    was seen, so nobody can say.
    """
    if n_positive == 0:
        return None
    labels = ceil(smallest_set(target, confidence) * n / n_positive)
    return LabelNeeds(labels=labels, start=None) if labels <= MOST else None


def _sizes(first: int) -> npt.NDArray[np.int64]:
    """Return set sizes from `first` to MOST, 2 % apart."""
    count = int(np.log(max(MOST / first, 2)) / np.log(1.02)) + 1
    return np.unique(np.rint(np.geomspace(first, MOST, count)).astype(np.int64))


def _power(q: Floats, m: npt.NDArray[np.int64], target: float, confidence: float) -> Floats:
    """Return P(the exact test of m rows rejects | precision q), broadcast."""
    power: Floats = p_at_least(_critical(m, target, confidence), m, q)
    return power


def _critical(m: npt.NDArray[np.int64], target: float, confidence: float) -> npt.NDArray[np.int64]:
    """Return the fewest hits of m that reject, by bisection; shape of m, all of them can."""
    low, high = np.zeros_like(m), m.copy()
    while (high - low > 1).any():
        middle = (low + high) // 2
        rejects = p_at_least(middle, m, target) <= 1 - confidence
        low, high = np.where(rejects, low, middle), np.where(rejects, middle, high)
    return high
