"""One customer moved to another arm: everybody else, and the way back."""

from typing import Any

import numpy as np
import pytest

from abkit.simulations.draws import Draws
from abkit.simulations.retold import chances, changes_elsewhere, moved, rows_of
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import Played, play, simulate_contacts

from .fakes import CONTROL, TREATMENT, beta_supply, default_scenario

SUPPLY = beta_supply()
SMALL = {"arrivals.first_contacts_per_week": 2_000.0, "agents.heads": 1}
UNLIMITED = SMALL | {"agents.heads": "unlimited"}


def played(scenario: Scenario, **alter: Any) -> Played:
    return play(scenario, SUPPLY, threshold=0.5, weeks=1, seed=3, **alter)


@pytest.fixture(scope="module")
def busy() -> tuple[Scenario, Played]:
    """A world with too few agents: moves are felt by others."""
    scenario = default_scenario(SMALL)
    return scenario, played(scenario)


def test_rows_are_those_of_the_log(busy: tuple[Scenario, Played]) -> None:
    scenario, world = busy
    log = simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=3)
    whole = log.to_pandas()
    for customer in np.random.default_rng(1).integers(0, world.customers.arrival.size, 200):
        theirs = whole[whole["customer_id"] == f"u{customer:08d}"].sort_values("attempt")
        rows = rows_of(world, int(customer), weeks=1).to_pandas()
        assert rows.astype(object).equals(theirs.reset_index(drop=True).astype(object))


def test_moving_twice_returns(busy: tuple[Scenario, Played]) -> None:
    scenario, world = busy
    back = moved(7, int(world.customers.arm[7]))
    again = played(scenario, alter=lambda *made: back(*moved(7, 1)(*made), made[2]))
    assert again.customers.arm.tolist() == world.customers.arm.tolist()
    assert rows_of(again, 7, weeks=1).equals(rows_of(world, 7, weeks=1))
    assert changes_elsewhere(world, again, 7).contacts == 0


def test_in_a_placebo_world_both_arms_are_one_story() -> None:
    arms = {"control": TREATMENT, "treatment": TREATMENT}
    scenario = default_scenario(SMALL | {"arms": arms})
    world = played(scenario)
    for customer in range(0, 100, 10):
        other = played(scenario, alter=moved(customer, 1 - int(world.customers.arm[customer])))
        first, second = (
            rows_of(w, customer, weeks=1).drop_columns(["arm"]) for w in (world, other)
        )
        assert first.equals(second)
        assert changes_elsewhere(world, other, customer).contacts == 0


@pytest.mark.parametrize("limited", [True, False])
def test_others_are_reached_through_the_queue_alone(limited: bool) -> None:
    scenario = default_scenario(SMALL if limited else UNLIMITED)
    world = played(scenario)
    contacts = world.issues.contacts
    flagged = world.bot.flagged(contacts.text_row, 1 + 0 * contacts.arm)
    control = contacts.arm == list(scenario.arms).index("control")
    asks = contacts.escalated & (contacts.menu != 0) & flagged & control & contacts.offered
    found = []
    for customer in contacts.customer[asks & (world.issues.attempt == 1)][:40].tolist():
        other = played(scenario, alter=moved(customer, 1))
        found.append(changes_elsewhere(world, other, customer))
    assert any(one.contacts for one in found) == limited
    assert any(one.waited_s for one in found) == limited


def test_what_stood_behind_a_contact() -> None:
    """Bot and agent times fill the contact; the acceptance is the scenario's cell."""
    scenario = default_scenario(UNLIMITED | {"arms": {"control": CONTROL, "treatment": TREATMENT}})
    world = played(scenario)
    names = scenario.resolutions.names()
    for customer in range(60):
        for row in rows_of(world, customer, weeks=1).to_pylist():
            believed = ["defective", "missing", "quality", "preference", "others"].index(
                row["assigned_reason"]
            )
            behind = chances(
                world, scenario, customer=customer, attempt=row["attempt"], believed=believed,
                draws=Draws(3, 0),
            )  # fmt: skip
            lasted = (row["ended_at"] - row["started_at"]).total_seconds()
            agent = behind.service_s if row["outcome"] == "resolved_by_agent" else 0
            assert lasted == pytest.approx(behind.bot_s + agent, abs=2e-6)
            true = int(world.customers.reason[customer])
            assert behind.fits == (names[true] == names[believed])
            case = scenario.use_cases[row["use_case"]].acceptance
            options = (case.tp, case.tn) if behind.fits else (case.fn, case.fp, case.tn)
            assert behind.accepts in options
