"""A scenario file's statements with their comments; the file again with values changed."""

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
        if line.lstrip().startswith("["):
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


def changed_lines(text: str, changes: Mapping[Keys, Any]) -> str:
    """Return a scenario file with values changed, and all its comments.

    `[set: was 0.48]` ends the comment of what was changed. A key that the file does not state is
    added to its table; one that the file has as a table is replaced as a whole.

    Args:
        text: A valid scenario file.
        changes: New values by keys; no tables.
    """
    left = dict(changes)
    found: list[tuple[Keys, str]] = []
    for statement in statements(text):
        if any(_replaces(path, statement) for path in changes):
            continue
        now = {keys: new for keys, old in statement.stated() if (new := left.pop(keys, old)) != old}
        line = _changed(statement, now) if now else statement.text
        found.append((statement.table, line))
    for keys, value in left.items():
        _add(found, keys, value)
    return "\n".join(line for _, line in found) + "\n"


def _replaces(path: Keys, statement: Statement) -> bool:
    """Return whether a statement is the head, or a part, of the table that `path` replaces."""
    if statement.code.lstrip().startswith("[") and not statement.values:
        return statement.table[: len(path)] == path
    stated = [keys for keys, _ in statement.stated()]
    return any(keys[: len(path)] == path and len(keys) > len(path) for keys in stated)


def _changed(statement: Statement, now: Mapping[Keys, Any]) -> str:
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
    comment = f"{statement.comment} [set: was {was}]".strip()
    return f"{key_text(path)} = {value_text(value)} # {comment}"


def _short(value: Any) -> str:
    """Return a value, or how many there are in a list."""
    if isinstance(value, list) and len(value) > 3:
        return f"{len(value)} others"
    return value_text(value)


def _replaced(values: Mapping[str, Any], keys: Keys, value: Any) -> dict[str, Any]:
    key, *rest = keys
    return {**values, key: _replaced(values[key], tuple(rest), value) if rest else value}


def _add(found: list[tuple[Keys, str]], keys: Keys, value: Any) -> None:
    """Add a statement below the last line of its table that is not blank."""
    *above, key = keys
    table = tuple(above)
    line = f"{key_text([key])} = {value_text(value)} # [set]"
    places = [place for place, (where, text) in enumerate(found) if where == table and text.strip()]
    if places:
        found.insert(places[-1] + 1, (table, line))
    elif not table:
        found.insert(0, (table, line))
    else:
        found += [(table, ""), (table, f"[{key_text(table)}]"), (table, line)]
