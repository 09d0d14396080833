"""Fit what happens after a missed LABEL 0 so that the closed form meets given effects."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abkit.core.errors import ConfigError, unknown_choice
from abkit.simulations.clock import Floats
from abkit.simulations.closed_form import FN, Rates, cell_weights, rejection_repeat
from abkit.simulations.scenario import Scenario, UseCase
from abkit.simulations.supply import ScoredSupply


@dataclass(frozen=True, slots=True, kw_only=True)
class FnCells:
    """The `fn` cells of one use-case: truly LABEL 0, not believed so; shares."""

    acceptance: float
    positive: float
    repeat: float


def solve_fn_cells(
    scenario: Scenario,
    supply: ScoredSupply,
    threshold: float,
    deltas: Mapping[str, Rates],
    *,
    control: str = "control",
    treatment: str = "treatment",
) -> dict[str, FnCells]:
    """Return the `fn` cells with which first contacts, agents unlimited, show `deltas` exactly.

    With d the cells' weight in treatment minus control, h asks at once and z the repeat rate
    after a rejection, each equation is linear in one unknown once those before are solved:

    - dAR / (1 - h) = sum d a
    - dPRR = sum d a (p - eps)
    - d24RR / (1 - h) = sum d a (k - z)

    Args:
        scenario: Everything but the `fn` cells.
        supply: Texts' scores by true reason and hardness.
        threshold: A text is flagged when its score is at least this.
        deltas: `treatment` minus `control` by use-case, proportions.
        control, treatment: Two of the scenario's arms.

    Raises:
        ConfigError: The arms believe the same, a solution leaves [0, 1], or a wrong resolution
            would help: `fn` better than `tp`, or `fp` better than `tn`.
    """
    for arm in (control, treatment):
        if arm not in scenario.arms:
            raise unknown_choice("arm", arm, scenario.arms)
    flags = supply.flag_rates(threshold)
    solved = {}
    for name, delta in deltas.items():
        if name not in scenario.use_cases:
            raise unknown_choice("use-case", name, scenario.use_cases)
        after, before = (cell_weights(scenario, name, arm, flags) for arm in (treatment, control))
        solved[name] = _solve(scenario, name, (after - before).sum(axis=(0, 1)), delta)
        _refuse_help(name, scenario.use_cases[name], solved[name])
    return solved


def with_fn_cells(scenario: Scenario, cells: Mapping[str, FnCells], *, digits: int = 4) -> Scenario:
    """Return the scenario with these `fn` cells, rounded to `digits` decimals."""
    values = scenario.model_dump()
    for name, fitted in cells.items():
        for quantity in ("acceptance", "positive", "repeat"):
            values["use_cases"][name][quantity]["fn"] = round(getattr(fitted, quantity), digits)
    return Scenario.model_validate(values)


def _solve(scenario: Scenario, name: str, moved: Floats, delta: Rates) -> FnCells:
    """Solve the three equations in turn; `moved` is d by cell, shape (4,)."""
    if moved[FN] == 0:
        raise ConfigError(f"use-case `{name}`: no flag corrects a missed LABEL 0")
    case, shared, others = scenario.use_cases[name], scenario.customers, np.arange(4) != FN
    offered = 1 - shared.asks_at_once

    def rest(values: Floats) -> float:
        return float((moved * values)[others].sum())

    accepts = case.acceptance.values()
    a = (delta.automation / offered - rest(accepts)) / moved[FN]
    eps, z = shared.positive_if_rejected, rejection_repeat(scenario)
    p = eps + (delta.positive - rest(accepts * (case.positive.values() - eps))) / (moved[FN] * a)
    k = z + (delta.repeat / offered - rest(accepts * (case.repeat.values() - z))) / (moved[FN] * a)
    return FnCells(acceptance=float(a), positive=float(p), repeat=float(k))


def _refuse_help(name: str, case: UseCase, cells: FnCells) -> None:
    """Raise unless all values are shares and a wrong resolution never helps."""
    hint = "these effects need other cells, prevalence, menu errors or a better classifier"
    for quantity, sign in (("acceptance", 1), ("positive", 1), ("repeat", -1)):
        fn, cell = getattr(cells, quantity), getattr(case, quantity)
        key = f"use_cases.{name}.{quantity}"
        if not 0 <= fn <= 1:
            raise ConfigError(
                f"`{key}.fn` would be {fn:.4f}; expected a share in [0, 1]", hint=hint
            )
        for wrong, right, a, b in (("fn", "tp", fn, cell.tp), ("fp", "tn", cell.fp, cell.tn)):
            if sign * (a - b) > 0:
                fact = f"`{key}.{wrong}` = {a:.4f} would be better than `{right}` = {b:.4f}"
                raise ConfigError(f"{fact}; a wrong resolution must not help", hint=hint)
