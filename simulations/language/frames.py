"""Sentence frames, split by group: no frame of more than four words belongs to two parts."""

from __future__ import annotations

import functools
from typing import Final

from abkit.simulations.language.lexicon import Pool, load_words, wordings

_OWNER: Final = ("train", "golden", "train", "served")  # by position in the pool, modulo four
SHARED_POOLS: Final = frozenset(
    {"greeting", "polite"}
)  # at most four words each: everybody writes them


@functools.cache
def frames_for(part: str) -> dict[str, dict[str, Pool]]:
    """Return the frames of `part` by register (`chat`, `review`) and pool."""
    return {
        register: {
            pool: tuple(
                wordings(t)
                for i, t in enumerate(texts)
                if pool in SHARED_POOLS or _OWNER[i % len(_OWNER)] == part
            )
            for pool, texts in load_words(f"frames_{register}").items()
        }
        for register in ("chat", "review")
    }
