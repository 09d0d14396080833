"""Who is in which arm when blocks of time are randomised."""

from typing import Any

import numpy as np
import pytest

from abkit.core.contacts import CONTACT_SCHEMA
from abkit.core.errors import ConfigError
from abkit.simulations.clock import HOUR, WEEK
from abkit.simulations.designs import Design, is_treated, treated_shares
from abkit.simulations.one_arm import one_arm
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from .fakes import beta_supply, default_scenario

SUPPLY = beta_supply()
SMALL = {"arrivals.first_contacts_per_week": 3_000.0}


def world(**design: Any) -> Scenario:
    return default_scenario(SMALL | {"design": design})


def log_of(scenario: Scenario, **arguments: int) -> Any:
    arguments = {"weeks": 2, "seed": 1} | arguments
    return simulate_contacts(scenario, SUPPLY, threshold=0.5, **arguments)


@pytest.mark.parametrize("block_h", [0.5, 2.0, 8.0, 24.0, 56.0, 168.0])
@pytest.mark.parametrize("replication", range(5))
def test_blocks_are_balanced_over_times_of_the_week(block_h: float, replication: int) -> None:
    """Of two weeks each time of the week is once in each arm; of one week, half of the blocks."""
    design, week = Design(kind="switchback", block_h=block_h), round(168 / block_h)
    share = treated_shares(design, 4 * week, seed=1, replication=replication).reshape(4, week)
    assert (share[0] + share[1] == 1).all()
    assert (share[2] + share[3] == 1).all()
    assert (abs(2 * share.sum(axis=1) - week) <= 1).all()
    assert set(np.unique(share)) == {0.0, 1.0}


def test_every_block_is_as_often_treated_as_not() -> None:
    """Over replications, and in pairs of blocks of one week nearly independently."""
    draws = np.array(
        [treated_shares(Design(kind="switchback"), 7, seed=1, replication=r) for r in range(2_000)]
    )
    assert abs(draws.mean(axis=0) - 0.5).max() < 4 * 0.5 / np.sqrt(2_000)
    assert abs(draws.sum(axis=1).mean() - 3.5) < 4 * 0.5 / np.sqrt(2_000)


def test_a_longer_run_begins_with_the_blocks_of_a_shorter_one() -> None:
    design = Design(kind="saturation", block_h=8)
    long = treated_shares(design, 100, seed=3, replication=0)
    assert (treated_shares(design, 30, seed=3, replication=0) == long[:30]).all()
    assert (treated_shares(design, 100, seed=4, replication=0) != long).any()
    assert (treated_shares(design, 100, seed=3, replication=1) != long).any()


def test_weeks_of_control_come_before_the_blocks() -> None:
    plain, later = Design(kind="switchback"), Design(kind="switchback", control_weeks=1)
    share = treated_shares(later, 21, seed=1, replication=0)
    assert (share[:7] == 0).all()
    assert (share[7:] == treated_shares(plain, 14, seed=1, replication=0)).all()
    arrival = np.arange(3 * 168) * HOUR
    treated = is_treated(later, arrival, np.full(arrival.size, 0.5), seed=1, replication=0)
    assert (treated == np.repeat(share, 24).astype(bool)).all()
    log = log_of(world(control_weeks=1)).to_pandas()
    first = log.groupby("customer_id")["started_at"].transform("min")
    before = (first - first.min().normalize()).dt.days < 7
    assert set(log[before]["arm"]) == {"control"}
    assert 0.45 < (log[~before & log["counted"]]["arm"] == "treatment").mean() < 0.55


def test_a_switchback_log_has_one_arm_per_block_and_no_other_change() -> None:
    """The block is that of the customer's first contact, and so is the arm."""
    scenario = world(kind="switchback")
    table = log_of(scenario)
    assert table.schema.names == [*CONTACT_SCHEMA.names, "block"]
    log = table.to_pandas()
    assert (log.groupby("block")["arm"].nunique() == 1).all()
    first = log.sort_values("attempt").groupby("customer_id")["started_at"].first()
    days = (first - first.min().normalize()).dt.days
    block = log.groupby("customer_id")["block"].agg(["min", "max"])
    assert (block["min"] == days).all()
    assert (block["max"] == days).all()
    share = treated_shares(scenario.design, 15, seed=1, replication=0)
    assert (log["arm"] == np.where(share[log["block"]], "treatment", "control")).all()


def test_saturation_levels() -> None:
    log = log_of(world(kind="saturation", shares=(0.2, 0.7))).to_pandas()
    people = log[log["attempt"] == 1]
    by_block = (people["arm"] == "treatment").groupby(people["block"]).agg(["mean", "size"])
    expected = treated_shares(
        Design(kind="saturation", shares=(0.2, 0.7)), 15, seed=1, replication=0
    )
    z = (by_block["mean"] - expected) / np.sqrt(expected * (1 - expected) / by_block["size"])
    assert abs(z).max() < 4


def test_a_log_without_blocks_is_what_it_was() -> None:
    """The default is not written, adds no column, and changes no draw."""
    plain = default_scenario(SMALL)
    assert "design" not in plain.model_dump(mode="json")
    assert "design" not in world(kind="customer").model_dump(mode="json")
    table = log_of(plain)
    assert table.schema == CONTACT_SCHEMA
    blocks = log_of(world(kind="switchback"))
    everything = ["menu_reason", "text", "true_reason", "score"]
    plain_first, first = (
        log.to_pandas().query("attempt == 1").set_index("customer_id")[everything]
        for log in (table, blocks)
    )
    assert plain_first.equals(first)


@pytest.mark.parametrize("kind", ["switchback", "saturation"])
def test_everybody_in_one_arm_is_the_same_world_whatever_the_design(kind: str) -> None:
    design, plain = one_arm(world(kind=kind), "treatment"), one_arm(world(), "treatment")
    assert log_of(design).drop_columns("block") == log_of(plain)


@pytest.mark.parametrize(
    ("design", "fact"),
    [
        ({"kind": "switchbak"}, "`design.kind` is `switchbak`; expected 'customer', 'switchback'"),
        ({"kind": "switchback", "block_h": 5.0}, "`block_h` is 5; expected a length of which"),
        ({"kind": "switchback", "block_h": 200.0}, "`design.block_h` is `200.0`; expected less"),
        ({"block_h": 8.0}, "`block_h` has no effect where each `customer` is randomised"),
        ({"kind": "switchback", "shares": (0.2, 0.8)}, "`shares` have no effect without `kind ="),
        ({"kind": "saturation", "shares": (0.8, 0.2)}, "`shares` are 0.8 and 0.2; expected the"),
        ({"control_weeks": -1}, "`design.control_weeks` is `-1`; expected greater"),
        ({"weeks": 1}, "unknown key `design.weeks`"),
    ],
)
def test_refused_designs(design: dict[str, Any], fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        world(**design)


def test_designs_need_control_and_one_treatment_of_equal_weight() -> None:
    arms = {"control": {"policy": "menu", "weight": 1}, "new": {"policy": "menu", "weight": 2}}
    fact = "which decides who is treated, and the arms' weights are 1 and 2; expected equal ones"
    with pytest.raises(ConfigError, match=fact):
        default_scenario({"arms": arms, "design": {"kind": "switchback"}})
    assert default_scenario({"arms": arms, "design": {"control_weeks": 1}}).design.control_weeks
    third = arms | {"third": {"policy": "menu", "weight": 1}}
    with pytest.raises(ConfigError, match="arms are `control`, `new`, `third`; expected two"):
        default_scenario({"arms": third, "design": {"kind": "saturation"}})


def test_the_first_block_of_a_week_starts_on_monday() -> None:
    design = Design(kind="switchback", block_h=8)
    times = np.array([0, 8 * HOUR - 1, 8 * HOUR, WEEK])
    assert design.blocks(times).tolist() == [0, 0, 1, 21]
