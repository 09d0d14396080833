"""One log in every form that a user may have it in: the same numbers to the last bit."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from abkit.analysis.analyzing import analyze, analyze_counts

from .conftest import as_table

Row = dict[str, Any]
COLUMNS = (
    "contact_id", "customer_id", "issue_id", "use_case", "arm", "started_at", "ended_at",
    "counted", "automated", "resolution", "response",
)  # fmt: skip


@pytest.fixture
def log(random_rows: Callable[..., list[Row]]) -> pa.Table:
    return as_table(random_rows(400, seed=4)).select(COLUMNS)


def numbers(data: Any, **options: Any) -> dict[str, Any]:
    """Everything but what the data are called and how they were read."""
    facts = analyze(data, **options).to_dict()
    return {name: fact for name, fact in facts.items() if name not in ("source", "notes")}


def as_text(log: pa.Table) -> pa.Table:
    """Every column as a spreadsheet's text, times with their offset."""
    frame = log.to_pandas()
    for name in ("started_at", "ended_at"):
        frame[name] = [moment.isoformat(sep=" ") for moment in frame[name]]
    frame["counted"] = frame["counted"].map({True: "TRUE", False: "false"})
    frame["automated"] = frame["automated"].map({True: " Yes", False: "0"})
    text = {name: [None if value is None or value != value else str(value) for value in frame[name]]
            for name in log.column_names}  # fmt: skip
    return pa.table({name: pa.array(values, pa.string()) for name, values in text.items()})


def forms(log: pa.Table, folder: Path) -> Iterator[tuple[str, Any]]:
    half, text, plain = log.num_rows // 2, as_text(log), folder / "log.csv"
    parts = log.slice(half), log.slice(0, half)
    csv.write_csv(text, plain)
    yield "csv", plain
    (folder / "log.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    yield "csv.gz", folder / "log.csv.gz"
    bom = folder / "bom.csv"
    bom.write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n"))
    yield "byte-order mark and carriage returns", bom
    csv.write_csv(text, folder / "log.tsv", csv.WriteOptions(delimiter="\t"))
    yield "tsv", folder / "log.tsv"
    for i, part in enumerate(parts):
        parquet.write_table(part, folder / f"part-{i}.parquet")
    yield "glob", str(folder / "part-*.parquet")
    parquet.write_to_dataset(log, folder / "parted", partition_cols=["use_case"])
    yield "partitioned folder", folder / "parted"
    with duckdb.connect(str(folder / "log.duckdb")) as database:
        database.register("given", log)
        database.execute("CREATE TABLE contacts AS SELECT * FROM given")
    yield "database", folder / "log.duckdb"
    yield "pandas", log.to_pandas()
    yield "pyarrow", log
    order = np.random.default_rng(1).permutation(log.num_rows)
    yield "shuffled", log.take(pa.array(order))
    yield "pyarrow of text", text
    later = log.to_pandas()
    for name in ("started_at", "ended_at"):
        later[name] = later[name].dt.tz_convert("Asia/Kathmandu")
    yield "another zone", later


def test_every_form_gives_the_same_numbers(log: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "whole" / "log.parquet"
    path.parent.mkdir()
    parquet.write_table(log, path)
    expected = numbers(path)
    assert expected["rows"] == log.num_rows
    assert [c["use_case"] for c in expected["use_cases"]] == ["A", "B", "C"]
    assert [row["metric"] for row in expected["use_cases"][0]["metrics"]] == ["AR", "PRR", "24RR"]
    found = dict(forms(log, tmp_path))
    assert {name: numbers(data) == expected for name, data in found.items()} == dict.fromkeys(
        found, True
    )


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_and_order_change_no_bit(
    log: pa.Table, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Means are floats, where a sum in another order would show."""
    rng = np.random.default_rng(7)
    cost = pa.array(rng.lognormal(3, 3, log.num_rows))
    data = log.append_column("cost", cost)
    options = {"metrics": ["AR", "cost=cost:mean:lower"], "segment": "resolution"}
    expected = numbers(data, **options)
    connect = duckdb.connect
    monkeypatch.setattr(
        "duckdb.connect", lambda *a, config, **k: connect(*a, config=config | {"threads": threads})
    )
    order = pa.array(rng.permutation(log.num_rows))
    assert json.dumps(numbers(data.take(order), **options)) == json.dumps(expected)


def test_counts_are_rows_taken_for_units(log: pa.Table) -> None:
    """The same trials, whether a file lists them or three numbers sum them up."""
    whole = analyze(log, unit="row", metrics=["AR", "PRR"], where="counted")
    counts = {
        (case, row.metric, arm): (side.successes, side.trials)
        for case, row in whole.table3.rows()
        for arm, side in (("control", row.control), ("treatment", row.treatment))
    }
    assert len(counts) == 12
    beside = {"responses", "worst_case"}  # offers are no part of counts

    def compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: of for name, of in row.items() if name not in beside} for row in rows]

    text = ",".join(f"{':'.join(key)}={k}/{n}" for key, (k, n) in counts.items())
    for given in (counts, text):
        result = analyze_counts(given)
        assert compared(result.table3.records()) == compared(whole.table3.records())
        assert [row.to_dict() for row in result.table3.pooled] == [
            row.to_dict() for row in whole.table3.pooled
        ]
        assert result.rows is None
        assert {check.status for check in result.checks} == {"not_run"}


def test_renamed_columns_and_identifiers_with_zeros(log: pa.Table) -> None:
    """Identifiers are text: `01` and `1` are two customers; whole numbers will do."""
    frame = log.to_pandas()
    codes = {name: i for i, name in enumerate(sorted(frame["customer_id"].unique()))}
    expected = numbers(log)
    frame["customer_id"] = frame["customer_id"].map(codes)
    assert numbers(frame) == expected
    frame["customer_id"] = [f"{'0' * (code % 2)}{code // 2}" for code in frame["customer_id"]]
    frame = frame.rename(columns={"automated": 'Done by "bot"', "arm": "a,b", "customer_id": ";"})
    mapping = {"automated": 'Done by "bot"', "arm": "a,b", "customer_id": ";"}
    assert numbers(frame, mapping=mapping) == expected
    assert numbers(frame, mapping={"automated": 'Done by "bot"'} | {"arm": "a,b"}, unit=";") == (
        expected
    )


def test_truth_is_never_read_unless_named(log: pa.Table) -> None:
    frame = log.to_pandas().assign(true_automated="no truth", true_reason=1)
    assert numbers(frame) == numbers(log)
