"""Compose the sentences of one text: which things are said, in which order, in which register."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.language.ambiguity import Telling, draw_telling
from abkit.simulations.language.clauses import ClausePicker
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.frames import frames_for
from abkit.simulations.language.lexicon import brief_texts, families
from abkit.simulations.language.slots import fill_slots
from abkit.simulations.language.story import Story, choose_clauses, unlike_reason


class Register(IntEnum):
    """The channel: a chat turn, a single sentence, a long comment."""

    CHAT = 0
    SENTENCE = 1
    REVIEW = 2


REGISTER_STEPS: Final = (0.5, 0.75, 1.0)  # cumulative: the mixture of the real columns
NAMED_RATE: Final = (
    0.45  # times clarity; of plainly told reasons: also called by name, as in "it is faulty"
)
BRIEF_RATE: Final = 0.30  # of single sentences with one reason or none
FOLLOW_RATE: Final = 0.7  # of the next sentence of a long comment to stay with the reason
SHORTEST_TURN: Final = 12  # words of a chat turn
_CURE_RATE: Final = {Telling.CLEAR: 0.6, Telling.BOTH: 0.5, Telling.HINTED: 0.15}
_FILLING: Final = ("aside", "aside", "aside", "aside", "feeling")  # of a long comment
_DENIES: Final = {0: "not_because", 1: "not_because", 3: "fine_but", 4: "fine_but"}


@dataclass(frozen=True, slots=True)
class Draft:
    """Sentences in lower case with their full stops, before a writer's habits."""

    sentences: list[str]
    register: Register
    telling: Telling
    brief: bool


def _words(sentences: list[str]) -> int:
    return sum(s.count(" ") + 1 for s in sentences)


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
        telling = draw_telling(reason, hardness, draws)
        plain = telling in (Telling.CLEAR, Telling.EMPTY)
        if register is Register.SENTENCE and plain and draws.chance(BRIEF_RATE):
            name = REASONS[reason] if telling is Telling.CLEAR else "empty"
            return Draft([draws.pick(self._brief[name]) + "."], register, telling, True)
        family = draws.skewed(self._families)  # some products sell better than others
        story = Story(
            reason, family, fill_slots(family, self._families, draws), telling, 1 - hardness
        )
        choose_clauses(story, self._clauses, draws)
        write = (self._chat, self._sentence, self._review)[register]
        return Draft(write(story), register, telling, False)

    def _frame(self, pool: str, slots: dict[str, str]) -> str:
        pick = self._draws.pick
        return pick(pick(self._frames[pool])).format_map(slots)

    def _one(self, pool: str, story: Story, clause: str) -> str:
        story.slots["clause"] = clause
        return self._frame(pool, story.slots)

    def _two(self, pool: str, story: Story) -> str:
        story.slots["a"], story.slots["b"] = story.second, story.first
        return self._frame(pool, story.slots)

    def _tried(self, story: Story) -> str:
        story.slots["attempt"] = self._clauses.attempt(story.family, story.slots)
        mending = story.family.kind in ("powered", "assembly")
        return self._frame(f"review.{'tried' if mending else 'used'}", story.slots)

    def _follow(self, story: Story) -> str:
        """Return a sentence that goes on about the reason just told."""
        name = REASONS[story.reason]
        if story.reason == DEFECTIVE:
            name += "_powered" if story.family.kind == "powered" else "_other"
        return self._frame(f"follow.{name}", story.slots)

    def _request(self, story: Story) -> str:
        """Return a question; where the reason is told, it may ask for what would cure it."""
        rate = 1.0 if story.closed else _CURE_RATE.get(story.telling, 0.0) * (0.5 + story.clarity)
        if self._draws.chance(rate):
            return self._frame(f"chat.request_{REASONS[story.reason]}", story.slots)
        return self._frame("chat.request", story.slots)

    def _chat_pool(self, story: Story) -> str:
        """Return the pool of frames for a chat turn with one clause."""
        u = self._draws.uniform()
        if story.closed:
            return "chat.asked_closed" if u < 0.3 else "chat.told_closed"
        if u < 0.28:
            return "chat.asked_fault" if story.fault and u < 0.14 else "chat.asked"
        if story.telling is Telling.CLEAR and u < 0.38 and story.reason in _DENIES:
            return f"chat.{_DENIES[story.reason]}"
        if story.telling is Telling.CLEAR and u < 0.38 + NAMED_RATE * story.clarity:
            return f"chat.told_{REASONS[story.reason]}"
        return "chat.told_now" if u > 0.86 and not story.timed else "chat.told"

    def _chat(self, story: Story) -> list[str]:
        draws, slots = self._draws, story.slots
        if story.telling is Telling.EMPTY:
            said = [self._frame("chat.empty_chat", slots)]
        elif story.second:
            said = [self._two("chat.both_chat", story)]
        else:
            said = [self._one(self._chat_pool(story), story, story.first)]
            if draws.chance(story.attempt_rate):
                said.append(self._tried(story))
            elif story.telling is Telling.CLEAR and draws.chance(0.5 * story.clarity):
                said.append(self._follow(story))
        if not said[0].endswith("?") and draws.chance(0.42):
            said.append(self._request(story))
        elif draws.chance(0.08) and not story.closed:
            said.append(self._frame("chat.wish", slots))
        while _words(said) < SHORTEST_TURN:
            said.append(self._padding(story, asked=said[-1].endswith("?")))
        if draws.chance(0.06) and not said[0].startswith(("hi", "hello", "hey")):
            said[0] = f"{self._frame('chat.greeting', slots)} {said[0]}"
        if draws.chance(0.03):
            said.append(self._frame("chat.polite", slots) + ".")
        return said

    def _padding(self, story: Story, *, asked: bool) -> str:
        """Return what makes a short turn longer: a request, or after a question a statement."""
        if story.closed:
            return self._follow(story) if asked else self._request(story)
        if asked or self._draws.chance(0.4):
            return self._frame("chat.wish", story.slots)
        return self._request(story)

    def _sentence(self, story: Story) -> list[str]:
        if story.telling is Telling.EMPTY:
            return [self._frame("chat.empty_short", story.slots)]
        if story.second:
            return [self._two("chat.both_short", story)]
        if story.closed:
            return [self._one("chat.told_closed", story, story.first)]
        u = self._draws.uniform()
        if story.telling is Telling.CLEAR and u < 0.45:
            own = self._clauses.own(story.reason, story.family, story.slots)
            if own is not None:
                return [own + "."]
        if story.telling is Telling.CLEAR and u > 1 - NAMED_RATE * story.clarity:
            return [self._one(f"chat.told_{REASONS[story.reason]}", story, story.first)]
        fault = story.fault and self._draws.chance(0.5)
        return [self._one(f"chat.told_short{'_fault' * fault}", story, story.first)]

    def _review(self, story: Story) -> list[str]:
        draws, slots = self._draws, story.slots
        i = draws.below(len(story.family.praise))
        slots["praise"] = draws.pick(story.family.praise[i]).format_map(slots)
        slots["praise2"] = draws.pick(story.family.praise[i - 1]).format_map(slots)
        length = 24 + 37 * (draws.uniform() + draws.uniform())  # words, triangular, mean 61
        opening = [self._frame("review.story", slots)]
        if not story.closed and draws.chance(0.75):
            opening.append(self._frame("review.praise", slots))
        middle = self._review_middle(story)
        ends = not story.closed and draws.chance(0.85)
        closing = [self._frame("review.decision", slots)] if ends else []
        words = _words(opening) + _words(middle) + _words(closing)
        while words < length:
            extra = self._frame(f"review.{draws.pick(_FILLING)}", slots)
            words += extra.count(" ") + 1
            if not self._said_before(extra, opening + middle, slots):
                middle.insert(0 if draws.chance(0.25) else len(middle), extra)
        return opening + middle + closing

    @staticmethod
    def _said_before(extra: str, said: list[str], slots: dict[str, str]) -> bool:
        """Return whether `extra` repeats a sentence, the price or the person mentioned before."""
        if extra in said:
            return True
        text = " ".join(said)
        return any(slots[s] in extra and slots[s] in text for s in ("price", "who", "a_plain"))

    def _review_middle(self, story: Story) -> list[str]:
        draws, slots = self._draws, story.slots
        if story.telling is Telling.EMPTY:
            return [self._frame("review.empty", slots)]
        middle = [self._one(self._review_pool(story), story, story.first)]
        if draws.chance(story.attempt_rate):
            middle.append(self._tried(story))
        told = story.telling in (Telling.CLEAR, Telling.BOTH)
        while told and len(middle) < 4 and draws.chance(FOLLOW_RATE * (0.6 + 0.8 * story.clarity)):
            follow = self._follow(story)
            if follow not in middle:
                middle.append(follow)
        if story.second:
            extra = self._one("review.second", story, story.second)
            middle.insert(draws.below(2) * len(middle), extra)
        if story.telling is Telling.CLEAR and not story.closed and draws.chance(0.25):
            denied = REASONS[unlike_reason(story, draws)]
            middle.append(self._frame(f"review.unlike_{denied}", slots))
        return middle

    def _review_pool(self, story: Story) -> str:
        """Return the pool of frames for the sentence of a long comment that tells the reason."""
        u = self._draws.uniform()
        if story.closed:
            return "review.told_closed"
        if story.telling is Telling.CLEAR and u < NAMED_RATE * story.clarity:
            return f"chat.told_{REASONS[story.reason]}"
        return "review.told_fault" if story.fault and u > 0.65 else "review.told"
