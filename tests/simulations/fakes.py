"""Scenarios and supplies made for tests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from abkit.simulations.scenario import LEVELS, Scenario
from abkit.simulations.scenario_files import load_scenario, parse_scenario
from abkit.simulations.supply import ScoredSupply

CONTROL = {"policy": "menu", "weight": 1}
TREATMENT = {"policy": "menu_or_text", "weight": 1}


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy with values replaced by dotted path, e.g. {"customers.text_rate": 0.5}."""
    copy = {key: dict(v) if isinstance(v, Mapping) else v for key, v in values.items()}
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        copy[first] = changed(copy[first], {rest: value}) if rest else value
    return copy


def default_scenario(changes: Mapping[str, Any] | None = None) -> Scenario:
    """Return the default scenario with some values replaced by dotted path."""
    default = load_scenario("returns-bot-points").model_dump()
    return parse_scenario(changed(default, changes or {}))


def make_supply(rates: np.ndarray, *, per_cell: int = 1000) -> ScoredSupply:
    """Return a supply with scores .9 and .1: a share `rates` (5, 5) of each cell has .9."""
    reason = np.repeat(np.arange(5, dtype=np.int8), LEVELS * per_cell)
    level = np.tile(np.repeat(np.arange(LEVELS, dtype=np.int8), per_cell), 5)
    high = np.arange(per_cell) < np.rint(rates * per_cell).reshape(-1, 1)
    texts = pa.array([f"text {i}" for i in range(reason.size)])
    return ScoredSupply(texts, reason, level, np.where(high.ravel(), 0.9, 0.1))


def two_point_supply(
    *, recall: float, false_flag_rate: float, per_cell: int = 1000
) -> ScoredSupply:
    """Return a supply whose recall and false-flag rate do not depend on hardness."""
    rates = np.full((5, LEVELS), false_flag_rate)
    rates[0] = recall
    return make_supply(rates, per_cell=per_cell)


def beta_supply(*, per_cell: int = 200, seed: int = 0) -> ScoredSupply:
    """Return continuous scores; defects become harder to tell with the level."""
    rng = np.random.default_rng(seed)
    reason = np.repeat(np.arange(5, dtype=np.int8), LEVELS * per_cell)
    level = np.tile(np.repeat(np.arange(LEVELS, dtype=np.int8), per_cell), 5)
    defective = reason == 0
    scores = rng.beta(np.where(defective, 5.0 - level, 1.0), np.where(defective, 2.0, 5.0))
    texts = pa.array([f"text {i}" for i in range(reason.size)])
    return ScoredSupply(texts, reason, level, scores)
