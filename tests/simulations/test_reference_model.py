"""The production path and the process-per-contact model write the same log."""

from typing import Any

import numpy as np
import pytest

from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.world import simulate_contacts

from .fakes import beta_supply, default_scenario
from .reference_model import ReferenceModel

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def random_scenario(seed: int) -> Scenario:
    """Few customers, many repeats, few agents, every probability drawn anew."""
    rng = np.random.default_rng(seed)

    def share(low: float = 0.0, high: float = 1.0) -> float:
        return float(rng.uniform(low, high))

    def cells() -> dict[str, float]:
        return {cell: share() for cell in ("tp", "fn", "fp", "tn")}

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
        "control": {"policy": "menu", "weight": share()},
        "treatment": {"policy": "menu_or_text", "weight": share()},
        "third": {"policy": "menu_or_text", "weight": share()},
    }
    values["customers"] = {key: share() for key in values["customers"] if key != "max_attempts"} | {
        "max_attempts": int(rng.integers(1, 7))
    }
    values["arrivals"] |= {
        "first_contacts_per_week": share(60, 200),
        "hour_weights": rng.integers(0, 3, 24).astype(float).tolist(),
    }
    values["repeat_delay"] = {"median_h": share(0.5, 40), "sigma": share(0.5, 2)}
    values["bot"] = {"mean_s": share(10, 400), "cv": share()}
    values["agents"] = {
        "service": {"mean_s": share(1000, 9000), "cv": share(0.1, 2)},
        "patience": {"mean_s": share(100, 9000)},
        "heads": {day: rng.integers(0, 3, 24).tolist() for day in DAYS},
    }
    if seed % 6 == 5:
        values["agents"]["heads"] = "unlimited"
    return parse_scenario(values)


@pytest.mark.parametrize("seed", range(30))
def test_same_log(seed: int) -> None:
    scenario, supply = random_scenario(seed), beta_supply(per_cell=7)
    log = simulate_contacts(
        scenario, supply, threshold=0.5, weeks=1, seed=seed, replication=seed % 3
    ).to_pylist()
    story = ReferenceModel(scenario, supply, 0.5, 1, seed, seed % 3).run()
    assert len(log) == len(story) > 50
    for fast, slow in zip(log, story, strict=True):
        assert fast == slow


def test_the_scenarios_are_hard() -> None:
    """Together they make customers wait, abandon, leave, come back many times, after each way."""
    outcomes: dict[str, int] = {}
    attempts, waited, tail = 0, 0, 0
    for seed in range(30):
        log = simulate_contacts(
            random_scenario(seed), beta_supply(per_cell=7), threshold=0.5, weeks=1, seed=seed
        ).to_pandas()
        for outcome, n in log["outcome"].value_counts().items():
            outcomes[str(outcome)] = outcomes.get(str(outcome), 0) + int(n)
        attempts = max(attempts, int(log["attempt"].max()))
        waited += int(((log["wait_s"] > 0) & (log["outcome"] == "resolved_by_agent")).sum())
        tail += int((~log["counted"]).sum())
    assert len(outcomes) == 4
    assert min(outcomes.values()) > 50
    assert attempts >= 5
    assert waited > 50
    assert tail > 50
