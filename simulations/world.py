"""The two-branch chatbot: from a scenario and scored texts to a contact log."""

import gc
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.simulations.agents import run_agents
from abkit.simulations.backlog import with_backlog, without_backlog
from abkit.simulations.clock import TAIL, WEEK
from abkit.simulations.contact_log import contact_log_parts, make_contact_log
from abkit.simulations.conversation import Bot
from abkit.simulations.customers import Customers, make_customers
from abkit.simulations.draws import Draws
from abkit.simulations.issues import (
    Issues,
    Timeline,
    agent_requests,
    make_issues,
    make_timeline,
    without,
)
from abkit.simulations.scenario import MAX_CUSTOMERS, Scenario
from abkit.simulations.supply import ScoredSupply

__all__ = ["Played", "ScoredSupply", "check_size", "play", "simulate_contacts", "simulate_parts"]

MAX_WEEKS: Final = 520  # ten years
_LARGE: Final = 10**5  # requests for an agent; fewer are not worth the time to look for


def simulate_contacts(
    scenario: Scenario,
    supply: ScoredSupply,
    *,
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    progress: Progress = SILENT,
) -> pa.Table:
    """Return the contact log of one simulated experiment.

    First contacts arrive during the counted days and a tail of 24 h; whatever has begun by the
    end of the tail is played to its end, and repeats that would start later are left out. The
    world begins without earlier contacts, hence on the first day no repeats of them arrive, and
    agents begin free, but for the scenario's backlog.

    Args:
        scenario: Customers, bot, agents, arms.
        supply: Texts with calibrated P(LABEL 0), by true reason and hardness.
        threshold: A text is flagged when its score is at least this, unless its arm has another.
        weeks: Counted weeks, from Monday 2024-01-01 on.
        seed: Root of every draw.
        replication: Independent repetition with the same seed.
        progress: Shown by simulated day.

    Returns:
        A table with `CONTACT_SCHEMA`, sorted by `started_at`, then `contact_id`.

    Raises:
        ConfigError: `weeks`, `threshold`, `seed` or `replication` lies outside its domain, or
            more customers would come than identifiers can tell apart.
    """
    made = play(
        scenario, supply, threshold=threshold, weeks=weeks, seed=seed, replication=replication,
        progress=progress,
    )  # fmt: skip
    return make_contact_log(
        made.bot, made.customers, made.issues, made.timeline, counted_until=weeks * WEEK
    )


def simulate_parts(
    scenario: Scenario,
    supply: ScoredSupply,
    *,
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    progress: Progress = SILENT,
) -> Iterator[pa.Table]:
    """Yield the contact log of `simulate_contacts` part by part: whole days, in order.

    For logs that are written as they are made: only the codes of all contacts are in memory, a
    third of what their texts and identifiers would take.
    """
    made = play(
        scenario, supply, threshold=threshold, weeks=weeks, seed=seed, replication=replication,
        progress=progress,
    )  # fmt: skip
    yield from contact_log_parts(
        made.bot, made.customers, made.issues, made.timeline, counted_until=weeks * WEEK
    )


@dataclass(frozen=True, slots=True)
class Played:
    """What came to be: contacts of all customers, and when they were."""

    bot: Bot
    customers: Customers
    issues: Issues  # without the columns that only the queue needs
    timeline: Timeline


Alter = Callable[[Bot, Customers, Draws], tuple[Bot, Customers]]


def as_it_is(bot: Bot, customers: Customers, _: Draws) -> tuple[Bot, Customers]:
    """Alter nothing."""
    return bot, customers


def play(
    scenario: Scenario,
    supply: ScoredSupply,
    *,
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    alter: Alter = as_it_is,
    progress: Progress = SILENT,
) -> Played:
    """Return a world as arrays, of which `simulate_contacts` makes the log; arguments as there.

    `alter` may put another bot or other customers, the same in number and arrival, in their place.
    """
    check_size(scenario, weeks=weeks, seed=seed)
    checks.at_least("replication", replication, 0)
    if not math.isfinite(threshold):
        raise ConfigError(f"`threshold` is {threshold}; expected a finite number")
    draws = Draws(seed, replication)
    horizon = weeks * WEEK + TAIL
    bot = Bot(scenario, supply, threshold)
    bot, customers = alter(bot, make_customers(scenario, weeks=weeks, draws=draws), draws)
    issues = make_issues(bot, customers, draws=draws, horizon=horizon)
    agents = scenario.agents
    requests = with_backlog(agent_requests(issues), agents, draws=draws)
    issues = without(issues, "anchor", "since_anchor", "patience")
    waits = run_agents(requests, agents.steps(), horizon=horizon, progress=progress)
    large = requests.service.size > _LARGE
    del requests
    if large:
        gc.collect()  # the queue refers to itself: it would stay until Python looks for such
    waits = without_backlog(waits, agents)
    timeline = make_timeline(issues, customers, waits, horizon=horizon)
    issues = without(issues, "bot", "service", "delay")
    return Played(bot, customers, issues, timeline)


def check_size(scenario: Scenario, *, weeks: int, seed: int) -> None:
    """Raise `ConfigError` for a world that cannot be simulated: to be asked before any long work.

    Args:
        scenario: Its volume counts.
        weeks: Counted weeks, 1 to 520.
        seed: Root of every draw, 0 to 2^63 - 1.
    """
    checks.at_least("weeks", weeks, 1)
    if weeks > MAX_WEEKS:
        raise ConfigError(f"`weeks` is {weeks}; expected at most {MAX_WEEKS}, ten years")
    checks.at_least("seed", seed, 0)
    if seed >= 2**63:
        raise ConfigError(f"`seed` is {seed}; expected less than 2^63")
    volume = scenario.arrivals.first_contacts_per_week
    expected = volume * (weeks + TAIL / WEEK)
    if expected > MAX_CUSTOMERS:
        raise ConfigError(
            f"`weeks` is {weeks} and `arrivals.first_contacts_per_week` is {volume:g}: about "
            f"{expected:.3g} customers; expected at most {MAX_CUSTOMERS}",
            hint="simulate fewer weeks or a smaller volume",
        )
