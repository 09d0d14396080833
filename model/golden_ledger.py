"""Which labelled part served which purpose: kept by hash, so that no part serves two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError, DataError
from abkit.model.predictions import Floats, Labels
from abkit.model.text import normalise, text_hashes

LabelSource = Literal["golden", "logs"]
Purpose = Literal["calibrate", "certify", "report"]
PURPOSES: Final = ("calibrate", "certify", "report")
WORDS_OF_EVERYBODY: Final = 4  # shorter texts are written by many, so they say nothing about reuse
MOST_KNOWN: Final = 0.1  # of a fresh draw's longer texts: chance alone repeats some
_USED: Final = {
    "calibrate": "calibrated it and chose its plug-in threshold",
    "certify": "certified its threshold",
    "report": "were reported on",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class GoldenPart:
    """The rows of one part as the model sees them, without their texts."""

    labels_of: LabelSource  # annotators', or the logs' own
    probabilities: Floats  # (n, k), calibrated
    labels: Labels  # (n,)
    hashes: npt.NDArray[np.uint64]  # (n,), of the normal form of each text
    n_in_training: int  # rows whose text was also trained on, word for word

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of texts and labels, in whatever order the rows stood."""
        order = np.lexsort((self.labels, self.hashes))
        rows = np.stack([self.hashes[order], self.labels[order].astype(np.uint64)], axis=1)
        return sha256(rows.astype("<u8").tobytes()).hexdigest()


Ledger = Mapping[str, GoldenPart]  # by purpose


def to_facts(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Return what each part is: whose labels, how many rows, and its hash."""
    return {
        purpose: {
            "labels": part.labels_of,
            "n": len(part.labels),
            "n_in_training": part.n_in_training,
            "digest": part.digest,
        }
        for purpose, part in sorted(ledger.items())
    }


def to_tensors(ledger: Ledger) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of all parts, named `<purpose>.<array>`."""
    return {
        f"{purpose}.{name}": np.ascontiguousarray(getattr(part, name))
        for purpose, part in sorted(ledger.items())
        for name in ("probabilities", "labels", "hashes")
    }


def from_tensors(
    facts: Mapping[str, Mapping[str, Any]], tensors: Mapping[str, npt.NDArray[Any]]
) -> dict[str, GoldenPart]:
    """Return the ledger that `to_facts` and `to_tensors` described.

    Raises:
        ConfigError: A purpose is unknown, or rows are not those that the hash names.
    """
    ledger = {}
    for purpose, fact in facts.items():
        if purpose not in PURPOSES or fact["labels"] not in ("golden", "logs"):
            raise ConfigError(f"a golden part is `{purpose}` with labels `{fact['labels']}`")
        arrays = {
            name: tensors[f"{purpose}.{name}"] for name in ("probabilities", "labels", "hashes")
        }
        part = GoldenPart(labels_of=fact["labels"], n_in_training=fact["n_in_training"], **arrays)
        if (len(part.labels), part.digest) != (fact["n"], fact["digest"]):
            raise ConfigError(f"the part `{purpose}` is not the one that its hash names")
        ledger[purpose] = part
    return ledger


def check_apart(parts: Sequence[Sequence[str]]) -> None:
    """Refuse golden parts of which one repeats the texts of another, by the rule below.

    Raises:
        DataError: Over 10 % of the longer texts of a part stand in another one.
    """
    hashes = [_long_hashes(texts) for texts in parts]
    for i, one in enumerate(hashes):
        for other in hashes[:i]:
            shared = int(np.isin(one, other).sum())
            if shared > MOST_KNOWN * len(one):
                raise DataError(
                    f"two golden parts share {shared:,} of {len(one):,} texts",
                    hint="calibrate, certify and report need a draw each: what is fitted on a part "
                    "flatters whatever is measured on it",
                )


def _long_hashes(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return the hashes of the distinct normal forms of more than four words."""
    forms = {form for form in map(normalise, texts) if len(form.split()) > WORDS_OF_EVERYBODY}
    return text_hashes(sorted(forms))


def check_fresh(
    ledger: Ledger, texts: Sequence[str], *, seen: npt.NDArray[np.uint64], source: str
) -> int:
    """Return how many of the longer texts are known by chance; refuse a part that served before.

    Of texts with more than four words, each once, at most 10 % may stand in a part or in the
    training texts: draws from one stream repeat some, and those rows may stay.

    Args:
        ledger: The model's parts.
        texts: A fresh draw, that is to certify.
        seen: Sorted hashes of all texts that anything was fitted on.
        source: What the texts are called in the message.

    Raises:
        DataError: More than that served another purpose before.
    """
    hashes = _long_hashes(texts)
    used = {
        words: np.isin(hashes, ledger[purpose].hashes)
        for purpose, words in _USED.items()
        if purpose in ledger
    }
    used["were trained on"] = np.isin(hashes, seen) & ~np.any([*used.values()], axis=0)
    counts = {words: int(known.sum()) for words, known in used.items()}
    n_known = int(np.any([*used.values()], axis=0).sum())
    if n_known > MOST_KNOWN * len(hashes):
        worst = max(counts, key=lambda words: counts[words])
        raise DataError(
            f"{n_known:,} of the {len(hashes):,} distinct texts of `{source}` (of more than "
            f"{WORDS_OF_EVERYBODY} words) served this model before: {counts[worst]:,} {worst}",
            hint="a promise holds only on rows that served nothing else: label a fresh draw",
        )
    return n_known
