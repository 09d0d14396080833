"""Who came back within 24 hours: the 24 h Repeat Rate (24RR) from raw timestamps, in SQL.

A contact is *repeated* when the next contact of the same customer and issue starts more than 0 and
at most 24 hours after this one ended; *mature* when those 24 hours lie before the cut-off. An
immature contact leaves numerator and denominator even if its repeat was seen: otherwise late
contacts could only count when they are repeated. A contact whose successor starts before it ends,
or at the same instant, *overlaps*; it is counted as not repeated. All arithmetic is on whole UTC
microseconds, so exactly 24 hours is decided exactly and no clock change can interfere.
"""

from typing import Final

WINDOW_US: Final = 24 * 60 * 60 * 1_000_000


def with_repeats(source: str) -> str:
    """Return the query that adds three columns to the contacts of the SQL relation `source`.

    `mature`, `repeated` (mature and repeated) and `overlapping`, booleans. `source` has the
    columns `contact_id`, `customer_id`, `issue_id`, `start_us` and `end_us` (UTC microseconds), and
    passes any others through, but the last two; the parameter `$cutoff_us` is the cut-off.
    Simultaneous starts are ordered by end, then by a hash of the contact: any row order gives the
    same answer.
    """
    return f"""
        SELECT * EXCLUDE (contact_hash, next_us, start_us, end_us),
            end_us + {WINDOW_US} <= $cutoff_us AS mature,
            coalesce(end_us + {WINDOW_US} <= $cutoff_us
                AND next_us > end_us AND next_us - end_us <= {WINDOW_US}, false) AS repeated,
            coalesce(next_us <= end_us, false) AS overlapping
        FROM (
            SELECT *, lead(start_us) OVER (
                PARTITION BY customer_id, issue_id ORDER BY start_us, end_us, contact_hash
            ) AS next_us
            FROM (SELECT * EXCLUDE (contact_id), hash(contact_id) AS contact_hash FROM {source})
        )
    """
