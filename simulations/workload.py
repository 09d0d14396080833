"""Refuse agents who can never do the work: nobody on duty, or a queue that only grows."""

from typing import Final

import numpy as np

from abkit.simulations.clock import HOUR, SECOND, WEEK
from abkit.simulations.staffing import Agents

MOST: Final = 3  # times the work that can be done, asked for by those who would wait a week

_WEEK_S: Final = WEEK / SECOND


def check_workload(agents: Agents, *, requests_per_week: float) -> None:
    """Raise `ValueError` unless agents can do about what is asked, or customers give up.

    Args:
        agents: Heads, service time, patience, backlog.
        requests_per_week: Expected requests for an agent, at least.
    """
    heads = float(np.mean(agents.steps()))
    if heads == 0 and (requests_per_week > 0 or agents.backlog > 0):
        raise ValueError(
            "`agents.heads`: no agent is ever on duty in the week, but at least "
            f"{_count(requests_per_week)} contacts a week ask for one and {agents.backlog} wait "
            'at the start; expected some, or `heads = "unlimited"`'
        )
    if requests_per_week == 0 or heads == np.inf:
        return
    asked_h = requests_per_week * agents.service.mean_s * SECOND / HOUR
    given_h = heads * WEEK / HOUR
    stay = agents.patience.survival(_WEEK_S)
    if asked_h * stay > MOST * given_h:
        raise ValueError(
            f"`agents`: at least {_count(requests_per_week)} contacts a week ask for an agent, "
            f"{_count(asked_h)} hours of work at {agents.service.mean_s:g} s each, for "
            f"{_count(given_h)} hours on duty, and {100 * stay:.3g} % of customers would wait "
            f"longer than a week: the queue would only grow; expected at most {MOST} times the "
            "hours on duty, or less patience"
        )


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
