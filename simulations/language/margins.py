"""Measure how texts are written; the same functions run on generated and on real texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

QUANTILES: Final = (0.05, 0.25, 0.50, 0.75, 0.95)

_SHORT_NEGATIONS: Final = (
    "dont|doesnt|didnt|cant|wont|isnt|arent|wasnt|couldnt|wouldnt|havent|hasnt|shouldnt"
)
PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {
    "starts lower-case": re.compile(r"^\s*[a-z]"),
    "no closing punctuation": re.compile(r"[^.!?…\"')\]*\s]\s*$"),
    "lone lower-case i": re.compile(r"(?<![\w.])i(?![\w.])"),
    "missing apostrophe": re.compile(
        rf"\b(?:{_SHORT_NEGATIONS}|im|ive|thats|youre|theyre|whats)\b", re.IGNORECASE
    ),
    "a word in capitals": re.compile(
        r"\b(?!(?:TV|USB|GPS|LED|US|AA|AAA|OK|GB|DVR|HD|PC|ID)\b)[A-Z]{3,}\b"
    ),
    "question": re.compile(
        r"\?|^\s*(?:hi,?|hello,?|hey,?)?\s*(?:how|what|why|when|where|who|which|can|could|is|are|"
        r"do|does|did|will|would|should|may|am)\b",
        re.IGNORECASE,
    ),
    "exclamation mark": re.compile(r"!"),
    "question mark": re.compile(r"\?"),
    "digits": re.compile(r"\d"),
    "negation": re.compile(
        r"n't\b|\b(?:no|not|never|nothing|none|nobody|neither|nor|without|cannot|"
        rf"{_SHORT_NEGATIONS})\b",
        re.IGNORECASE,
    ),
    "contrast": re.compile(
        r"\b(?:but|however|although|though|unfortunately|sadly|yet|except)\b", re.IGNORECASE
    ),
    "hedge": re.compile(
        r"\b(?:maybe|perhaps|seems?|i think|i guess|i feel|probably|might|kind of|sort of)\b",
        re.IGNORECASE,
    ),
    "please or thanks": re.compile(r"\b(?:please|pls|thanks?|thank you|thx)\b", re.IGNORECASE),
    "a literal defect word": re.compile(
        r"\b(?:defect\w*|broke\w*|damaged|faulty|not working|dead|died)\b", re.IGNORECASE
    ),
}
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z']*")


def word_counts(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the number of blank-separated words of each text, shape (n,)."""
    return np.array([len(t.split()) for t in texts], dtype=np.int64)


def weighted_quantile(
    values: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], q: float
) -> float:
    """Return the smallest value whose cumulative share of `weights` reaches `q`."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(share, q)])


def shares(texts: Sequence[str]) -> dict[str, float]:
    """Return, for each of PATTERNS, the share of texts in which it is found."""
    return {
        name: float(np.mean([pattern.search(t) is not None for t in texts]))
        for name, pattern in PATTERNS.items()
    }


def known_words(texts: Iterable[str], *, minimum: int = 3) -> frozenset[str]:
    """Return the lower-case words that occur in at least `minimum` of `texts`."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in {w.lower() for w in _WORD.findall(text)}:
            counts[word] = counts.get(word, 0) + 1
    return frozenset(w for w, n in counts.items() if n >= minimum)


def own_words() -> frozenset[str]:
    """Return the lower-case words of the generator's lists: spelt right, whatever else they are."""
    folder = resources.files("abkit.simulations.language")
    text = " ".join(
        file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".toml") and file.name != "slips.toml"
    )
    return frozenset(word.lower() for word in _WORD.findall(text))


def unknown_shares(texts: Sequence[str], known: frozenset[str]) -> dict[str, float]:
    """Return the share of texts with a word outside `known`, and the share of such words."""
    unknown = [[w.lower() not in known for w in _WORD.findall(t)] for t in texts]
    n_words = sum(len(row) for row in unknown)
    return {
        "a word outside the vocabulary": float(np.mean([any(row) for row in unknown])),
        "words outside the vocabulary": sum(map(sum, unknown)) / max(n_words, 1),
    }


def mixture_quantiles(
    groups: Sequence[Sequence[str]], weights: Sequence[float]
) -> dict[float, float]:
    """Return word-count quantiles of the mixture in which group g has total weight weights[g]."""
    counts = [word_counts(group) for group in groups]
    each = [np.full(len(c), w / len(c)) for c, w in zip(counts, weights, strict=True)]
    values, mass = np.concatenate(counts), np.concatenate(each)
    return {q: weighted_quantile(values, mass, q) for q in QUANTILES}
