"""Issues over their attempts: contacts by attempt number, and what links one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.simulations.agents import Requests, Waits
from abkit.simulations.clock import Microseconds
from abkit.simulations.conversation import Bot, Contacts, Mask
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Draws, Indices
from abkit.simulations.supply import Codes

Rows = npt.NDArray[np.int32]
Links = tuple[Rows, Rows, Microseconds]

_PIECE: Final = 2**17  # customers at a time: what is made on the way stays small


@dataclass(frozen=True, slots=True)
class Issues:
    """All contacts that may come to be, one attempt number after another; shape (n,) each.

    A contact is anchored at the last request for an agent before it in its issue: until the queue
    is played, only the time since that request's end is known.
    """

    contacts: Contacts
    attempt: Codes  # 1 for the first contact
    parent: Rows  # the contact before it, a row; -1: none
    anchor: Rows  # the last escalated contact before it, a row; -1: none
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
    nobody_before = np.full(everybody.size, -1, dtype=np.int32)
    links = [(nobody_before, nobody_before, customers.arrival)]  # parent, anchor, since_anchor
    generations: list[_Columns] = []
    who, sizes = everybody, [0]
    while who.size or not generations:
        first_row, made, next_who, next_links = sum(sizes), _Columns(who.size), [], []
        for at in range(0, max(who.size, 1), _PIECE):
            piece = slice(at, at + _PIECE)
            contacts = bot.converse(customers, who[piece], attempt=len(sizes), draws=draws)
            made.put(piece, contacts)
            _, anchor, start = links[-1]
            rows, following = _next_links(
                contacts, anchor[piece], start[piece], first_row + at, horizon
            )
            next_who.append(who[piece][rows])
            next_links.append(following)
        generations.append(made)
        sizes.append(who.size)
        who = np.concatenate(next_who)
        links.append(_joined(next_links))
    parent, anchor, start = _joined(links)
    attempts = np.arange(1, len(sizes), dtype=np.int8)
    return Issues(
        _stacked(generations), np.repeat(attempts, sizes[1:]), parent, anchor, start,
        np.cumsum(sizes, dtype=np.int64),
    )  # fmt: skip


class _Columns:
    """The contacts of one attempt number, put together piece by piece.

    Written in place: small arrays, joined and freed, would leave holes in the process's memory.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.by_name: dict[str, npt.NDArray[Any]] = {}

    def put(self, rows: slice, contacts: Contacts) -> None:
        """Write a piece."""
        for field in fields(Contacts):
            values = getattr(contacts, field.name)
            if field.name not in self.by_name:
                self.by_name[field.name] = np.empty(self.n, values.dtype)
            self.by_name[field.name][rows] = values


def _stacked(generations: list[_Columns]) -> Contacts:
    """Return the contacts of all attempts, one attempt after another; empties `generations`."""
    return Contacts(
        **{
            field.name: np.concatenate([made.by_name.pop(field.name) for made in generations])
            for field in fields(Contacts)
        }
    )


def _next_links(
    contacts: Contacts, anchor: Rows, start: Microseconds, first_row: int, horizon: int
) -> tuple[Indices, Links]:
    """Return which contacts may be repeated, and the repeats' parent, anchor and start."""
    row = np.arange(first_row, first_row + contacts.customer.size, dtype=np.int32)
    next_anchor = np.where(contacts.escalated, row, anchor)
    after_bot = start + contacts.bot + contacts.delay
    next_start = np.where(contacts.escalated, contacts.delay, after_bot)
    rows = np.flatnonzero(contacts.may_repeat() & (next_start < horizon))
    return rows, (row[rows], next_anchor[rows], next_start[rows])


def _joined(links: list[Links]) -> Links:
    """Return the links of all pieces, one after another."""
    parent, anchor, start = zip(*links, strict=True)
    return np.concatenate(parent), np.concatenate(anchor), np.concatenate(start)


def without(issues: Issues, *names: str) -> Issues:
    """Return the issues without columns that have done their work; nothing stands for them.

    Half of a large world's memory is what only the queue needs.
    """
    own = {field.name for field in fields(Issues)}
    nothing: Any = np.empty(0, dtype=np.int64)
    spent: dict[str, Any] = {name: nothing for name in names if name not in own}
    return replace(
        issues,
        contacts=replace(issues.contacts, **spent),
        **{name: nothing for name in names if name in own},
    )


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
    end = np.maximum(wait, 0)  # for now how long a contact takes: one array, made in place
    end += contacts.bot
    np.add(end, contacts.service, out=end, where=served)
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
        start[rows] = start[before] + end[before] + contacts.delay[before]
        exists[rows] = exists[before] & repeats[before] & (start[rows] < horizon)
    end += start
    return Timeline(exists, start, end, wait, served)
