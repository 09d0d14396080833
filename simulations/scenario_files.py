"""Scenario files (TOML): read, validated, refused with the key, the value and a hint."""

import tomllib
import typing
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from abkit.core.errors import ConfigError, nearest, unknown_choice
from abkit.simulations.scenario import ROSTER, WORD, Scenario

Location = tuple[int | str, ...]


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
        folder = resources.files("abkit.simulations").joinpath("scenarios")
        text = folder.joinpath(f"{name_or_path}.toml").read_text(encoding="utf-8")
        return parse_scenario(_toml(text, str(name_or_path)), source=str(name_or_path))
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
    return parse_scenario(_toml(text, str(path)), source=str(path))


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
    location = tuple(part for part in problem["loc"] if part not in (WORD, ROSTER))
    path = ".".join(map(str, location))
    if problem["type"] == "extra_forbidden":
        allowed = _keys_at(location[:-1])
        hint = nearest(str(location[-1]), allowed) or f"known keys: {', '.join(allowed)}"
        return f"unknown key `{path}`", hint
    if problem["type"] == "missing":
        return f"key `{path}` is missing", None
    if problem["type"] == "value_error":
        reason = problem["msg"].removeprefix("Value error, ")
        return f"`{path}`: {reason}" if path else reason, None
    if problem["type"] in ("too_long", "too_short"):
        return f"`{path}` has {_length(problem)}", None
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("String should have ")
    if problem["loc"][-1] == WORD:
        expected += " or a table of days, each with 24 whole numbers"
    return f"`{path}` is `{problem['input']}`; expected {expected}", None


def _length(problem: ErrorDetails) -> str:
    """Return how long a table or list is, and how long it should be."""
    facts = problem["ctx"]
    bound = (
        f"most {facts['max_length']}" if "max_length" in facts else f"least {facts['min_length']}"
    )
    return f"{len(problem['input'])} entries; expected at {bound}"


def _keys_at(location: Location) -> list[str]:
    """Return the keys that the section at `location` knows."""
    kind: Any = Scenario
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
            kind = _section_in(kind)
        else:  # a table of named sections, e.g. `use_cases.A`
            kind = typing.get_args(kind)[1]
    return list(kind.model_fields)


def _section_in(annotation: Any) -> Any:
    """Return the section among the members of a union, or the annotation itself."""
    members = [part for a in typing.get_args(annotation) for part in (a, *typing.get_args(a))]
    sections = (a for a in members if isinstance(a, type) and issubclass(a, BaseModel))
    named = typing.get_origin(annotation) is dict
    return annotation if named else next(sections, annotation)
