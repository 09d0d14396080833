"""Counts by customer against the same world's contact log, and the worlds of one arm."""

from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from abkit.core.errors import ConfigError
from abkit.pipeline.agent_queue import waited
from abkit.pipeline.text_check import text_checks
from abkit.pipeline.true_rates import count_rates
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import Outcomes, outcome_sums
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.supply import empty_supply
from abkit.simulations.world import simulate_contacts

from .fakes import CONTROL, TREATMENT, beta_supply, default_scenario

SUPPLY = beta_supply()
SHORT = {
    day: [1] * 8 + [3] * 16
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}
FIVE = {
    "control": CONTROL,
    "treatment": TREATMENT,
    "over": {"policy": "text_over_menu", "weight": 2},
    "and": {"policy": "menu_and_text", "weight": 0.5},
    "strict": {"policy": "menu_or_text", "weight": 1, "threshold": 0.8},
}


def small(name: str, volume: float = 3_000.0) -> Scenario:
    scenario = load_scenario(name)
    arrivals = scenario.arrivals.model_copy(update={"first_contacts_per_week": volume})
    return scenario.model_copy(update={"arrivals": arrivals})


WORLDS: dict[str, Scenario] = {
    "default": default_scenario({"arrivals.first_contacts_per_week": 4_000.0}),
    "short of agents, five arms": default_scenario(
        {"arrivals.first_contacts_per_week": 4_000.0, "agents.heads": SHORT, "arms": FIVE}
    ),
    "unlimited": default_scenario(
        {"arrivals.first_contacts_per_week": 3_000.0, "agents.heads": "unlimited"}
    ),
    "returns-bot-relative": small("returns-bot-relative"),
    "erlang": small("erlang"),
    "bank-1999": small("bank-1999"),
    "next to nobody": small("returns-bot-points", 3.0),
}


def arguments(scenario: Scenario) -> dict[str, Any]:
    supply = SUPPLY if scenario.customers.text_rate else empty_supply()
    return {"supply": supply, "threshold": 0.4, "weeks": 1, "seed": 5, "replication": 2}


def rates_of(sums: Outcomes) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return the counts in the form of `count_rates`, without those who never came."""
    found = {}
    for case in sums.use_cases:
        for arm in sums.arms:
            if not sums.total("contacts", case, arm):
                continue
            for metric, of, per in (
                ("AR", "automated", "contacts"),
                ("PRR", "positive", "responses"),
                ("24RR", "repeated", "mature"),
            ):
                found[case, metric, arm] = sums.total(of, case, arm), sums.total(per, case, arm)
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_sums_are_the_logs(name: str) -> None:
    """Metric by metric, arm by arm, and what became of requests and flags."""
    scenario = WORLDS[name]
    sums = outcome_sums(scenario, **arguments(scenario))
    log = simulate_contacts(scenario, **arguments(scenario))
    assert rates_of(sums) == count_rates(log)
    queue = waited(log)
    assert sums.total("escalated") == queue.asked
    assert sums.total("abandoned") == queue.abandoned
    assert int(sums.wait.sum()) == queue.total_us
    if scenario.customers.text_rate == 0:
        assert sums.total("texts") == sums.total("flagged") == 0
        return
    for check in text_checks(log, scenario):
        case = None if check.use_case == "all" else check.use_case
        for ours, theirs in (
            ("contacts", check.contacts), ("texts", check.texts), ("flagged", check.flagged),
            ("true_flagged", check.true_flagged), ("changed", check.changed),
            ("true_changed", check.true_changed),
        ):  # fmt: skip
            assert sums.total(ours, case, check.arm) == theirs


def test_one_customers_sums_are_the_rows_of_that_customer() -> None:
    scenario = WORLDS["short of agents, five arms"]
    sums = outcome_sums(scenario, **arguments(scenario))
    log = simulate_contacts(scenario, **arguments(scenario))
    rows = log.filter(log["counted"]).select(["customer_id", "automated", "arm"]).to_pandas()
    by_customer = rows.groupby("customer_id")["automated"].agg(["size", "sum"])
    number = by_customer.index.str[1:].astype(int)
    np.testing.assert_array_equal(sums.counts["contacts"][number], by_customer["size"])
    np.testing.assert_array_equal(sums.counts["automated"][number], by_customer["sum"])
    assert sums.counts["contacts"].sum(dtype=int) == len(rows)
    assert sums.counts["contacts"].max() > 1
    arms = rows.drop_duplicates("customer_id").set_index("customer_id")["arm"]
    assert [sums.arms[code] for code in sums.arm[number]] == list(arms[by_customer.index])


def test_rates_divide_the_sums() -> None:
    scenario = WORLDS["default"]
    sums = outcome_sums(scenario, **arguments(scenario))
    automated, contacts = sums.total("automated", "A"), sums.total("contacts", "A")
    assert sums.rate("AR", "A") == automated / contacts
    nobody = outcome_sums(WORLDS["next to nobody"], **arguments(WORLDS["next to nobody"]))
    assert nobody.rate("precision", arm="control") in (None, 0.0, 1.0)
    assert nobody.rate("AR", "C", "treatment") is None


def test_one_arm_moves_everybody_and_no_draw() -> None:
    """The same customers come; those of the arm live as before where nobody waits."""
    scenario = WORLDS["unlimited"]
    mixed = outcome_sums(scenario, **arguments(scenario))
    for arm in scenario.arms:
        pure = outcome_sums(one_arm(scenario, arm), **arguments(scenario))
        assert pure.members(arm=arm).all()
        np.testing.assert_array_equal(pure.use_case, mixed.use_case)
        there = mixed.members(arm=arm)
        for name, counts in pure.counts.items():
            if name not in ("mature", "repeated"):  # the last start depends on everybody
                np.testing.assert_array_equal(counts[there], mixed.counts[name][there])


def test_one_arm_is_the_scenario_with_that_arm_alone() -> None:
    scenario = WORLDS["default"]
    pure = simulate_contacts(one_arm(scenario, "treatment"), **arguments(scenario))
    alone = scenario.model_copy(update={"arms": {"treatment": scenario.arms["treatment"]}})
    log = simulate_contacts(alone, **arguments(scenario))
    assert pc.all(pc.equal(pure["arm"].cast("string"), "treatment")).as_py()
    assert pure.drop(["arm"]).equals(log.drop(["arm"]))


def test_one_arm_refuses_an_unknown_arm() -> None:
    with pytest.raises(ConfigError, match="`arm` is `treatmnt`; expected one of") as error:
        one_arm(WORLDS["default"], "treatmnt")
    assert error.value.hint == "did you mean `treatment`?"
