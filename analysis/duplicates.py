"""Contacts that stand in the log twice: exact copies are dropped, contradictions refused."""

from dataclasses import dataclass
from typing import Final

from abkit.analysis.roles import Roles
from abkit.analysis.sources import Source, quoted
from abkit.analysis.values import text_value
from abkit.core.errors import DataError

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Where to read on, and which contacts had copies."""

    relation: str  # without the copies
    dropped: int  # rows
    examples: tuple[str, ...]  # some of their identifiers
    without_id: int = 0  # rows; none of them is taken for a copy


def without_copies(source: Source, roles: Roles, relation: str) -> Duplicates:
    """Drop rows of the SQL relation `relation` that copy another one in every column.

    Rows are counted against distinct 64-bit hashes of `contact_id`; only where these differ are
    the rows themselves compared. Rows without one are kept, whatever they hold.

    Raises:
        DataError: Rows with one `contact_id` contradict each other.
    """
    column = roles.columns["contact_id"]
    contact = text_value(column, source.columns[column])
    (found,) = source.rows(
        f"SELECT count({contact}) AS n, count(DISTINCT hash({contact})) AS ids, count(*) AS rows "
        f"FROM {relation}"  # the hash of NULL is a number, too
    )
    without_id = found["rows"] - found["n"]
    if found["ids"] == found["n"] + (without_id > 0):
        return Duplicates(relation=relation, dropped=0, examples=(), without_id=without_id)
    source.rows(f"""
        CREATE TEMP TABLE copied AS
        SELECT {contact} AS contact, count(*) AS n, count(DISTINCT ({_whole(source)})) AS kinds
        FROM {relation} WHERE {contact} IS NOT NULL AND hash({contact}) IN (
            SELECT hash({contact}) FROM {relation} GROUP BY ALL HAVING count(*) > 1
        ) GROUP BY ALL HAVING count(*) > 1
    """)
    copies = source.rows("SELECT contact, n, kinds FROM copied ORDER BY contact")
    if odd := [row for row in copies if row["kinds"] > 1]:
        some = ", ".join(f"`{row['contact']}`" for row in odd[:EXAMPLES])
        raise DataError(
            f"{len(odd):,} identifiers in `{column}` stand for rows that contradict each other: "
            f"{some}",
            hint="keep the right row of each; is this the column of one contact?",
        )
    source.rows(f"""
        CREATE TEMP VIEW distinct_rows AS
        SELECT * FROM {relation} WHERE {contact} IS NULL OR {contact} NOT IN (
            SELECT contact FROM copied)  -- which holds no NULL
        UNION ALL
        SELECT DISTINCT ON ({contact}) * FROM {relation} WHERE {contact} IN (
            SELECT contact FROM copied)
    """)
    return Duplicates(
        relation="distinct_rows",
        dropped=sum(row["n"] - 1 for row in copies),
        examples=tuple(str(row["contact"]) for row in copies[:EXAMPLES]),
        without_id=without_id,
    )


def _whole(source: Source) -> str:
    """Return a row as one value."""
    columns = ", ".join(quoted(name) for name in source.columns)
    return f"row({columns})"
