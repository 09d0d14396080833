"""From contacts to integers: sums per use-case, arm and metric over customers, in one pass.

Only integers are summed, so the answer has the same bits for any number of threads.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from abkit.analysis.contact_log import ContactLog
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.repeats import with_repeats

# metric -> (success of a trial, trial), booleans of one counted contact
DEFINITIONS: Final = {
    "AR": ("automated", "true"),
    "PRR": ("positive", "offered AND answered"),
    "24RR": ("repeated", "mature"),
    "responses": ("answered", "offered"),
}
EMPTY: Final = CustomerMoments.from_groups([])
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSums:
    """One arm in one use-case, counted contacts only."""

    contacts: int
    immature: int
    overlapping: int
    moments: dict[str, CustomerMoments]  # by the names of `DEFINITIONS`


NO_CONTACTS: Final = ArmSums(
    contacts=0, immature=0, overlapping=0, moments=dict.fromkeys(DEFINITIONS, EMPTY)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContacts:
    """Distinct customers at their first contact, by use-case and arm, where it was counted."""

    customers: dict[tuple[str, str], int]
    all_customers: int
    in_two_arms: int

    @property
    def use_cases(self) -> list[str]:
        """Return the use-cases somebody came to first."""
        return sorted({use_case for use_case, _ in self.customers})


def microseconds(moment: datetime) -> int:
    """Return UTC microseconds since 1970 of a moment with a zone, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def sums_by_arm(log: ContactLog, *, cutoff_us: int) -> dict[tuple[str, str], ArmSums]:
    """Return the sums by (use-case, arm); repeats are looked for in all contacts."""
    _create_customers(log, cutoff_us)
    moments: dict[tuple[str, str], dict[str, CustomerMoments]] = {}
    for i, name in enumerate(DEFINITIONS):
        groups: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
        for row in log.rows(f"""
            SELECT use_case, arm, y{i} AS y, m{i} AS m, count(*) AS customers
            FROM customers WHERE m{i} > 0 GROUP BY ALL ORDER BY ALL
        """):
            cell = groups.setdefault((row["use_case"], row["arm"]), [])
            cell.append((row["y"], row["m"], row["customers"]))
        for key, cell in groups.items():
            moments.setdefault(key, {})[name] = CustomerMoments.from_groups(cell)
    totals = log.rows("""
        SELECT use_case, arm, sum(contacts) AS contacts, sum(immature) AS immature,
            sum(overlapping) AS overlapping
        FROM customers GROUP BY use_case, arm ORDER BY use_case, arm
    """)
    return {
        (row["use_case"], row["arm"]): ArmSums(
            contacts=int(row["contacts"]),
            immature=int(row["immature"]),
            overlapping=int(row["overlapping"]),
            moments=NO_CONTACTS.moments | moments[row["use_case"], row["arm"]],
        )
        for row in totals
    }


def _create_customers(log: ContactLog, cutoff_us: int) -> None:
    """Create the table `customers`: successes y and trials m of each metric, by use-case, arm.

    Contacts shrink to identifiers, integers and booleans before they are sorted.
    """
    sums = ", ".join(
        f"count(*) FILTER ({trial} AND {success}) AS y{i}, count(*) FILTER ({trial}) AS m{i}"
        for i, (success, trial) in enumerate(DEFINITIONS.values())
    )
    slim = """
        SELECT contact_id, customer_id, issue_id, use_case, arm, counted, automated,
            epoch_us(started_at) AS start_us, epoch_us(ended_at) AS end_us,
            resolution IS NOT NULL AS offered, response IS NOT NULL AS answered,
            response IS NOT NULL AND response = 'positive' AS positive
        FROM contacts
    """
    log.rows(
        f"""
        CREATE TEMP TABLE customers AS
        SELECT use_case, arm, customer_id, count(*) AS contacts,
            count(*) FILTER (NOT mature) AS immature,
            count(*) FILTER (overlapping) AS overlapping, {sums}
        FROM ({with_repeats(f"({slim})")}) WHERE counted GROUP BY ALL
        """,
        cutoff_us=cutoff_us,
    )


def first_contacts(log: ContactLog) -> FirstContacts:
    """Return how many customers came first to each use-case and arm, and how many saw two arms.

    Later contacts depend on what the arm did, first ones do not: only they can show whether the
    allocation worked. A customer whose first contact was not counted is left out. Start (shifted,
    to be positive) and cell are packed into one integer: the smallest is the first contact's, and
    of simultaneous ones the first cell's.
    """
    rows = log.rows("""
        WITH cells AS MATERIALIZED (
            SELECT row_number() OVER (ORDER BY use_case, arm, counted) AS cell, *
            FROM (SELECT DISTINCT use_case, arm, counted FROM contacts)
        ),
        customers AS (
            SELECT min((epoch_us(started_at)::HUGEINT + 9223372036854775807) * 1000000 + cell)
                    % 1000000 AS cell,
                min(arm) <> max(arm) AS two_arms
            FROM contacts JOIN cells USING (use_case, arm, counted) GROUP BY customer_id
        )
        SELECT use_case, arm, counted, count(*) AS customers,
            count(*) FILTER (two_arms) AS in_two_arms
        FROM customers JOIN cells USING (cell) GROUP BY ALL ORDER BY ALL
    """)
    return FirstContacts(
        customers={
            (row["use_case"], row["arm"]): row["customers"] for row in rows if row["counted"]
        },
        all_customers=sum(row["customers"] for row in rows),
        in_two_arms=sum(row["in_two_arms"] for row in rows),
    )


def log_facts(log: ContactLog) -> dict[str, Any]:
    """Return the last start (UTC microseconds), the arms, and how many rows break which rule."""
    return log.rows("""
        SELECT max(epoch_us(started_at)) AS last_start_us,
            list(DISTINCT arm ORDER BY arm) AS arms,
            count(*) - count(DISTINCT contact_id) AS duplicate_ids,
            count(*) FILTER (ended_at < started_at) AS ended_before_start,
            count(*) FILTER (counted) AS counted, count(*) AS contacts
        FROM contacts
    """)[0]
