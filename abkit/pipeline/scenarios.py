"""`scenario list|show|check|diff`: the scenarios there are, what they state and what they mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from abkit.core.errors import ConfigError
from abkit.core.reasons import REASONS
from abkit.core.scenarios import (
    Difference,
    ListedScenario,
    ScenarioCheck,
    ScenarioDiff,
    ScenarioList,
    ScenarioMeaning,
)
from abkit.core.store import to_json
from abkit.core.toml_text import key_text
from abkit.simulations.expected_load import expected_load
from abkit.simulations.overrides import grid, keys_of, read_changes, with_changes
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import (
    load_scenario,
    means,
    packaged_scenarios,
    scenario_text,
    scenario_values,
)
from abkit.simulations.scenario_lines import changed_lines
from abkit.simulations.scenario_problems import problems_of
from abkit.simulations.scenario_schema import scenario_schema
from abkit.simulations.scenario_sums import sums_and_load
from abkit.simulations.scenario_tables import Keys, leaves

Changes = Mapping[str, Any]

__all__ = [
    "check_scenario", "diff_scenarios", "list_scenarios", "read_changes", "scenario_json",
    "schema_json", "show_scenario",
]  # fmt: skip


def one_run(changes: Changes) -> Changes:
    """Return changes that make no sweep.

    Raises:
        ConfigError: A list makes a sweep.
    """
    if varied := grid(changes).varied:
        raise ConfigError(
            f"`{varied[0]}` is set to a list, which makes a sweep; expected one value",
            hint="`abkit simulate` can sweep",
        )
    return changes


def list_scenarios() -> ScenarioList:
    """Return the scenarios that come with the package."""
    found = []
    for name in packaged_scenarios():
        scenario = load_scenario(name)
        found.append(
            ListedScenario(
                name=name,
                description=scenario.description,
                arms=tuple(scenario.arms),
                use_cases=tuple(scenario.use_cases),
                first_contacts_per_week=scenario.arrivals.first_contacts_per_week,
            )
        )
    return ScenarioList(scenarios=tuple(found))


def show_scenario(
    name: str | Path, changes: Changes | None = None, *, resolved: bool = False
) -> str:
    """Return a scenario's file with its comments, with values changed and marked.

    Args:
        name: A packaged scenario's name, or a TOML file.
        changes: New values by dotted key.
        resolved: Every value, those of the base and defaults too, without comments.

    Raises:
        ConfigError: There is no such scenario, the file is none, or a value is refused.
    """
    changes = one_run(changes or {})
    wanted = load_scenario(name, changes)  # before its text: any other file is not for showing
    text = scenario_text(name)
    if not changes and not resolved:
        return text
    if not resolved:
        changed = changed_lines(text, dict(_single(changes)))
        if means(changed, wanted):
            return changed
    return "# Every value, without comments.\n" + tomli_w.dumps(wanted.model_dump(mode="json"))


def _single(changes: Changes) -> list[tuple[Keys, Any]]:
    """Return changes of tables as changes of what is in them."""
    found: list[tuple[Keys, Any]] = []
    for key, value in changes.items():
        keys = keys_of(key)
        found += leaves(value, keys) if isinstance(value, Mapping) else [(keys, value)]
    return found


def check_scenario(name: str | Path, changes: Changes | None = None) -> ScenarioCheck:
    """Return every problem of a scenario or, where it has none, what it means.

    A sum, and the agents' load, are judged once the values that they need are right.

    Raises:
        ConfigError: There is no such scenario or base, or the file is not TOML.
    """
    changes = one_run(changes or {})
    values = with_changes(scenario_values(name), changes)
    try:
        scenario = Scenario.model_validate(values)
    except ValidationError as error:
        found = problems_of(error)
        more, waiting = sums_and_load(values)
        found += [problem for problem in more if problem not in found]
        return ScenarioCheck(
            source=str(name), problems=tuple(found), meaning=None, not_judged=tuple(waiting)
        )
    return ScenarioCheck(
        source=str(name), problems=(), meaning=_meaning(scenario), warnings=_warnings(scenario)
    )


def _warnings(scenario: Scenario) -> tuple[str, ...]:
    """Return which arms nobody is sent to, and whether `simulate` refuses the scenario for it."""
    from abkit.pipeline.simulating import treatment_arms  # slow to import

    found = [
        f"`arms.{name}.weight` is 0: nobody is sent to this arm"
        for name, arm in scenario.arms.items()
        if arm.weight == 0
    ]
    try:
        treatment_arms(scenario)
    except ConfigError as error:
        found.append(f"`abkit simulate` refuses it: {error}")
    return tuple(found)


def _meaning(scenario: Scenario) -> ScenarioMeaning:
    load = expected_load(scenario)
    unlimited = scenario.agents.heads == "unlimited"
    prior = scenario.served_prior().tolist()
    return ScenarioMeaning(
        name=scenario.name,
        description=scenario.description,
        arms=tuple(scenario.arms),
        use_cases=tuple(scenario.use_cases),
        first_contacts_per_week=scenario.arrivals.first_contacts_per_week,
        contacts_per_week=float(load.contacts.sum()),
        requests_per_week=float(load.requests.sum()),
        served_prior=dict(zip(REASONS, prior, strict=True)),
        contacts=tuple(load.contacts.tolist()),
        work=tuple(load.work.tolist()),
        heads=None if unlimited else tuple(load.heads.tolist()),
        unattended=tuple(load.unattended.tolist()),
    )


def diff_scenarios(
    first: str | Path, second: str | Path | None = None, changes: Changes | None = None
) -> ScenarioDiff:
    """Return where two scenarios differ, key by key; both resolved.

    Args:
        first: A packaged scenario's name, or a TOML file.
        second: Another; None: the first again, to see what the changes do.
        changes: Values that replace the second's.

    Raises:
        ConfigError: There is no such scenario, a value is refused, or nothing is compared.
    """
    changes = one_run(changes or {})
    if second is None and not changes:
        raise ConfigError(
            f"there is nothing to compare `{first}` with",
            hint="name a second scenario, or change a value with --set",
        )
    other = first if second is None else second
    mine, theirs = (
        {key_text(keys): value for keys, value in leaves(each.model_dump(mode="json"))}
        for each in (load_scenario(first), load_scenario(other, changes))
    )
    keys = list(dict.fromkeys([*mine, *theirs]))
    differ = [key for key in keys if mine.get(key) != theirs.get(key)]
    return ScenarioDiff(
        first=str(first),
        second=f"{other} with changes" if changes else str(other),
        same=len(keys) - len(differ),
        differences=tuple(
            Difference(key=key, first=mine.get(key), second=theirs.get(key)) for key in differ
        ),
    )


def scenario_json(name: str | Path, changes: Changes | None = None) -> str:
    """Return every value of a scenario as JSON.

    Raises:
        ConfigError: There is no such scenario, or a value is refused.
    """
    return to_json(load_scenario(name, one_run(changes or {})).model_dump(mode="json"))


def schema_json() -> str:
    """Return the JSON Schema of scenario files."""
    return to_json(scenario_schema())
