"""One contact retold: why it was flagged, step by step, and beside it the other arm."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from abkit.core.explained import ContactStory, Explanation, OtherArm, WordEffect
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import count, percent, share

_ENDS: Final = {
    "resolved_by_bot": "resolved by the bot",
    "resolved_by_agent": "resolved by an agent",
    "abandoned_queue": "abandoned the queue",
    "left_silently": "left silently",
}
_POLICY: Final = {
    "menu": "what the menu says",
    "menu_or_text": "LABEL 0 if menu or text says so",
    "text_over_menu": "what the text says, else the menu",
    "menu_and_text": "LABEL 0 if menu and text say so",
}
_DAY_S: Final = 86_400


def blocks(result: Explanation) -> list[Block]:
    """Return what `abkit explain` prints."""
    return [
        _header(result),
        _flag(result),
        *(_beside(result, other) for other in result.others),
        *([] if result.others else [_alone(result)]),
    ]


def _header(result: Explanation) -> Prose:
    contacts = len(result.own.contacts)
    return Prose(
        title=f"Contact {result.contact_id} of run {result.run}",
        lines=(
            f"contact {result.attempt} of {contacts} of customer {result.customer_id}, use-case "
            f"{result.use_case}, arm {result.own.arm}",
            f"the truth, which only a simulation knows: {result.true_reason}, hardness "
            f"{result.true_hardness} of 0 to 4",
        ),
    )


def _flag(result: Explanation) -> Prose:
    """Say why the text was flagged, or was not."""
    contact = result.contact
    if contact.text is None or contact.score is None or result.own.threshold is None:
        return Prose(title="No flag", lines=(result.words_note or "no text is scored here",))
    sign = "at or above" if contact.flagged else "below"
    lines = [
        f'text: "{contact.text}"',
        f"score {_score(contact.score)}, {sign} the threshold {_score(result.own.threshold)}",
        f"{result.own.arm} believes {_POLICY[result.own.policy]}"
        + ("; the flag is computed, not used" if result.own.policy == "menu" else ""),
    ]
    if result.words:
        lines.append("score without a word: " + ", ".join(map(_word, result.words)))
    elif result.words_note:
        lines.append(result.words_note)
    return Prose(title="Flagged" if contact.flagged else "Not flagged", lines=tuple(lines))


def _word(effect: WordEffect) -> str:
    return f'"{effect.word}" {_score(effect.score_without)}'


def _score(value: float) -> str:
    return share(value, 4)


_Step = tuple[str, Callable[[ContactStory], str]]


def _beside(result: Explanation, other: OtherArm) -> Grid:
    """Return both stories of the issue, contact by contact; a row that differs is marked."""
    own, theirs = result.own, other.story
    rows: list[tuple[Cell, ...]] = []
    ends: set[int] = set()
    numbers = sorted({one.attempt for story in (own, theirs) for one in story.contacts})
    for number in numbers:
        pair = own.contact(number), theirs.contact(number)
        for name, said in _steps(pair):
            left, right = ("" if one is None else said(one) for one in pair)
            if left or right:
                rows.append((name, left, right, "*" if left != right else ""))
        ends.add(len(rows) - 1)
    return Grid(
        title=f"Step by step: {own.arm}, where it was, and {theirs.arm}, had it been there",
        columns=(
            Column(head=""), Column(head=own.arm), Column(head=theirs.arm), Column(head=""),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends - {len(rows) - 1}),
        notes=(
            "* differs. Customer and random numbers are the same; everybody else stays in their "
            "arm.",
            _elsewhere(other),
        ),
    )  # fmt: skip


def _alone(result: Explanation) -> Grid:
    """Return the story of a world with a single arm."""
    rows: list[tuple[Cell, ...]] = []
    for contact in result.own.contacts:
        rows += [(name, said(contact)) for name, said in _steps((contact,)) if said(contact)]
    return Grid(
        title="Step by step",
        columns=(Column(head=""), Column(head=result.own.arm)),
        rows=tuple(rows),
    )


def _elsewhere(other: OtherArm) -> str:
    if not other.others_changed:
        return "Nobody else's contacts would have changed."
    more = other.others_more
    extra = f"; {abs(more):,} contacts {'more' if more > 0 else 'fewer'}" if more else ""
    plural = "s" if other.others_changed != 1 else ""
    waited = other.others_waited_s
    waiting = f"{count(abs(waited))} s {'more' if waited > 0 else 'less'} of waiting"
    return (
        f"Through the agents' queue {other.others_changed:,} contact{plural} of others would have "
        f"changed: {waiting}{extra}."
    )


def _steps(contacts: tuple[ContactStory | None, ...]) -> list[_Step]:
    number = next(one.attempt for one in contacts if one is not None)
    return [
        (f"contact {number}", lambda one: _clock(one.started_at)),
        ("menu", lambda one: one.menu_reason),
        ("text", _text),
        ("bot believes", lambda one: one.believed_reason),
        ("bot offers", _offer),
        ("customer", _answer),
        ("says", lambda one: one.response or ""),
        ("bot took", lambda one: _span(one.bot_s)),
        ("waits", lambda one: "" if one.wait_s is None else _span(one.wait_s)),
        ("agent takes", lambda one: "" if one.service_s is None else _span(one.service_s)),
        ("ends", lambda one: f"{_clock(one.ended_at)}, {_ENDS[one.outcome]}"),
        ("comes back", _return),
    ]


def _text(one: ContactStory) -> str:
    if one.score is None:
        return "none"
    return f"{_score(one.score)}, {'flagged' if one.flagged else 'not flagged'}"


def _offer(one: ContactStory) -> str:
    if one.resolution is None:
        return "nothing: asks for a human at once"
    return f"{one.resolution}, which {'fits' if one.fits else 'does not fit'}"


def _answer(one: ContactStory) -> str:
    if one.accepted is None:
        return ""
    after = "" if one.accepted or one.wait_s is None else ", asks for an agent"
    return f"{'accepts' if one.accepted else 'rejects'}{after} " + (
        f"({percent(one.acceptance_chance, 0)} % accept)"
    )


def _return(one: ContactStory) -> str:
    if one.next_after_s is None:
        return "no"
    within = "" if one.next_after_s <= _DAY_S else ", no repeat within 24 h"
    return f"after {_span(one.next_after_s)}{within}"


def _clock(instant: str) -> str:
    """2024-01-03T08:12:33.250000+00:00 -> `Wed 2024-01-03 08:12:33`."""
    return f"{datetime.fromisoformat(instant):%a %Y-%m-%d %H:%M:%S}"


def _span(seconds: float) -> str:
    """4384 -> `1 h 13 min`; 95.2 -> `1 min 35 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
