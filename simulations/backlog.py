"""Customers who wait already when the simulated time begins."""

from dataclasses import replace

import numpy as np

from abkit.simulations.agents import Requests, Waits
from abkit.simulations.draws import Draws
from abkit.simulations.staffing import Agents


def with_backlog(requests: Requests, agents: Agents, *, draws: Draws) -> Requests:
    """Return the requests, and after them those of the backlog, who ask first, at time 0.

    Their service and patience are draws of their own, element i for the i-th in line. They do not
    come back.
    """
    n = agents.backlog
    if not n:
        return requests
    line = np.arange(n, dtype=np.int64)
    service = agents.service.quantile(draws.of("backlog service", 0, line))
    patience = agents.patience.quantile(draws.of("backlog patience", 0, line))
    nothing, nobody = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    return replace(
        requests,
        roots=np.concatenate([requests.service.size + line, requests.roots]),
        root_times=np.concatenate([nothing, requests.root_times]),
        service=np.concatenate([requests.service, service]),
        patience=np.concatenate([requests.patience, patience]),
        following=np.concatenate([requests.following, nothing - 1]),
        follows_if_served=np.concatenate([requests.follows_if_served, nobody]),
        follows_if_abandoned=np.concatenate([requests.follows_if_abandoned, nobody]),
        start_after=np.concatenate([requests.start_after, nothing]),
        join_after=np.concatenate([requests.join_after, nothing]),
    )


def without_backlog(waits: Waits, agents: Agents) -> Waits:
    """Return the waits of those who have contacts in the log."""
    n = waits.wait.size - agents.backlog
    return Waits(waits.wait[:n], waits.served[:n])
