"""Which columns play which part, and what is said about absent ones."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.errors import AbkitError, ConfigError, DataError

N = 240
HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def log() -> pd.DataFrame:
    """Customers who come twice, the second time with another matter in another use-case."""
    i = np.arange(N)
    hours = i % 120 / 4 + i // 120 * 12
    start = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame(
        {
            "customer_id": [f"c{n % 120}" for n in i],
            "issue_id": [f"i{n}" for n in i],
            "use_case": np.where((i < 120) | (i % 4 < 2), "A", "B"),
            "arm": np.array(["control", "treatment"])[i % 2],
            "started_at": start,
            "ended_at": start + pd.Timedelta(minutes=30),
            "counted": start < pd.Timestamp("2024-01-05", tz="UTC"),
            "automated": i % 3 == 0,
            "resolution": "refund",
            "response": np.where(i % 5 < 2, "positive", "negative"),
        }
    )


def repeated(data: Any, **options: Any) -> dict[str, int]:
    table = analyze(data, **options).table3
    return {
        case: row.control.successes + row.treatment.successes
        for case, row in table.rows()
        if row.metric == "24RR"
    }


def notes(data: Any, **options: Any) -> str:
    found = analyze(data, **options).notes
    return " / ".join(note for note in found if not note.startswith("as of"))


def test_without_an_issue_the_next_contact_in_the_use_case_counts(log: pd.DataFrame) -> None:
    late = log["started_at"].max() + 48 * HOUR  # so that all 24 h windows have closed
    end = pd.DataFrame([log.iloc[0].to_dict() | {"started_at": late, "ended_at": late + HOUR,
                        "customer_id": "z", "issue_id": "z"}])  # fmt: skip
    log = pd.concat([log, end])
    assert repeated(log) == {"A": 0, "B": 0}
    assert notes(log) == ""
    unnamed = log.drop(columns="issue_id")
    assert repeated(unnamed) == {"A": 60, "B": 0}
    assert "the next contact of a customer in the same use-case counts as a repeat" in notes(
        unnamed
    )
    whole = unnamed.drop(columns="use_case")
    assert repeated(whole) == {"all": 120}
    assert "the next contact of a customer counts as a repeat" in notes(whole)
    only_whole = log.drop(columns="use_case")
    assert repeated(only_whole) == {"all": 0}


def test_without_a_customer_there_are_no_repeats(log: pd.DataFrame) -> None:
    result = analyze(log.drop(columns="customer_id"))
    assert {row.metric for _, row in result.table3.rows()} == {"AR", "PRR"}
    assert "no unit: every row is one" in result.notes[0]
    assert result.table3.units == "rows"
    with pytest.raises(DataError, match="no column `customer_id`, which 24RR needs") as error:
        analyze(log.drop(columns="customer_id"), metrics=["24RR"])
    assert error.value.hint == (
        "say which column it is: --map customer_id=COLUMN "
        "(in Python mapping={'customer_id': 'COLUMN'})"
    )


def test_without_a_resolution_every_response_counts(log: pd.DataFrame) -> None:
    log.loc[:99, "resolution"] = None
    offered, given = analyze(log, metrics=["PRR"]), analyze(
        log.drop(columns="resolution"), metrics=["PRR"])  # fmt: skip
    trials = [sum(row.control.trials + row.treatment.trials for _, row in result.table3.rows())
              for result in (offered, given)]  # fmt: skip
    counted = log["counted"]
    assert trials == [(counted & log["resolution"].notna()).sum(), counted.sum()]
    assert "every response counts for PRR, and offers are unknown" in given.notes[-1]
    assert next(given.table3.rows())[1].worst_case is None
    assert next(offered.table3.rows())[1].control_responses is not None


def test_each_column_that_a_metric_needs(log: pd.DataFrame) -> None:
    found = {}
    for column in ("automated", "response", "started_at", "ended_at"):
        table = analyze(log.drop(columns=column)).table3
        found[column] = [row.metric for row in table.use_cases[0].metrics]
    assert found == {
        "automated": ["PRR", "24RR"], "response": ["AR", "24RR"],
        "started_at": ["AR", "PRR"], "ended_at": ["AR", "PRR"],
    }  # fmt: skip
    with pytest.raises(DataError, match="has none of the columns of a metric"):
        analyze(log[["arm", "customer_id"]])


def test_declared_metrics_stand_beside_table_3(log: pd.DataFrame) -> None:
    log["solved"] = log["automated"]

    def names(**options: Any) -> list[str]:
        return [row.metric for row in analyze(log, **options).table3.use_cases[0].metrics]

    assert names(metrics=["s=solved"]) == ["AR", "PRR", "24RR", "s"]
    assert names(metrics=["s=solved", "PRR"]) == ["PRR", "s"]
    assert names(variant="arm", metrics=["s=solved"]) == ["s"]
    assert names(variant="arm", metrics=["AR"], mapping={"automated": "solved"}) == ["AR"]


def test_a_file_that_is_no_log_has_only_named_columns(log: pd.DataFrame) -> None:
    result = analyze(log, variant="arm", metrics=["y=automated"])
    assert [case for case, _ in result.table3.rows()] == ["all"]
    assert result.table3.units == "rows"
    row = next(result.table3.rows())[1]
    assert row.control.trials + row.treatment.trials == N  # `counted` has no part in it
    named = analyze(log, variant="arm", metrics=["y=automated"], unit="customer_id",
                    use_case="use_case")  # fmt: skip
    assert [case for case, _ in named.table3.rows()] == ["A", "B"]
    assert named.table3.units == "customer_id"
    every = analyze(log, unit="row")
    assert {row.metric for _, row in every.table3.rows()} == {"AR", "PRR"}
    assert every.table3.units == "rows"


@pytest.mark.parametrize(
    ("options", "kind", "message", "hint"),
    [
        ({"mapping": {"armm": "arm"}}, ConfigError, "`map` is `armm`; expected one of `contact_id`",
         "did you mean `arm`?"),
        ({"mapping": {"arm": "ram"}}, DataError, "no column `ram` (for arm); it has `customer_id`,",
         "did you mean `arm`?"),
        ({"mapping": {"arm": "arm"}, "variant": "use_case"}, ConfigError,
         "`arm` is `arm` by --map and `use_case` by --variant", None),
        ({"mapping": {"customer_id": "customer_id"}, "unit": "row"}, ConfigError,
         "`customer_id` is `customer_id` by --map and `row` by --unit", None),
        ({"unit": "custommer_id"}, DataError, "no column `custommer_id` (for customer_id)",
         "did you mean `customer_id`?"),
        ({"segment": "Use_Case"}, DataError, "no column `Use_Case` (for segment)",
         "did you mean `use_case`?"),
        ({"metrics": ["y=automatic"]}, DataError, "no column `automatic` (for metric y)",
         "did you mean `automated`?"),
        ({"metrics": ["AR", "AR"]}, ConfigError, "a metric is named twice: `AR`, `AR`", None),
        ({"variant": "arm"}, ConfigError, "no metric was named: with --variant a file is no",
         "declare one with --metric NAME=COLUMN; of a contact log name the arm with --map "
         "arm=COLUMN (in Python mapping={'arm': 'COLUMN'}) instead of --variant"),
        ({"variant": "arm", "mapping": {"automated": "automated"}}, ConfigError,
         "that are declared, whatever --map names",
         "declare one with --metric NAME=COLUMN; of a contact log name the arm with --map "
         "arm=COLUMN (in Python mapping={'arm': 'COLUMN'}) instead of --variant"),
        ({"metrics": ["y=automated:median"]}, ConfigError, "`metric` y ends in `:median`; expected",
         "the column `automated` exists: write y=automated:mean for its mean"),
        ({"metrics": ["y=automated:lower:mean"]}, ConfigError, "`metric` y ends in `:lower`; exp",
         "the column `automated` exists: write y=automated:mean for its mean"),
        ({"variant": "arm", "metrics": ["PRR"]}, DataError, "no column `response`, which PRR needs",
         "say which column it is: --map response=COLUMN "
         "(in Python mapping={'response': 'COLUMN'})"),
    ],
)  # fmt: skip
def test_refusals(
    log: pd.DataFrame, options: dict[str, Any], kind: type[AbkitError], message: str,
    hint: str | None,
) -> None:  # fmt: skip
    with pytest.raises(kind, match=re.escape(message)) as error:
        analyze(log, **options)
    assert error.value.hint == hint


def test_no_arm(log: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="has no column `arm`; it has `customer_id`") as error:
        analyze(log.rename(columns={"arm": "branch"}))
    assert "--variant COLUMN (any A/B file) or --map arm=COLUMN" in str(error.value.hint)
    assert notes(log.rename(columns={"arm": "branch"}), mapping={"arm": "branch"}) == (
        "arms: column `branch`"
    )


# conditions


def test_where_leaves_rows_out(log: pd.DataFrame) -> None:
    result = analyze(log, where="use_case = 'A' -- only the first")
    assert [group.use_case for group in result.table3.use_cases] == ["A"]
    assert result.rows == (log["use_case"] == "A").sum()


@pytest.mark.parametrize(
    "where",
    [
        "true) AS condition FROM source; COPY (SELECT 1) TO 'pwned.csv'; SELECT (true",
        "true; COPY (SELECT 1) TO 'pwned.csv'",
        "true); COPY (SELECT 1) TO 'pwned.csv' --",
        "automated) UNION ALL SELECT * FROM source WHERE (true",
        "automated) OR (true",
        "COPY (SELECT 1) TO 'pwned.csv'",
        "automated, true", "use_case", "1", "", " ", "--", "colour = 'red'", "use_case =", "* = 1",
    ],
)  # fmt: skip
def test_where_is_one_condition(
    log: pd.DataFrame, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="`where` is `") as error:
        analyze(log, where=where)
    assert where in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("where", "chance"),
    [
        ("random() < 0.5", "random()"), ("automated AND RANDOM() < 2", "random()"),
        ("use_case = 'A' OR uuid()::VARCHAR < '8'", "uuid()"),
        ("customer_id IN (SELECT customer_id FROM source USING SAMPLE 10 ROWS)", "sample"),
    ],
)  # fmt: skip
def test_where_is_not_answered_by_chance(log: pd.DataFrame, where: str, chance: str) -> None:
    with pytest.raises(ConfigError, match="another answer each time") as error:
        analyze(log, where=where)
    assert str(error.value).endswith(f": `{chance}`")


def test_where_may_name_what_sounds_like_chance(log: pd.DataFrame) -> None:
    draws = log.assign(random=range(len(log)), sample="random()")
    where = (
        "random >= 2 AND sample = 'random()' AND hash(customer_id) % 7 <> 9 AND now() > '2000-1-1'"
    )
    assert analyze(draws, where=where).rows == len(log) - 2


def test_times_of_rows_that_are_left_out_are_not_read(log: pd.DataFrame) -> None:
    """Nor those of copies: neither an error, nor counted as shifted."""
    text = log.assign(
        contact_id=[f"k{i}" for i in range(len(log))],
        started_at=log["started_at"].astype(str),
        ended_at=log["ended_at"].astype(str),
    )
    text.loc[text["use_case"] == "B", "started_at"] = "soon"
    text.loc[0, "started_at"] = text.loc[0, "ended_at"] = "2024-10-27 02:30"
    doubled = pd.concat([text, text.iloc[[0, 0]]])
    result = analyze(doubled, where="use_case = 'A'", zone="Europe/Berlin")
    shifted = [check.count for check in result.checks if check.code == "clock_changes"]
    assert shifted == [1, 1]
    with pytest.raises(DataError, match="`started_at` cannot be read as a time in"):
        analyze(doubled, zone="Europe/Berlin")
