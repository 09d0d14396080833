"""Whether texts served a model before: more of them are known than chance explains."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError
from abkit.model.fresh_uses import FreshUse, told
from abkit.model.golden_ledger import GoldenPart, Ledger
from abkit.model.text import normalise, text_hashes

WORDS_OF_EVERYBODY: Final = 4  # shorter texts are written by many
MOST_KNOWN: Final = 0.1  # of a fresh draw's longer texts: chance alone repeats some
SURE: Final = 0.001  # p below which chance does not explain known texts
_USED: Final = {
    "calibrate": "calibrated it and chose its plug-in threshold",
    "certify": "certified its threshold",
    "report": "were reported on",
}
_TRAINED: Final = "were trained on"

Hashes = npt.NDArray[np.uint64]
Served = Sequence[tuple[str, Hashes]]  # what texts did, in words, and which


class HashedTexts:
    """Texts by the hash of their normal form, (n,), and whether each has more than four words."""

    def __init__(self, texts: Sequence[str]) -> None:
        forms = [normalise(text) for text in texts]
        self.hashes: Hashes = text_hashes(forms)
        long = (len(form.split()) > WORDS_OF_EVERYBODY for form in forms)
        self.long = np.fromiter(long, dtype=np.bool_, count=len(forms))

    @property
    def long_hashes(self) -> Hashes:
        """Return the sorted hashes of the distinct longer texts."""
        return np.unique(self.hashes[self.long])


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What of a fresh draw the model knows by chance; it stays."""

    n_long: int  # distinct texts of more than four words
    n_short: int  # rows of fewer


def above_chance(known: int, n: int, repeated: int, n_others: int) -> bool:
    """Return whether more of a draw's rows are known than chance explains.

    Rows that repeat others of their own stream tell what chance does: a fresh row is known as
    often as a row of the stream has a text that another row of it has, too (after Good, 1953,
    Biometrika 40, 237-264). Fisher's exact test of both shares, one-sided, at .001.

    Args:
        known: Rows of the draw whose text is known.
        n: All of them.
        repeated: Rows of the stream whose text another row has.
        n_others: All of them; none: there is nothing to compare with, so chance may be all.
    """
    if not known or not n_others:
        return False
    from scipy.stats import hypergeom  # slow to import, and few need it

    return bool(hypergeom.sf(known - 1, n + n_others, known + repeated, n) < SURE)


def check_apart(parts: Sequence[Sequence[str]]) -> None:
    """Refuse golden parts of which one repeats the texts of another, by the rule below.

    Raises:
        DataError: Over 10 % of the longer texts of a part stand in another one, or all its rows
            are another's.
    """
    hashed = [HashedTexts(texts) for texts in parts]
    for i, one in enumerate(hashed):
        for other in hashed[:i]:
            n, shared = len(one.long_hashes), int(np.isin(one.long_hashes, other.long_hashes).sum())
            if _same_rows(one.hashes, other.hashes):
                n = shared = len(one.hashes)
            if shared > MOST_KNOWN * n:
                raise DataError(
                    f"two golden parts share {shared:,} of {n:,} texts",
                    hint="calibrate, certify and report need a draw each: what is fitted on a part "
                    "flatters whatever is measured on it",
                )


def check_fresh(
    ledger: Ledger,
    texts: Sequence[str],
    *,
    seen: Hashes,
    source: str,
    uses: Sequence[FreshUse] = (),
    asked: Mapping[str, Any] | None = None,
) -> Known:
    """Return how many texts are known by chance; refuse a draw that served before.

    Draws from one stream repeat some texts, and those rows may stay. Of the distinct texts of more
    than four words at most 10 % may be known: to stand in a part, in a draw that was tested
    before, or in what was trained on. Shorter ones are written by many. Then all rows count: they
    are refused when they are the very rows of a part, or when over half are known and chance does
    not explain it, which the report part's own repeats tell (`above_chance`).

    Args:
        ledger: The model's parts.
        texts: A fresh draw, that is to certify.
        seen: Sorted hashes of all texts that anything was fitted on.
        source: What the texts are called in the message.
        uses: Draws that were tested before.
        asked: The question now, for the message that sets both side by side.

    Raises:
        DataError: They served another purpose before.
    """
    draw = HashedTexts(texts)
    served = [(words, ledger[name].hashes) for name, words in _USED.items() if name in ledger]
    now = "" if asked is None else f"; asked now: {told(asked)}"
    served += [(use.words + now, use.hashes) for use in uses]
    for words, hashes in served:
        if _same_rows(draw.hashes, hashes):
            _refuse(f"the {len(texts):,} rows of `{source}` are the very ones that {words}")
    served.append((_TRAINED, seen))  # the fitted parts' texts are among them
    known = np.concatenate([hashes for _, hashes in served])
    long = draw.long_hashes
    n_long = int(np.isin(long, known).sum())
    if n_long > MOST_KNOWN * len(long):
        _refuse(
            f"{n_long:,} of the {len(long):,} distinct texts of `{source}` (of more than "
            f"{WORDS_OF_EVERYBODY} words) served this model before: {_most(long, served)}"
        )
    rows = np.isin(draw.hashes, known)
    expected = _exceeded(rows, ledger.get("report"), served)
    if expected is not None:
        _refuse(
            f"{int(rows.sum()):,} of the {len(texts):,} rows of `{source}` hold texts that served "
            f"this model before, where chance explains about {expected:,}: "
            f"{_most(draw.hashes, served)}"
        )
    return Known(n_long=n_long, n_short=int((rows & ~draw.long).sum()))


def _same_rows(one: Hashes, other: Hashes) -> bool:
    return len(one) == len(other) and np.array_equal(np.sort(one), np.sort(other))


def _exceeded(
    known: npt.NDArray[np.bool_], report: GoldenPart | None, served: Served
) -> int | None:
    """Return how many known rows chance explains, where over half are and it does not."""
    n, n_known = len(known), int(known.sum())
    if report is None or n_known <= n / 2:
        return None
    elsewhere = [hashes for words, hashes in served if words != _USED["report"]]
    _, place, copies = np.unique(report.hashes, return_inverse=True, return_counts=True)
    repeated = (copies[place] > 1) | np.isin(report.hashes, np.concatenate(elsewhere))
    n_report = len(report.hashes)
    if not above_chance(n_known, n, int(repeated.sum()), n_report):
        return None
    return round(n * float(repeated.mean()))


def _most(hashes: Hashes, served: Served) -> str:
    """Return what the most of them did."""
    counts, others = Counter[str](), np.zeros(len(hashes), dtype=np.bool_)
    for words, one in served:  # what was trained on comes last: only what did nothing else counts
        found = np.isin(hashes, one)
        counts[words] += int((found & ~others if words == _TRAINED else found).sum())
        others |= found
    worst, n = counts.most_common(1)[0]
    return f"{n:,} {worst}"


def _refuse(fact: str) -> NoReturn:
    raise DataError(
        fact, hint="a promise holds only on rows that served nothing else: label a fresh draw"
    )
