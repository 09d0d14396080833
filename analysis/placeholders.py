"""Words that stand for "nobody": a unit with such a name is many customers in one."""

from typing import Final

from abkit.analysis.contact_rows import Contacts
from abkit.analysis.reading import Found

WORDS: Final = ("NA", "N/A", "NULL", "None", "none", "null", "nan", "NaN", "unknown", "-")


def placeholder_units(contacts: Contacts) -> Found:
    """Return the rows whose unit is such a word, and which words; by the table `units`."""
    rows = contacts.source.rows(
        """
        SELECT word, sum(rows)::BIGINT AS rows FROM units JOIN (
            SELECT unnest($words::VARCHAR[]) AS word
        ) ON unit = hash(word) GROUP BY word HAVING sum(rows) > 1 ORDER BY word
        """,
        words=list(WORDS),
    )
    (whole,) = contacts.source.rows("SELECT coalesce(sum(rows), 0)::BIGINT AS rows FROM units")
    return Found(
        count=sum(row["rows"] for row in rows),
        of=whole["rows"],
        examples=tuple(row["word"] for row in rows),
    )
