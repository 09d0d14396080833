"""`analyze --interference`: what one log says about whether the arms share a queue."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import numpy as np

from abkit.analysis.block_rows import Asked, open_contacts
from abkit.analysis.chosen_arms import one_treatment
from abkit.analysis.contact_rows import Contacts
from abkit.analysis.queue_signs import (
    COUNTS,
    RATES,
    Counts,
    before_sign,
    queue_sign,
    request_sign,
    share_sign,
)
from abkit.analysis.reading_rows import read_rows
from abkit.analysis.repeats import with_repeats
from abkit.analysis.sources import Data, Source, open_source, quoted
from abkit.analysis.until import moment_until
from abkit.analysis.values import number_value, text_value
from abkit.core import checks
from abkit.core.errors import ConfigError, DataError
from abkit.core.interference import QueueSigns, Sign

WAIT: Final = "wait_s"  # seconds in the agents' queue; null when no agent was asked for
OUTCOME: Final = "outcome"
ABANDONED: Final = "abandoned_queue"  # the outcome of whoever left the queue
_HOUR_US: Final = 3_600_000_000
_DAY_HOURS: Final = 24
_MOST_HOURS: Final = 24 * 366 * 10


def analyze_interference(
    data: Data,
    *,
    before: date | str | None = None,
    control: str | None = None,
    treatment: str | Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
    where: str | None = None,
    until: date | str | None = None,
    zone: str | None = None,
    confidence_level: float = 0.95,
    table: str | None = None,
    memory_limit: str | None = None,
) -> QueueSigns:
    """Look in a contact log for signs that what one arm does changes what the other one meets.

    Args:
        data: As for `analyze`, with `started_at` and `wait_s`; `outcome` tells who abandoned.
        before: When the experiment began; contacts before it are compared with control after it,
            and take no part in the other questions.
        control: As for `analyze`, as are the others.
        treatment: The treatment arm.
        mapping: Role -> column; `wait_s` and `outcome` are roles here, too.
        where: An SQL condition on the columns.
        until: As if the data had been taken then.
        zone: The IANA time zone of timestamps without one.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        table: The table or view of a database.
        memory_limit: As in `1GB`.

    Raises:
        ConfigError: An argument lies outside its domain, or an arm is not in the data.
        DataError: The data cannot be read, or lack times, waits or customers.
    """
    checks.level("confidence_level", confidence_level)
    own = {role: column for role, column in (mapping or {}).items() if role in (WAIT, OUTCOME)}
    others = {role: column for role, column in (mapping or {}).items() if role not in own}
    reading = read_rows(
        data, mapping=others, where=where, until=moment_until(until, zone), zone=zone,
        table=table, memory_limit=memory_limit,
    )  # fmt: skip
    if reading.cutoff is None:
        raise DataError(
            f"`{reading.source}` lacks `customer_id`, `started_at` or `ended_at`",
            hint="name them with --map customer_id=COLUMN and so on",
        )
    control, treatment = one_treatment(reading, control, treatment)
    asked = Asked(mapping=others, where=where, zone=zone, table=table, memory_limit=memory_limit)
    hours, first_hour, notes = _hours(data, asked, own, (control, treatment), reading.cutoff)
    signs, during = _asked(hours, first_hour, _began(before, zone), confidence_level)
    sums = during.sum(axis=0)
    return QueueSigns(
        source=reading.source,
        control=control,
        treatment=treatment,
        confidence_level=confidence_level,
        wait=_pair(sums, "waited_us", "requests", 1e-6),
        asked=_pair(sums, "requests", "contacts"),
        abandoned=_pair(sums, "abandoned", "contacts"),
        signs=tuple(signs),
        notes=notes,
    )


def _began(before: date | str | None, zone: str | None) -> datetime | None:
    """Return when the experiment began; of UTC, as hours and days are, where it names no zone."""
    try:
        return moment_until(before, zone or "UTC")
    except ConfigError as error:
        raise ConfigError(str(error).replace("`until`", "`before`"), hint=error.hint) from None


def _asked(
    hours: Counts, first_hour: int, before: datetime | None, level: float
) -> tuple[list[Sign], Counts]:
    """Return the signs, and the hours of the experiment."""
    during, signs = hours, list[Sign]()
    if before is not None:
        start = round(before.timestamp() * 1e6) // _HOUR_US - first_hour
        if not 0 < start < len(hours):
            raise ConfigError(
                f"`before` is {before.isoformat()}; expected a time within the data, with contacts "
                "before and after it"
            )
        day = -(-start // _DAY_HOURS)  # the first whole day of the experiment
        signs = [before_sign(hours, day, rate, confidence_level=level) for rate in RATES]
        during = hours[day * _DAY_HOURS :]
    found = [
        request_sign(during, confidence_level=level),
        *(queue_sign(during, rate, confidence_level=level) for rate in RATES),
        *(share_sign(during, rate, confidence_level=level) for rate in RATES),
        *signs,
    ]
    return found, during


def _pair(sums: Any, of: str, per: str, scale: float = 1.0) -> Any:
    """Return a rate of control and of treatment; None without trials."""
    y, m = (sums[:, COUNTS.index(name)] for name in (of, per))
    return tuple(scale * float(a) / float(b) if b else None for a, b in zip(y, m, strict=True))


def _hours(
    data: Data, asked: Asked, own: Mapping[str, str], arms: tuple[str, str], cutoff: datetime
) -> tuple[Counts, int, tuple[str, ...]]:
    """Return sums by hour from a midnight (UTC) on, arm and `COUNTS`; that hour since 1970."""
    with open_source(data, table=asked.table, memory_limit=asked.memory_limit) as source:
        contacts = open_contacts(_with_own(source, own), asked)
        rows, notes = _rows(contacts, own, cutoff)
    rows = [row for row in rows if row["arm"] in arms]
    first = min(row["hour"] for row in rows) // _DAY_HOURS * _DAY_HOURS
    n = max(row["hour"] for row in rows) - first + 1
    if n > _MOST_HOURS:
        raise DataError(f"the log spans {n // _DAY_HOURS:,} days; expected at most ten years")
    hours = np.zeros((n, 2, len(COUNTS)), dtype=np.int64)
    for row in rows:
        place = row["hour"] - first, arms.index(row["arm"])
        hours[place] += np.array([row[name] for name in COUNTS])
    return hours, first, notes


def _with_own(source: Source, own: Mapping[str, str]) -> Source:
    """Return the source, once it has the columns that only this question needs."""
    source.require(own.get(WAIT, WAIT), role=WAIT)
    if OUTCOME in own:
        source.require(own[OUTCOME], role=OUTCOME)
    return source


def _rows(
    contacts: Contacts, own: Mapping[str, str], cutoff: datetime
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the counted rows by hour and arm, and what is absent."""
    source, wait, outcome = contacts.source, own.get(WAIT, WAIT), own.get(OUTCOME, OUTCOME)
    seconds = number_value(wait, source.columns[wait])
    notes: tuple[str, ...] = ()
    left = "false"
    if outcome in source.columns:
        left = f"coalesce({text_value(outcome, source.columns[outcome])} = '{ABANDONED}', false)"
    else:
        notes = (f"no `{OUTCOME}`: nobody is known to have abandoned the queue",)
    expressions = contacts.expressions
    unit, issue = _hashes(contacts)
    events = with_repeats(
        f"""(SELECT {expressions["arm"]} AS arm, {expressions["counted"]} AS counted,
            {issue} AS issue, {contacts.times["started_at"].sql} AS start_us,
            {contacts.times["ended_at"].sql} AS end_us,
            {seconds} AS wait, {left} AS abandoned, {quoted(wait)} IS NOT NULL AS asked
            FROM {contacts.relation} WHERE {unit} IS NOT NULL)""",
        tie="arm, counted",
    )
    cutoff_us = round(cutoff.timestamp() * 1e6)
    rows = source.rows(
        f"""
        SELECT arm, start_us // {_HOUR_US} AS hour, count(*) AS contacts,
            count(*) FILTER (asked) AS requests, count(*) FILTER (abandoned) AS abandoned,
            coalesce(sum(CAST(round(wait * 1e6) AS HUGEINT)), 0)::BIGINT AS waited_us,
            count(*) FILTER (mature) AS mature, count(*) FILTER (repeated) AS repeated
        FROM ({events}) WHERE counted AND arm IS NOT NULL AND start_us <= {cutoff_us}
        GROUP BY ALL ORDER BY ALL
        """,
        cutoff_us=cutoff_us,
    )
    return list(rows), notes


def _hashes(contacts: Contacts) -> tuple[str, str]:
    """Return the SQL of the customer and of the issue, of raw rows."""
    source, roles = contacts.source, contacts.roles
    unit = text_value(roles.columns["customer_id"], source.columns[roles.columns["customer_id"]])
    column = roles.columns.get("issue_id")
    matter = (
        contacts.expressions["use_case"]
        if column is None
        else text_value(column, source.columns[column])
    )
    return unit, f"hash({unit}, {matter})"
