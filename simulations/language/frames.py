"""Sentence frames, split by group: no frame of more than four words belongs to two parts."""

from __future__ import annotations

import functools
from typing import Final

from abkit.simulations.language.lexicon import Pool, load_words, wordings

_OWNER: Final = ("train", "golden", "train", "served")  # by position in the pool, modulo four
SHARED_POOLS: Final = frozenset({"chat.greeting", "chat.polite"})  # at most four words each
FRAME_FILES: Final = ("chat", "review", "follow")


@functools.cache
def frames_for(part: str) -> dict[str, Pool]:
    """Return the frames of `part` by `<file>.<pool>`."""
    return {
        f"{file}.{pool}": tuple(
            wordings(text)
            for i, text in enumerate(texts)
            if f"{file}.{pool}" in SHARED_POOLS or _OWNER[i % len(_OWNER)] == part
        )
        for file in FRAME_FILES
        for pool, texts in load_words(f"frames_{file}").items()
    }
