"""The agents' queue in SimPy: the only shared state, hence the only part that needs events.

First come, first served; a customer whose patience ends before an agent is free abandons. When
the number of agents on duty falls, a leaving agent first finishes the contact at hand (the drain
rule); when it rises, waiting customers are served at once.

Raw events with callbacks instead of one process per contact: an arrival event that schedules the
next one, a queue of our own, and patience events that are ignored when they come too late.
`tests/simulations/reference_model.py` says the same with one process per contact.
"""

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy
from simpy.events import NORMAL, Event

from abkit.core.progress import SILENT, Progress
from abkit.simulations.clock import DAY, NEVER, WEEK, Microseconds
from abkit.simulations.draws import Indices

WAITING, SERVED, ABANDONED = 1, 2, 3  # 0: never reached


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests for an agent, and who asks again after which; shape (n,) unless said.

    A request is either a root, whose time is known beforehand, or the next one of a customer who
    comes back, whose time counts from the end of the request before it.
    """

    roots: Indices  # requests with known time, in order of time, shape (m,)
    root_times: Microseconds  # shape (m,)
    service: Microseconds
    patience: Microseconds  # from `NEVER` on: without an end
    following: Indices  # the same customer's next request; -1: none
    follows_if_served: npt.NDArray[np.bool_]
    follows_if_abandoned: npt.NDArray[np.bool_]
    start_after: Microseconds  # from the end of the request before to the start of this contact
    join_after: Microseconds  # from that start to the request for an agent


@dataclass(frozen=True, slots=True)
class Waits:
    """What became of each request, shape (n,); a wait of -1: never made."""

    wait: Microseconds
    served: npt.NDArray[np.bool_]


def run_agents(
    requests: Requests,
    heads: Sequence[float],
    *,
    horizon: int,
    progress: Progress = SILENT,
) -> Waits:
    """Play the queue to its end.

    Args:
        requests: Who asks, when, for how long.
        heads: Agents on duty over the week in equal steps from Monday 00:00 on, for example 168
            values by hour (`Agents.steps`); infinity means that nobody waits. Customers without
            an end of patience need somebody to come some time.
        horizon: Contacts that would start at or after this time are not made, microseconds.
        progress: Shown by simulated day.

    Returns:
        Waits in microseconds.
    """
    env = simpy.Environment()
    pool = _AgentPool(env, requests, heads, horizon)
    days = range(DAY, horizon + 1, DAY)
    for day in progress.track(days, description="Simulating", total=len(days)):
        env.run(until=day)
    env.run()  # whatever has begun is played to its end
    return Waits(
        np.frombuffer(pool.wait, dtype=np.int64), np.frombuffer(pool.state, np.uint8) == SERVED
    )


class _Moment(Event):
    """A scheduled callback about one request; used again once it has happened."""

    request: int

    def __init__(self, env: simpy.Environment) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None


Callbacks = list[Callable[[Any], None]]


class _AgentPool:
    """Agents on duty, customers waiting, and the events that change either."""

    def __init__(
        self,
        env: simpy.Environment,
        requests: Requests,
        heads: Sequence[float],
        horizon: int,
    ) -> None:
        n = requests.service.size
        self.wait = array("q", [-1]) * n  # machine integers: 8 bytes a piece, not 40
        self.state = bytearray(n)
        self._env, self._horizon = env, horizon
        self._joined = array("q", [0]) * n
        self._roots, self._root_times = _packed(requests.roots), _packed(requests.root_times)
        self._service, self._patience = _packed(requests.service), _packed(requests.patience)
        self._following = _packed(requests.following)
        self._if_served = requests.follows_if_served.tobytes()
        self._if_abandoned = requests.follows_if_abandoned.tobytes()
        self._start_after = _packed(requests.start_after)
        self._join_after = _packed(requests.join_after)
        self._queue: deque[int] = deque()  # those who abandoned are skipped when met
        self._busy = 0
        self._heads = heads[0]
        self._changes = _changes(heads)
        self._next_change, self._next_root, self._to_return = 0, 0, 0
        self._spare: list[_Moment] = []
        self._on_root: Callbacks = [self._root]
        self._on_return: Callbacks = [self._return]
        self._on_finish: Callbacks = [self._finish]
        self._on_impatience: Callbacks = [self._lose_patience]
        self._on_change: Callbacks = [self._change_heads]
        if self._changes:
            self._after(self._changes[0][0], self._on_change, -1)
        if self._roots:
            self._after(self._root_times[0], self._on_root, self._roots[0])

    def _after(self, delay: int, callbacks: Callbacks, request: int) -> None:
        """Schedule a callback about `request`."""
        moment = self._spare.pop() if self._spare else _Moment(self._env)
        moment.request = request
        moment.callbacks = callbacks
        self._env.schedule(moment, NORMAL, delay)

    def _now(self) -> int:
        return self._env.now  # type: ignore[return-value]  # whole microseconds, as every delay

    def _root(self, moment: _Moment) -> None:
        """A customer asks at a time known beforehand; schedule the next one."""
        self._spare.append(moment)
        request = moment.request
        self._next_root = following = self._next_root + 1
        if following < len(self._roots):
            delay = self._root_times[following] - self._now()
            self._after(delay, self._on_root, self._roots[following])
        self._join(request)

    def _return(self, moment: _Moment) -> None:
        """A customer who came back asks again."""
        self._spare.append(moment)
        self._to_return -= 1
        self._join(moment.request)

    def _join(self, request: int) -> None:
        """Serve at once if an agent is free, else wait."""
        if self._busy < self._heads:
            self._serve(request, 0)
            return
        self.state[request] = WAITING
        self._joined[request] = self._now()
        self._queue.append(request)
        if (patience := self._patience[request]) < NEVER:
            self._after(patience, self._on_impatience, request)

    def _serve(self, request: int, wait: int) -> None:
        """An agent takes the customer."""
        self.state[request] = SERVED
        self.wait[request] = wait
        self._busy += 1
        self._after(self._service[request], self._on_finish, request)

    def _finish(self, moment: _Moment) -> None:
        """An agent is done: the next customer, or off duty if heads fell meanwhile."""
        self._spare.append(moment)
        self._busy -= 1
        if self._if_served[moment.request]:
            self._come_again(moment.request)
        self._take_waiting()

    def _lose_patience(self, moment: _Moment) -> None:
        """A customer abandons, unless an agent came first."""
        self._spare.append(moment)
        request = moment.request
        if self.state[request] == WAITING:
            self.state[request] = ABANDONED
            self.wait[request] = self._patience[request]
            if self._if_abandoned[request]:
                self._come_again(request)

    def _change_heads(self, moment: _Moment) -> None:
        """Agents come or leave; plan the next change while anybody still needs them."""
        self._spare.append(moment)
        at, self._heads = self._changes[self._next_change]
        self._take_waiting()
        self._next_change = (self._next_change + 1) % len(self._changes)
        to_come = self._next_root < len(self._roots) or self._to_return
        if self._queue or self._busy or to_come:
            delay = (self._changes[self._next_change][0] - at) % WEEK
            self._after(delay, self._on_change, -1)

    def _take_waiting(self) -> None:
        """Serve those who wait, in order, while agents are free."""
        while self._queue and self._busy < self._heads:
            request = self._queue.popleft()
            if self.state[request] == WAITING:
                self._serve(request, self._now() - self._joined[request])

    def _come_again(self, request: int) -> None:
        """Schedule the customer's next request, if that contact starts before the horizon."""
        following = self._following[request]
        if following >= 0:
            start = self._start_after[following]
            if self._now() + start < self._horizon:
                delay = start + self._join_after[following]
                self._to_return += 1
                self._after(delay, self._on_return, following)


def _packed(values: npt.NDArray[np.int64]) -> "memoryview[int]":
    """Return a view that Python indexes twice as fast as NumPy's array."""
    return memoryview(np.ascontiguousarray(values, dtype=np.int64))  # type: ignore[arg-type]


def _changes(heads: Sequence[float]) -> list[tuple[int, float]]:
    """Return when in the week the number of agents changes, and to what; in order, not at 0 first.

    The change at the turn of the week comes last, at the time WEEK.
    """
    n, step = len(heads), WEEK // len(heads)
    return [(i * step, heads[i % n]) for i in range(1, n + 1) if heads[i % n] != heads[i - 1]]
