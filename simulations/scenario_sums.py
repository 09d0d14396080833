"""Sums and load of a scenario with other mistakes: judged by those of its values that they need."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from abkit.core.scenarios import ScenarioProblem
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import scenario_values
from abkit.simulations.scenario_problems import problems_of

_SOUND: Final = "returns-bot-points"  # gives every value that a sum or the load does not need
_READ: Final = {  # by the load: `Scenario.least_requests_per_week`
    "arrivals": ("first_contacts_per_week",),
    "customers": ("asks_at_once", "asks_after_rejecting"),
}
_READ_BY_CASE: Final = ("share", "prevalence", "acceptance")


def sums_and_load(values: Mapping[str, Any]) -> tuple[list[ScenarioProblem], list[str]]:
    """Return what is wrong with sums and load, and which of them cannot be judged yet.

    Each is judged in a sound scenario that has from `values` no more than it needs, so that a
    mistake elsewhere does not hide it.

    Args:
        values: What a scenario states, not validated.
    """
    sound = scenario_values(_SOUND)
    free = sound | {"agents": sound["agents"] | {"heads": "unlimited"}}
    case, arm = sound["use_cases"]["A"], sound["arms"]["control"]
    load = {name: _with(values.get(name), sound[name], keys) for name, keys in _READ.items()}
    load["use_cases"] = _each(values.get("use_cases"), case, _READ_BY_CASE)
    tried = (
        ("the shares of `use_cases`", "use_cases",
         free | {"use_cases": _each(values.get("use_cases"), case, ("share",))}),
        ("the shares of `other_reasons`", "other_reasons",
         free | {"other_reasons": values.get("other_reasons")}),
        ("the weights of `arms`", "arms",
         free | {"arms": _each(values.get("arms"), arm, ("weight",))}),
        ("the agents' load", "", sound | load | {"agents": values.get("agents")}),
    )  # fmt: skip
    found, waiting = list[ScenarioProblem](), list[str]()
    for name, key, scenario in tried:
        problems = _problems(scenario)
        mine = [problem for problem in problems if problem.key == key]
        found += mine
        waiting += [name] if problems and not mine else []
    return found, waiting


def _problems(values: Mapping[str, Any]) -> list[ScenarioProblem]:
    try:
        Scenario.model_validate(values)
    except ValidationError as error:
        return problems_of(error)
    return []


def _each(tables: Any, sound: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """Return named tables, each with its own values of these keys; what is no table stays."""
    if not isinstance(tables, Mapping):
        return tables
    return {name: _with(table, sound, keys) for name, table in tables.items()}


def _with(table: Any, sound: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    if not isinstance(table, Mapping):
        return table
    others = {key: value for key, value in sound.items() if key not in keys}
    return others | {key: table[key] for key in keys if key in table}
