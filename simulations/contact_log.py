"""From arrays of codes to the contact log of `abkit.core.contacts`."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from abkit.core.contacts import CONTACT_SCHEMA, OUTCOMES, RESPONSES, START
from abkit.core.errors import ConfigError
from abkit.core.reasons import REASONS
from abkit.simulations.clock import DAY, SECOND, Microseconds
from abkit.simulations.conversation import Bot, Contacts, Mask
from abkit.simulations.customers import Customers
from abkit.simulations.draws import Indices
from abkit.simulations.issues import Issues, Timeline
from abkit.simulations.scenario import MAX_ATTEMPTS, Scenario
from abkit.simulations.supply import Codes

# ASCII digits of 0000 to 9999, shape (10000, 4): a look-up is five times as fast as division
_FOUR_DIGITS: Final = np.frombuffer(
    "".join(f"{number:04d}" for number in range(10_000)).encode(), dtype=np.uint8
).reshape(-1, 4)

BLOCK: Final = pa.field("block", pa.int32())  # of time, that of the customer's first contact

_PIECE: Final = 2**20  # rows; Parquet's default row group
_PART: Final = 2**18  # contacts; a row group of the file, enough for DuckDB to be quick
_MAX_CONTACTS: Final = (2**31 - 1) // 12  # a contact's identifier has 12 characters; see `_strings`


def log_schema(scenario: Scenario) -> pa.Schema:
    """Return the columns of a scenario's log: where blocks of time are randomised, one more."""
    return CONTACT_SCHEMA.append(BLOCK) if scenario.design.has_blocks else CONTACT_SCHEMA


def make_contact_log(
    bot: Bot, customers: Customers, issues: Issues, timeline: Timeline, *, counted_until: int
) -> pa.Table:
    """Return the contacts that came to be, sorted by start, then by identifier.

    Args:
        bot: Scenario and supply behind the codes.
        customers: One row per customer.
        issues: All contacts that might have come to be.
        timeline: Which of them did, and when.
        counted_until: End of the counted days, microseconds.

    Raises:
        ConfigError: There are more contacts in a day than one array of identifiers holds.
    """
    parts = contact_log_parts(bot, customers, issues, timeline, counted_until=counted_until)
    return pa.concat_tables(list(parts))


def contact_log_parts(
    bot: Bot, customers: Customers, issues: Issues, timeline: Timeline, *, counted_until: int
) -> Iterator[pa.Table]:
    """Yield the contact log in order, in parts of whole days: at least one, maybe without rows.

    A part has as many days as make 2^18 contacts; arguments as for `make_contact_log`.
    """
    for first_day, end_day in _parts(timeline):
        rows = _in_order(issues, timeline, first_day * DAY, end_day * DAY)
        if rows.size > _MAX_CONTACTS:
            raise ConfigError(
                f"{rows.size} contacts came to be in a few days; expected at most {_MAX_CONTACTS}",
                hint="simulate a smaller volume",
            )
        yield _part(bot, customers, issues, timeline, rows, counted_until)


def _parts(timeline: Timeline) -> list[tuple[int, int]]:
    """Return first day and end of each part."""
    by_day = np.zeros(1, dtype=np.int64)
    for at in range(0, timeline.start.size, _PIECE):  # what is made on the way stays small
        piece = slice(at, at + _PIECE)
        days = timeline.start[piece][timeline.exists[piece]] // DAY
        counts = np.bincount(days, minlength=by_day.size)
        counts[: by_day.size] += by_day
        by_day = counts
    parts, first, n = [], 0, 0
    for day, contacts in enumerate(by_day.tolist(), 1):
        n += contacts
        if n >= _PART:
            parts.append((first, day))
            first, n = day, 0
    if n and parts and n < _PART // 2:  # a small rest joins the part before it
        parts[-1] = parts[-1][0], by_day.size
    elif n or not parts:
        parts.append((first, by_day.size))
    return parts


def _part(
    bot: Bot, customers: Customers, issues: Issues, timeline: Timeline, rows: Indices,
    counted_until: int,
) -> pa.Table:  # fmt: skip
    """Return the rows of the log that these contacts are."""
    contacts, names = issues.contacts, bot.scenario
    who, start = contacts.customer[rows], timeline.start[rows]
    columns = {
        **_identifiers(who, issues.attempt[rows]),
        **_text(bot, contacts.text_row[rows], contacts.arm[rows]),
        **_answers(bot, contacts, timeline, rows),
        "use_case": _words(customers.use_case[who], list(names.use_cases)),
        "arm": _words(contacts.arm[rows], list(names.arms)),
        "started_at": _instants(start),
        "ended_at": _instants(timeline.end[rows]),
        "counted": start < counted_until,
        "menu_reason": _words(contacts.menu[rows], REASONS),
        "assigned_reason": _words(contacts.believed[rows], REASONS),
        "true_reason": _words(customers.reason[who], REASONS),
        "true_hardness": customers.level[who],
    }
    if names.design.has_blocks:
        columns[BLOCK.name] = names.design.blocks(customers.arrival)[who]
    schema = log_schema(names)
    return pa.table([_column(columns[field.name], field.type) for field in schema], schema)


def _column(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return values if isinstance(values, pa.ChunkedArray) else pa.array(values, kind)


def _text(
    bot: Bot, text_row: npt.NDArray[np.int32], arm: Codes
) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Return the text, its score and its flag; null where there is no usable text.

    The texts come in pieces: one array of strings holds no more than 2 GiB of characters.
    """
    absent = text_row < 0
    row = np.where(absent, 0, text_row)
    pieces = [slice(at, at + _PIECE) for at in range(0, row.size, _PIECE)]
    texts = [bot.supply.texts.take(pa.array(row[at], mask=absent[at])) for at in pieces]
    return {
        "text": pa.chunked_array(texts, pa.string()),
        "score": pa.array(bot.supply.scores[row], mask=absent),
        "flagged": pa.array(bot.flagged(row, arm), mask=absent),
    }


def _answers(
    bot: Bot, contacts: Contacts, timeline: Timeline, rows: Indices
) -> dict[str, pa.Array]:
    """Return what was offered, what the customer made of it, and how the contact ended."""
    offered, accepted = contacts.offered[rows], contacts.accepted[rows]
    positive, responded = contacts.positive[rows], contacts.responded[rows]
    wait = timeline.wait[rows]
    resolutions = bot.scenario.resolutions.names()
    return {
        "resolution": _words(contacts.believed[rows], resolutions, absent=~offered),
        "accepted": pa.array(accepted, mask=~offered),
        "automated": pa.array(accepted),
        "response": _words(np.where(positive, 0, 1), RESPONSES, absent=~responded),
        "outcome": _words(_outcomes(accepted, wait, timeline.served[rows]), OUTCOMES),
        "wait_s": pa.array(wait / SECOND, mask=wait < 0),
    }


def _in_order(issues: Issues, timeline: Timeline, since: int, until: int) -> Indices:
    """Return the contacts that came to be in [since, until), by start, customer, attempt."""
    start = timeline.start
    rows = np.flatnonzero(timeline.exists & (start >= since) & (start < until))
    identity = issues.contacts.customer[rows] * (MAX_ATTEMPTS + 1) + issues.attempt[rows]
    return rows[np.lexsort((identity, start[rows]))]


def _outcomes(accepted: Mask, wait: Microseconds, served: Mask) -> Codes:
    """Return codes into OUTCOMES; a contact is accepted, or asks for an agent, or leaves."""
    codes = np.full(accepted.size, OUTCOMES.index("left_silently"), dtype=np.int8)
    codes[accepted] = OUTCOMES.index("resolved_by_bot")
    codes[wait >= 0] = OUTCOMES.index("abandoned_queue")
    codes[served] = OUTCOMES.index("resolved_by_agent")
    return codes


def _words(
    codes: npt.NDArray[np.integer], words: Sequence[str], absent: Mask | None = None
) -> pa.Array:
    """Return dictionary-encoded words, each once, null where absent."""
    unique = list(dict.fromkeys(words))
    if len(unique) < len(words):  # two reasons with one resolution
        codes = np.array([unique.index(word) for word in words])[codes]
    indices = pa.array(codes.astype(np.int8), mask=absent)
    return pa.DictionaryArray.from_arrays(indices, pa.array(unique, pa.string()))


def _instants(times: Microseconds) -> pa.Array:
    return pa.array(START.astype(np.int64) + times).cast(CONTACT_SCHEMA.field("started_at").type)


def _identifiers(customer: Indices, attempt: npt.NDArray[np.integer]) -> dict[str, pa.Array]:
    """Return the three identifiers and the attempt; contact `c00000042-01`, issue `i00000042`."""
    digits = np.hstack([_FOUR_DIGITS[customer // 10_000], _FOUR_DIGITS[customer % 10_000]])
    return {
        "contact_id": _strings("c", digits, "-", _FOUR_DIGITS[attempt, 2:]),
        "customer_id": _strings("u", digits),
        "issue_id": _strings("i", digits),
        "attempt": pa.array(attempt.astype(np.int16)),
    }


def _strings(*parts: str | npt.NDArray[np.uint8]) -> pa.Array:
    """Join fixed-width parts into strings without a Python object per row."""
    n = next(part.shape[0] for part in parts if not isinstance(part, str))
    blocks = [
        np.tile(np.frombuffer(part.encode(), np.uint8), (n, 1)) if isinstance(part, str) else part
        for part in parts
    ]
    characters = np.ascontiguousarray(np.concatenate(blocks, axis=1))
    offsets = np.arange(n + 1, dtype=np.int32) * np.int32(characters.shape[1])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(characters)]
    return pa.Array.from_buffers(pa.string(), n, buffers)
