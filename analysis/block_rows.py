"""From rows to sums per block of time, by SQL: what the analysis of a switchback looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from abkit.analysis.contact_rows import (
    INVALID,
    MISSING,
    Contacts,
    check_counted,
    create_contacts,
    create_filtered,
)
from abkit.analysis.duplicates import without_copies
from abkit.analysis.repeats import with_repeats
from abkit.analysis.roles import Roles, find_roles
from abkit.analysis.sources import Data, Source, open_source
from abkit.core.errors import DataError
from abkit.core.metrics import REPEAT_RATE, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are read, and how; see `analyze`."""

    metrics: Sequence[Metric] = ()
    variant: str | None = None
    unit: str | None = None
    use_case: str | None = None
    mapping: Mapping[str, str] | None = None
    where: str | None = None
    zone: str | None = None
    table: str | None = None
    memory_limit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCell:
    """Counted rows of one use-case and arm in one block."""

    use_case: str
    arm: str
    block: str
    contacts: int
    units: int  # distinct units of the arm in the block, in all use-cases
    counts: Mapping[str, tuple[int, int]]  # by metric: successes, trials


def read_blocks(
    data: Data, block: str, asked: Asked, *, cutoff: datetime | None
) -> list[BlockCell]:
    """Return the sums of every use-case, arm and block, sorted; blocks as numbers if they are.

    The rows are those that `read_rows` reads with the same arguments, copies dropped.

    Args:
        data: See `sources.open_source`.
        block: The column of the block.
        asked: Which rows.
        cutoff: Until when repeats were looked for; None: no 24RR.

    Raises:
        DataError: The data cannot be read, or a counted row names no block.
    """
    with open_source(data, table=asked.table, memory_limit=asked.memory_limit) as source:
        source.require(block, role="block")
        contacts = open_contacts(source, asked, segment=block)
        _create_events(contacts, cutoff)
        rates = contacts.rates | ({REPEAT_RATE.name: "r"} if contacts.has_windows else {})
        rates = {name: column for name, column in rates.items() if name in _names(contacts.roles)}
        sums = "".join(
            f", count(*) FILTER (y_{column})::BIGINT AS y_{column}"
            f", count(*) FILTER (m_{column})::BIGINT AS m_{column}"
            for column in rates.values()
        )
        unit = "count(DISTINCT unit)" if contacts.has_units else "count(*)"
        rows = source.rows(f"""
            WITH people AS (SELECT arm, block, {unit} AS units FROM events GROUP BY ALL)
            SELECT * FROM (
                SELECT use_case, arm, block, count(*) AS contacts, any_value(units) AS units {sums}
                FROM events JOIN people USING (arm, block) GROUP BY ALL
            )
            ORDER BY try_cast(block AS DOUBLE), block, use_case, arm
        """)
    if missing := sum(row["contacts"] for row in rows if row["block"] == MISSING):
        raise DataError(
            f"`{block}` is missing in {missing:,} counted rows",
            hint="leave such rows out with --where, if that is right",
        )
    return [_cell(row, rates) for row in rows]


def open_contacts(source: Source, asked: Asked, *, segment: str | None = None) -> Contacts:
    """Return the contacts of a source, copies dropped; see `read_rows`."""
    roles = find_roles(
        source, asked.metrics, variant=asked.variant, unit=asked.unit, use_case=asked.use_case,
        segment=segment, mapping=asked.mapping,
    )  # fmt: skip
    relation = create_filtered(source, asked.where)
    check_counted(source, roles, relation)
    if roles.has("contact_id"):
        relation = without_copies(source, roles, relation).relation
    return create_contacts(source, roles, relation=relation, zone=asked.zone)


def _names(roles: Roles) -> set[str]:
    return {metric.name for metric in roles.metrics}


def _create_events(contacts: Contacts, cutoff: datetime | None) -> None:
    """Create `events`: counted rows with arm and block; y_ and m_ of each rate, booleans."""
    known = "arm IS NOT NULL"
    if contacts.has_units:
        known += " AND unit IS NOT NULL"
    rates = [f"{c} = 1 AS y_{c}, {c} < {INVALID} AS m_{c}" for c in contacts.rates.values()]
    source, arguments = (
        f"SELECT * EXCLUDE (segment), segment AS block FROM contacts WHERE {known}",
        {},
    )
    if cutoff is not None and "started_at" in contacts.times:
        arguments = {"cutoff_us": round(cutoff.timestamp() * 1e6)}
        source += f" AND start_us <= {arguments['cutoff_us']}"
    if contacts.has_windows and arguments:
        source = with_repeats(f"({source})", tie="use_case, arm, block, counted")
        rates.append("repeated AS y_r, mature AS m_r")
    else:
        arguments = {}
    unit = "unit, " if contacts.has_units else ""
    contacts.source.rows(
        f"CREATE TEMP TABLE events AS SELECT use_case, arm, block, {unit}{', '.join(rates)} "
        f"FROM ({source}) WHERE counted",
        **arguments,
    )


def _cell(row: Mapping[str, Any], rates: Mapping[str, str]) -> BlockCell:
    return BlockCell(
        use_case=row["use_case"],
        arm=row["arm"],
        block=row["block"],
        contacts=row["contacts"],
        units=row["units"],
        counts={name: (row[f"y_{c}"], row[f"m_{c}"]) for name, c in rates.items()},
    )
