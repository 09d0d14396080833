"""Compose the sentences of one text: which things are said, in which order, in which register."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.language.ambiguity import Telling, draw_second, draw_telling
from abkit.simulations.language.clauses import ClausePicker
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.frames import frames_for
from abkit.simulations.language.lexicon import Family, brief_texts, families
from abkit.simulations.language.slots import fill_slots

_REASON_OF_ATTEMPT: Final = {
    DEFECTIVE: 0.30,
    2: 0.10,
}  # people test what fails, rarely what they dislike


class Register(IntEnum):
    """The channel: a chat turn, a single sentence, a long comment."""

    CHAT = 0
    SENTENCE = 1
    REVIEW = 2


REGISTER_STEPS: Final = (0.5, 0.75, 1.0)  # cumulative: the mixture of the real columns


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences in lower case with their full stops, before a writer's habits."""

    sentences: list[str]
    register: Register
    telling: Telling
    brief: bool


@dataclass(slots=True)
class _Story:
    """What one text is about while it is being composed."""

    reason: int
    family: Family
    slots: dict[str, str]
    telling: Telling
    first: str = ""  # the clause that decides
    second: str = ""  # the clause beside it
    attempt_rate: float = 0.0


class Composer:
    """Writes drafts for one part of the data."""

    def __init__(self, part: str, draws: Draws) -> None:
        self._draws = draws
        self._families = families(part)
        self._frames = frames_for(part)
        self._clauses = ClausePicker(part, draws)
        self._brief = brief_texts()

    def draft(self, reason: int, hardness: float) -> Draft:
        """Return the sentences of one text; `reason` in 0..4, `hardness` in [0, 1]."""
        draws = self._draws
        register = Register(draws.weighted(REGISTER_STEPS))
        telling = draw_telling(hardness, draws)
        if register is Register.SENTENCE and draws.chance(0.26):
            if telling in (Telling.CLEAR, Telling.EMPTY):
                name = REASONS[reason] if telling is Telling.CLEAR else "empty"
                return Draft([draws.pick(self._brief[name]) + "."], register, telling, True)
        family = draws.pick(self._families)
        story = _Story(reason, family, fill_slots(family, self._families, draws), telling)
        self._choose_clauses(story)
        write = (self._chat, self._sentence, self._review)[register]
        return Draft(write(story), register, telling, False)

    def _choose_clauses(self, story: _Story) -> None:
        reason, family, slots, telling = story.reason, story.family, story.slots, story.telling
        clauses = self._clauses
        if telling is Telling.EMPTY:
            return
        story.attempt_rate = _REASON_OF_ATTEMPT.get(reason, 0.03)
        if telling is Telling.HINTED:
            story.first = clauses.hint(reason, family, slots)
        elif telling is Telling.BURIED:
            story.first = clauses.second(draw_second(reason, self._draws), family, slots)
            story.second = clauses.hint(reason, family, slots)
        else:
            story.first = clauses.reason(reason, family, slots)
            if telling is Telling.BOTH:
                story.second = clauses.second(draw_second(reason, self._draws), family, slots)

    def _frame(self, register: str, pool: str, slots: dict[str, str]) -> str:
        pick = self._draws.pick
        return pick(pick(self._frames[register][pool])).format_map(slots)

    def _one(self, register: str, pool: str, story: _Story, clause: str) -> str:
        story.slots["clause"] = clause
        return self._frame(register, pool, story.slots)

    def _two(self, pool: str, story: _Story) -> str:
        story.slots["a"], story.slots["b"] = story.second, story.first
        return self._frame("chat", pool, story.slots)

    def _attempt(self, story: _Story) -> str:
        story.slots["attempt"] = self._clauses.attempt(story.family, story.slots)
        return self._frame("review", "tried", story.slots)

    def _chat(self, story: _Story) -> list[str]:
        draws, slots = self._draws, story.slots
        if story.telling is Telling.EMPTY:
            said = [self._frame("chat", "empty_chat", slots)]
        elif story.second:
            said = [self._two("both_chat", story)]
        else:
            pool = "asked" if draws.chance(0.36) else "told"
            said = [self._one("chat", pool, story, story.first)]
            if draws.chance(story.attempt_rate):
                said.append(self._attempt(story))
        asks = said[0].endswith("?")
        if not asks and draws.chance(0.36):
            said.append(self._frame("chat", "request", slots))
        elif draws.chance(0.08):
            said.append(self._frame("chat", "wish", slots))
        while sum(s.count(" ") + 1 for s in said) < 12:
            asks = said[-1].endswith("?")
            said.append(
                self._frame("chat", "wish" if asks else draws.pick(("request", "wish")), slots)
            )
        if draws.chance(0.07):
            said[0] = f"{self._frame('chat', 'greeting', slots)} {said[0]}"
        if draws.chance(0.03):
            said.append(self._frame("chat", "polite", slots) + ".")
        return said

    def _sentence(self, story: _Story) -> list[str]:
        if story.telling is Telling.EMPTY:
            return [self._frame("chat", "empty_short", story.slots)]
        if story.second:
            return [self._two("both_short", story)]
        if story.telling is Telling.CLEAR and self._draws.chance(0.5):
            alone = self._clauses.alone(story.reason, story.family, story.slots)
            if alone is not None:
                return [alone + "."]
        return [self._one("chat", "told_short", story, story.first)]

    def _review(self, story: _Story) -> list[str]:
        draws, slots = self._draws, story.slots
        slots["praise"], slots["praise2"] = self._two_praises(story.family, slots)
        length = 24 + 34 * (draws.uniform() + draws.uniform())  # words, triangular, mean 58
        opening = [self._frame("review", "story", slots)]
        if draws.chance(0.75):
            opening.append(self._frame("review", "praise", slots))
        middle = self._review_middle(story)
        closing = [self._frame("review", "decision", slots)] if draws.chance(0.85) else []
        words = sum(s.count(" ") + 1 for s in (*opening, *middle, *closing))
        while words < length:
            if words > length - 6:
                pool, where = "feeling", closing
            else:
                pool, where = draws.pick(_FILLING)
                where = opening if pool == "story" else middle
            sentence = self._frame("review", pool, slots)
            words += sentence.count(" ") + 1
            if sentence not in where:
                where.insert(0 if where is closing else len(where), sentence)
        return opening + middle + closing

    def _two_praises(self, family: Family, slots: dict[str, str]) -> tuple[str, str]:
        pick, pool = self._draws.pick, family.praise
        i = self._draws.below(len(pool))
        return pick(pool[i]).format_map(slots), pick(pool[i - 1]).format_map(slots)

    def _review_middle(self, story: _Story) -> list[str]:
        draws, slots = self._draws, story.slots
        if story.telling is Telling.EMPTY:
            return [self._frame("review", "empty", slots)]
        middle = [self._one("review", "told", story, story.first)]
        if draws.chance(story.attempt_rate):
            middle.append(self._attempt(story))
        if story.second:
            extra = self._one("review", "second", story, story.second)
            middle.insert(draws.below(2) * len(middle), extra)
        if draws.chance(0.12):
            middle.append(self._frame("review", "unlike", slots))
        return middle


_FILLING: Final = (
    ("aside", None),
    ("aside", None),
    ("aside", None),
    ("feeling", None),
    ("story", None),
)
