"""Customers who wait from the start: by hand, and what they may not touch."""

from typing import Any

import numpy as np
import pandas as pd

from abkit.core.rng import uniforms
from abkit.simulations.agents import run_agents
from abkit.simulations.backlog import with_backlog, without_backlog
from abkit.simulations.clock import HOUR, SECOND, WEEK
from abkit.simulations.draws import Draws
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from ..laws.queueing import single_requests
from .fakes import beta_supply, default_scenario

NEVER = {"law": "hazard", "until_s": [], "per_s": [0.0]}
HOURLY = {"mean_s": 3_600.0, "cv": 0.0}


def world(backlog: int, **agents: Any) -> Scenario:
    changes = {"arrivals.first_contacts_per_week": 2_000.0, "agents.backlog": backlog}
    return default_scenario(changes | {f"agents.{key}": value for key, value in agents.items()})


def test_the_backlog_is_served_first_and_in_order() -> None:
    """Two agents, five in line, an hour each: they start at 0, 0, 1, 1, 2 h; then the caller.

    Who joins at 0:30 is sixth in line and starts at 2 h beside the fifth.
    """
    agents = world(5, heads=2, service=HOURLY, patience=NEVER).agents
    contact = single_requests(np.array([HOUR // 2]), np.array([HOUR]), np.array([9 * HOUR]))
    requests = with_backlog(contact, agents, draws=Draws(1, 0))
    waits = run_agents(requests, agents.steps(), horizon=WEEK)
    assert waits.wait.tolist() == [HOUR * 3 // 2, 0, 0, HOUR, HOUR, 2 * HOUR]
    assert without_backlog(waits, agents).wait.tolist() == [HOUR * 3 // 2]
    assert without_backlog(waits, agents).served.tolist() == [True]


def test_who_waits_may_give_up() -> None:
    """One agent: the first is served for an hour, of the rest each patience below that ends."""
    agents = world(50, heads=1, service=HOURLY, patience={"mean_s": 1_200.0}).agents
    nobody = single_requests(*np.empty((3, 0), dtype=np.int64))
    waits = run_agents(
        with_backlog(nobody, agents, draws=Draws(1, 0)), agents.steps(), horizon=WEEK
    )
    patience = -1_200 * np.log1p(-uniforms(1, 0, "backlog patience", 0, 50))
    gone = np.flatnonzero(patience[1:] < 3_600) + 1
    assert gone.size > 40
    assert not waits.served[gone].any()
    assert (waits.wait[gone] / SECOND == np.round(patience[gone], 6)).all()
    assert waits.served[0]


def test_a_backlog_leaves_no_row_and_moves_no_draw() -> None:
    """With agents unlimited the log does not notice it; with few, only who asks for one does."""
    supply = beta_supply(per_cell=7)

    def log(backlog: int, heads: Any) -> Any:
        scenario = world(backlog, heads=heads, patience={"mean_s": 7_200.0})
        return simulate_contacts(scenario, supply, threshold=0.5, weeks=1, seed=3)

    assert log(500, "unlimited").equals(log(0, "unlimited"))
    without, with_line = (log(n, 6).to_pandas().set_index("contact_id") for n in (0, 60))
    first = without["attempt"] == 1
    same = ["started_at", "text", "menu_reason", "assigned_reason", "accepted", "arm"]
    for column in same:
        a, b = without.loc[first, column], with_line.loc[without.index[first], column]
        pd.testing.assert_series_equal(a, b)
    early = without.index[first][:150]
    assert with_line.loc[early, "wait_s"].sum() > without.loc[early, "wait_s"].sum()
