"""Whatever a user's columns are called, and however their metrics, the numbers are the same."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import abkit.analysis
from abkit.analysis.analyzing import analyze
from abkit.analysis.inspection import look_at
from abkit.core.arms import Proportion

N = 400
INNER = (  # names that the queries use themselves
    "n", "N", "no_start", "reversed", "last_start_us", "rows", "cell", "part", "unit", "contact",
    "start_us", "issue", "segment", "counted", "v0", "x0", "sum_n", "y_v0", "condition", "source",
    "contacts", "h", "kinds", "units", "rank", "who", "value", "key",
)  # fmt: skip


@pytest.fixture
def plain() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "variant": np.array(["control", "treatment"])[np.arange(N) % 2],
            "id": np.arange(N).astype(str),
            "outcome": (np.arange(N) % 3 == 0).astype(int),
            "group": np.where(np.arange(N) % 4 < 2, 5, 7),
        }
    )


@pytest.mark.parametrize("name", INNER)
def test_no_name_stands_for_two_things(plain: pd.DataFrame, name: str) -> None:
    def read(data: pd.DataFrame, **names: str) -> object:
        columns = {"outcome": "outcome", "group": "group", "id": "id"} | names
        found = analyze(
            data, variant="variant", unit=columns["id"], metrics=[f"y={columns['outcome']}"],
            use_case=columns["group"],
        )  # fmt: skip
        rows = analyze(data, variant="variant", unit="row", metrics=[f"y={columns['outcome']}"])
        segments = analyze(
            data, variant="variant", metrics=[f"y={columns['outcome']}"], segment=columns["group"]
        ).segments
        return [list(found.table3.rows()), list(rows.table3.rows()), list(segments[0].rows())]

    wanted = read(plain)
    for column in ("outcome", "group", "id"):
        assert read(plain.rename(columns={column: name}), **{column: name}) == wanted


def test_a_metric_called_responses_is_a_metric() -> None:
    log = pd.DataFrame(
        {
            "arm": np.array(["control", "treatment"])[np.arange(N) % 2],
            "resolution": "refund",
            "response": np.where(np.arange(N) % 4 < 2, "positive", None),
            "solved": np.arange(N) % 8 < 4,
        }
    )
    (_, prr), (_, solved) = analyze(log, metrics=["PRR", "responses=solved"]).table3.rows()
    assert prr.control_responses == Proportion(successes=100, trials=200)
    assert solved.control == Proportion(successes=100, trials=200)
    assert prr.worst_case is not None


def aliases() -> set[str]:
    """Every name that a query of this package gives to a column or a relation."""
    sources = Path(abkit.analysis.__file__).parent.glob("*.py")
    text = "\n".join(path.read_text() for path in sources)
    text = re.sub(r'"\s+f?"', "", text)  # one string over several lines
    named = set(re.findall(r"\bAS ([a-z_]\w*)", text))
    return named | set(re.findall(r"\b(?:VIEW|TABLE) ([a-z_]\w*)", text)) | {
        f"{alias}{place}" for alias in ("n", "d", "c", "v", "x") for place in range(3)
    }  # fmt: skip


@pytest.mark.parametrize("form", ["CSV", "text", "Parquet"])
def test_a_column_may_be_called_as_any_name_in_a_query(form: str, tmp_path: Path) -> None:
    """Local times, copies, a contradiction of no row, segments, means: all queries are asked."""
    start = pd.Timestamp("2024-03-30") + pd.to_timedelta(np.arange(N) * 10, unit="min")
    log = pd.DataFrame(
        {
            "contact_id": np.arange(N).astype(str),
            "customer_id": [f"c{i // 3}" for i in range(N)],
            "use_case": np.array(["A", "B"])[np.arange(N) // 2 % 2],
            "arm": np.array(["control", "treatment"])[np.arange(N) // 3 % 2],
            "started_at": start,
            "ended_at": start + pd.Timedelta(minutes=5),
            "counted": np.arange(N) % 7 > 0,
            "automated": np.where(np.arange(N) == 9, 7, np.arange(N) % 2),
            "resolution": "refund",
            "response": np.where(np.arange(N) % 3 == 0, None, "positive"),
            "cost": np.arange(N) / 7,
            "country": np.array(["de", "fr"])[np.arange(N) // 5 % 2],
        }
    )
    log = pd.concat([log, log.iloc[[5, 5, 9]]], ignore_index=True)
    log.loc[10, "ended_at"] -= pd.Timedelta(hours=1)
    if form == "text":
        log = log.assign(started_at=start_text(log["started_at"]))
    others = sorted(aliases() - {name.casefold() for name in log})
    assert {"block", "class", "value", "contact", "first_us", "distinct_rows"} <= set(others)
    filled = {name: np.array(["x", "y", "z"])[np.arange(len(log)) % 3] for name in others}
    filled["text"] = np.where(np.arange(len(log)) < 6, "a", filled["text"])
    copied = pd.concat([log, pd.DataFrame(filled)], axis=1)
    for name in others:  # copies stay copies
        copied.loc[N:, name] = copied.loc[[5, 5, 9], name].to_numpy()

    def found(data: pd.DataFrame, name: str) -> tuple[object, object]:
        given: pd.DataFrame | Path = data
        if form == "CSV":
            given = tmp_path / f"{name}.csv"
            data.to_csv(given, index=False)
        elif form == "Parquet":
            given = tmp_path / f"{name}.parquet"
            data.to_parquet(given)
        result = analyze(
            given, zone="Europe/Berlin", metrics=["AR", "PRR", "24RR", "cost=cost:mean"],
            segment="country",
        ).to_dict()  # fmt: skip
        seen = [column for column in look_at(given).columns if column.name in log]
        return {key: value for key, value in result.items() if key != "source"}, seen

    assert found(copied, "copied") == found(log, "log")


def start_text(times: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return times.dt.strftime("%Y-%m-%d %H:%M:%S")


def test_what_is_called_missing_is_not_what_is_missing() -> None:
    parts = ["(missing)", None, "(missing) by name", "", "A"]
    log = pd.DataFrame(
        {
            "arm": np.array(["control", "treatment"])[np.arange(N) % 2],
            "part": [parts[i // 2 % 5] for i in range(N)],
            "y": np.arange(N) % 3 == 0,
        }
    )
    names = {"(missing)": N * 2 // 5, "(missing) by name": N // 5,
             "(missing) by name by name": N // 5, "A": N // 5}  # fmt: skip
    cases = analyze(log, variant="arm", metrics=["y=y"], use_case="part").table3
    assert {case: row.control.trials + row.treatment.trials for case, row in cases.rows()} == names
    (found,) = analyze(log, variant="arm", metrics=["y=y"], segment="part").segments
    assert sorted(segment.value for segment in found.values) == sorted(names)
