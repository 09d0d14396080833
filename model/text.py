"""Texts before tokens: one normal form, its hash, and the 8:1:1 split by groups of equal texts."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError

MAX_CHARACTERS: Final = 4_000  # of the normal form; a longer text is read up to here
SHARES: Final = (0.8, 0.1, 0.1)  # train, validation, test (paper, section 3)

Index = npt.NDArray[np.int64]


def normalise(text: str) -> str:
    """Return the normal form: NFKC, case folded, white space collapsed, at most 4,000 characters.

    Texts with one normal form are one text to the classifier: they get one score and never stand
    on both sides of a split. A lone surrogate, which no UTF-8 file can hold, becomes `?`.
    """
    if not isinstance(text, str):
        raise DataError(
            f"a text is {text!r} ({type(text).__name__}); expected a string",
            hint="drop rows without a text",
        )
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode())
    return " ".join(text.casefold().split())[:MAX_CHARACTERS].rstrip()


def text_hashes(normal_forms: Sequence[str], *, key: str = "") -> npt.NDArray[np.uint64]:
    """Return 64-bit BLAKE2b hashes, shape (n,); another `key` gives unrelated hashes."""
    secret = key.encode()
    digests = b"".join(
        hashlib.blake2b(text.encode(), digest_size=8, key=secret).digest() for text in normal_forms
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Row numbers of the three parts; together they are every row, once."""

    train: Index
    validation: Index
    test: Index


def split_by_text(normal_forms: Sequence[str], *, seed: int) -> Split:
    """Split rows 8:1:1 so that equal texts share a part, whatever the order of the rows.

    A text's part depends on its keyed hash alone: u = hash / 2^64 below .8 is training, below .9
    validation, else test. So a text keeps its part when rows are added, and shares are 8:1:1 in
    expectation over distinct texts.
    """
    u = text_hashes(normal_forms, key=f"split {seed}") / 2.0**64
    first, second = SHARES[0], SHARES[0] + SHARES[1]
    return Split(
        train=np.flatnonzero(u < first),
        validation=np.flatnonzero((u >= first) & (u < second)),
        test=np.flatnonzero(u >= second),
    )
