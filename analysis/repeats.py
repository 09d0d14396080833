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
MINUTE_US: Final = 60 * 1_000_000


def with_repeats(source: str, *, tie: str = "0") -> str:
    """Return the query that adds four columns to the contacts of the SQL relation `source`.

    `mature`, `repeated` (mature and repeated) and `overlapping`, booleans, and `follow_up`, for
    Kaplan-Meier: m >= 1 when the repeat came in minute m after the end, -1 - m when the cut-off
    came before one did, after m whole minutes, null when all 24 hours passed without one.

    `source` has the columns `issue`, `start_us` and `end_us` (UTC microseconds; a null end is
    still open, and immature), and passes any others through, but these; the parameter `$cutoff_us`
    is the cut-off. Simultaneous starts are ordered by end, then by `tie`, the columns by which the
    answer will be counted: any row order gives the same counts.
    """
    return f"""
        SELECT * EXCLUDE (next_us, gap_us, end_us, issue),
            coalesce(end_us + {WINDOW_US} <= $cutoff_us, false) AS mature,
            coalesce(end_us + {WINDOW_US} <= $cutoff_us AND gap_us > 0
                AND gap_us <= {WINDOW_US}, false) AS repeated,
            coalesce(gap_us <= 0, false) AS overlapping,
            CAST(CASE
                WHEN gap_us > 0 AND gap_us <= {WINDOW_US} AND next_us <= $cutoff_us
                    THEN (gap_us + {MINUTE_US - 1}) // {MINUTE_US}
                WHEN end_us IS NULL OR end_us > $cutoff_us THEN -1
                WHEN end_us + {WINDOW_US} > $cutoff_us
                    THEN -1 - ($cutoff_us - end_us) // {MINUTE_US}
            END AS SMALLINT) AS follow_up
        FROM (SELECT *, next_us - end_us AS gap_us FROM (
            SELECT *, lead(start_us) OVER (
                PARTITION BY issue ORDER BY start_us, end_us, {tie}
            ) AS next_us
            FROM {source}
        ))
    """
