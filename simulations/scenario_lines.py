"""A scenario file's statements with their comments; the file again with values changed."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from abkit.core.toml_text import key_text, value_text
from abkit.simulations.scenario_tables import Keys, leaves


@dataclass(frozen=True, slots=True)
class Statement:
    """One or more lines of a TOML file that belong together."""

    text: str
    table: Keys  # in which it stands
    code: str  # without its last comment
    comment: str  # the last, without its sign
    values: dict[str, Any]  # what it states; empty: a head, a comment or a blank line

    def stated(self) -> Iterator[tuple[Keys, Any]]:
        """Yield the keys, from the file's top, and the value of all that is stated."""
        for keys, value in leaves(self.values):
            yield (*self.table, *keys), value


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a valid TOML file, in order; their lines are those of the file."""
    table: Keys = ()
    lines: list[str] = []
    for line in text.splitlines():
        lines.append(line)
        whole = "\n".join(lines)
        values = _toml(whole)
        if values is None:  # a list or a text goes on
            continue
        lines = []
        if whole.lstrip().startswith("["):
            table = _table(values)
            values = {}
        code, comment = _split(whole)
        yield Statement(whole, table, code, comment, values)


def _toml(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _table(values: Mapping[str, Any]) -> Keys:
    """Return the path of a head, `[use_cases.A]`, from what it makes."""
    keys: Keys = ()
    inner: Any = values
    while isinstance(inner, Mapping) and inner:
        ((key, inner),) = inner.items()
        keys = (*keys, key)
    return keys


def _split(text: str) -> tuple[str, str]:
    """Return a statement without its last comment, and that comment."""
    start = text.rfind("\n") + 1
    for place in (place for place in range(start, len(text)) if text[place] == "#"):
        if _toml(text[:place]) is not None:  # else the sign stands in a text
            return text[:place].rstrip(), text[place + 1 :].strip()
    return text, ""


def changed_lines(
    text: str,
    changes: Mapping[Keys, Any],
    *,
    mark: str = "set",
    was: Mapping[Keys, Any] | None = None,
) -> str:
    """Return a scenario file with values changed, and all its comments.

    `[set: was 0.48]` ends the comment of what was changed, in place of an earlier such mark. A key
    that the file does not state is added to its table or, dotted, to the one around it; one that
    the file has as a table is replaced as a whole. The result may state other than what was asked
    where the file has part of a table in braces and another part is new: load it to see.

    Args:
        text: A valid scenario file.
        changes: New values by keys; no tables.
        mark: The word of the marks; empty: none are made.
        was: Earlier values of keys that the file does not state, for their marks.
    """
    left = dict(changes)
    found: list[tuple[Keys, str]] = []
    for statement in statements(text):
        if any(_replaces(path, statement) for path in changes):
            continue
        now = {keys: new for keys, old in statement.stated() if (new := left.pop(keys, old)) != old}
        line = _changed(statement, now, mark) if now else statement.text
        found.append((statement.table, line))
    for keys, value in left.items():
        old = value_text(was[keys]) if was and keys in was else ""
        _add(found, keys, f"{value_text(value)}{_comment('', mark, old)}")
    return "\n".join(line for _, line in found) + "\n"


def _replaces(path: Keys, statement: Statement) -> bool:
    """Return whether a statement is the head, or a part, of the table that `path` replaces."""
    if statement.code.lstrip().startswith("[") and not statement.values:
        return statement.table[: len(path)] == path
    stated = [keys for keys, _ in statement.stated()]
    return any(keys[: len(path)] == path and len(keys) > len(path) for keys in stated)


def _changed(statement: Statement, now: Mapping[Keys, Any], mark: str) -> str:
    """Return a statement, in one line, with some of its values replaced and marked."""
    depth = len(statement.table)
    values = statement.values
    for keys, value in now.items():
        values = _replaced(values, keys[depth:], value)
    ((key, value),) = values.items()
    path = [key]
    while isinstance(value, Mapping) and "{" not in statement.code:  # a.b = 1
        ((key, value),) = value.items()
        path.append(key)
    old = dict(statement.stated())
    single = len(old) == 1
    was = ", ".join(f"{'' if single else keys[-1] + ' '}{_short(old[keys])}" for keys in now)
    return f"{key_text(path)} = {value_text(value)}{_comment(statement.comment, mark, was)}"


def _comment(said: str, mark: str, was: str) -> str:
    """Return a comment, with its sign, that ends with the mark."""
    if mark:
        value = r"([^][]|\[[^][]*\])*"  # may be a list
        said = re.sub(rf"\[{mark}(: was {value})?\]$", "", said).rstrip()
        said = f"{said} [{mark}{was and f': was {was}'}]"
    return said and f" # {said.strip()}"


def _short(value: Any) -> str:
    """Return a value, or how many there are in a list."""
    if isinstance(value, list) and len(value) > 3:
        return f"{len(value)} others"
    return value_text(value)


def _replaced(values: Mapping[str, Any], keys: Keys, value: Any) -> dict[str, Any]:
    key, *rest = keys
    return {**values, key: _replaced(values[key], tuple(rest), value) if rest else value}


def _add(found: list[tuple[Keys, str]], keys: Keys, stated: str) -> None:
    """Add a statement below the last line of its table, or one around it, that is not blank.

    A table of its own is that of a use-case, say, not one of its parts.
    """
    last = {table: place for place, (table, text) in enumerate(found) if text.strip()}
    around = [keys[:depth] for depth in range(len(keys) - 1, 0, -1)] or [()]
    table = next((table for table in around if table in last), around[-2:][0])
    line = f"{key_text(keys[len(table) :])} = {stated}"
    if table in last:
        found.insert(last[table] + 1, (table, line))
    elif not table:
        found.insert(0, (table, line))
    else:
        found += [(table, ""), (table, f"[{key_text(table)}]"), (table, line)]
