"""The logs without their golden texts: no threshold is promised on what was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError
from abkit.model.epochs import Labels
from abkit.model.text import Index
from abkit.model.text_reuse import MOST_KNOWN, HashedTexts, above_chance

MOST_LOST: Final = 0.9  # of the logged rows: beyond it the golden set is the logs
LEAST_LEFT: Final = 200  # logged rows, where more than a tenth are left out

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Which logged rows may be trained on."""

    kept: Index  # row numbers, rising
    n_long: int  # left out: rows with a golden text of more than four words
    n_short: int  # left out: rows with a shorter one


def apart(texts: Sequence[str], labels: Labels, golden: Sequence[str]) -> Apart:
    """Return the logged rows without those that the golden set may have been drawn from.

    Golden sets are often drawn from the very logs that train the model. A text of more than four
    words leaves with all its copies. Shorter ones are written by many: they stay, unless more
    golden rows stand in the logs than chance explains, which other logged rows tell
    (`above_chance`). Then the golden rows were drawn from there, and as many copies of a text leave
    as the golden set holds: what is left is what a fresh draw would meet.

    Args:
        texts: Logged texts, n of them.
        labels: As logged, shape (n,): of a text's copies every label loses its share.
        golden: The texts of all golden parts.

    Raises:
        DataError: The golden rows cover over 90 % of the logged ones, or the logs lose over a
            tenth and keep fewer than 200 rows.
    """
    logs, gold = HashedTexts(texts), HashedTexts(golden)
    long = np.isin(logs.hashes, gold.hashes) & logs.long
    short = np.zeros(len(long), dtype=np.bool_)
    if _drawn_from(logs, gold):
        short[_copies(logs.hashes, labels, gold.hashes[~gold.long])] = True
    _check(logs, gold, int(long.sum() + short.sum()))
    return Apart(
        kept=np.flatnonzero(~(long | short)), n_long=int(long.sum()), n_short=int(short.sum())
    )


def _drawn_from(logs: HashedTexts, gold: HashedTexts) -> bool:
    """Return whether golden rows of few words stand in the logs more often than by chance."""
    ours, theirs = logs.hashes[~logs.long], gold.hashes[~gold.long]
    _, place, copies = np.unique(ours, return_inverse=True, return_counts=True)
    return above_chance(
        int(np.isin(theirs, ours).sum()), len(theirs), int((copies[place] > 1).sum()), len(ours)
    )


def _copies(hashes: Hashes, labels: Labels, drawn: Hashes) -> Index:
    """Return rows that match the drawn ones one to one, spread evenly over a text's labels."""
    order = np.lexsort((labels, hashes))
    ordered = hashes[order]
    texts, n_drawn = np.unique(drawn, return_counts=True)
    first = np.searchsorted(ordered, texts)
    n_logged = np.searchsorted(ordered, texts, side="right") - first
    taken = [
        start + (np.arange(k) * 2 + 1) * n // (2 * k)
        for start, n, k in zip(first, n_logged, np.minimum(n_logged, n_drawn), strict=True)
    ]
    rows: Index = order[np.concatenate([np.empty(0, dtype=np.int64), *taken])]
    return rows


def _check(logs: HashedTexts, gold: HashedTexts, n_lost: int) -> None:
    """Refuse what leaves too little to learn from."""
    n = len(logs.hashes)
    places, copies = np.unique(logs.hashes, return_counts=True)
    theirs, drawn = np.unique(gold.hashes, return_counts=True)
    _, ours, other = np.intersect1d(places, theirs, assume_unique=True, return_indices=True)
    covered = max(n_lost, int(np.minimum(copies[ours], drawn[other]).sum()))
    if covered > MOST_LOST * n or (n_lost > MOST_KNOWN * n and n - n_lost < LEAST_LEFT):
        raise DataError(
            f"{covered:,} of {n:,} logged texts also stand in the golden set, which leaves "
            f"{n - covered:,} to train on",
            hint="a golden text is never trained on: give logs that hold other texts, or a smaller "
            "golden set",
        )
