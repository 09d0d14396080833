"""Which words a score rests on: the text scored again without each."""

from collections.abc import Sequence
from typing import Final

from abkit.core.explained import WordEffect
from abkit.model.artifact import Artifact

SHOWN: Final = 3
_MOST_WORDS: Final = 200  # of a longer text only the first are left out in turn


def word_effects(artifact: Artifact, text: str, score: float) -> tuple[WordEffect, ...]:
    """Return the words whose removal changes the score most, strongest first.

    Each occurrence is left out alone, so of two words that say the same neither may show. A text of
    one word has none: nothing would be left.
    """
    words = text.split()
    if len(words) < 2:
        return ()
    from abkit.model.scoring import score_texts  # torch

    tried = words[:_MOST_WORDS]
    scores = score_texts(artifact, [_without(words, i) for i in range(len(tried))])
    found = [
        WordEffect(word=word, score_without=float(without))
        for word, without in zip(tried, scores, strict=True)
    ]
    found.sort(key=lambda effect: -abs(effect.score_without - score))  # stable: first ones first
    return tuple(found[:SHOWN])


def _without(words: Sequence[str], i: int) -> str:
    return " ".join([*words[:i], *words[i + 1 :]])
