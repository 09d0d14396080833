"""Scenarios: the packaged ones, what one means, where two differ."""

import math
from collections.abc import Sequence
from typing import Final

from abkit.core.scenarios import (
    ScenarioCheck,
    ScenarioDiff,
    ScenarioList,
    ScenarioMeaning,
)
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, plain

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_INFINITE: Final = "\u221e"
_ABSENT: Final = "(not stated)"


def list_blocks(result: ScenarioList) -> list[Block]:
    """Return what `abkit scenario list` prints."""
    heads = (("", "Scenario"), ("First contacts", "a week"), ("", "Arms"), ("", "Use-cases"))
    return [
        Grid(
            title="Packaged scenarios",
            columns=tuple(
                Column(head=head, align="right" if i == 1 else "left")
                for i, head in enumerate(heads)
            ),
            rows=tuple(
                (
                    each.name, count(each.first_contacts_per_week), ", ".join(each.arms),
                    ", ".join(each.use_cases),
                )
                for each in result.scenarios
            ),
        ),
        Prose(
            title="What they stand for",
            lines=(
                *(f"{each.name}: {each.description}" for each in result.scenarios),
                "next: abkit scenario show NAME, abkit simulate --scenario NAME",
            ),
        ),
    ]  # fmt: skip


def check_blocks(result: ScenarioCheck) -> list[Block]:
    """Return what `abkit scenario check` prints."""
    if result.meaning is None:
        return [_problems(result)]
    meaning = result.meaning
    blocks = [_meaning(result.source, meaning), *_load(meaning), *_unattended(meaning)]
    return blocks + ([Prose(title="Warnings", lines=result.warnings)] if result.warnings else [])


def _problems(result: ScenarioCheck) -> Prose:
    n = len(result.problems)
    lines = []
    for problem in result.problems:
        lines.append(problem.fact)
        if problem.hint:
            lines.append(f"  hint: {problem.hint}")
    if result.not_judged:
        names = ", ".join(result.not_judged)
        lines.append(f"Not judged until the values that they need are right: {names}.")
    return Prose(title=f"{result.source}: {n} problem{'s' if n > 1 else ''}", lines=tuple(lines))


def _meaning(source: str, meaning: ScenarioMeaning) -> Prose:
    prior = ", ".join(f"{name} {percent(p, 1)} %" for name, p in meaning.served_prior.items())
    work, week = sum(meaning.work), len(meaning.work)
    lines = [
        meaning.description,
        f"arms {', '.join(meaning.arms)}; use-cases {', '.join(meaning.use_cases)}",
        f"first contacts a week: {_number(meaning.first_contacts_per_week)}; with repeats "
        f"{_number(meaning.contacts_per_week)}, of which {_number(meaning.requests_per_week)} ask "
        "for an agent",
        f"true reasons of first contacts: {prior}",
    ]
    if meaning.heads is None:
        lines.append(f"agents: unlimited; on average {_number(work / week)} of them are busy")
    else:
        lines.append(
            f"agents: {_number(work)} hours of work a week for {_number(sum(meaning.heads))} hours "
            f"on duty: load {_percent(work / sum(meaning.heads)) if sum(meaning.heads) else '0'} %"
        )
    lines.append("Expected values, as if all arms believed the menu and nobody abandoned the queue")
    return Prose(title=f"{source}: scenario {meaning.name} is valid", lines=tuple(lines))


def _number(value: float) -> str:
    return count(value) if value >= 100 else plain(value, figures_of=max(value, 10.0))


def _percent(value: float) -> str:
    return _INFINITE if math.isinf(value) else percent(value, 0)


def _load(meaning: ScenarioMeaning) -> list[Block]:
    """Return work / heads by hour and day; days, or hours, that are alike stand together."""
    if meaning.heads is None or not any(meaning.work):
        return []
    cells = [MISSING if load is None else _percent(load) for load in meaning.load]
    days = [tuple(cells[24 * day : 24 * day + 24]) for day in range(7)]
    groups = _runs(days)
    rows = [tuple(days[first][hour] for first, _ in groups) for hour in range(24)]
    spans = _runs(rows)
    return [
        Grid(
            title="Load of the agents by hour, UTC: work asked for / on duty, %",
            columns=(
                Column(head="Hour"),
                *(Column(head=_span(first, last, _DAYS), align="right") for first, last in groups),
            ),
            rows=tuple((f"{first:02d}-{last + 1:02d}", *rows[first]) for first, last in spans),
            notes=_overload(meaning),
        )
    ]


def _runs(items: Sequence[object]) -> list[tuple[int, int]]:
    """Return first and last place of each run of equal neighbours."""
    found: list[tuple[int, int]] = []
    for place, item in enumerate(items):
        if found and items[found[-1][0]] == item:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _span(first: int, last: int, names: Sequence[str]) -> str:
    return names[first] if first == last else f"{names[first]}-{names[last]}"


def _overload(meaning: ScenarioMeaning) -> tuple[str, ...]:
    over = sum(load is not None and load > 1 + 1e-9 for load in meaning.load)
    if not over:
        return ()
    return (
        f"{over} of 168 hours ask for more work than there are agents: there a queue grows until "
        "customers abandon it.",
    )


def _unattended(meaning: ScenarioMeaning) -> list[Block]:
    """Return when nobody is on duty while contacts come, for the whole hour or a part."""
    open_hours = [
        share_of_hour > 0 and contacts > 0
        for share_of_hour, contacts in zip(meaning.unattended, meaning.contacts, strict=True)
    ]
    lines = []
    for day, name in enumerate(_DAYS):
        mine = open_hours[24 * day : 24 * day + 24]
        spans = [f"{a:02d}-{b + 1:02d}" for a, b in _runs(mine) if mine[a]]
        if spans:
            lines.append(f"{name} {', '.join(spans)}")
    if not lines:
        return []
    lost = sum(
        contacts * part for contacts, part in zip(meaning.contacts, meaning.unattended, strict=True)
    )
    lines.append(
        f"{_number(lost)} contacts a week come then; who asks for an agent waits or abandons"
    )
    return [Prose(title="Hours without an agent while contacts come, UTC", lines=tuple(lines))]


def diff_blocks(result: ScenarioDiff) -> list[Block]:
    """Return what `abkit scenario diff` prints."""
    n = len(result.differences)
    if not n:
        lines = (f"all {result.same} keys have the same value",)
        return [Prose(title=f"{result.first} and {result.second}: no difference", lines=lines)]
    return [
        Grid(
            title=f"{result.first} against {result.second}: {n} of {n + result.same} keys differ",
            columns=(Column(head="Key"), Column(head=result.first), Column(head=result.second)),
            rows=tuple(
                (difference.key, *(text or _ABSENT for text in difference.texts))
                for difference in result.differences
            ),
        )
    ]
