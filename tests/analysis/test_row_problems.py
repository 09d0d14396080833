"""What is wrong with rows: counted, shown by example, and what it withdraws."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.analyzed import Analysis
from abkit.core.check import Check
from abkit.core.errors import DataError

N = 400


@pytest.fixture
def log() -> pd.DataFrame:
    """Contacts of one customer each in two use-cases over four days; the treatment automates."""
    arm = np.array(["control", "treatment"])[np.arange(N) % 2]
    start = pd.Timestamp("2024-03-29", tz="UTC") + pd.to_timedelta(np.arange(N) * 15, unit="min")
    return pd.DataFrame(
        {
            "contact_id": [f"k{i}" for i in range(N)],
            "customer_id": [f"c{i}" for i in range(N)],
            "use_case": np.array(["A", "B"])[np.arange(N) // 2 % 2],
            "arm": arm,
            "started_at": start,
            "ended_at": start + pd.Timedelta(minutes=5),
            "automated": np.where(arm == "treatment", np.arange(N) % 5 < 4, np.arange(N) % 10 < 3),
            "resolution": "refund",
            "response": np.where(np.arange(N) % 3 == 0, None, "positive"),
            "cost": np.arange(N) / 7,
        }
    )


def find(result: Analysis, code: str, use_case: str | None = None) -> Check:
    (found,) = (c for c in result.checks if (c.code, c.use_case) == (code, use_case))
    return found


def verdicts(result: Analysis) -> dict[str, str]:
    return {case: row.verdict for case, row in result.table3.rows() if row.metric == "AR"}


def test_a_sound_log(log: pd.DataFrame) -> None:
    result = analyze(log)
    assert {check.code for check in result.checks if check.status != "pass"} == {"immature"}
    assert verdicts(result) == {"A": "better", "B": "better"}
    json = result.to_dict()["checks"]
    assert [check["code"] for check in json] == [check.code for check in result.checks]
    assert set(json[0]) == {"code", "use_case", "treatment", "metric", "status", "p_value", "count",
                            "examples", "detail", "hint"}  # fmt: skip


@pytest.mark.parametrize("value", [7, "7", "maybe", "0.5", "-1"])
def test_a_seven_is_no_outcome(log: pd.DataFrame, value: Any) -> None:
    outcome = log["automated"].astype(int)
    log["automated"] = outcome if isinstance(value, int) else outcome.astype(str)
    log.loc[11, "automated"] = value
    found = find(analyze(log), "outcome_values")
    assert (found.status, found.count, found.examples) == ("warn", 1, (f"k11: {value}",))
    assert found.detail == "1 of 400 rows hold a value that AR cannot be made of: left out"
    assert "1/0, true/false" in str(found.hint)
    log.loc[11:15, "automated"] = value  # more than a hundredth
    result = analyze(log)
    found = find(result, "outcome_values")
    assert (found.status, found.count, found.metric) == ("fail", 5, "AR")
    assert set(verdicts(result).values()) == {"not_trusted"}
    trusted = {row.metric: row.verdict != "not_trusted" for row in result.table3.pooled}
    assert trusted == {"AR": False, "PRR": True, "24RR": True}  # the others are as they were
    log["automated"] = value
    with pytest.raises(DataError, match="AR cannot be made of 400 of 400 values, such as k0: "):
        analyze(log)
    log.loc[:, "automated"] = 1 if isinstance(value, int) else "1"
    log.loc[11:15, "automated"] = value
    result = analyze(log)
    assert sum(row.control.trials + row.treatment.trials
               for _, row in result.table3.rows() if row.metric == "AR") == N - 5  # fmt: skip


def test_the_hint_of_a_rate_that_is_a_number(log: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="n cannot be made of 398 of 400 values") as error:
        analyze(log.assign(age=np.arange(N)), metrics=["n=age"])
    assert str(error.value.hint).endswith("for numbers: --metric n=age:mean")
    assert find(analyze(log, metrics=["c=cost:mean"]), "outcome_values").status == "pass"


@pytest.mark.parametrize("value", ["1,234.50", "inf", "nan", "12 EUR", "1_000"])
def test_a_mean_needs_numbers(log: pd.DataFrame, value: str) -> None:
    log["cost"] = log["cost"].astype(str)
    log.loc[[3, 4], "cost"] = value, None
    result = analyze(log, metrics=["c=cost:mean"])
    found = find(result, "outcome_values")
    assert (found.status, found.examples) == ("warn", (f"k3: {value}",))
    assert "decimal point" in str(found.hint)
    missing = find(result, "missing_values")
    assert (missing.status, missing.count) == ("warn", 1)


@pytest.mark.parametrize(("blank", "status"), [(0, "pass"), (4, "warn"), (5, "fail")])
@pytest.mark.parametrize(
    ("column", "code"), [("arm", "missing_arm"), ("customer_id", "missing_unit")]
)
def test_rows_without_arm_or_unit(
    log: pd.DataFrame, column: str, code: str, blank: int, status: str
) -> None:
    """Up to one row in a hundred warns."""
    log.loc[:, column] = log[column].where(log.index >= blank, "" if blank == 4 else None)
    result = analyze(log)
    found = find(result, code)
    assert (found.status, found.count) == (status, blank)
    assert f"{blank} of 400 rows name no {code[8:]}, and were left out" in found.detail
    assert (set(verdicts(result).values()) == {"not_trusted"}) == (status == "fail")
    assert (found.hint is None) == (status == "pass")


@pytest.mark.parametrize("other", ["Treatment", "treatment ", "TREAT MENT"])
def test_an_arm_that_was_torn_apart(log: pd.DataFrame, other: str) -> None:
    log.loc[log.index[1:60:2], "arm"] = other
    found = find(analyze(log, treatment="treatment"), "arm_names")
    assert (found.status, found.count) == ("warn", 2)
    assert set(found.examples) == {repr(other), "'treatment'"}
    assert "arm_names" not in {check.code for check in analyze(log.replace(other, "b")).checks}


def test_copies_are_dropped_and_shown(log: pd.DataFrame) -> None:
    expected = analyze(log).to_dict()
    copied = analyze(pd.concat([log, log.iloc[[5, 5, 9]]]))
    found = find(copied, "duplicate_contacts")
    assert (found.status, found.count, found.examples) == ("warn", 3, ("k5", "k9"))
    assert found.detail == "3 of 403 rows were copies of another, and dropped"
    assert copied.rows == N
    assert copied.to_dict()["use_cases"] == expected["use_cases"]
    with pytest.raises(DataError, match="1 identifiers in `contact_id` .* contradict.*: `k5`"):
        analyze(pd.concat([log, log.iloc[[5]].assign(automated=lambda d: ~d["automated"])]))


def test_answers_that_come_from_one_arm(log: pd.DataFrame) -> None:
    silent = (log["use_case"] == "A") & (log["arm"] == "treatment")
    log["response"] = np.where(silent, None, "positive")
    result = analyze(log)
    found = find(result, "response_rate", use_case="A")
    assert (found.status, found.p_value < 1e-9) == ("warn", True)
    assert found.detail == "responses to offers: control 100 of 100, treatment 0 of 100"
    assert "worst case" in str(found.hint)
    assert find(result, "response_rate", use_case="B").status == "pass"
    assert verdicts(result)["A"] == "better"  # a warning withdraws nothing
    (prr,) = (row for case, row in result.table3.rows() if (case, row.metric) == ("A", "PRR"))
    assert prr.worst_case == (-1.0, 0.0)
    unknown = find(analyze(log.drop(columns="resolution")), "response_rate")
    assert (unknown.status, unknown.detail) == (
        "not_run",
        "offers are unknown: no column `resolution`",
    )


def test_the_clock_that_was_changed(log: pd.DataFrame) -> None:
    """Berlin skipped 2:00 to 3:00 on 31 March 2024: four quarters of an hour, twice (end, too)."""
    naive = log.assign(
        started_at=log["started_at"].dt.tz_localize(None),
        ended_at=log["ended_at"].dt.tz_localize(None),
    )
    with pytest.raises(DataError, match="`started_at` has no time zone") as error:
        analyze(naive)
    assert "--tz Europe/Berlin" in str(error.value.hint)
    result = analyze(naive, zone="Europe/Berlin")
    changes = [check for check in result.checks if check.code == "clock_changes"]
    assert [(check.status, check.count) for check in changes] == [("warn", 4), ("warn", 4)]
    assert any("read as local time in Europe/Berlin" in note for note in result.notes)
    assert not [c for c in analyze(naive, zone="UTC").checks if c.code == "clock_changes"]


def test_times_in_text_with_mixed_offsets(log: pd.DataFrame) -> None:
    """Every row in another zone, and the same instants."""
    expected = analyze(log).to_dict()
    for name in ("started_at", "ended_at"):
        zones = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]
        log[name] = [
            moment.tz_convert(zones[i % 4]).isoformat() for i, moment in enumerate(log[name])
        ]
    assert analyze(log).to_dict() == expected


def test_ends_before_starts(log: pd.DataFrame) -> None:
    log.loc[[2, 3], "ended_at"] -= pd.Timedelta(hours=1)
    found = find(analyze(log), "ended_before_start")
    assert (found.status, found.count, found.examples) == ("warn", 2, ("k2", "k3"))
    assert "one zone" in str(found.hint)
    log.loc[2:9, "ended_at"] -= pd.Timedelta(hours=2)  # more than a hundredth
    result = analyze(log)
    assert find(result, "ended_before_start").status == "fail"
    trusted = {row.metric: row.verdict != "not_trusted" for _, row in result.table3.rows()}
    assert trusted == {"AR": True, "PRR": True, "24RR": False}


def test_one_start_in_the_far_future_sets_no_silent_cutoff(log: pd.DataFrame) -> None:
    many = pd.concat(
        [
            log.assign(contact_id=log["contact_id"] + name, customer_id=log["customer_id"] + name)
            for name in ("-0", "-1", "-2")
        ]
    )
    assert analyze(many).cutoff == many["started_at"].max()
    assert not [c for c in analyze(many).checks if c.code == "stray_start"]
    many.iloc[7, many.columns.get_loc("started_at")] += pd.Timedelta(days=36_500)
    result = analyze(many)
    assert find(result, "stray_start").status == "warn"
    assert "as of 2124" in result.notes[-1]


def test_units_that_are_nobody(log: pd.DataFrame) -> None:
    log.loc[:2, "customer_id"] = "NA"
    log.loc[3, "customer_id"] = "NULL"  # once: it may be a name
    found = find(analyze(log), "placeholder_units")
    assert (found.status, found.count, found.examples) == ("warn", 3, ("NA",))


def test_what_could_not_be_looked_at_says_why(log: pd.DataFrame) -> None:
    result = analyze(log[["arm", "automated"]])
    by_code = {check.code: check for check in result.checks}
    reasons = {code: check.detail for code, check in by_code.items() if check.status == "not_run"}
    assert reasons["two_arms"] == "no column of a unit"
    assert reasons["sample_ratio"].startswith("contacts repeat")
    assert reasons["duplicate_contacts"] == "no column identifies a contact"
    assert {"missing_unit", "ended_before_start", "immature", "overlapping"} < set(reasons)
    assert by_code["two_arms"].hint == "name it with --unit COLUMN"
    only = {c.code: c for c in analyze(log, metrics=["AR"]).checks}
    assert only["immature"].status == "not_run"
    assert only["immature"].detail == "24RR was not asked for"
    open_end = {c.code: c for c in analyze(log.drop(columns="ended_at")).checks}
    assert open_end["ended_before_start"].detail == "no column `ended_at`"


def test_until_is_as_if_the_log_had_ended_then(log: pd.DataFrame) -> None:
    until = datetime(2024, 3, 31, 12, 7, tzinfo=UTC)
    early = log[log["started_at"] <= until]
    cut, short = analyze(log, until=until), analyze(early, until=until)
    assert cut.to_dict() == short.to_dict()
    assert cut.rows == len(early) < N
    (row,) = (row for case, row in cut.table3.rows() if (case, row.metric) == ("A", "24RR"))
    mature = early[
        (early["ended_at"] + pd.Timedelta(hours=24) <= until) & (early["use_case"] == "A")
    ]
    assert row.control.trials + row.treatment.trials == len(mature)


def test_contacts_without_an_end_are_immature_and_said_to_be(log: pd.DataFrame) -> None:
    log.loc[:9, "ended_at"] = pd.NaT
    found = find(analyze(log), "missing_end")
    assert (found.status, found.count) == ("warn", 10)
    assert not [c for c in analyze(log[10:]).checks if c.code == "missing_end"]


def test_as_of_when_is_said(log: pd.DataFrame) -> None:
    later = datetime(2024, 5, 1, tzinfo=UTC)
    note = analyze(log, until=later).notes[-1]
    assert note.startswith("as of 2024-05-01T00:00:00+00:00 (--until): the last contact before it")


def test_counted_is_true_or_false_everywhere(log: pd.DataFrame) -> None:
    """The example is the least, whatever the order of the rows, and cut."""
    odd = log.assign(counted=[("yes", "perhaps", "maybe" + "!" * 99)[i % 3] for i in range(N)])
    for rows in (odd, odd[::-1]):
        with pytest.raises(DataError, match="`counted` is neither true nor false in 266") as error:
            analyze(rows)
        assert f"(such as `maybe{'!' * 55}`)" in str(error.value)


@pytest.mark.parametrize("units", [True, False])
def test_an_answer_that_is_none_is_left_out_everywhere(log: pd.DataFrame, units: bool) -> None:
    """Neither answered nor silent: PRR and the responses are made of the same rows."""
    odd = log.assign(response=log["response"].where(log.index % 10 > 0, "perhaps"))
    unit = None if units else "row"
    result = analyze(odd, metrics=["PRR"], unit=unit)
    left = analyze(log[log.index % 10 > 0], metrics=["PRR"], unit=unit)
    assert find(result, "outcome_values").count == N // 10
    for (_, row), (_, expected) in zip(result.table3.rows(), left.table3.rows(), strict=True):
        assert row.control_responses == expected.control_responses
        assert row.treatment_responses == expected.treatment_responses
        assert row.worst_case == expected.worst_case
        assert row.control_responses is not None
        assert row.control_responses.successes == row.control.trials


def test_examples_are_of_the_rows_that_were_counted(log: pd.DataFrame) -> None:
    """Not of rows without an arm, not counted, not offered, or later; and they are cut."""
    log["counted"] = log.index != 3
    log["automated"] = log["automated"].astype(str)
    log["cost"] = log["cost"].astype(str)
    for column in ("automated", "response", "cost"):
        log.loc[[3, 4, 6, 390], column] = "odd" * 40
    log.loc[4, "arm"] = None
    log.loc[[5, 390], "ended_at"] -= pd.Timedelta(hours=1)
    log.loc[7, "response"], log.loc[7, "resolution"] = "odd", None
    until = log.loc[380, "started_at"].to_pydatetime()
    result = analyze(log, until=until, metrics=["AR", "PRR", "24RR", "c=cost:mean"])
    found = [check for check in result.checks if check.code == "outcome_values"]
    assert [(check.count, check.examples) for check in found] == [(1, ("k6: " + "odd" * 20,))] * 3
    reversed_ = find(result, "ended_before_start")
    assert (reversed_.count, reversed_.examples) == (1, ("k5",))


def test_contacts_without_a_name(log: pd.DataFrame) -> None:
    log.loc[:4, "contact_id"] = None
    found = find(analyze(log), "missing_contact_id")
    assert (found.status, found.count) == ("warn", 5)
    assert analyze(log).rows == N
