"""A run folder's contact log by the hour: arrivals, queue, waiting; automation by the day."""

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from abkit.core.runs import open_run
from abkit.core.world_hours import WorldHours
from abkit.simulations.clock import DAY, HOUR, SECOND, Floats, Microseconds
from abkit.simulations.draws import Draws
from abkit.simulations.retraced import customers, times
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

_COLUMNS: Final = [
    "customer_id", "attempt", "started_at", "wait_s", "arm", "automated", "counted",
]  # fmt: skip


def world_hours(folder: Path) -> WorldHours:
    """Return a run's counted time by the hour.

    The log says how long a customer waited, not from when on: that is the end of the conversation
    with the bot, whose length is drawn again by its key.

    Raises:
        RunError: The folder is no whole run.
    """
    seed = open_run(folder).seed
    world = load_scenario(folder / "scenario.toml")
    log = parquet.read_table(folder / "contacts.parquet", columns=_COLUMNS)
    start = times(log, "started_at")
    n_days = int(start[log["counted"].to_numpy()].max(initial=0) // DAY) + 1
    n_days += -n_days % 7  # whole weeks, also where the last day had no contact
    joined, wait = _waits(log, start, world, Draws(seed, 0))
    mean, p90 = _by_hour(joined, wait, 24 * n_days)
    return WorldHours(
        source=f"{world.name}, seed {seed}: run {folder.name}",
        days=n_days,
        arrivals=tuple(_counts(start // HOUR, 24 * n_days).tolist()),
        queue=tuple(queue_by_hour(joined, wait, 24 * n_days).tolist()),
        mean_wait_s=mean,
        p90_wait_s=p90,
        automation=tuple((arm, _automation(log, start, arm, n_days)) for arm in _arms(world)),
    )


def _arms(world: Scenario) -> list[str]:
    return [name for name, arm in world.arms.items() if arm.weight > 0]


def _waits(
    log: pa.Table, start: Microseconds, world: Scenario, draws: Draws
) -> tuple[Microseconds, Microseconds]:
    """Return when those who asked for an agent did so, and how long they waited."""
    asked = np.flatnonzero(pc.is_valid(log["wait_s"]).to_numpy())
    who = customers(log.select(["customer_id"]).take(pa.array(asked)))
    attempt = log["attempt"].to_numpy()[asked]
    bot = np.zeros(asked.size, dtype=np.int64)
    for number in np.unique(attempt):
        rows = np.flatnonzero(attempt == number)
        rows = rows[np.argsort(who[rows], kind="stable")]
        bot[rows] = world.bot.quantile(draws.of("bot time", int(number), who[rows]))
    wait = np.rint(log["wait_s"].to_numpy()[asked] * SECOND).astype(np.int64)
    return start[asked] + bot, wait


def queue_by_hour(joined: Microseconds, wait: Microseconds, n_hours: int) -> Floats:
    """Return the mean number of waiting customers in each hour, shape (n_hours,).

    The time waited until t is a sum over customers of min(max(t - joined, 0), wait); the mean of an
    hour is its increase divided by the hour.

    Args:
        joined: When each customer joined the queue, microseconds, shape (n,).
        wait: How long each one waited, shape (n,).
        n_hours: Hours from time 0 on.
    """
    edges = HOUR * np.arange(n_hours + 1, dtype=np.int64)
    waited = _time_since(joined, edges) - _time_since(joined + wait, edges)
    queue: Floats = np.diff(waited) / HOUR
    return queue


def _time_since(moments: Microseconds, edges: Microseconds) -> npt.NDArray[np.int64]:
    """Return the sum of max(t - moment, 0) at each of the times `edges`: whole numbers, exact."""
    ordered = np.sort(moments)
    before = np.searchsorted(ordered, edges)
    sums = np.concatenate(([0], np.cumsum(ordered)))
    found: npt.NDArray[np.int64] = before * edges - sums[before]
    return found


def _by_hour(
    joined: Microseconds, wait: Microseconds, n_hours: int
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    """Return mean and 90 % quantile of the waits of those who joined in each hour, seconds."""
    order = np.lexsort((wait, joined // HOUR))
    hour, seconds = joined[order] // HOUR, wait[order] / SECOND
    edges = np.searchsorted(hour, np.arange(n_hours + 1))
    parts = [seconds[a:b] for a, b in pairwise(edges)]
    mean = tuple(float(part.mean()) if part.size else None for part in parts)
    return mean, tuple(float(np.quantile(part, 0.9)) if part.size else None for part in parts)


def _automation(
    log: pa.Table, start: Microseconds, arm: str, n_days: int
) -> tuple[float | None, ...]:
    """Return the share of automated contacts of an arm by day."""
    own = pc.equal(log["arm"].cast(pa.string()), arm).to_numpy()
    automated = log["automated"].to_numpy()
    every = _counts(start[own] // DAY, n_days)
    done = _counts(start[own & automated] // DAY, n_days)
    return tuple(int(a) / int(n) if n else None for a, n in zip(done, every, strict=True))


def _counts(codes: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Return how often each of 0 .. n - 1 occurs; others are left out."""
    return np.bincount(codes[codes < n], minlength=n)
