"""Every identity can fail: a bug of the queue or of the log is planted, and a check notices."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from abkit.pipeline.validate_log import check_log, worlds
from abkit.pipeline.validate_scenarios import THRESHOLD
from abkit.simulations import agents, backlog, issues, world
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.draws import Draws

from .planted import Patch, patched

RECURSION = "wait and fate of each customer as in the recursion"
LASTS = "a contact lasts bot + wait + service"
PATIENCE = "who abandons waits out the patience, nobody longer"
REPEATS = "a repeat begins its delay after the contact before"
QUEUE = "Little, queue: area = sum of waits"
ARMS = "Little, each arm: area = sum of contacts' times"
CONSERVED = "entered = served + abandoned + waiting, at any time"
IN_TIME = "counted in its days alone, none begun after the tail"
ONCE = "each contact once, with one way out"

Pool = agents._AgentPool


def broken(name: str = "shifts and backlog") -> set[str]:
    """Return the statements that do not hold in one congested world."""
    scenario = worlds()[name]
    log = world.simulate_contacts(scenario, beta_supply(), threshold=THRESHOLD, weeks=1, seed=3)
    found = check_log(log, scenario, Draws(3, 0), subject=name)
    assert all(check.compared > 300 for check in found)
    return {check.statement for check in found if not check.passed}


def stay_on(method: Any, pool: Any, moment: Any) -> None:
    """Agents who should leave stay until the next ones come."""
    before = pool._heads
    method(pool, moment)
    pool._heads = max(before - 1, pool._heads)


def one_more(method: Any, pool: Any, moment: Any) -> None:
    """An agent who is done takes the next customer even when off duty."""
    if pool._queue and pool._busy > pool._heads:
        heads, pool._heads = pool._heads, pool._busy
        method(pool, moment)
        pool._heads = heads
    else:
        method(pool, moment)


def no_call(method: Any, pool: Any, moment: Any) -> None:
    """Who waits is not called when agents come."""
    take, pool._take_waiting = pool._take_waiting, lambda: None
    method(pool, moment)
    pool._take_waiting = take


def by_time(method: Any, pool: Any, request: int, wait: int) -> None:
    """Service times are handed out in order of begin, not by request."""
    order = pool.__dict__.setdefault("_order", iter(list(pool._service)))
    pool._service[request] = next(order)
    method(pool, request, wait)


def last_first(method: Any, pool: Any) -> None:
    """Who came last is taken first."""
    pool._queue.reverse()
    method(pool)
    pool._queue.reverse()


def longer_patience(method: Any, pool: Any, request: int) -> None:
    """The queue lets customers wait a tenth longer than they would."""
    if not pool.__dict__.setdefault("_stretched", False):
        pool._stretched = True
        pool._patience = agents._packed(
            np.where(np.array(pool._patience) < 2**50, np.array(pool._patience) * 11 // 10, 2**60)
        )
    method(pool, request)


def also_served(method: Any, pool: Any, moment: Any) -> None:
    """Who abandoned keeps a place in the line and is served later: counted twice."""
    request, state = moment.request, pool.state
    was = state[request]
    method(pool, moment)
    if was == agents.WAITING:
        state[request] = agents.WAITING


QUEUE_BUGS = {
    "drain: all but one stay on": (patched(Pool, "_change_heads", stay_on), {RECURSION}),
    "drain: leaving agents take one more": (patched(Pool, "_finish", one_more), {RECURSION}),
    "nobody is called when agents come": (patched(Pool, "_change_heads", no_call), {RECURSION}),
    "service by time, not by request": (patched(Pool, "_serve", by_time), {RECURSION}),
    "last come, first served": (patched(Pool, "_take_waiting", last_first), {RECURSION}),
    "patience times 1.1 in the queue": (
        patched(Pool, "_join", longer_patience), {RECURSION, PATIENCE}
    ),
    "abandoned and served": (
        patched(Pool, "_lose_patience", also_served), {RECURSION, PATIENCE}
    ),
}  # fmt: skip


@pytest.mark.parametrize("bug", QUEUE_BUGS)
def test_bugs_of_the_queue(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, must = QUEUE_BUGS[bug]
    plant(monkeypatch)
    found = broken()
    assert must <= found, found


def retimed(change: Callable[[issues.Timeline, issues.Issues], dict[str, Any]]) -> Patch:
    """Return a patch that replaces columns of the timeline."""
    make = issues.make_timeline

    def apply(patch: pytest.MonkeyPatch) -> None:
        def changed(of: issues.Issues, *args: Any, **options: Any) -> issues.Timeline:
            timeline = make(of, *args, **options)
            return replace(timeline, **change(timeline, of))

        patch.setattr(world, "make_timeline", changed)

    return apply


def repeated_row(patch: pytest.MonkeyPatch) -> None:
    make = world.make_contact_log

    def changed(*args: Any, **options: Any) -> pa.Table:
        log = make(*args, **options)
        return pa.concat_tables([log, log.slice(5, 1)])

    patch.setattr(world, "make_contact_log", changed)


def late_repeats(patch: pytest.MonkeyPatch) -> None:
    """Contacts may begin for a day more than they should."""
    for name in ("make_issues", "run_agents", "make_timeline"):
        make = getattr(world, name)

        def changed(*args: Any, make: Any = make, horizon: int, **options: Any) -> Any:
            return make(*args, horizon=horizon + 86_400_000_000, **options)

        patch.setattr(world, name, changed)


def backlog_comes_late(patch: pytest.MonkeyPatch) -> None:
    """The backlog's customers are served as if they came an hour later."""
    make = backlog.with_backlog

    def changed(requests: Any, *args: Any, **options: Any) -> Any:
        made = make(requests, *args, **options)
        times = np.maximum(made.root_times, 3_600_000_000)
        return replace(made, root_times=times)

    patch.setattr(world, "with_backlog", changed)


LOG_BUGS = {
    "waits count from the start of the contact": (
        retimed(lambda t, i: {"wait": np.where(t.wait >= 0, t.wait + i.contacts.bot, -1)}),
        {RECURSION, LASTS, PATIENCE, QUEUE, ARMS, CONSERVED},
    ),
    "service counted twice": (
        retimed(lambda t, i: {"end": t.end + np.where(t.served, i.contacts.service, 0)}),
        {LASTS, REPEATS, QUEUE, ARMS, CONSERVED},
    ),
    "repeats a microsecond late": (
        retimed(lambda t, i: {"start": t.start + (i.parent >= 0), "end": t.end + (i.parent >= 0)}),
        {REPEATS},
    ),
    "served customers are logged as lost": (
        retimed(lambda t, i: {"served": t.served & (np.arange(t.served.size) % 50 > 0)}),
        {RECURSION, LASTS, PATIENCE},
    ),
    "a contact twice in the log": (repeated_row, {ONCE}),
    "repeats go on after the tail": (late_repeats, {IN_TIME}),
    "the backlog comes late": (backlog_comes_late, {RECURSION}),
}


@pytest.mark.parametrize("bug", LOG_BUGS)
def test_bugs_of_the_log(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, must = LOG_BUGS[bug]
    plant(monkeypatch)
    found = broken()
    assert must <= found, found


def test_a_right_world_breaks_nothing() -> None:
    for name in worlds():
        assert broken(name) == set()
