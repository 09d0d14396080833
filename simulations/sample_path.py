"""First come, first served, customer by customer, without events: what the SimPy queue must do."""

import heapq
import math
from collections.abc import Iterator, Sequence

import numpy as np

from abkit.simulations.agents import Waits
from abkit.simulations.clock import WEEK, Microseconds


def offered_waits(
    times: Microseconds,
    service: Microseconds,
    patience: Microseconds,
    heads: Sequence[float],
) -> Waits:
    """Return what happens to each customer, by recursion over the customers in order.

    Services begin in order of arrival. So once those before have their agents, the number of busy
    agents is known at all times to come, and the next customer begins at the first moment at which
    fewer are busy than on duty, no earlier than the customer before. If that is later than the
    patience lasts, the customer leaves and changes nothing. A leaving agent finishes the contact at
    hand: the busy may exceed those on duty, and nobody begins meanwhile. Exact for G_t/G/c_t+G;
    with constant heads this is the recursion of Kiefer and Wolfowitz, the next-free times in a
    heap.

    Args:
        times: When each customer joins, in order, microseconds, shape (n,).
        service: How long an agent would need, shape (n,).
        patience: How long the customer would wait, shape (n,).
        heads: Agents on duty over the week, in equal steps from Monday 00:00 on, as in
            `Agents.steps`; repeated week by week.

    Returns:
        Waits in microseconds; the patience where the customer left.

    References:
        Kiefer and Wolfowitz (1955), Trans. AMS 78, 1-18; Baccelli, Boyer and Hebuterne (1984),
        Adv. Appl. Prob. 16, 887-905.
    """
    wait, served = np.empty(times.size, dtype=np.int64), np.empty(times.size, dtype=bool)
    changes = _changes(heads)
    on_duty, (next_change, next_heads) = next(changes)[1], next(changes)
    busy: list[float] = []  # when each busy agent will be done
    now: float = 0  # never goes back: before it nobody could begin who has not begun
    columns = zip(times.tolist(), service.tolist(), patience.tolist(), strict=True)
    for i, (joined, needed, limit) in enumerate(columns):
        now = max(now, joined)
        while now - joined <= limit:
            while next_change <= now:
                on_duty, (next_change, next_heads) = next_heads, next(changes)
            while busy and busy[0] <= now:
                heapq.heappop(busy)
            if len(busy) < on_duty:
                break
            following = min(busy[0], next_change) if busy else next_change
            if following - joined > limit:
                break
            now = following
        served[i] = len(busy) < on_duty and now - joined <= limit
        wait[i] = now - joined if served[i] else limit
        if served[i]:
            heapq.heappush(busy, now + needed)
    return Waits(wait, served)


def _changes(heads: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Yield when the number of agents changes, and to what, from (0, first) on, without end."""
    yield 0, heads[0]
    step = WEEK // len(heads)
    within = [(i * step, n) for i, n in enumerate(heads) if n != heads[i - 1]]
    week = 0
    while within:
        yield from ((week + at, n) for at, n in within if week + at > 0)
        week += WEEK
    yield math.inf, heads[0]
