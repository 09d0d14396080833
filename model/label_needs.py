"""How many labels a promise would need: an estimate from the observed curve."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.model.certified_thresholds import default_start, p_at_least, smallest_set
from abkit.model.metrics import flagged_and_hits
from abkit.model.predictions import checked_scores

POWER: Final = 0.8  # chance that a draw of the stated size certifies, were the curve the truth
MOST: Final = 10_000_000  # labels; beyond this the answer is none
DOUBT: Final = 2  # rows of just the target's precision that are added to each observed set
FEW: Final = 20  # sets of fewer rows count only where chance would hardly make them so good
CHANCE: Final = 0.05
_STEP: Final = 1.02  # between the sizes that are searched
_MOST_SETS: Final = 350

Sizes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNeeds:
    """A fresh draw that would be expected to certify, and the first set to test in it."""

    labels: int
    start: int | None  # None: recall needs none


def labels_for_precision(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike, *, target: float, confidence: float
) -> LabelNeeds | None:
    """Return the smallest fresh draw with an 80 % chance to certify `target`; None: no such.

    For each set of the m top rows of n with x positive, x / m > target, its precision is taken
    for q = (x + 2 target) / (m + 2): two rows of doubt, since the best of many observed sets
    flatters, a small one most. A draw of N rows that starts its tests at M certifies with a chance
    of at least

        P(Bin(N, m / n) >= M) P(the exact test of M rows rejects | q),

    as long as precision does not fall towards the top. The smallest N over m and M is returned.
    It is an estimate, and from few rows too small more often than not: docs/thresholds.md.

    A set of fewer than 20 rows counts where a draw at random from these rows would be as good in
    at most 5 % of cases, or where it is all of them. None, too, beyond ten million labels.
    """
    s, y = checked_scores(scores, is_positive)
    _, flagged, hits = flagged_and_hits(s, y)
    m, x = _better(flagged, hits, target)
    if not len(m):
        return None
    sizes = _sizes(default_start(target, confidence))
    q, share = (x + DOUBT * target) / (m + DOUBT), m / len(s)
    power = p_at_least(_critical(sizes, target, confidence), sizes, q[:, None])  # (sets, sizes)
    enough = power >= POWER
    z = special.ndtri(np.where(enough, POWER / np.maximum(power, POWER), 0.5))
    about = (sizes + np.minimum(z, 9) * np.sqrt(sizes * (1 - share[:, None]))) / share[:, None]
    at, first = np.unravel_index(np.where(enough, about, np.inf).argmin(), enough.shape)
    if not enough[at, first]:
        return None
    start = int(sizes[first])
    labels = _draw_with(start, float(share[at]), POWER / float(power[at, first]))
    return LabelNeeds(labels=labels, start=start) if labels <= MOST else None


def labels_for_recall(
    n: int, n_positive: int, *, target: float, confidence: float
) -> LabelNeeds | None:
    """Return the draw with an 80 % chance to hold the fewest positives that any promise needs.

    With p positives, all flagged, the chance that recall < target is target^p. None: no positive
    was seen, so nobody can say.
    """
    if n_positive == 0:
        return None
    labels = _draw_with(smallest_set(target, confidence), n_positive / n, POWER)
    return LabelNeeds(labels=labels, start=None) if labels <= MOST else None


def _better(flagged: Sizes, hits: Sizes, target: float) -> tuple[Sizes, Sizes]:
    """Return rows and positives of the sets that count, thinned to a few hundred sizes."""
    n, n_positive = flagged[-1], hits[-1]
    small = flagged < FEW
    by_chance = np.zeros(len(flagged))
    by_chance[small] = p_at_least(hits[small], flagged[small], n_positive / n)
    counts = ~small | (by_chance <= CHANCE) | (flagged == n)
    kept = np.flatnonzero(counts & (hits > target * flagged))
    if len(kept) > _MOST_SETS:
        sizes = np.geomspace(flagged[kept[0]], flagged[kept[-1]], _MOST_SETS)
        places = np.searchsorted(flagged[kept], np.rint(sizes))
        kept = kept[np.unique(places)]
    return flagged[kept], hits[kept]


def _draw_with(fewest: int, share: float, chance: float) -> int:
    """Return the fewest rows N with P(Bin(N, share) >= fewest) >= chance; at most MOST + 1."""
    low, high = fewest - 1, fewest
    while high <= MOST and p_at_least(fewest, high, share) < chance:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        fails = p_at_least(fewest, middle, share) < chance
        low, high = (middle, high) if fails else (low, middle)
    return min(high, MOST + 1)


def _sizes(first: int) -> Sizes:
    """Return set sizes from `first` to MOST, 2 % apart."""
    count = int(np.log(max(MOST / first, 2)) / np.log(_STEP)) + 1
    return np.unique(np.rint(np.geomspace(first, MOST, count)).astype(np.int64))


def _critical(m: Sizes, target: float, confidence: float) -> Sizes:
    """Return the fewest hits of m that reject, by bisection; shape of m, all of them can."""
    low, high = np.zeros_like(m), m.copy()
    while (high - low > 1).any():
        middle = (low + high) // 2
        rejects = p_at_least(middle, m, target) <= 1 - confidence
        low, high = np.where(rejects, low, middle), np.where(rejects, middle, high)
    return high
