"""Scenario files (TOML): read, validated, refused with the key, the value and a hint.

A file may name a packaged scenario as its `base` and state only what differs from it.
"""

import re
import tomllib
import typing
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from abkit.core.errors import ConfigError, nearest, unknown_choice
from abkit.simulations.scenario import Scenario
from abkit.simulations.staffing import WORD
from abkit.simulations.week_profile import ONE_DAY

Location = tuple[int | str, ...]

_BASE: Final = "base"
_TAG: Final = re.compile(
    r"(law|heads|hours) .*"
)  # what pydantic adds to a location in such a choice


def packaged_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the package."""
    files = resources.files("abkit.simulations").joinpath("scenarios").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Return a packaged scenario by name, or one from a TOML file.

    Raises:
        ConfigError: Neither exists, the file is not TOML, or a value is refused.
    """
    if str(name_or_path) in packaged_scenarios():
        return parse_scenario(_packaged(str(name_or_path)), source=str(name_or_path))
    path = Path(name_or_path)
    if path.is_dir():
        raise ConfigError(
            f"scenario `{path}` is a folder; expected a TOML file or a packaged scenario",
            hint=f"packaged: {', '.join(packaged_scenarios())}",
        )
    if not path.is_file():
        raise unknown_choice("scenario", str(name_or_path), packaged_scenarios())
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"scenario `{path}` cannot be read: {error}") from error
    return parse_scenario(_on_base(_toml(text, str(path))), source=str(path))


def _packaged(name: str) -> dict[str, Any]:
    folder = resources.files("abkit.simulations").joinpath("scenarios")
    return _on_base(_toml(folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"), name))


def _on_base(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with those of the packaged scenario that they name as their base.

    Raises:
        ConfigError: There is no such packaged scenario.
    """
    if _BASE not in values:
        return values
    if (base := values.pop(_BASE)) not in packaged_scenarios():
        raise unknown_choice(_BASE, str(base), packaged_scenarios())
    return _merged(_packaged(base), values)


def _merged(base: dict[str, Any], values: dict[str, Any], at: Location = ()) -> dict[str, Any]:
    """Return `base` with `values` in place of its own, table by table.

    Another law or another way to write the heads replaces the base's table as a whole.
    """
    merged = dict(base)
    if at == ("arrivals",) and isinstance(values.get("hour_weights"), dict):
        merged.pop("weekday_weights", None)  # a table of days carries their volume
    for key, value in values.items():
        old, place = base.get(key), (*at, key)
        both = isinstance(old, dict) and isinstance(value, dict)
        if both and place != ("agents", "heads") and "law" not in value:
            merged[key] = _merged(base[key], value, place)
        else:
            merged[key] = value
    return merged


def parse_scenario(values: Mapping[str, Any], *, source: str = "scenario") -> Scenario:
    """Return the validated scenario.

    Args:
        values: Nested tables, as `tomllib` gives them.
        source: What the error message calls their origin.

    Raises:
        ConfigError: A key is unknown or missing, or a value lies outside its domain; the first
            problem is quoted, the others are counted.
    """
    try:
        return Scenario.model_validate(dict(values))
    except ValidationError as error:
        problems = error.errors(include_url=False)  # a misspelt key also misses the right one
        problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
        fact, hint = _explain(problems[0])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(f"{source}: {fact}{more}", hint=hint) from None


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"scenario `{source}` is not valid TOML: {error}") from error


def _explain(problem: ErrorDetails) -> tuple[str, str | None]:
    """Turn one pydantic problem into a fact that quotes key and value, and a hint."""
    location = tuple(part for part in problem["loc"] if not _is_tag(part))
    path = ".".join(map(str, location))
    if problem["type"] == "extra_forbidden":
        allowed = _keys_at(problem["loc"][:-1])
        hint = nearest(str(location[-1]), allowed) or f"known keys: {', '.join(allowed)}"
        return f"unknown key `{path}`", hint
    if problem["type"] == "missing":
        return f"key `{path}` is missing", None
    if problem["type"] == "value_error":
        reason = problem["msg"].removeprefix("Value error, ")
        return f"`{path}`: {reason}" if path else reason, None
    if problem["type"] in ("too_long", "too_short"):
        return f"`{path}` has {_length(problem)}", None
    if problem["type"] == "union_tag_invalid":
        laws = re.findall(r"law (\w+)", problem["ctx"]["expected_tags"])
        law = problem["ctx"]["tag"].removeprefix("law ")
        error = unknown_choice(f"{path}.law", law, laws)
        return str(error), error.hint
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("String should have ")
    if problem["type"] in ("model_type", "dict_type"):
        expected = "a table"
    if problem["loc"][-1] == ONE_DAY:
        expected = "24 numbers, or a table of days with 24 each"
    if problem["loc"][-1] == WORD:
        expected += ", a whole number, a table of days with 24 whole numbers each, or shifts"
    return f"`{path}` is `{problem['input']}`; expected {expected}", None


def _is_tag(part: int | str) -> bool:
    return _TAG.fullmatch(str(part)) is not None


def _length(problem: ErrorDetails) -> str:
    """Return how long a table or list is, and how long it should be."""
    facts = problem["ctx"]
    bound = (
        f"most {facts['max_length']}" if "max_length" in facts else f"least {facts['min_length']}"
    )
    return f"{len(problem['input'])} entries; expected at {bound}"


def _keys_at(location: Location) -> list[str]:
    """Return the keys that the section at pydantic's `location` knows."""
    kind: Any = Scenario
    for part in location:
        if _is_tag(part):  # one of several ways to write a section
            ways = (typing.get_args(way) for way in typing.get_args(kind))
            kind = next(way for way, *marks in ways if Tag(str(part)) in marks)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:  # a table of named sections, e.g. `use_cases.A`, or a list of them
            key, *values = typing.get_args(kind)
            kind = key if isinstance(part, int) else values[0]
    return list(kind.model_fields)
