"""Made-up and simulated calls of the bank."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from abkit.pipeline.bank_calls import FILE, Calls
from abkit.pipeline.bank_fit import BankFit, fit_bank
from abkit.pipeline.bank_world import RepeatFit, simulate_calls
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (
    "date", "queue_start_s", "queue_time", "outcome", "service_start_s", "service_time", "type",
    "customer",
)  # fmt: skip


@cache
def world() -> Scenario:
    """Return the packaged scenario."""
    return load_scenario("bank-1999")


@cache
def calls_of_world() -> Calls:
    """Return a simulated fortnight of it."""
    return in_open_hours(world(), seed=4, replication=0)


@cache
def fit() -> BankFit:
    """Return what is fitted to that fortnight."""
    return fit_bank(calls_of_world())


def in_open_hours(world: Scenario, *, seed: int, replication: int) -> Calls:
    """Return simulated calls without those repeats that fall into closed hours, as in the log."""
    calls = simulate_calls(world, seed=seed, replication=replication)
    opened = world.arrivals.hourly_means().reshape(7, 24) > 0
    return calls.part(opened[calls.day % 7, calls.hour])


def repeats_of_world() -> RepeatFit:
    """Return how contacts are repeated in it."""
    return RepeatFit(
        if_served=world().customers.repeat_if_served,
        if_abandoned=world().customers.repeat_if_abandoned,
        median_h=world().repeat_delay.median_h,
        sigma=world().repeat_delay.sigma,
    )


def made(rows: list[tuple[float, float, float, bool, int]]) -> Calls:
    """Return regular calls from (asked, wait, service, abandoned, customer)."""
    asked, wait, service, abandoned, customer = (np.array(c) for c in zip(*rows, strict=True))
    regular = np.ones(len(rows), dtype=bool)
    return Calls(asked * 1.0, wait * 1.0, service * 1.0, abandoned, regular, customer)


def written(folder: Path, rows: list[tuple[object, ...]]) -> Path:
    """Write rows of `COLUMNS` as the file that is read."""
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(folder / FILE, index=False)
    return folder
