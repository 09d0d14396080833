"""A fitted scenario as a file: the base's text and comments, fitted values replaced and marked."""

import json
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tomli_w

from abkit.core.errors import ConfigError
from abkit.core.escape import visible
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

Keys = tuple[str, ...]  # e.g. ("use_cases", "A", "acceptance", "fn")

_MARK: Final = re.compile(r"\s*\[F: [^\]]*\]\s*$")
_NUMBER: Final = r"[-+0-9._eE]+"


def fitted_text(
    base_text: str, fitted: Scenario, moved: Mapping[Keys, float], *, header: Sequence[str]
) -> str:
    """Return the TOML of a fitted scenario.

    Every line of the base stays as it is, comments and sources included, but for those that hold
    a moved value: there the number is replaced, and `[F: was 0.48]` ends the comment. Values that
    the base took from a packaged scenario are added to their tables. A base that is laid out so
    that this does not give the fitted scenario (values over several lines) is written anew,
    without its comments.

    Args:
        base_text: The base's file.
        fitted: The scenario that the result must mean.
        moved: The base's values of what was moved, by keys.
        header: Lines of a comment that is put on top; replaces that of an earlier fit.
    """
    values = fitted.model_dump(mode="json")
    renamed: dict[Keys, str] = {("name",): fitted.name, ("description",): fitted.description}
    by_table = list(_by_table(base_text))
    there = {keys for table, line in by_table for keys, _ in _stated(table, line)}
    lines = [_line(line, table, values, moved, renamed) for table, line in by_table]
    absent = {keys: old for keys, old in moved.items() if keys not in there}
    lines = _with_added(lines, [table for table, _ in by_table], values, absent)
    top = [f"# {visible(line)}" for line in (_FIRST, *header)] + ["#"]
    text = "\n".join([*top, *_without_header(lines)]) + "\n"
    return text if _means(text, fitted) else "\n".join([*top, _plain(fitted)])


_FIRST: Final = "Fitted by `abkit fit-scenario`. [F: was V] marks what it moved, from the base's V."


def _plain(fitted: Scenario) -> str:
    """Return the scenario without comments; what is not stated has no key."""
    return tomli_w.dumps(fitted.model_dump(mode="json", exclude_none=True))


def _without_header(lines: list[str]) -> list[str]:
    """Return the lines without what an earlier fit put on top."""
    if lines and lines[0] == f"# {_FIRST}" and "#" in lines:
        return lines[lines.index("#") + 1 :]
    return lines


def _with_added(
    lines: list[str],
    tables: list[Keys],
    values: Mapping[str, Any],
    absent: Mapping[Keys, float],
) -> list[str]:
    """Return the lines with values added below the heads of their use-cases."""
    result = list(lines)
    for table in dict.fromkeys(keys[:2] for keys in absent):
        added = [
            f"{'.'.join(keys[2:])} = {_at(values, keys)!r} # [F: was {old:g}]"
            for keys, old in absent.items()
            if keys[:2] == table
        ]
        if table in tables:
            place = len(tables) - tables[::-1].index(table)
            while place and not result[place - 1].strip():
                place -= 1  # before the blank lines that end the table
            result[place:place] = added
            tables = [*tables[:place], *[table] * len(added), *tables[place:]]
        else:
            head = f"[{'.'.join(map(_key, table))}]"
            result += ["", head, *added]
            tables = [*tables, *[table] * (len(added) + 2)]
    return result


def _key(word: str) -> str:
    return word if re.fullmatch(r"[A-Za-z0-9_-]+", word) else json.dumps(word, ensure_ascii=False)


def _means(text: str, scenario: Scenario) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fitted.toml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_scenario(path) == scenario
        except ConfigError:
            return False


def _by_table(text: str) -> Iterator[tuple[Keys, str]]:
    """Yield each line with the path of the table that it stands in."""
    table: Keys = ()
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            paths = list(_leaves(_parsed(f"{line}\n_ = 0")))
            table = paths[0][0][:-1] if paths else table
        yield table, line


def _parsed(line: str) -> dict[str, Any]:
    try:
        return tomllib.loads(line)
    except tomllib.TOMLDecodeError:  # part of a value over several lines
        return {}


def _leaves(values: Mapping[str, Any], at: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*at, key))
        else:
            yield (*at, key), value


def _line(
    line: str,
    table: Keys,
    values: Mapping[str, Any],
    moved: Mapping[Keys, float],
    renamed: Mapping[Keys, str],
) -> str:
    """Return a line with its moved values replaced and marked."""
    found = _stated(table, line)
    for path, _ in found:
        if path in renamed and len(found) == 1:
            return f"{path[-1]} = {json.dumps(renamed[path], ensure_ascii=False)}"
    was = {path: moved[path] for path, _ in found if path in moved}
    if not was:
        return line
    code, hash_sign, comment = line.partition("#")
    for path in was:
        new = repr(float(_at(values, path)))
        code = re.sub(rf"(\b{re.escape(path[-1])}\s*=\s*){_NUMBER}", rf"\g<1>{new}", code)
    single = len(found) == 1
    old = ", ".join(f"{'' if single else path[-1] + ' '}{value:g}" for path, value in was.items())
    comment = _MARK.sub("", comment).strip() if hash_sign else ""
    return f"{code.rstrip()} # {comment + ' ' if comment else ''}[F: was {old}]"


def _stated(table: Keys, line: str) -> list[tuple[Keys, Any]]:
    """Return what a line states, by keys."""
    return [((*table, *keys), value) for keys, value in _leaves(_parsed(line))]


def _at(values: Mapping[str, Any], path: Keys) -> Any:
    value: Any = values
    for key in path:
        value = value[key]
    return value
