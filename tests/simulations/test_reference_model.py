"""The production path and the process-per-contact model write the same log."""

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.world import simulate_contacts

from .fakes import beta_supply, default_scenario
from .reference_model import DAYS, ReferenceModel

SEEDS = 50


def random_scenario(seed: int) -> Scenario:
    """Few customers, many repeats, few agents, every probability drawn anew."""
    rng = np.random.default_rng(seed)

    def share(low: float = 0.0, high: float = 1.0) -> float:
        return float(rng.uniform(low, high))

    def cells() -> dict[str, float]:
        names = ("tp", "fn", "fp", "tn", "wrong")
        return {cell: share() for cell in names[: 4 + rng.integers(2)]}

    def case(share_of_contacts: float) -> dict[str, Any]:
        return {
            "share": share_of_contacts, "prevalence": share(), "menu_error": share(),
            "menu_false_claim": share(0, 0.5), "acceptance": cells(), "positive": cells(),
            "repeat": cells(),
        }  # fmt: skip

    values = default_scenario().model_dump()
    first = share()
    others = rng.dirichlet(np.ones(4))
    values["use_cases"] = {"X": case(first), "Y": case(1 - first)}
    values["other_reasons"] = dict(
        zip(("missing", "quality", "preference", "others"), others.tolist(), strict=True)
    )
    values["arms"] = {
        policy: {"policy": policy, "weight": share(0.1)} for policy in get_args(Policy)
    }
    values["arms"]["own threshold"] = {
        "policy": "text_over_menu", "weight": share(), "threshold": share(0.1, 0.9)
    }  # fmt: skip
    if seed % 4 == 1:  # two reasons are served alike
        values["resolutions"]["quality"] = values["resolutions"]["missing"]
    values["customers"] = {key: share() for key in values["customers"] if key != "max_attempts"} | {
        "max_attempts": int(rng.integers(1, 7))
    }
    values["arrivals"] |= {
        "first_contacts_per_week": share(60, 200),
        "hour_weights": rng.integers(0, 3, 24).astype(float).tolist(),
    }
    values["repeat_delay"] = {"median_h": share(0.5, 40), "sigma": share(0.5, 2)}
    values["bot"] = {"mean_s": share(10, 400) if seed % 5 else 0.0, "cv": share()}
    values["agents"] = {
        "service": [
            {"law": "log_normal", "mean_s": share(1000, 9000), "cv": share(0.1, 2)},
            {"law": "exponential", "mean_s": share(1000, 9000)},
        ][seed % 2],
        "patience": [
            {"mean_s": share(100, 9000)},
            {"law": "weibull", "mean_s": share(100, 9000), "shape": share(0.4, 3)},
            {"law": "hazard", "until_s": [60.0, 600.0], "per_s": [0.002, 0.0, share() / 2000]},
            {"law": "hazard", "until_s": [600.0], "per_s": [share() / 300, 0.0]},  # some never
        ][seed % 4],
        "heads": [
            {day: rng.integers(0, 3, 24).tolist() for day in DAYS},
            {"shifts": [
                {"days": ["monday", "friday"], "start": "08:10", "end": "17:59", "heads": 2},
                {"days": list(DAYS), "start": "21:30", "end": "06:00", "heads": 1},
                {"days": ["sunday", "wednesday"], "start": "12:00", "end": "24:00", "heads": 1},
            ]},
            int(rng.integers(1, 3)),
            {day: rng.integers(0, 4, 24).tolist() for day in DAYS},
            {day: rng.integers(0, 3, 24).tolist() for day in DAYS},
            "unlimited",
        ][seed % 6],
        "backlog": int(rng.integers(0, 12)),
    }  # fmt: skip
    return parse_scenario(values)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_same_log(seed: int) -> None:
    scenario, supply = random_scenario(seed), beta_supply(per_cell=7)
    log = simulate_contacts(
        scenario, supply, threshold=0.5, weeks=1, seed=seed, replication=seed % 3
    ).to_pylist()
    story = ReferenceModel(scenario, supply, 0.5, 1, seed, seed % 3).run()
    assert len(log) == len(story) > 50
    for fast, slow in zip(log, story, strict=True):
        assert fast == slow


def count_overruled(log: pd.DataFrame) -> int:
    """Where the arm may overrule the menu's LABEL 0, it believes `others` instead."""
    overruled = log[(log["menu_reason"] == "defective") & (log["assigned_reason"] != "defective")]
    assert set(overruled["assigned_reason"]) <= {"others"}
    assert set(overruled["arm"]) <= {"text_over_menu", "menu_and_text", "own threshold"}
    assert not overruled["flagged"].astype(bool).any()
    return len(overruled)


def test_the_scenarios_are_hard() -> None:
    """Together they make customers wait, abandon, leave, come back many times, after each way."""
    outcomes: dict[str, int] = {}
    attempts, waited, tail, overruled = 0, 0, 0, 0
    for seed in range(SEEDS):
        log = simulate_contacts(
            random_scenario(seed), beta_supply(per_cell=7), threshold=0.5, weeks=1, seed=seed
        ).to_pandas()
        for outcome, n in log["outcome"].value_counts().items():
            outcomes[str(outcome)] = outcomes.get(str(outcome), 0) + int(n)
        attempts = max(attempts, int(log["attempt"].max()))
        waited += int(((log["wait_s"] > 0) & (log["outcome"] == "resolved_by_agent")).sum())
        tail += int((~log["counted"]).sum())
        overruled += count_overruled(log)
    assert len(outcomes) == 4
    assert min(outcomes.values()) > 50
    assert attempts >= 5
    assert waited > 50
    assert tail > 50
    assert overruled > 50
