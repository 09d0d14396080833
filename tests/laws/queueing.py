"""Oracles of queueing theory, written once, and requests that look like theirs."""

import heapq
from dataclasses import dataclass

import numpy as np

from abkit.simulations.agents import Requests, Waits

NEVER = 2**61  # a patience that does not end, microseconds


@dataclass(frozen=True)
class Queue:
    """Stationary quantities of M/M/c+M, time in the unit of the rates."""

    p_wait: float
    p_abandon: float
    mean_wait: float  # over all customers, those who abandon included


def erlang_a(*, arrival_rate: float, service_rate: float, abandon_rate: float, c: int) -> Queue:
    """Return M/M/c+M from its birth-death chain: p_{n+1} / p_n = lambda / death(n + 1).

    death(n) = min(n, c) mu + max(n - c, 0) theta; P(abandon) = theta E[Lq] / lambda,
    E[W] = E[Lq] / lambda (Little). `abandon_rate` 0 is Erlang-C.
    """
    states = np.arange(20_000)
    death = np.minimum(states[1:], c) * service_rate
    death = death + np.maximum(states[1:] - c, 0) * abandon_rate
    log_p = np.concatenate(([0.0], np.cumsum(np.log(arrival_rate / death))))
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    queue = float((np.maximum(states - c, 0) * p).sum())
    return Queue(
        p_wait=float(p[c:].sum()),
        p_abandon=abandon_rate * queue / arrival_rate,
        mean_wait=queue / arrival_rate,
    )


def single_requests(times: np.ndarray, service: np.ndarray, patience: np.ndarray) -> Requests:
    """Return requests of customers who never come back, microseconds, sorted by time."""
    n = times.size
    nothing = np.zeros(n, dtype=np.int64)
    return Requests(
        roots=np.arange(n),
        root_times=times,
        service=service,
        patience=patience,
        following=nothing - 1,
        follows_if_served=nothing > 0,
        follows_if_abandoned=nothing > 0,
        start_after=nothing,
        join_after=nothing,
    )


def offered_wait_recursion(
    times: np.ndarray, service: np.ndarray, patience: np.ndarray, c: int
) -> Waits:
    """Return what first come, first served with c agents does to each customer.

    Keep the c times at which an agent is next free. A customer's offered wait is the smallest of
    them minus the arrival, at least 0; if it exceeds the patience nothing else changes, else the
    smallest becomes start + service. Exact for G/G/c+G.
    """
    free = [0] * c
    wait, served = np.empty(times.size, dtype=np.int64), np.empty(times.size, dtype=bool)
    for i in range(times.size):
        arrival, limit = int(times[i]), int(patience[i])
        offered = max(0, free[0] - arrival)
        served[i] = offered <= limit
        wait[i] = min(offered, limit)
        if served[i]:
            heapq.heapreplace(free, arrival + offered + int(service[i]))
    return Waits(wait, served)
