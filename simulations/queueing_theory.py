"""What queueing theory says of systems whose answer is known: no draw, no clock.

Times and rates share any one unit. Loads are offered loads in erlangs: arrival rate x mean service.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.simulations.clock import Floats

_NEGLIGIBLE: Final = 60 * math.log(2)  # states beyond it weigh less than 2^-60 of one before them


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One pool of agents in equilibrium; waits are over all customers, lost ones included."""

    p_wait: float  # no agent is free on arrival
    p_abandon: float
    mean_wait: float
    occupancy: float  # share of the agents' time that is spent serving


def markovian_queue(
    *, arrival_rate: float, service_rate: float, abandon_rate: float, agents: int
) -> Queue:
    """Return M/M/c+M (Erlang-A) from its birth-death chain; `abandon_rate` 0 is Erlang-C.

    p_n / p_{n-1} = lambda / death(n), death(n) = min(n, c) mu + max(n - c, 0) theta;
    P(wait) = sum_{n >= c} p_n, E[W] = E[Lq] / lambda (Little), P(abandon) = theta E[W],
    occupancy = lambda (1 - P(abandon)) / (c mu).

    Args:
        arrival_rate: lambda > 0.
        service_rate: mu > 0, of one agent.
        abandon_rate: theta >= 0, of one waiting customer.
        agents: c >= 1.

    Raises:
        ConfigError: A rate lies outside its domain, or the queue would grow for ever.

    References:
        Palm (1957); Garnett, Mandelbaum and Reiman (2002), M&SOM 4, 208-227.
    """
    checks.positive("arrival_rate", arrival_rate)
    checks.positive("service_rate", service_rate)
    checks.at_least("abandon_rate", abandon_rate, 0)
    checks.at_least("agents", agents, 1)
    load = arrival_rate / service_rate
    if abandon_rate == 0 and load >= agents:
        raise ConfigError(
            f"an offered load of {load:g} erlangs for {agents} agents and endless patience: the "
            "queue grows for ever"
        )
    n = np.arange(1, _states(arrival_rate, service_rate, abandon_rate, agents))
    death = np.minimum(n, agents) * service_rate + np.maximum(n - agents, 0) * abandon_rate
    log_p = np.concatenate(([0.0], np.cumsum(np.log(arrival_rate / death))))
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    mean_wait = float(p[agents:] @ np.arange(p.size - agents)) / arrival_rate
    return Queue(
        p_wait=float(p[agents:].sum()),
        p_abandon=abandon_rate * mean_wait,
        mean_wait=mean_wait,
        occupancy=load * (1 - abandon_rate * mean_wait) / agents,
    )


def _states(arrival_rate: float, service_rate: float, abandon_rate: float, agents: int) -> int:
    """Return how many states of the chain matter.

    Beyond c the chain shrinks at least by rho = lambda / (c mu) a step, and from the state on at
    which twice as many leave as come, at least by half.
    """
    beyond = []
    if (rho := arrival_rate / (agents * service_rate)) < 1:
        beyond.append(_NEGLIGIBLE / -math.log(rho))
    if abandon_rate > 0:
        crowded = max(0.0, (2 * arrival_rate - agents * service_rate) / abandon_rate)
        beyond.append(crowded + _NEGLIGIBLE / math.log(2))
    return agents + math.ceil(min(beyond)) + 2


def erlang_b(load: float, agents: int) -> float:
    """Return the share of lost customers where nobody may wait: M/G/c/c.

    B(0) = 1, B(c) = a B(c - 1) / (c + a B(c - 1)).
    """
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, agents: int) -> float:
    """Return P(wait) with endless patience: C = B / (1 - rho (1 - B)), rho = load / agents < 1."""
    blocked = erlang_b(load, agents)
    return blocked / (1 - load / agents * (1 - blocked))


def single_server_wait(*, load: float, mean_service: float, service_cv: float) -> float:
    """Return the mean wait in M/G/1, load < 1: rho E[S] (1 + cv^2) / (2 (1 - rho)).

    References:
        Pollaczek (1930); Khinchine (1932).
    """
    return load * mean_service * (1 + service_cv**2) / (2 * (1 - load))


def mean_in_system(rates: Floats, *, step: float, mean_stay: float) -> Floats:
    """Return the mean number in M_t/M/infinity at the end of each step, beginning empty.

    m' = lambda(t) - m / E[S], solved over each step of constant rate:
    m(t + step) = m(t) d + lambda E[S] (1 - d), d = exp(-step / E[S]). The number is Poisson.

    Args:
        rates: Arrival rate in each step, shape (n,).
        step: Length of a step.
        mean_stay: E[S], exponential.

    Returns:
        Means, shape (n,).

    References:
        Eick, Massey and Whitt (1993), Management Science 39, 241-252.
    """
    decay = math.exp(-step / mean_stay)
    means, mean = np.empty(rates.size), 0.0
    for index, rate in enumerate(rates):
        mean = mean * decay + float(rate) * mean_stay * (1 - decay)
        means[index] = mean
    return means
