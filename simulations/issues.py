"""Issues over their attempts: contacts by attempt number, and what links one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from abkit.simulations.agents import Requests, Waits
from abkit.simulations.clock import Microseconds
from abkit.simulations.conversation import Bot, Contacts, Mask
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Draws, Indices


@dataclass(frozen=True, slots=True)
class Issues:
    """All contacts that may come to be, one attempt number after another; shape (n,) each.

    A contact is anchored at the last request for an agent before it in its issue: until the queue
    is played, only the time since that request's end is known.
    """

    contacts: Contacts
    attempt: Indices  # 1 for the first contact
    parent: Indices  # the contact before it, a row; -1: none
    anchor: Indices  # the last escalated contact before it, a row; -1: none
    since_anchor: Microseconds  # start, from the end of the anchor, or from time 0 without one
    first_rows: Indices  # first row of each attempt number, and the end, shape (attempts + 1,)

    def by_attempt(self) -> Iterator[slice]:
        """Yield the rows of each attempt number, in order."""
        for first, end in zip(self.first_rows[:-1], self.first_rows[1:], strict=True):
            yield slice(int(first), int(end))


def make_issues(bot: Bot, customers: Customers, *, draws: Draws, horizon: int) -> Issues:
    """Return every contact that may come to be before the horizon.

    A repeat after an escalated contact is there if either way out of the queue would lead to it;
    whether it comes to be is known once the queue has been played.
    """
    everybody = np.arange(customers.arrival.size, dtype=np.int64)
    nobody_before = np.full(everybody.size, -1, dtype=np.int64)
    generations: list[Contacts] = []
    links = [(nobody_before, nobody_before, customers.arrival)]  # parent, anchor, since_anchor
    who, first_row = everybody, 0
    while who.size or not generations:
        attempt = len(generations) + 1
        contacts = bot.converse(customers, who, attempt=attempt, draws=draws)
        generations.append(contacts)
        rows, (parent, anchor, start) = _next_links(contacts, links[-1], first_row, horizon)
        first_row += who.size
        who = who[rows]
        links.append((parent, anchor, start))
    sizes = [generation.customer.size for generation in generations]
    parent, anchor, start = (np.concatenate(column) for column in zip(*links, strict=True))
    attempts = np.arange(1, len(sizes) + 1)
    first_rows = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
    return Issues(
        _stacked(generations), np.repeat(attempts, sizes), parent, anchor, start, first_rows
    )


def _next_links(
    contacts: Contacts,
    links: tuple[Indices, Indices, Microseconds],
    first_row: int,
    horizon: int,
) -> tuple[Indices, tuple[Indices, Indices, Microseconds]]:
    """Return which contacts may be repeated, and the repeats' parent, anchor and start."""
    _, anchor, start = links
    row = first_row + np.arange(contacts.customer.size)
    next_anchor = np.where(contacts.escalated, row, anchor)
    after_bot = start + contacts.bot + contacts.delay
    next_start = np.where(contacts.escalated, contacts.delay, after_bot)
    rows = np.flatnonzero(contacts.may_repeat() & (next_start < horizon))
    return rows, (row[rows], next_anchor[rows], next_start[rows])


def _stacked(generations: list[Contacts]) -> Contacts:
    """Return the contacts of all attempts, one attempt after another."""
    columns = {
        field.name: np.concatenate([getattr(contacts, field.name) for contacts in generations])
        for field in fields(Contacts)
    }
    return Contacts(**columns)


def agent_requests(issues: Issues) -> Requests:
    """Return the requests for an agent, numbered as the escalated contacts are in order."""
    contacts = issues.contacts
    rows = np.flatnonzero(contacts.escalated)
    number = np.full(contacts.escalated.size, -1, dtype=np.int64)
    number[rows] = np.arange(rows.size)
    anchor, start, join_after = issues.anchor[rows], issues.since_anchor[rows], contacts.bot[rows]
    following = np.full(rows.size, -1, dtype=np.int64)
    returns = np.flatnonzero(anchor >= 0)
    following[number[anchor[returns]]] = returns
    roots = np.flatnonzero(anchor < 0)
    times = start[roots] + join_after[roots]
    order = np.argsort(times, kind="stable")
    return Requests(
        roots=roots[order],
        root_times=times[order],
        service=contacts.service[rows],
        patience=contacts.patience[rows],
        following=following,
        follows_if_served=contacts.repeats_if_served[rows],
        follows_if_abandoned=contacts.repeats_if_abandoned[rows],
        start_after=start,
        join_after=join_after,
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """When each contact of `Issues` began and ended, and how its request went; shape (n,)."""

    exists: Mask  # came to be, before the horizon
    start: Microseconds
    end: Microseconds
    wait: Microseconds  # in the agents' queue; -1: no agent asked for
    served: Mask  # by an agent


def make_timeline(issues: Issues, customers: Customers, waits: Waits, *, horizon: int) -> Timeline:
    """Return the times of all contacts, attempt by attempt, once the queue has been played."""
    contacts, parent = issues.contacts, issues.parent
    n = contacts.customer.size
    wait, served = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=bool)
    wait[contacts.escalated], served[contacts.escalated] = waits.wait, waits.served
    duration = contacts.bot + np.maximum(wait, 0) + np.where(served, contacts.service, 0)
    repeats = np.where(
        contacts.escalated,
        np.where(served, contacts.repeats_if_served, contacts.repeats_if_abandoned),
        contacts.repeats,
    )
    exists, start = np.ones(n, dtype=bool), np.empty(n, dtype=np.int64)
    for rows in issues.by_attempt():
        before = parent[rows]
        if rows.start == 0:
            start[rows] = customers.arrival
            continue
        start[rows] = start[before] + duration[before] + contacts.delay[before]
        exists[rows] = exists[before] & repeats[before] & (start[rows] < horizon)
    return Timeline(exists, start, start + duration, wait, served)
