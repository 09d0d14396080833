"""Who contacts the bot: use-case, matter, hardness and arm of every customer."""

from dataclasses import dataclass

import numpy as np

from abkit.simulations.arrivals import first_contacts
from abkit.simulations.clock import DAY, TAIL, WEEK, Microseconds
from abkit.simulations.designs import CONTROL, is_treated
from abkit.simulations.draws import Draws, choose
from abkit.simulations.scenario import LEVELS, Scenario
from abkit.simulations.supply import Codes


@dataclass(frozen=True, slots=True)
class Customers:
    """One row per customer, who has one issue; codes index the scenario's names."""

    arrival: Microseconds  # start of the first contact
    use_case: Codes
    reason: Codes  # true reason
    level: Codes  # hardness of the issue
    arm: Codes  # for good: repeats stay in it


def make_customers(scenario: Scenario, *, weeks: int, draws: Draws) -> Customers:
    """Return the customers whose first contact starts in the counted days or in the tail.

    Nothing but `arm` depends on the scenario's arms and design, so other weights move customers
    between arms and change nothing else.
    """
    seed, replication = draws.seed, draws.replication
    days = weeks * 7 + TAIL // DAY
    arrival = first_contacts(scenario.arrivals, days=days, seed=seed, replication=replication)
    everybody = np.arange(arrival.size, dtype=np.int64)
    cases = scenario.use_cases
    use_case = choose(
        draws.of("use-case", 0, everybody), np.array([case.share for case in cases.values()])
    )
    u = draws.of("true reason", 0, everybody)
    reason = np.empty(arrival.size, dtype=np.int8)
    for code, name in enumerate(cases):
        members = use_case == code
        reason[members] = choose(u[members], scenario.reason_shares(name))
    level = np.floor(draws.of("hardness", 0, everybody) * LEVELS).astype(np.int8)
    arm = _arms(scenario, arrival, draws)
    return Customers(arrival, use_case, reason, level, arm)


def _arms(scenario: Scenario, arrival: Microseconds, draws: Draws) -> Codes:
    """Return each customer's arm: by weights, or as the blocks of the design say.

    Where all weight lies on one arm everybody is in it, whatever the design.
    """
    design, names = scenario.design, list(scenario.arms)
    u = draws.of("arm", 0, np.arange(arrival.size, dtype=np.int64))
    weights = np.array([arm.weight for arm in scenario.arms.values()])
    arm = choose(u, weights / weights.sum())
    if not weights.all() or not (design.has_blocks or design.control_weeks):
        return arm
    control = names.index(CONTROL)
    if design.has_blocks:
        treated = is_treated(design, arrival, u, seed=draws.seed, replication=draws.replication)
        return np.where(treated, 1 - control, control).astype(np.int8)
    return np.where(arrival < design.control_weeks * WEEK, control, arm).astype(np.int8)
