"""One customer of a played world retold: its rows of the log, and its move to another arm."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from abkit.simulations.clock import SECOND, WEEK
from abkit.simulations.contact_log import make_contact_log
from abkit.simulations.conversation import Bot
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Draws, Indices
from abkit.simulations.scenario import MAX_ATTEMPTS, Scenario
from abkit.simulations.world import Alter, Played


def moved(customer: int, arm: int) -> Alter:
    """Return what puts one customer into another arm and leaves everybody else where they are."""

    def alter(bot: Bot, customers: Customers, _: Draws) -> tuple[Bot, Customers]:
        arms = customers.arm.copy()
        arms[customer] = arm
        return bot, replace(customers, arm=arms)

    return alter


def rows_of(played: Played, customer: int, *, weeks: int) -> pa.Table:
    """Return a customer's rows of the contact log."""
    timeline = played.timeline
    theirs = timeline.exists & (played.issues.contacts.customer == customer)
    return make_contact_log(
        played.bot, played.customers, played.issues, replace(timeline, exists=theirs),
        counted_until=weeks * WEEK,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What a contact's answers were drawn from."""

    fits: bool  # what the bot offers, or would, is what the true reason needs
    accepts: float  # P(accepts the offer)
    bot_s: float  # conversation with the bot
    service_s: float  # by an agent, if one is reached


def chances(
    played: Played, scenario: Scenario, *, customer: int, attempt: int, believed: int, draws: Draws
) -> Chances:
    """Return what stood behind one contact; its durations are drawn again by their keys."""
    customers, bot, who = played.customers, played.bot, np.array([customer])
    reason = int(customers.reason[customer])
    cell = int(bot.cells[reason, believed])
    names = scenario.resolutions.names()
    return Chances(
        fits=names[reason] == names[believed],
        accepts=float(bot.acceptance[customers.use_case[customer], cell]),
        bot_s=float(scenario.bot.quantile(draws.of("bot time", attempt, who))[0] / SECOND),
        service_s=float(
            scenario.agents.service.quantile(draws.of("service", attempt, who))[0] / SECOND
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereChanges:
    """What one customer's move changed for all others, through the agents' queue alone."""

    contacts: int  # that waited longer or shorter, began at another time, or were in one world only
    waited_s: float  # more waiting of them together; negative: less
    contacts_more: int  # contacts that came to be, less those that did not


def changes_elsewhere(one: Played, other: Played, customer: int) -> ElsewhereChanges:
    """Return how the others fare in `other` against `one`."""
    first, second = _others(one, customer), _others(other, customer)
    both, left, right = np.intersect1d(first[0], second[0], True, True)
    moved_on = (first[1][left] != second[1][right]) | (first[2][left] != second[2][right])
    more = second[0].size - first[0].size
    alone = first[0].size + second[0].size - 2 * both.size
    waited = int(second[2].clip(min=0).sum() - first[2].clip(min=0).sum())
    return ElsewhereChanges(
        contacts=int(moved_on.sum()) + alone, waited_s=waited / SECOND, contacts_more=more
    )


def _others(played: Played, customer: int) -> tuple[Indices, Indices, Indices]:
    """Return identity, start and wait of all contacts that came to be but the customer's."""
    who, timeline = played.issues.contacts.customer, played.timeline
    rows = np.flatnonzero(timeline.exists & (who != customer))
    identity = who[rows] * (MAX_ATTEMPTS + 1) + played.issues.attempt[rows]
    return identity, timeline.start[rows], timeline.wait[rows]
