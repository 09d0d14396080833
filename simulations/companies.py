"""Simulated companies: scenarios drawn at random from stated ranges, to grade forecasts on.

Each number is uniform on its range (volume: its logarithm), independent of the others, except that
a wrong resolution never helps: the cells of a wrong one are those of the right one, worse by a gap.
The ranges are no prior of any fit: they are flat, wider, and mostly not centred on it.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from abkit.core.reasons import REASONS
from abkit.core.rng import rng_for
from abkit.simulations.expected_load import expected_load
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.staffing import WEEKDAYS

Range = tuple[float, float]

USE_CASE: Final[Mapping[str, Range]] = {
    "weight": (1.0, 3.0),  # of first contacts, up to a factor
    "prevalence": (0.08, 0.40),
    "menu_error": (0.15, 0.65),
    "menu_false_claim": (0.01, 0.10),
}
NO_ENTRY: Final = 0.25  # share of use-cases whose menu has no entry for LABEL 0
CELLS: Final[Mapping[str, Mapping[str, Range]]] = {
    "acceptance": {
        "tp": (0.55, 0.92), "tp less fn": (0.10, 0.50),
        "tn": (0.50, 0.85), "tn less fp": (0.04, 0.30),
    },
    "positive": {
        "tp": (0.55, 0.95), "tp less fn": (0.05, 0.50),
        "tn": (0.55, 0.90), "tn less fp": (0.04, 0.30),
    },
    "repeat": {
        "tp": (0.03, 0.12), "fn less tp": (0.02, 0.25),
        "tn": (0.03, 0.12), "fp less tn": (0.01, 0.12),
    },
}  # fmt: skip
SHARED: Final[Mapping[str, Range]] = {
    "customers.hardness_slope": (0.0, 1.0),
    "customers.menu_confusion": (0.02, 0.20),
    "customers.text_rate": (0.60, 0.95),
    "customers.asks_at_once": (0.05, 0.20),
    "customers.asks_after_rejecting": (0.60, 0.90),
    "customers.response_rate": (0.15, 0.50),
    "customers.positive_if_rejected": (0.02, 0.12),
    "customers.repeat_if_served": (0.03, 0.12),
    "customers.repeat_if_silent": (0.10, 0.35),
    "customers.repeat_if_abandoned": (0.30, 0.60),
    "repeat_delay.median_h": (1.0, 5.0),
    "repeat_delay.sigma": (1.0, 1.6),
    "agents.service.mean_s": (300.0, 900.0),
    "agents.patience.mean_s": (120.0, 600.0),
    "arrivals.day_factor_cv": (0.05, 0.15),
}
VOLUME: Final[Range] = (5_000.0, 40_000.0)  # first contacts a week, log-uniform
OTHERS: Final[Range] = (0.5, 1.5)  # factors of the base's other reasons
LOAD: Final[Range] = (0.75, 1.0)  # the agents', in every hour alike; whole agents, at least 2
_LEAST_SHARE: Final = 0.02  # of a cell
_DIGITS: Final = 6


def draw_company(number: int, *, seed: int, base: Scenario) -> Scenario:
    """Return company `number`.

    Args:
        number: From 0 on; each has draws of its own.
        seed: Of all companies.
        base: Its use-cases' names, laws, profile of the week, resolutions and arms are kept.
    """
    rng = rng_for(seed, "company", number)

    def drawn(span: Range) -> float:
        return round(float(rng.uniform(*span)), _DIGITS)

    values = base.model_dump()
    values |= {"name": f"company-{number}", "description": "Drawn at random."}
    for key, span in SHARED.items():
        _put(values, key, drawn(span))
    low, high = map(math.log, VOLUME)
    values["arrivals"]["first_contacts_per_week"] = round(math.exp(rng.uniform(low, high)), 2)
    names = list(base.use_cases)
    values["use_cases"] = {name: _use_case(drawn, rng) for name in names}
    shares = _shares([values["use_cases"][name].pop("weight") for name in names])
    for name, share in zip(names, shares, strict=True):
        values["use_cases"][name]["share"] = share
    others = values["other_reasons"]
    reasons = _shares([others[reason] * drawn(OTHERS) for reason in REASONS[1:]])
    values["other_reasons"] = dict(zip(REASONS[1:], reasons, strict=True))
    values["agents"]["heads"] = "unlimited"
    company = parse_scenario(values, source=f"company {number}")
    values["agents"]["heads"] = _heads(company, drawn(LOAD))
    return parse_scenario(values, source=f"company {number}")


def without_queue(company: Scenario) -> Scenario:
    """Return the company with agents unlimited."""
    agents = company.agents.model_copy(update={"heads": "unlimited"})
    return company.model_copy(update={"agents": agents})


def _use_case(drawn: Any, rng: np.random.Generator) -> dict[str, Any]:
    case: dict[str, Any] = {name: drawn(span) for name, span in USE_CASE.items()}
    if rng.random() < NO_ENTRY:
        case |= {"menu_error": 1.0, "menu_false_claim": 0.0}
    for group, ranges in CELLS.items():
        cells = {name: drawn(span) for name, span in ranges.items()}
        if group == "repeat":
            cells["fn"] = cells["tp"] + cells["fn less tp"]
            cells["fp"] = cells["tn"] + cells["fp less tn"]
        else:
            cells["fn"] = cells["tp"] - cells["tp less fn"]
            cells["fp"] = cells["tn"] - cells["tn less fp"]
        case[group] = {
            name: round(max(_LEAST_SHARE, cells[name]), _DIGITS)
            for name in ("tp", "fn", "fp", "tn")
        }
    return case


def _put(values: dict[str, Any], key: str, value: float) -> None:
    *path, last = key.split(".")
    for part in path:
        values = values[part]
    values[last] = value


def _shares(weights: list[float]) -> list[float]:
    """Return rounded shares that sum to 1, the last taking the rest."""
    shares = [round(weight / math.fsum(weights), _DIGITS) for weight in weights[:-1]]
    return [*shares, round(1 - math.fsum(shares), _DIGITS)]


def _heads(company: Scenario, load: float) -> dict[str, tuple[int, ...]]:
    """Return whole agents by hour of the week, so many that the load is at most `load`."""
    heads = np.maximum(2, np.ceil(expected_load(company).work / load)).astype(int).reshape(7, 24)
    return {day: tuple(row.tolist()) for day, row in zip(WEEKDAYS, heads, strict=True)}
