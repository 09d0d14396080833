"""Slips of the keyboard and of spelling."""

from __future__ import annotations

import functools
import re
from typing import Final

from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import load_words

_WORD: Final = re.compile(r"[A-Za-z']{4,}")


@functools.cache
def slips() -> tuple[dict[str, str], dict[str, str]]:
    """Return common misspellings, and the keys beside each letter."""
    tables = load_words("slips")
    return tables["misspelt"], tables["neighbors"]


def misspell(word: str, draws: Draws) -> str:
    """Return `word`, at least four letters, with one slip."""
    misspelt, neighbors = slips()
    known = misspelt.get(word)
    if known is not None and draws.chance(0.7):
        return known
    i = 1 + draws.below(len(word) - 2)  # the first letter is nearly always right
    kind = draws.uniform()
    if kind < 0.3:  # a letter dropped
        return word[:i] + word[i + 1 :]
    if kind < 0.5:  # a letter doubled
        return word[: i + 1] + word[i:]
    if kind < 0.75:  # two letters swapped
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    beside = draws.pick(neighbors.get(word[i].lower(), "e"))
    if kind < 0.9:  # the key beside it as well
        return word[: i + 1] + beside + word[i + 1 :]
    return word[:i] + beside + word[i + 1 :]


def add_typos(text: str, rate: float, draws: Draws) -> str:
    """Return `text` with a share `rate` of its words of four letters or more misspelt."""
    return _WORD.sub(lambda m: misspell(m[0], draws) if draws.chance(rate) else m[0], text)
