"""Writers' habits: capitals, punctuation, apostrophes, typos, and where the box cut them off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from abkit.simulations.language.compose import Draft, Register
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.typos import add_typos

CARELESS: Final = 0.21  # writers with typos; four texts in five have none
CARELESS_RATE: Final = 0.13  # their typos per word of four letters or more
_LONE_I: Final = re.compile(r"\bI\b")
_SHOUTED: Final = (
    "not",
    "very",
    "never",
    "really",
    "all",
    "only",
    "so",
    "no",
    "again",
    "nothing",
    "still",
    "too",
)
_SHORTHAND: Final = (
    ("please", "pls"),
    (" you ", " u "),
    ("thanks", "thx"),
    (" with ", " w/ "),
    ("because", "bc"),
    (" are ", " r "),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of a channel's writers with a habit."""

    lower_start: float
    no_closing: float
    lone_i: float
    folded: float  # only the first letter of the text is a capital
    exclaims: float
    apostrophes_off: float
    box: int  # characters the input box takes


# By register: chat, sentence, review (measured on chat turns, phone sentences, clothing reviews).
HABITS: Final = (
    Habits(0.35, 0.50, 0.28, 0.00, 0.04, 0.06, 200),
    Habits(0.07, 0.05, 0.04, 0.00, 0.08, 0.03, 200),
    Habits(0.02, 0.15, 0.10, 0.55, 0.18, 0.02, 500),
)


def _shout(text: str, draws: Draws) -> str:
    if draws.chance(0.12):
        return text.upper()
    words = text.split(" ")
    i = draws.below(len(words))
    for k in (
        *range(i, len(words)),
        *range(i),
    ):  # a telling word if there is one, from a random start
        if words[k] in _SHOUTED:
            i = k
            break
    words[i] = words[i].upper()
    return " ".join(words)


def _capitals(sentences: list[str], habits: Habits, draws: Draws) -> str:
    """Join sentences with the writer's capitals."""
    gap = "" if draws.chance(0.03) else " "  # some forget the space after a full stop
    if draws.chance(habits.lower_start):
        return gap.join(sentences)
    if draws.chance(habits.folded):
        text = _LONE_I.sub("i", gap.join(sentences))
        return text[0].upper() + text[1:]
    return gap.join([s[0].upper() + s[1:] for s in sentences])


def _punctuate(text: str, habits: Habits, draws: Draws) -> str:
    u = draws.uniform()
    if u < habits.no_closing:
        return text.rstrip(".?!") if u < 0.75 * habits.no_closing or text[-1] == "." else text
    u = draws.uniform()
    if u < habits.exclaims:
        if text.endswith("."):
            return text[:-1] + ("!" if u < 0.7 * habits.exclaims else "!!")
        return text.replace(". ", "! ", 1)
    if u < habits.exclaims + 0.02 and text.endswith("."):
        return text + ".."
    return text


def apply_style(draft: Draft, draws: Draws) -> str:
    """Return the text as this writer would type it."""
    habits = HABITS[draft.register]
    text = _capitals(draft.sentences, habits, draws)
    careless = draws.chance(CARELESS)
    if careless and not draft.brief:
        text = add_typos(text, CARELESS_RATE, draws)
    if draws.chance(habits.lone_i):
        text = _LONE_I.sub("i", text)
    if draws.chance(habits.apostrophes_off):
        text = text.replace("'", "")
    if draws.chance(0.05):
        text = _shout(text, draws)
    if draft.register is Register.CHAT and draws.chance(0.025):
        for word, short in _SHORTHAND:
            text = text.replace(word, short)
    return _punctuate(text, habits, draws)[: habits.box].rstrip()
