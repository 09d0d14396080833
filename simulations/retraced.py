"""A contact log retraced: when each contact did what, its durations drawn again by their keys."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.contacts import START
from abkit.simulations.clock import SECOND, Microseconds
from abkit.simulations.conversation import Mask
from abkit.simulations.draws import Draws, Indices
from abkit.simulations.durations import Duration
from abkit.simulations.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Retraced:
    """Contacts in the log's order; shape (n,) each, times in microseconds.

    `start`, `end`, `wait` and how it ended are the log's; the four durations are drawn again, so
    that what the clocks show can be compared with what was to happen.
    """

    customer: Indices
    attempt: Indices
    start: Microseconds
    end: Microseconds
    wait: Microseconds  # in the agents' queue; -1: no agent asked for
    served: Mask  # by an agent
    abandoned: Mask
    bot: Microseconds
    service: Microseconds  # if an agent comes
    patience: Microseconds
    delay: Microseconds  # from the end to a repeat, should there be one

    @property
    def escalated(self) -> Mask:
        """Return which contacts asked for an agent."""
        return self.wait >= 0

    @property
    def joined(self) -> Microseconds:
        """Return when each contact would join the agents' queue."""
        return self.start + self.bot


def retrace(log: pa.Table, scenario: Scenario, draws: Draws) -> Retraced:
    """Return the times of a simulated log and the durations behind them.

    Args:
        log: From `simulate_contacts`.
        scenario: What it was simulated from.
        draws: The same seed and replication.
    """
    customer, attempt = customers(log), log["attempt"].to_numpy().astype(np.int64)
    agents = scenario.agents
    laws: dict[str, Duration] = {
        "bot time": scenario.bot,
        "service": agents.service,
        "patience": agents.patience,
        "repeat delay": scenario.repeat_delay,
    }
    drawn = {name: _durations(name, laws[name], draws, customer, attempt) for name in laws}
    outcome = pc.cast(log["outcome"], pa.string())
    wait_s = log["wait_s"].to_numpy()  # NaN: null
    return Retraced(
        customer=customer,
        attempt=attempt,
        start=times(log, "started_at"),
        end=times(log, "ended_at"),
        wait=np.where(np.isnan(wait_s), -1, np.rint(np.nan_to_num(wait_s) * SECOND)).astype(int),
        served=pc.equal(outcome, "resolved_by_agent").to_numpy(),
        abandoned=pc.equal(outcome, "abandoned_queue").to_numpy(),
        bot=drawn["bot time"],
        service=drawn["service"],
        patience=drawn["patience"],
        delay=drawn["repeat delay"],
    )


def customers(log: pa.Table) -> Indices:
    """Return the number of each contact's customer, shape (n,)."""
    digits = pc.utf8_slice_codeunits(log["customer_id"], 1)
    return pc.cast(digits, pa.int64()).to_numpy()  # type: ignore[no-any-return]


def times(log: pa.Table, column: str) -> Microseconds:
    """Return a column of instants as microseconds of simulated time, shape (n,)."""
    instants = pc.cast(log[column], pa.int64()).to_numpy()
    return instants - START.astype(np.int64)  # type: ignore[no-any-return]


def codes(log: pa.Table, column: str, words: Sequence[str]) -> Indices:
    """Return a column of words as indices into `words`, shape (n,)."""
    found = pc.index_in(pc.cast(log[column], pa.string()), value_set=pa.array(words))
    return found.to_numpy().astype(np.int64)  # type: ignore[no-any-return]


def _durations(
    purpose: str, law: Duration, draws: Draws, customer: Indices, attempt: Indices
) -> Microseconds:
    """Return each contact's duration from the uniform of its customer and attempt."""
    everybody = np.arange(int(customer.max(initial=-1)) + 1)
    drawn = np.empty(customer.size, dtype=np.int64)
    for number in np.unique(attempt):
        rows = attempt == number
        u = draws.of(purpose, int(number), everybody)
        drawn[rows] = law.quantile(u[customer[rows]])
    return drawn
