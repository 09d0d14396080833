"""The checks in front of Table 3, and what a failed one withdraws."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abkit.core.check import Check
from abkit.core.errors import DataError
from abkit.core.table3 import Table3

from .one_table import table_of

Row = dict[str, Any]
Maker = Callable[..., Row]
Writer = Callable[..., Path]


@pytest.fixture
def balanced(contact: Maker) -> list[Row]:
    """Two hundred customers in two use-cases, half in each arm; in A the treatment automates."""
    return [
        contact(
            i,
            f"c{i}",
            ("control", "treatment")[i % 2],
            i / 100,
            i / 100 + 1,
            use_case="AB"[i // 100],
            automated=i % 2 == 1 or i % 10 == 0,
            response="positive" if i % 4 < 2 else None,
        )
        for i in range(200)
    ] + [contact(999, "late", "control", 90, 91, counted=False)]


def check(table: Table3, code: str, use_case: str | None = None) -> Check:
    (found,) = (c for c in table.checks if (c.code, c.use_case) == (code, use_case))
    return found


def verdicts(table: Table3) -> dict[str, str]:
    return {case: row.verdict for case, row in table.rows() if row.metric == "AR"}


def test_a_sound_log_passes(write_log: Writer, balanced: list[Row]) -> None:
    table = table_of(write_log(balanced))
    assert {c.status for c in table.checks} == {"pass"}
    assert table.trusted
    assert verdicts(table) == {"A": "better", "B": "better"}
    assert table.pooled[0].verdict == "better"
    assert check(table, "sample_ratio").detail == (
        "customers at their first contact: control 100, treatment 100; allocation 1:1"
    )


def test_lost_customers_withdraw_every_verdict(write_log: Writer, balanced: list[Row]) -> None:
    kept = [
        row for row in balanced if row["arm"] == "control" or int(row["contact_id"][1:]) % 4 == 1
    ]
    table = table_of(write_log(kept))
    found = check(table, "sample_ratio")
    assert found.status == "fail"
    assert found.p_value < 0.001
    assert not table.trusted
    assert verdicts(table) == {"A": "not_trusted", "B": "not_trusted"}
    assert {row.verdict for row in table.pooled} == {"not_trusted"}


def test_imbalance_in_one_use_case_withdraws_its_verdicts(
    write_log: Writer, balanced: list[Row]
) -> None:
    """Most of A's treatment customers turned up in B: the whole stays balanced, and so does C."""
    for i, row in enumerate(balanced[:200]):
        if row["arm"] == "treatment" and i < 90:
            row["use_case"] = "B"
        if i >= 150:
            row["use_case"] = "C"
    table = table_of(write_log(balanced))
    assert check(table, "sample_ratio").status == "pass"
    assert check(table, "sample_ratio", "A").status == "fail"
    assert check(table, "sample_ratio", "B").status == "fail"
    assert check(table, "sample_ratio", "C").status == "pass"
    assert verdicts(table) == {"A": "not_trusted", "B": "not_trusted", "C": "better"}
    assert table.pooled[0].verdict == "not_trusted"


def test_repeats_do_not_disturb_the_sample_ratio(
    write_log: Writer, balanced: list[Row], contact: Maker
) -> None:
    """By contacts the arms would be 3:1; customers are counted once, at their first contact."""
    again = [
        contact(1000 + 10 * i + j, f"c{i}", "control", 30 + j, 31 + j, use_case="B")
        for i in range(0, 200, 2)
        for j in range(4)
    ]
    table = table_of(write_log(again + balanced))
    assert check(table, "sample_ratio").p_value == 1
    assert check(table, "sample_ratio", "B").count == 100


@pytest.mark.parametrize("start", [0.0, -600_000.0])
def test_a_customer_counts_once_where_the_first_contact_was(
    write_log: Writer, balanced: list[Row], contact: Maker, start: float
) -> None:
    """Of simultaneous first contacts, the first use-case's; dates before 1970 are dates too."""
    twice = [contact(6000 + i, f"e{i}", "control", start, start + 1, use_case=case)
             for i in range(40) for case in "BA"]  # fmt: skip
    for i, row in enumerate(twice):
        row["contact_id"] = f"e{i}"
    table = table_of(write_log(balanced + twice))
    assert check(table, "sample_ratio", "A").count == 140
    assert check(table, "sample_ratio", "B").count == 100


def test_allocation_is_a_ratio_of_customers(write_log: Writer, balanced: list[Row]) -> None:
    kept = [row for i, row in enumerate(balanced) if row["arm"] == "treatment" or i % 4 == 0]
    path = write_log(kept)
    assert not table_of(path).trusted
    table = table_of(path, allocation={"control": 1, "treatment": 2})
    assert check(table, "sample_ratio").status == "pass"
    leak = table_of(path, allocation={"treatment": 1})
    assert check(leak, "sample_ratio").p_value == 0
    assert "50 in arms meant to get none" in check(leak, "sample_ratio").detail


def test_a_third_arm_takes_part_in_the_check_only(
    write_log: Writer, balanced: list[Row], contact: Maker
) -> None:
    third = [contact(2000 + i, f"d{i}", "other", 1, 2, use_case="AB"[i % 2]) for i in range(100)]
    table = table_of(write_log(balanced + third), treatment="treatment")
    assert check(table, "sample_ratio").detail.endswith(
        "control 100, other 100, treatment 100; allocation 1:1:1"
    )
    assert verdicts(table) == {"A": "better", "B": "better"}


def test_too_few_customers_cannot_run(write_log: Writer, contact: Maker) -> None:
    log = [contact(i, f"c{i}", ("control", "treatment")[i % 2], 0, 1) for i in range(8)]
    found = check(table_of(write_log(log)), "sample_ratio")
    assert (found.status, found.p_value) == ("not_run", None)
    assert "fewer than 5 expected" in found.detail


@pytest.mark.parametrize(("moved", "status"), [(0, "pass"), (2, "warn"), (3, "fail")])
def test_customers_in_two_arms(
    write_log: Writer, balanced: list[Row], contact: Maker, moved: int, status: str
) -> None:
    """Up to one in a hundred warns; 201 customers, so two do and three fail."""
    more = [contact(3000 + i, f"c{i}", ("treatment", "control")[i % 2], 5, 6)
            for i in range(moved)]  # fmt: skip
    table = table_of(write_log(balanced + more))
    found = check(table, "two_arms")
    assert (found.status, found.count) == (status, moved)
    assert (set(verdicts(table).values()) == {"not_trusted"}) == (status == "fail")


def test_copies_are_dropped_and_contradictions_refused(
    write_log: Writer, balanced: list[Row]
) -> None:
    whole = table_of(write_log(balanced))
    table = table_of(write_log([*balanced, balanced[7], balanced[7], balanced[9]]))
    found = check(table, "duplicate_contacts")
    assert (found.status, found.count, found.examples) == ("warn", 3, ("k7", "k9"))
    assert [row for _, row in table.rows()] == [row for _, row in whole.rows()]
    other = [{**balanced[i], "automated": not balanced[i]["automated"]} for i in range(7)]
    with pytest.raises(DataError, match="7 identifiers .* contradict each other: `k0`, `k1`, `k2`"):
        table_of(write_log([*balanced, *other]))


def test_negative_durations_fail(write_log: Writer, balanced: list[Row], contact: Maker) -> None:
    one = contact(4000, "z", "control", 9, 8)
    found = check(table_of(write_log([*balanced, one])), "ended_before_start")
    assert (found.status, found.count, found.examples) == ("warn", 1, ("k4000",))
    more = [{**one, "contact_id": f"k{i}", "customer_id": f"z{i}"} for i in range(5000, 5009)]
    table = table_of(write_log([*balanced, *more]))
    assert check(table, "ended_before_start").status == "fail"
    by_metric = {row.metric: row.verdict for _, row in table.rows()}
    assert by_metric["24RR"] == "not_trusted" != by_metric["AR"]


def test_immature_and_overlapping_contacts_are_counted_and_warned_about(
    write_log: Writer, balanced: list[Row], contact: Maker
) -> None:
    table = table_of(write_log(balanced[:-1]))  # without the late start, all are immature
    assert check(table, "immature").status == "warn"
    assert check(table, "immature").detail.startswith("control 100 of 100, treatment 100 of 100")
    over = [contact(5000 + i, f"c{i}", ("control", "treatment")[i % 2], i / 100 + 0.5, 3)
            for i in range(6)]  # fmt: skip
    table = table_of(write_log(balanced + over))
    found = check(table, "overlapping")
    assert (found.status, found.count) == ("warn", 6)
    assert table.trusted


def test_unequal_response_rates_warn(write_log: Writer, balanced: list[Row]) -> None:
    for row in balanced:
        if row["use_case"] == "A":
            row["response"] = "positive" if row["arm"] == "treatment" else None
    table = table_of(write_log(balanced))
    found = check(table, "response_rate", "A")
    assert found.status == "warn"
    assert found.detail == "responses to offers: control 0 of 50, treatment 50 of 50"
    assert check(table, "response_rate", "B").status == "pass"
    assert table.trusted


def test_no_offers_cannot_run(write_log: Writer, balanced: list[Row]) -> None:
    for row in balanced:
        row["resolution"] = None
    found = check(table_of(write_log(balanced)), "response_rate", "A")
    assert (found.status, found.p_value) == ("not_run", None)
