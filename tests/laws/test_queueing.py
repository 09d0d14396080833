"""The agents' queue against queueing theory and against an exact sample-path recursion."""

import math

import numpy as np
import pytest

from abkit.core.rng import rng_for
from abkit.simulations.agents import Requests, run_agents
from abkit.simulations.clock import DAY, HOUR, WEEK

from .queueing import NEVER, erlang_a, offered_wait_recursion, single_requests


def draw(
    seed: int, n: int, *, per_hour: float, service_h: float, patience_h: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return exponential inter-arrivals (summed), services and patiences, microseconds."""
    rng = rng_for(seed, "law")
    times = np.cumsum(rng.exponential(HOUR / per_hour, n)).astype(np.int64)
    service = rng.exponential(service_h * HOUR, n).astype(np.int64)
    if math.isinf(patience_h):
        return times, service, np.full(n, NEVER)
    return times, service, rng.exponential(patience_h * HOUR, n).astype(np.int64)


def play(requests: Requests, heads: float, horizon: int = WEEK):  # type: ignore[no-untyped-def]
    return run_agents(requests, (heads,) * 168, horizon=horizon)


def erlang_b(load: float, c: int) -> float:
    """Blocking probability, by its recursion in the number of agents."""
    b = 1.0
    for n in range(1, c + 1):
        b = load * b / (n + load * b)
    return b


def test_the_oracle_itself() -> None:
    """Published values of M/M/20+M (lambda 20, mu 1, theta .5) and Erlang-B(10, 10).

    Erlang-C from Erlang-B: C = B / (1 - rho (1 - B)), E[W] = C / (c mu - lambda).
    """
    queue = erlang_a(arrival_rate=20, service_rate=1, abandon_rate=0.5, c=20)
    assert queue.p_abandon == pytest.approx(0.073687, abs=5e-7)
    assert queue.mean_wait == pytest.approx(0.147375, abs=5e-7)
    assert erlang_b(10, 10) == pytest.approx(0.214582, abs=5e-7)
    for load in (8.0, 9.0):
        blocking = erlang_b(load, 10)
        erlang_c = blocking / (1 - load / 10 * (1 - blocking))
        queue = erlang_a(arrival_rate=load, service_rate=1, abandon_rate=0, c=10)
        assert queue.p_wait == pytest.approx(erlang_c, rel=1e-9)
        assert queue.mean_wait == pytest.approx(erlang_c / (10 - load), rel=1e-9)


@pytest.mark.parametrize(
    ("per_hour", "c", "patience_h"),
    [(20.0, 20, 2.0), (8.0, 10, math.inf), (30.0, 20, 0.25), (3.0, 1, 0.1)],
)
def test_erlang_a_and_c(per_hour: float, c: int, patience_h: float) -> None:
    """30 replications from empty, the first fifth dropped; SE from replications, |z| < 4."""
    theory = erlang_a(arrival_rate=per_hour, service_rate=1, abandon_rate=1 / patience_h, c=c)
    n, estimates = 8_000, []
    for seed in range(30):
        waits = play(
            single_requests(*draw(seed, n, per_hour=per_hour, service_h=1, patience_h=patience_h)),
            c,
        )
        wait, served = waits.wait[n // 5 :] / HOUR, waits.served[n // 5 :]
        estimates.append(((wait > 0).mean(), 1 - served.mean(), wait.mean()))
    mean, error = np.mean(estimates, axis=0), np.std(estimates, axis=0, ddof=1) / np.sqrt(30)
    exact = np.array([theory.p_wait, theory.p_abandon, theory.mean_wait])
    known = error > 0  # without patience nobody abandons, exactly
    assert (mean[~known] == exact[~known]).all()
    assert (np.abs(mean - exact)[known] < 4 * error[known]).all(), (mean, exact, error)


@pytest.mark.parametrize("c", [1, 3, 20])
@pytest.mark.parametrize("patience_h", [0.2, 2.0, math.inf])
def test_each_customer_as_in_the_recursion(c: int, patience_h: float) -> None:
    drawn = draw(c, 20_000, per_hour=1.02 * c, service_h=1, patience_h=patience_h)
    simulated, exact = play(single_requests(*drawn), c), offered_wait_recursion(*drawn, c)
    assert (simulated.wait == exact.wait).all()
    assert (simulated.served == exact.served).all()
    assert 0.2 < (exact.wait > 0).mean() < 1


def test_single_server_deterministic_service() -> None:
    """M/D/1 at load .8: mean wait rho / (2 mu (1 - rho)) = 2 services (Pollaczek-Khinchine)."""
    means = []
    for seed in range(30):
        times, service, patience = draw(
            seed, 20_000, per_hour=0.8, service_h=1, patience_h=math.inf
        )
        waits = play(single_requests(times, np.full_like(service, HOUR), patience), 1)
        means.append(waits.wait[4_000:].mean() / HOUR)
    assert abs(np.mean(means) - 2) < 4 * np.std(means, ddof=1) / np.sqrt(30)


def test_unlimited_agents_never_let_wait() -> None:
    waits = play(
        single_requests(*draw(1, 5_000, per_hour=500, service_h=1, patience_h=0.01)), math.inf
    )
    assert (waits.wait == 0).all()
    assert waits.served.all()


def test_rising_and_falling_heads_obey_the_drain_rule() -> None:
    """No service starts above the heads on duty; nobody waits beside a free agent; no overtaking.

    Between events the state is constant, so it is enough to look right after each of them.
    """
    rng = rng_for(3, "law")
    heads = rng.integers(0, 6, 168)
    times, service, patience = draw(3, 6_000, per_hour=18, service_h=0.2, patience_h=0.3)
    waits = run_agents(single_requests(times, service, patience), heads.tolist(), horizon=2 * WEEK)
    begin, leave = times + waits.wait, times + waits.wait + np.where(waits.served, service, 0)
    starts, ends = np.sort(begin[waits.served]), np.sort(leave[waits.served])
    joins, exits = np.sort(times), np.sort(begin)
    changes = np.arange(1, 2 * 168) * HOUR
    for moment in np.unique(np.concatenate([starts, joins, exits, ends, changes])):
        on_duty = heads[moment // HOUR % 168]
        busy = np.searchsorted(starts, moment, "right") - np.searchsorted(ends, moment, "right")
        waiting = np.searchsorted(joins, moment, "right") - np.searchsorted(exits, moment, "right")
        assert waiting == 0 or busy >= on_duty  # no agent idles beside a line
        begins = np.searchsorted(starts, moment, "right") - np.searchsorted(starts, moment, "left")
        assert begins == 0 or busy <= on_duty  # who starts does so on duty
    assert (np.diff(begin[waits.served]) >= 0).all()  # first come, first served
    assert 0.05 < 1 - waits.served.mean() < 0.9


def test_littles_law_and_conservation_are_exact() -> None:
    """Area under the queue length = sum of waits, in integers; nobody is lost."""
    drawn = draw(9, 10_000, per_hour=10, service_h=1, patience_h=0.5)
    waits = play(single_requests(*drawn), 9)
    times = drawn[0]
    moments = np.concatenate([times, times + waits.wait])
    steps = np.repeat([1, -1], times.size)
    order = np.argsort(moments, kind="stable")
    length = np.cumsum(steps[order])
    area = int((np.diff(moments[order]) * length[:-1]).sum())
    assert area == int(waits.wait.sum())
    assert length[-1] == 0
    assert (waits.wait >= 0).all()  # everybody was served or abandoned
    assert (waits.wait[~waits.served] == drawn[2][~waits.served]).all()


def test_a_customer_who_comes_back() -> None:
    """One agent, times by hand: B abandons, returns, is served; A's repeat starts too late."""
    a, b, again, late = range(4)
    hour = HOUR
    requests = Requests(
        roots=np.array([a, b]),
        root_times=np.array([1, 2]) * hour,
        service=np.array([5, 9, 2, 1]) * hour,
        patience=np.array([1, 1, 1, 1]) * hour,
        following=np.array([late, again, -1, -1]),
        follows_if_served=np.array([True, False, False, False]),
        follows_if_abandoned=np.array([False, True, False, False]),
        start_after=np.array([0, 0, 3, 18]) * hour,
        join_after=np.array([0, 0, 1, 1]) * hour,
    )
    waits = run_agents(requests, (1.0,) * 168, horizon=DAY)
    # A is served 1-6; B joins at 2, abandons at 3, starts again at 6, joins at 7, is served 7-9;
    # A's repeat would start at 6 + 18 = 24, at the horizon: it is not made.
    assert waits.wait.tolist() == [0, hour, 0, -1]
    assert waits.served.tolist() == [True, False, True, False]
