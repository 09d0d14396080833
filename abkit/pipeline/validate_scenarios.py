"""Worlds whose answer is known: packaged scenarios with a few values replaced."""

from collections.abc import Mapping
from typing import Any, Final

from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario, parse_scenario

THRESHOLD: Final = 0.4  # of the beta supply: recall .75, false flags .08
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def changed(name: str, changes: Mapping[str, Any]) -> Scenario:
    """Return a packaged scenario with values replaced by dotted path."""
    return parse_scenario(_changed(load_scenario(name).model_dump(), changes), source=name)


def _changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    copy = dict(values)
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        copy[first] = _changed(copy.get(first) or {}, {rest: value}) if rest else value
    return copy
