"""Scenario files (TOML): read, validated, refused with the key, the value and a hint.

A file may name a packaged scenario as its `base` and state only what differs from it.
"""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from abkit.core.errors import ConfigError, unknown_choice
from abkit.simulations.overrides import with_changes
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_problems import problems_of
from abkit.simulations.scenario_tables import merged

_BASE: Final = "base"


def packaged_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the package."""
    files = resources.files("abkit.simulations").joinpath("scenarios").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def load_scenario(name_or_path: str | Path, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Return a packaged scenario by name, or one from a TOML file, with values changed.

    Args:
        name_or_path: Which scenario.
        changes: Values that replace the file's, by dotted key, e.g. `use_cases.A.menu_error`; a
            table replaces only what it names.

    Raises:
        ConfigError: Neither exists, the file is not TOML, or a value is refused.
    """
    source = str(name_or_path)
    values = scenario_values(name_or_path)
    if changes:
        values, source = with_changes(values, changes), f"{source} with changes"
    return parse_scenario(values, source=source)


def scenario_values(name_or_path: str | Path) -> dict[str, Any]:
    """Return what a scenario states, with what its base states, not yet validated.

    Raises:
        ConfigError: There is no such scenario or base, or the file is not TOML.
    """
    return values_of_text(scenario_text(name_or_path), source=str(name_or_path))


def values_of_text(text: str, *, source: str) -> dict[str, Any]:
    """Return what a scenario file's text states, with what its base states, not yet validated.

    Raises:
        ConfigError: There is no such base, or the text is not TOML.
    """
    return _on_base(_toml(text, source))


def scenario_text(name_or_path: str | Path) -> str:
    """Return the text of a scenario's file, comments included.

    Raises:
        ConfigError: There is no such scenario, or it cannot be read.
    """
    if str(name_or_path) in packaged_scenarios():
        folder = resources.files("abkit.simulations").joinpath("scenarios")
        return folder.joinpath(f"{name_or_path}.toml").read_text(encoding="utf-8")
    path = Path(name_or_path)
    if path.is_dir():
        raise ConfigError(
            f"scenario `{path}` is a folder; expected a TOML file or a packaged scenario",
            hint=f"packaged: {', '.join(packaged_scenarios())}",
        )
    if not path.is_file():
        raise unknown_choice("scenario", str(name_or_path), packaged_scenarios())
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"scenario `{path}` cannot be read: {error}") from error


def _on_base(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values with those of the packaged scenario that they name as their base.

    Raises:
        ConfigError: There is no such packaged scenario.
    """
    if _BASE not in values:
        return values
    if (base := values.pop(_BASE)) not in packaged_scenarios():
        raise unknown_choice(_BASE, str(base), packaged_scenarios())
    return merged(scenario_values(base), values)


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
        first, *others = problems_of(error)
        more = f" (and {len(others)} more)" if others else ""
        raise ConfigError(f"{source}: {first.fact}{more}", hint=first.hint) from None


def means(text: str, scenario: Scenario) -> bool:
    """Return whether a scenario file's text is valid and states this scenario."""
    try:
        return parse_scenario(values_of_text(text, source="")) == scenario
    except ConfigError:
        return False


def _toml(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"scenario `{source}` is not valid TOML: {error}") from error
