"""The 24 h window decided to the microsecond; maturity; ties; overlaps."""

import duckdb
import pytest

from abkit.analysis.repeats import WINDOW_US, with_repeats

Contact = tuple[str, str, str, int, int]  # contact, customer, issue, start, end in microseconds

HOUR = 3_600_000_000
DAY = 24 * HOUR


def facts(contacts: list[Contact], cutoff: int) -> dict[str, tuple[bool, bool, bool]]:
    """Return (mature, repeated, overlapping) by contact."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE raw (contact_id VARCHAR, customer_id VARCHAR, issue_id VARCHAR, "
        "start_us BIGINT, end_us BIGINT, name VARCHAR)"
    )
    connection.executemany("INSERT INTO raw SELECT $1, $2, $3, $4, $5, $1", contacts)
    issues = "(SELECT *, hash(customer_id, issue_id) AS issue FROM raw)"
    query = with_repeats(issues, tie="hash(contact_id)")
    rows = connection.execute(
        f"SELECT name, mature, repeated, overlapping FROM ({query})",
        {"cutoff_us": cutoff},
    ).fetchall()
    connection.close()
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize(
    ("gap", "repeated", "overlapping"),
    [
        (-1, False, True),
        (0, False, True),
        (1, True, False),
        (DAY - 1, True, False),
        (DAY, True, False),
        (DAY + 1, False, False),
    ],
)
def test_window_is_open_at_zero_and_closed_at_24_hours(
    gap: int, repeated: bool, overlapping: bool
) -> None:
    log = [("a", "c", "i", 0, HOUR), ("b", "c", "i", HOUR + gap, 3 * DAY)]
    assert WINDOW_US == DAY
    assert facts(log, 10 * DAY)["a"] == (True, repeated, overlapping)
    assert facts(log[::-1], 10 * DAY)["a"] == (True, repeated, overlapping)


@pytest.mark.parametrize(("cutoff", "mature"), [(DAY + HOUR - 1, False), (DAY + HOUR, True)])
def test_mature_from_the_microsecond_its_window_closes(cutoff: int, mature: bool) -> None:
    """An immature contact is not repeated, even when its repeat was seen."""
    log = [("a", "c", "i", 0, HOUR), ("b", "c", "i", 2 * HOUR, 3 * HOUR)]
    assert facts(log, cutoff)["a"] == (mature, mature, False)


def test_only_the_same_customer_and_issue_count() -> None:
    log = [
        ("a", "c", "i", 0, HOUR),
        ("b", "c", "other issue", 2 * HOUR, 3 * HOUR),
        ("d", "other customer", "i", 2 * HOUR, 3 * HOUR),
    ]
    assert {row[1] for row in facts(log, 10 * DAY).values()} == {False}


def test_simultaneous_starts_are_ordered_whatever_the_row_order() -> None:
    """Of two contacts that start at once, the one that ends first comes first, and overlaps."""
    log = [
        ("a", "c", "i", 0, 2 * HOUR),
        ("b", "c", "i", 0, HOUR),
        ("d", "c", "i", 5 * HOUR, 6 * HOUR),
    ]
    wanted = {"b": (True, False, True), "a": (True, True, False), "d": (True, False, False)}
    assert facts(log, 10 * DAY) == wanted
    assert facts(log[::-1], 10 * DAY) == wanted


def test_a_chain_repeats_at_every_link_but_the_last() -> None:
    log = [(f"k{i}", "c", "i", i * DAY, i * DAY + HOUR) for i in range(5)]
    repeated = [facts(log, 10 * DAY)[f"k{i}"][1] for i in range(5)]
    assert repeated == [True, True, True, True, False]


def test_clock_changes_do_not_interfere() -> None:
    """24 hours are elapsed time: Berlin's 23-hour day of 2026-03-29 included."""
    before = 1_774_778_400_000_000  # 2026-03-29 10:00 UTC, the day the clocks went forward
    log = [("a", "c", "i", before - DAY, before - DAY), ("b", "c", "i", before, before)]
    assert facts(log, before + 5 * DAY)["a"] == (True, True, False)
