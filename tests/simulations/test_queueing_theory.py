"""The formulas against published values, a numeric solution of the generator, and their laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.sparse import diags_array
from scipy.sparse.linalg import spsolve

from abkit.core.errors import ConfigError
from abkit.simulations.queueing_theory import (
    Queue,
    erlang_b,
    erlang_c,
    markovian_queue,
    mean_in_system,
    single_server_wait,
)


@pytest.mark.parametrize(
    ("load", "agents", "published"),
    [(10.0, 10, 0.214582), (5.0, 10, 0.018385), (1.0, 1, 0.5), (3.0, 2, 0.529412)],
)
def test_erlang_b_published(load: float, agents: int, published: float) -> None:
    """Erlang's loss formula: 10 erlangs, 10 lines as in every table; the others by hand."""
    assert erlang_b(load, agents) == pytest.approx(published, abs=5e-7)


def test_erlang_c_published() -> None:
    """One erlang, two agents: 1/3; one agent: the load; 8 erlangs, 10 agents: .409 in tables."""
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    assert erlang_c(0.7, 1) == pytest.approx(0.7)
    assert erlang_c(8.0, 10) == pytest.approx(0.40918, abs=5e-6)


def test_erlang_a_published() -> None:
    """M/M/20+M, lambda 20, mu 1, theta .5: P(abandon) .073687, E[W] .147375 (six digits)."""
    queue = markovian_queue(arrival_rate=20, service_rate=1, abandon_rate=0.5, agents=20)
    assert queue.p_abandon == pytest.approx(0.073687, abs=5e-7)
    assert queue.mean_wait == pytest.approx(0.147375, abs=5e-7)


def test_single_server_published() -> None:
    """Load .8, mean 1: M/D/1 waits 2, M/G/1 with cv 1.2 waits 4.88, M/M/1 waits 4."""
    for cv, wait in ((0.0, 2.0), (1.2, 4.88), (1.0, 4.0)):
        assert single_server_wait(load=0.8, mean_service=1, service_cv=cv) == pytest.approx(wait)


def test_time_varying_published() -> None:
    """10 + 5 sin(2 pi t / 24) per hour, mean stay 1 h: Eick, Massey and Whitt (1993), six digits.

    Mean number at 0, 6, 12, 18 h in the periodic state; steps of 3.6 s stand for the sine.
    """
    step, days = 0.001, 6
    hours = (np.arange(round(24 * days / step)) + 0.5) * step
    means = mean_in_system(10 + 5 * np.sin(2 * np.pi * hours / 24), step=step, mean_stay=1)
    at = [means[round((24 * (days - 1) + hour) / step) - 1] for hour in (0, 6, 12, 18)]
    assert at == pytest.approx([8.774966, 14.679287, 11.225034, 5.320713], abs=1e-6)


rates = st.floats(0.05, 20)


def stationary(arrival: float, service: float, abandon: float, agents: int, n: int) -> Queue:
    """Return the same from a sparse solution of pi Q = 0, sum pi = 1, n states."""
    state = np.arange(n)
    death = np.minimum(state, agents) * service + np.maximum(state - agents, 0) * abandon
    birth = np.where(state < n - 1, arrival, 0.0)
    generator = diags_array(
        [-(birth + death), birth[:-1], death[1:]], offsets=[0, 1, -1], format="lil"
    ).T.tolil()
    generator[0, :] = 1
    right = np.zeros(n)
    right[0] = 1
    p = spsolve(generator.tocsc(), right)
    waiting = np.maximum(state - agents, 0)
    lost = float((p * waiting * abandon).sum()) / arrival
    return Queue(
        p_wait=float(p[agents:].sum()),
        p_abandon=lost,
        mean_wait=float((p * waiting).sum()) / arrival,
        occupancy=float((p * np.minimum(state, agents)).sum()) / agents,
    )


@pytest.mark.parametrize(
    ("arrival", "service", "abandon", "agents"),
    [(20, 1, 0.5, 20), (12, 1, 4, 8), (0.5, 2, 0.1, 1), (8, 1, 0, 10), (30, 1, 0.2, 10)],
)
def test_the_chain_equals_a_solved_generator(
    arrival: float, service: float, abandon: float, agents: int
) -> None:
    found = markovian_queue(
        arrival_rate=arrival, service_rate=service, abandon_rate=abandon, agents=agents
    )
    solved = stationary(arrival, service, abandon, agents, 600)
    for name in Queue.__slots__:
        assert getattr(found, name) == pytest.approx(getattr(solved, name), rel=1e-8), name


@given(arrival=rates, service=rates, abandon=rates, agents=st.integers(1, 40))
def test_laws_of_the_chain(arrival: float, service: float, abandon: float, agents: int) -> None:
    """Another unit of time changes the wait alone; busier is worse; shares are shares."""
    queue = markovian_queue(
        arrival_rate=arrival, service_rate=service, abandon_rate=abandon, agents=agents
    )
    minutes = markovian_queue(
        arrival_rate=arrival / 60, service_rate=service / 60, abandon_rate=abandon / 60,
        agents=agents,
    )  # fmt: skip
    busier = markovian_queue(
        arrival_rate=1.5 * arrival, service_rate=service, abandon_rate=abandon, agents=agents
    )
    assert minutes.p_wait == pytest.approx(queue.p_wait)
    assert minutes.mean_wait == pytest.approx(60 * queue.mean_wait)
    for name in Queue.__slots__:
        assert getattr(busier, name) >= getattr(queue, name) * (1 - 1e-9), name
    assert 0 <= queue.p_abandon <= queue.p_wait <= 1 + 1e-9
    assert 0 < queue.occupancy <= 1 + 1e-9


@given(share=st.floats(0.05, 0.95), agents=st.integers(1, 60))
def test_endless_patience_is_erlang_c(share: float, agents: int) -> None:
    """P(wait) = C, E[W] = C / (c mu - lambda), occupancy = load / c; a large theta is Erlang-B."""
    load = share * agents
    queue = markovian_queue(arrival_rate=load, service_rate=1, abandon_rate=0, agents=agents)
    delayed = erlang_c(load, agents)
    assert queue.p_wait == pytest.approx(delayed, rel=1e-9)
    assert queue.mean_wait == pytest.approx(delayed / (agents - load), rel=1e-9)
    assert queue.occupancy == pytest.approx(share)
    assert queue.p_abandon == 0
    impatient = markovian_queue(arrival_rate=load, service_rate=1, abandon_rate=1e9, agents=agents)
    assert impatient.p_abandon == pytest.approx(erlang_b(load, agents), rel=1e-5)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.floats(0.1, 5))
def test_mean_in_system_solves_its_equation(steps: list[float], mean_stay: float) -> None:
    """Against a numeric solution of m' = lambda - m / E[S], step by step."""
    found = mean_in_system(np.array(steps), step=1.0, mean_stay=mean_stay)
    mean = 0.0
    for rate, value in zip(steps[:3], found[:3], strict=False):
        mean = solve_ivp(
            lambda _, m, rate=rate: rate - m / mean_stay, (0, 1), [mean], rtol=1e-9, atol=1e-9
        ).y[0, -1]
        assert value == pytest.approx(mean, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        ({"arrival_rate": 0.0}, "`arrival_rate` is 0.0"),
        ({"service_rate": -1.0}, "`service_rate` is -1.0"),
        ({"abandon_rate": -0.1}, "`abandon_rate` is -0.1"),
        ({"agents": 0}, "`agents` is 0"),
        ({"arrival_rate": 10.0, "abandon_rate": 0.0}, "grows for ever"),
    ],
)
def test_refusals(wrong: dict[str, float], fact: str) -> None:
    right = {"arrival_rate": 2.0, "service_rate": 1.0, "abandon_rate": 1.0, "agents": 10}
    with pytest.raises(ConfigError, match=fact):
        markovian_queue(**(right | wrong))  # type: ignore[arg-type]
