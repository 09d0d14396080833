"""The world that a fit to a control log should recover: every number unlike the base's."""

from typing import Any, Final

import numpy as np

from abkit.pipeline.validate_scenarios import DAYS, THRESHOLD, changed
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.closed_form import closed_form
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

BASE: Final = "returns-bot-points"
_DIVISOR: Final = 5  # of the base's agents
_CASES: Final[dict[str, tuple[float, ...]]] = {  # share, prevalence, menu error, false claim
    "A": (0.5, 0.27, 0.38, 0.06),
    "B": (0.3, 0.15, 0.55, 0.03),
    "C": (0.2, 0.3, 1.0, 0.0),
}
_CELLS: Final[dict[str, dict[str, tuple[float, ...]]]] = {  # tp, fn, fp, tn
    "acceptance": {
        "A": (0.76, 0.36, 0.5, 0.73), "B": (0.85, 0.48, 0.6, 0.66), "C": (0.8, 0.52, 0.57, 0.67),
    },
    "positive": {
        "A": (0.8, 0.36, 0.6, 0.7), "B": (0.7, 0.4, 0.6, 0.86), "C": (0.92, 0.42, 0.62, 0.71),
    },
    "repeat": {
        "A": (0.08, 0.3, 0.14, 0.1), "B": (0.06, 0.24, 0.11, 0.05), "C": (0.09, 0.21, 0.12, 0.06),
    },
}  # fmt: skip
_OTHERS: Final[dict[str, Any]] = {
    "arrivals.first_contacts_per_week": 15_000.0,
    "arrivals.day_factor_cv": 0.12,
    "arrivals.weekday_weights": (1.2, 1.15, 1.0, 1.0, 0.9, 0.8, 0.7),
    "other_reasons": {"missing": 0.12, "quality": 0.2, "preference": 0.3, "others": 0.38},
    "customers.menu_confusion": 0.15,
    "customers.text_rate": 0.85,
    "customers.asks_at_once": 0.14,
    "customers.asks_after_rejecting": 0.7,
    "customers.response_rate": 0.3,
    "customers.positive_if_rejected": 0.08,
    "customers.repeat_if_served": 0.09,
    "customers.repeat_if_silent": 0.3,
    "customers.repeat_if_abandoned": 0.42,
    "repeat_delay": {"median_h": 4.0, "sigma": 1.2},
    "bot": {"mean_s": 75.0, "cv": 0.6},
    "agents.service": {"mean_s": 600.0, "cv": 0.8},
    "agents.patience": {"mean_s": 240.0},
    "arms": {"control": {"policy": "menu", "weight": 1}},
}


def known_world() -> Scenario:
    """Return the world to be recovered: the base with every identifiable number another one."""
    base = load_scenario(BASE).model_dump()
    heads = {day: [-(-n // _DIVISOR) for n in base["agents"]["heads"][day]] for day in DAYS}
    hours = base["arrivals"]["hour_weights"]
    changes = _OTHERS | {
        "agents.heads": heads,
        "arrivals.hour_weights": (*hours[-2:], *hours[:-2]),  # everything two hours later
    }
    for case, values in _CASES.items():
        names = ("share", "prevalence", "menu_error", "menu_false_claim")
        changes |= {f"use_cases.{case}.{n}": v for n, v in zip(names, values, strict=True)}
        for group, cells in _CELLS.items():
            changes[f"use_cases.{case}.{group}"] = dict(
                zip(("tp", "fn", "fp", "tn"), cells[case], strict=True)
            )
    return changed(BASE, changes)


def truths(world: Scenario) -> dict[str, float]:
    """Return every number of a world by the keys of a fit; weights as shares."""
    values = world.model_dump()
    found = _flat(values["use_cases"], "use_cases.")
    for section in ("other_reasons", "customers", "repeat_delay", "bot"):
        found |= _flat(values[section], f"{section}.")
    for section in ("service", "patience"):
        found |= _flat(values["agents"][section], f"agents.{section}.")
    arrivals = values["arrivals"]
    for name in ("first_contacts_per_week", "day_factor_cv"):
        found[f"arrivals.{name}"] = float(arrivals[name])
    for name in ("weekday_weights", "hour_weights"):
        shares = np.array(arrivals[name]) / sum(arrivals[name])
        found |= {f"arrivals.{name}.{i}": float(share) for i, share in enumerate(shares)}
    return found


def _flat(values: Any, at: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{at}{key}.")
        elif isinstance(value, float):
            found[f"{at}{key}"] = value
    return found


def flag_truths(world: Scenario) -> dict[str, float]:
    """Return recall and false-flag rate where the menu did not say LABEL 0, in closed form."""
    found = {}
    for case, form in closed_form(world, beta_supply(), THRESHOLD).items():
        found[f"use_cases.{case}.recall"] = form.flags.recall_mis_selected
        found[f"use_cases.{case}.false flags"] = form.flags.false_flag_rate_menu_other
    return found
