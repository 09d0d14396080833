"""What one text is about: the item, the reason, and the clauses that tell or hint at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from abkit.core.reasons import DEFECTIVE
from abkit.simulations.language.ambiguity import Telling, draw_hint, draw_second
from abkit.simulations.language.clauses import ClausePicker
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import Family

ATTEMPT_RATE: Final = (0.40, 0.0, 0.10, 0.0, 0.0)  # people test what fails, by reason code
OTHERS: Final = 4
CLOSED_RATE: Final = 0.3  # of the texts that tell `others` and no second reason
_FAULTS: Final = frozenset({0, 1, 2})  # reasons told as something the item does or lacks
_TIMED: Final = ("after ", "within ", " for ", " in and ")  # clauses that need time to be true


@dataclass(slots=True)
class Story:
    """What one text is about while it is being composed."""

    reason: int
    family: Family
    slots: dict[str, str]
    telling: Telling
    clarity: float  # 1 - hardness: how much else in the text helps to see the reason
    first: str = ""  # the clause that decides, or all there is
    second: str = ""  # the clause beside it
    second_reason: int = -1
    fault: bool = False  # `first` is something the item does or lacks
    timed: bool = False  # `first` took time, so it cannot be seen at once
    closed: bool = False  # the item is already sent back, or never came
    attempt_rate: float = 0.0


def choose_clauses(story: Story, clauses: ClausePicker, draws: Draws) -> None:
    """Fill in the clauses of `story` as its telling demands; an empty text has none."""
    reason, family, slots, telling = story.reason, story.family, story.slots, story.telling
    if telling is Telling.EMPTY:
        return
    story.attempt_rate = ATTEMPT_RATE[reason]
    if telling in (Telling.BOTH, Telling.BURIED):
        story.second_reason = draw_second(reason, draws)
    if telling in (Telling.CLEAR, Telling.BOTH):
        story.fault = reason in _FAULTS
        story.closed = reason == OTHERS and telling is Telling.CLEAR and draws.chance(CLOSED_RATE)
        story.first = (
            clauses.closed(slots) if story.closed else clauses.plain(reason, family, slots)
        )
        if telling is Telling.BOTH:
            story.second = clauses.second(story.second_reason, family, slots)
    else:
        name = draw_hint(reason, draws)
        hint = clauses.hint(name, family, slots)
        story.fault = name == "either"
        story.first = hint
        while telling is Telling.BURIED and story.first == hint:  # never the same clause twice
            story.first = clauses.second(story.second_reason, family, slots)
            story.second = hint
            story.fault = story.second_reason in _FAULTS
    story.timed = slots["when"] in story.first or any(word in story.first for word in _TIMED)


def unlike_reason(story: Story, draws: Draws) -> int:
    """Return a reason that the text may deny without contradicting itself."""
    while True:
        denied = draws.below(5)
        if denied not in (story.reason, story.second_reason):
            if denied == DEFECTIVE and story.reason == 2:  # a poor item is not praised as sound
                continue
            return denied
