"""With unlimited agents the simulation agrees with the closed form within Monte-Carlo error.

Standard errors: binomial for first contacts, whose customers are independent; linearised over
issues, sqrt(sum (y - R n)^2) / sum n, for all contacts, since repeats of an issue are alike.
"""

from dataclasses import astuple
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from abkit.simulations.closed_form import closed_form
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from ..simulations.fakes import beta_supply, default_scenario

TOLERANCE = 4  # standard errors; 90 comparisons: a true match fails once in 175 seeds
COLUMNS = (
    "issue_id", "attempt", "use_case", "arm", "started_at", "ended_at", "automated", "response",
)  # fmt: skip
DAY = pd.Timedelta(days=1)


def five_arms(per_cell: int) -> Scenario:
    """Every policy, one arm with a threshold of its own, and wrong other reasons that cost."""
    arms = {policy: {"policy": policy, "weight": 1} for policy in get_args(Policy)}
    strict = {"policy": "text_over_menu", "weight": 1, "threshold": 0.7}
    changes = {f"use_cases.{name}.share": 1 / 3 for name in "ABC"}
    for what, value in (("acceptance", 0.4), ("positive", 0.3), ("repeat", 0.3)):
        changes |= {f"use_cases.{name}.{what}.wrong": value for name in "ABC"}
    volume = {"arrivals.first_contacts_per_week": 15 * per_cell / 1.4}
    return default_scenario(
        changes | {"arms": arms | {"strict": strict}, "agents.heads": "unlimited"} | volume
    )


def issues_of_a_run(per_cell: int, replication: int) -> pd.DataFrame:
    """Return sums per issue whose repeats all lie in the log; about `per_cell` per case and arm."""
    scenario = five_arms(per_cell)
    table = simulate_contacts(
        scenario, beta_supply(), threshold=0.4, weeks=2, seed=11, replication=replication
    )
    log = table.select(COLUMNS).to_pandas()
    log["positive"] = log["response"] == "positive"
    log["responded"] = log["response"].notna()
    log["repeated"] = log["issue_id"].duplicated(keep="last")
    start = log.groupby("issue_id")["started_at"].transform("min")
    log = log[start < pd.Timestamp("2024-01-11", tz="UTC")]  # 10 days, then 5 for repeats
    columns = ["automated", "positive", "responded", "repeated"]
    first = log[log["attempt"] == 1].set_index("issue_id")
    every = log.groupby("issue_id")[columns].sum().add_prefix("all_")
    return first[["use_case", "arm", *columns]].join(every).join(
        log.groupby("issue_id").size().rename("all_contacts")
    )  # fmt: skip


def worst_z(per_cell: int, replications: int) -> tuple[float, str]:
    """Return the largest |z| over use-cases, arms, metrics, first and all contacts."""
    form = closed_form(five_arms(per_cell), beta_supply(), 0.4)
    runs = [issues_of_a_run(per_cell, replication) for replication in range(replications)]
    issues = pd.concat(runs, ignore_index=True)
    scores = []
    for (name, arm), cell in issues.groupby(["use_case", "arm"], observed=True):
        assert len(cell) > 0.97 * per_cell * replications
        one = np.ones(len(cell))
        rates = form[name].arms[arm]
        for kind, values, prefix, trials in (
            ("first", rates.first, "", one),
            ("every", rates.every, "all_", cell["all_contacts"]),
        ):
            trials_of = (trials, cell[f"{prefix}responded"], trials)
            sums = ("automated", "positive", "repeated")
            for exact, column, n in zip(astuple(values), sums, trials_of, strict=True):
                y, n = cell[f"{prefix}{column}"].to_numpy(float), np.asarray(n, dtype=float)
                error = np.sqrt(((y - exact * n) ** 2).sum()) / n.sum()
                z = (y.sum() / n.sum() - exact) / error
                scores.append((abs(z), f"{name} {arm} {kind} {column}: z = {z:.2f}"))
    assert len(scores) == 90
    return max(scores)


def test_forty_thousand_contacts_per_use_case_and_arm() -> None:
    z, where = worst_z(40_000, 1)
    assert z < TOLERANCE, where


@pytest.mark.slow
def test_a_million_contacts_per_use_case_and_arm() -> None:
    z, where = worst_z(100_000, 10)
    assert z < TOLERANCE, where
