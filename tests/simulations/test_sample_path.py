"""The recursion against the heap of next-free times, by hand, and against the SimPy queue."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.rng import rng_for
from abkit.simulations.clock import HOUR, WEEK
from abkit.simulations.sample_path import offered_waits

from ..laws.queueing import NEVER, offered_wait_recursion

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def whole(*columns: list[int]) -> Columns:
    return tuple(np.array(column, dtype=np.int64) for column in columns)  # type: ignore[return-value]


def drawn(seed: int, n: int, *, per_hour: float, service_h: float, patience_h: float) -> Columns:
    rng = rng_for(seed, "sample path")
    patience = np.full(n, NEVER) if math.isinf(patience_h) else rng.exponential(patience_h, n)
    return (
        np.cumsum(rng.exponential(HOUR / per_hour, n)).astype(np.int64),
        (rng.exponential(service_h, n) * HOUR).astype(np.int64),
        patience if math.isinf(patience_h) else (patience * HOUR).astype(np.int64),
    )


@pytest.mark.parametrize("agents", [1, 3, 20])
@pytest.mark.parametrize("patience_h", [0.2, 2.0, math.inf])
def test_constant_heads_are_the_heap_of_next_free_times(agents: int, patience_h: float) -> None:
    """Kiefer and Wolfowitz: the smallest next-free time, written a second time in the tests."""
    columns = drawn(agents, 5_000, per_hour=1.02 * agents, service_h=1, patience_h=patience_h)
    found = offered_waits(*columns, [agents])
    heap = offered_wait_recursion(*columns, agents)
    assert (found.wait == heap.wait).all()
    assert (found.served == heap.served).all()
    assert 0.2 < (found.wait > 0).mean() < 1


def test_a_falling_roster_by_hand() -> None:
    """Two agents until hour 4, one until 8, then two: the leaving one finishes its contact."""
    hour = HOUR
    times, service, patience = whole([1, 2, 3, 5, 6], [5, 4, 3, 2, 9], [9, 9, 9, 2, 9])
    found = offered_waits(
        times * hour, service * hour, patience * hour, [2] * 4 + [1] * 4 + [2] * 160
    )
    # 1: 1-6; 2: 2-6, past hour 4; 3: from 6 on, the only one on duty, to 9; 4 leaves at 7;
    # 5: at 8 a second agent comes.
    assert (found.wait / hour).tolist() == [0, 0, 3, 2, 2]
    assert found.served.tolist() == [True, True, True, False, True]


def test_nobody_on_duty_until_the_next_week() -> None:
    times, service, patience = whole([2 * HOUR], [HOUR], [NEVER])
    found = offered_waits(times, service, patience, [1] + [0] * 167)
    assert found.wait.tolist() == [WEEK - 2 * HOUR]
    assert not offered_waits(times, service, times, [1] + [0] * 167).served.any()


def test_unlimited_agents_never_let_wait() -> None:
    columns = drawn(1, 2_000, per_hour=500, service_h=1, patience_h=0.01)
    found = offered_waits(*columns, [math.inf])
    assert found.served.all()
    assert (found.wait == 0).all()


@given(st.integers(0, 10_000), st.lists(st.integers(0, 4), min_size=2, max_size=9))
def test_laws(seed: int, hours: list[int]) -> None:
    """First come, first served; no agent idles beside a line; nobody waits past patience."""
    roster = [*hours, *[2] * (168 - len(hours))]
    times, service, patience = drawn(seed, 60, per_hour=6, service_h=0.4, patience_h=0.5)
    found = offered_waits(times, service, patience, roster)
    begin = times + found.wait
    ends = (begin + service)[found.served]
    assert (np.diff(begin[found.served]) >= 0).all()
    assert (found.wait[~found.served] == patience[~found.served]).all()
    assert (found.wait <= patience).all()
    for at in begin[found.served & (found.wait > 0)] - 1:  # just before: every agent was busy
        busy = ((begin[found.served] <= at) & (ends > at)).sum()
        assert busy >= roster[at % WEEK // HOUR]
