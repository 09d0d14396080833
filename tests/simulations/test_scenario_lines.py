"""A scenario's file again with values changed; every key of the packaged files is explained."""

import re
import tomllib
from typing import Any

import pytest

from abkit.simulations.scenario_files import (
    load_scenario,
    packaged_scenarios,
    parse_scenario,
    scenario_text,
    values_of_text,
)
from abkit.simulations.scenario_lines import Statement, changed_lines, statements

NEEDS_NO_SOURCE = {("name",), ("description",), ("base",)}
SOURCE = re.compile(r"\[|effect|none|no time|shares")  # what a table's head says for all of it


@pytest.mark.parametrize("name", packaged_scenarios())
def test_statements_are_the_file(name: str) -> None:
    text = scenario_text(name)
    found = list(statements(text))
    assert "\n".join(statement.text for statement in found) + "\n" == text
    assert changed_lines(text, {}) == text
    values = tomllib.loads(text)
    for statement in found:
        for keys, value in statement.stated():
            there: Any = values
            for key in keys:
                there = there[key]
            assert there == value


def explained(found: list[Statement]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Return the keys that a comment explains, and those that none does.

    A comment explains the keys of its line or of the one below it and, if it names a source, all
    keys of the table at whose head it stands; what it says of an arm or a use-case holds for the
    others.
    """
    heads: dict[tuple[str, ...], str] = {}
    above = ""
    said, silent = set(), set()
    for statement in found:
        if statement.values:
            told = statement.comment or above or heads.get(statement.table, "")
            for keys, _ in statement.stated():
                (said if told else silent).add(keys)
        elif statement.code:
            told = f"{above} {statement.comment}"
            heads[statement.table] = told if SOURCE.search(told) else ""
        above = "" if statement.code or not statement.comment else f"{above} {statement.comment}"
    alike = {(keys[0], *keys[2:]) for keys in said if keys[0] in ("arms", "use_cases")}
    silent -= {keys for keys in silent if (keys[0], *keys[2:]) in alike}
    return said, silent - NEEDS_NO_SOURCE


@pytest.mark.parametrize("name", packaged_scenarios())
def test_every_key_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    said, silent = explained(list(statements(scenario_text(name))))
    assert said
    assert silent == set()


def test_a_key_without_a_comment_would_be_found() -> None:
    text = scenario_text("returns-bot-points").replace("cv = 0.5 # dimensionless [A]", "cv = 0.5")
    assert explained(list(statements(text)))[1] == {("bot", "cv")}


def test_a_hash_in_a_word_begins_no_comment() -> None:
    (one,) = statements('name = "a # b" # said # twice')
    assert (one.code, one.comment) == ('name = "a # b"', "said # twice")


CHANGES: list[dict[tuple[str, ...], Any]] = [
    {("use_cases", "A", "menu_error"): 0.2},
    {("use_cases", "A", "repeat", "fn"): 0.3, ("use_cases", "A", "repeat", "tp"): 0.06},
    {("arrivals", "hour_weights"): [1.0] * 24},
    {("agents", "heads"): 200},
    {("agents", "heads"): "unlimited", ("agents", "backlog"): 5},
    {("arms", "treatment", "threshold"): 0.6, ("name",): 'other "name" # x'},
]


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("name", ["returns-bot-points", "placebo", "returns-bot-relative"])
def test_changed_files_mean_what_was_asked(name: str, changes: dict[tuple[str, ...], Any]) -> None:
    if name != "returns-bot-points" and ("agents", "heads") in changes:
        changes = {("agents", "backlog"): 7}
    text = changed_lines(scenario_text(name), changes)
    dotted = {".".join(keys): value for keys, value in changes.items()}
    assert parse_scenario(values_of_text(text, source=name)) == load_scenario(name, dotted)
    assert "[set" in text


def test_only_what_was_changed_is_another_line() -> None:
    before = scenario_text("returns-bot-points").splitlines()
    after = changed_lines("\n".join(before), {("use_cases", "A", "menu_error"): 0.2}).splitlines()
    ((old, new),) = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert old.startswith("menu_error = 0.48 # P(menu not LABEL 0 | true LABEL 0) [P; W: Fonolo")
    assert new == old.replace("0.48", "0.2") + " [set: was 0.48]"


@pytest.mark.parametrize("first", [[1, 2], 'a "b"', 0.5])
def test_an_earlier_mark_of_the_same_word_is_replaced(first: Any) -> None:
    once = changed_lines("x = 0 # said [A] [F: was 9]", {("x",): first})
    text = changed_lines(changed_lines(once, {("x",): 3}), {("x",): 4})
    assert text == "x = 4 # said [A] [F: was 9] [set: was 3]\n"
    assert changed_lines(text, {("x",): 5}, mark="") == text.replace("x = 4", "x = 5")
    assert changed_lines("x = 0 # [set]", {("x",): 5}) == "x = 5 # [set: was 0]\n"
    assert changed_lines("x = 0", {("x",): 5}, mark="") == "x = 5\n"


def test_values_that_the_file_does_not_state_are_added_to_their_tables() -> None:
    text = "[a]\nx = 1\n\n[b.c]\ny = 2\n"
    changes = {("a", "d", "e"): 1, ("b", "c", "z"): 2, ("f", "g", "i"): 3, ("h",): 4}
    assert changed_lines(text, changes, mark="F", was={("a", "d", "e"): 0}) == (
        "h = 4 # [F]\n[a]\nx = 1\nd.e = 1 # [F: was 0]\n\n[b.c]\ny = 2\nz = 2 # [F]\n"
        "\n[f.g]\ni = 3 # [F]\n"
    )
    assert changed_lines("", {("f", "g", "i", "j"): 5}).endswith("\n[f.g]\ni.j = 5 # [set]\n")
