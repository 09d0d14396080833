"""Who came first to which arm: what the sample ratio is judged by.

Later contacts depend on what the arm did, first ones do not: only they can show whether the
allocation worked.
"""

from datetime import date, timedelta
from typing import Any, Final

from abkit.analysis.contact_rows import Contacts
from abkit.analysis.reading import FirstContacts, Found
from abkit.analysis.values import text_value

_DAY_US: Final = 24 * 60 * 60 * 1_000_000
_EPOCH: Final = date(1970, 1, 1)
_EXAMPLES: Final = 5
_CELLS: Final = 2**31  # more than there can be


def first_contacts(contacts: Contacts) -> FirstContacts:
    """Return the units per use-case, arm and day at their first contact.

    They are counted in the tables `units` and `cells` of `unit_sums`. A unit whose first contact
    was not counted is left out. Of simultaneous first contacts the first cell's is
    taken. Without times a unit counts wherever it was seen.
    """
    rows = contacts.source.rows(_timed() if "started_at" in contacts.times else _untimed())
    by_use_case: dict[tuple[str, str], int] = {}
    by_day: dict[str, dict[str, int]] = {}
    for row in rows:
        cell = row["use_case"], row["arm"]
        by_use_case[cell] = by_use_case.get(cell, 0) + row["units"]
        if row["day"] is not None:
            day = by_day.setdefault((_EPOCH + timedelta(days=row["day"])).isoformat(), {})
            day[row["arm"]] = day.get(row["arm"], 0) + row["units"]
    in_two_arms, in_several_cells = _several(contacts)
    return FirstContacts(
        by_use_case=by_use_case,
        by_arm=_by_arm(contacts, by_use_case),
        by_day=dict(sorted(by_day.items())) if "started_at" in contacts.times else None,
        in_two_arms=in_two_arms,
        in_several_cells=in_several_cells,
    )


def _timed() -> str:
    """Return the query of first contacts: start and cell packed in one integer, the smallest."""
    return f"""
        WITH first AS (
            SELECT min(first_us::HUGEINT * {_CELLS} + rank) AS packed,
                min(first_us) AS first_us, min(first_counted_us) AS counted_us
            FROM units JOIN cells USING (cell) GROUP BY unit
        )
        SELECT use_case, arm, counted_us // {_DAY_US} AS day, count(*) AS units
        FROM (
            SELECT counted_us, (packed - first_us::HUGEINT * {_CELLS})::INTEGER AS rank
            FROM first WHERE counted_us = first_us
        ) JOIN cells USING (rank) GROUP BY ALL ORDER BY ALL
    """


def _untimed() -> str:
    return """
        SELECT use_case, arm, NULL AS day, count(DISTINCT unit) AS units
        FROM units JOIN cells USING (cell) WHERE contacts > 0 GROUP BY ALL ORDER BY ALL
    """


def _by_arm(contacts: Contacts, by_use_case: dict[tuple[str, str], int]) -> dict[str, int]:
    """Return distinct units per arm: without times one may have been seen in several use-cases."""
    if "started_at" not in contacts.times:
        rows = contacts.source.rows("""
            SELECT arm, count(DISTINCT unit) AS units FROM units JOIN cells USING (cell)
            WHERE contacts > 0 GROUP BY ALL ORDER BY ALL
        """)
        return {row["arm"]: row["units"] for row in rows}
    arms: dict[str, int] = {}
    for (_, arm), units in by_use_case.items():
        arms[arm] = arms.get(arm, 0) + units
    return arms


def _several(contacts: Contacts) -> tuple[Found, int]:
    """Return the units that were seen in more than one arm, and how many in more than one cell."""
    (row,) = contacts.source.rows("""
        SELECT count(*) AS units, count(*) FILTER (several) AS several,
            list(unit ORDER BY unit) FILTER (several) [:5] AS hashes,
            count(*) FILTER (cells > 1) AS in_several_cells
        FROM (
            SELECT unit, min(arm) <> max(arm) AS several, count(*) AS cells
            FROM units JOIN cells USING (cell) GROUP BY unit
        )
    """)
    examples = _names(contacts, row["hashes"]) if row["several"] else ()
    found = Found(count=row["several"], of=row["units"], examples=examples)
    return found, row["in_several_cells"]


def _names(contacts: Contacts, hashes: list[Any]) -> tuple[str, ...]:
    """Return the identifiers behind hashes of units."""
    column = contacts.roles.columns["customer_id"]
    unit = text_value(column, contacts.source.columns[column])
    rows = contacts.source.rows(
        f"SELECT DISTINCT {unit} AS unit FROM source WHERE hash({unit}) IN "
        f"({', '.join(map(str, hashes))}) ORDER BY unit LIMIT {_EXAMPLES}"
    )
    return tuple(str(row["unit"]) for row in rows)
