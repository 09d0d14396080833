"""What every column of a table holds, whatever it is stored in."""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from abkit.analysis import inspection
from abkit.analysis.column_kinds import could_be, kind_of
from abkit.analysis.inspection import Seen, look_at
from abkit.core.inspected import ColumnFacts

N = 1_000
TABLE = pa.table(
    {
        "user id": pa.array([f"{place % 400:05d}" for place in range(N)]),
        "Arm": pa.array(["a" if place % 4 else "b" for place in range(N)]),
        "gave": pa.array(["yes" if place % 3 else "No" for place in range(N)]),
        "answer": pa.array([("positive", None, "negative")[place % 3] for place in range(N)]),
        "amount": pa.array([f"{place / 8}" for place in range(N)]),
        "count": pa.array([str(place * 7) for place in range(N)]),
        "at": pa.array(
            [f"2024-01-01 00:{place % 60:02d}:{place // 60:02d}Z" for place in range(N)]
        ),
        "clock": pa.array(
            [f"2024-01-01T00:{place % 60:02d}:{place // 60:02d}" for place in range(N)]
        ),
        "day": pa.array([f"2024-01-{place % 28 + 1:02d}" for place in range(N)]),
        "comment": pa.array([f"it stopped after {place} minutes" for place in range(N)]),
        "reason": pa.array([("defective", "quality", "")[place % 3] for place in range(N)]),
        "score": pa.array([f"{place / N}" for place in range(N)]),
        "code": pa.array([f"x{place}" for place in range(N)]),
        "nothing": pa.array([None] * N, pa.string()),
        'odd "name"; --': pa.array(["\x1b[2J, x"] * N),
    }
)
KINDS = {
    "user id": "whole numbers", "Arm": "words", "gave": "0/1", "answer": "responses",
    "amount": "numbers", "count": "whole numbers", "at": "times", "clock": "times without zone",
    "day": "dates", "comment": "texts", "reason": "words", "score": "numbers", "code": "names",
    "nothing": "empty", 'odd "name"; --': "words",
}  # fmt: skip


def by_name(seen: Seen) -> dict[str, ColumnFacts]:
    return {column.name: column for column in seen.columns}


@pytest.mark.parametrize("form", ["CSV", "Parquet", "data frame"])
def test_columns_of_text(form: str, tmp_path: Path) -> None:
    data: object = TABLE
    if form == "CSV":
        data = tmp_path / "x.csv"
        csv.write_csv(TABLE, data)
    elif form == "Parquet":
        data = tmp_path / "x.parquet"
        parquet.write_table(TABLE, data)
    seen = look_at(data)  # type: ignore[arg-type]
    found = by_name(seen)
    assert (seen.form, seen.rows, seen.looked_at) == (form, N, N)
    assert {name: column.kind for name, column in found.items()} == KINDS
    assert found["Arm"].values == (("a", 750), ("b", 250))
    assert found["answer"].values == (("positive", 334), ("negative", 333))
    assert found["answer"].missing == pytest.approx(0.333)
    assert found["reason"].missing == pytest.approx(0.333)
    assert found["nothing"].missing == 1
    assert (found["user id"].distinct, found["user id"].exact) == (400, True)
    assert found["user id"].examples[0].startswith("0")  # leading zeros
    assert len(found["comment"].examples) == 3
    assert found["nothing"].examples == ()
    parts = {name: column.could_be for name, column in found.items() if column.could_be}
    assert parts == {
        "user id": ("unit",), "Arm": ("arm",), "gave": ("outcome",), "amount": ("amount",),
        "at": ("time",), "clock": ("time",), "comment": ("text",), "reason": ("label",),
        "score": ("score",),
    }  # fmt: skip


def test_native_types() -> None:
    moments = pd.to_datetime(["2024-01-01 10:00", None, "2024-01-02 11:00"])
    table = pa.table(
        {
            "ok": pa.array([True, None, False]),
            "n": pa.array([1, 0, None]),
            "x": pa.array([0.25, float("nan"), 3.5]),
            "money": pa.array([Decimal("1.50"), None, Decimal("2.00")]),
            "at": pa.array(moments.tz_localize("UTC")),
            "clock": pa.array(moments),
            "day": pa.array([1, 2, None], pa.date32()),
            "list": pa.array([[1], None, [2, 3]]),
            "bytes": pa.array([b"a", None, b"\xff"]),
            "arm": pa.array(["a", "b", None]).dictionary_encode(),
        }
    )
    found = by_name(look_at(table))
    assert {name: column.kind for name, column in found.items()} == {
        "ok": "0/1", "n": "0/1", "x": "numbers", "money": "numbers", "at": "times",
        "clock": "times without zone", "day": "dates", "list": "other", "bytes": "other",
        "arm": "words",
    }  # fmt: skip
    assert found["at"].examples == ("2024-01-01 10:00:00+00", "2024-01-02 11:00:00+00")
    assert found["arm"].role == "arm"
    assert found["list"].missing == pytest.approx(1 / 3)


def test_of_many_rows_some_are_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same ones each time; few values are still counted in all rows."""
    rows = 60_000
    table = pa.table(
        {
            "id": pa.array([f"k{place}" for place in range(rows)]),
            "arm": pa.array(["a"] * (rows - 1) + ["b"]),  # sorted: a look at the start sees one
        }
    )
    parquet.write_table(table, tmp_path / "x.parquet", row_group_size=5_000)
    csv.write_csv(table, tmp_path / "x.csv")
    monkeypatch.setattr(inspection, "SAMPLE", 10_000)
    whole = look_at(tmp_path / "x.parquet")
    assert whole.looked_at == rows
    monkeypatch.setattr(inspection, "LARGE", 20_000)
    for name in ("x.parquet", "x.csv"):
        seen = look_at(tmp_path / name)
        assert seen == look_at(tmp_path / name)
        assert seen.rows == rows
        assert 2_000 <= seen.looked_at <= 30_000
        found = by_name(seen)
        assert found["arm"].values == (("a", rows - 1), ("b", 1))
        assert found["id"].kind == "names"
        assert 0 < found["id"].distinct <= seen.looked_at
        assert not found["id"].exact


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "0"], "0/1"), (["TRUE", " f "], "0/1"), (["1.0", "0.0"], "0/1"),
        (["1", "0", "2"], "whole numbers"), (["1.0", "2"], "numbers"), (["1", "x"], "words"),
        (["1,5", "2"], "words"), (["positive", "no"], "responses"), (["2024-01-01"], "dates"),
        (["2024-01-01 10:00", "2024-01-01 10:00Z"], "times without zone"),
        (["2024-01-01 10:00+02"], "times"), (["2024-01-01 10:00", "soon"], "words"),
        ([], "empty"), (["nan"], "words"), (["007"], "whole numbers"),
    ],
)  # fmt: skip
def test_kinds_of_text(values: list[str], kind: str) -> None:
    assert kind_of("VARCHAR", values, few=True) == kind


@pytest.mark.parametrize(
    ("name", "kind", "distinct", "parts"),
    [
        ("variant", "words", 2, ("arm",)), ("variant", "words", 11, ()),
        ("variant", "names", 2, ()),
        ("test_group", "0/1", 2, ("arm",)), ("channel", "words", 3, ()),
        ("customer_id", "names", 500, ("unit",)), ("userId", "names", 500, ("unit",)),
        ("username_hash", "names", 500, ()), ("customer_id", "words", 5, ()),
        ("converted", "0/1", 2, ("outcome",)), ("mens", "0/1", 2, ()),
        ("handle_time", "numbers", 500, ("amount",)), ("lifetime", "numbers", 500, ()),
        ("reason5", "words", 5, ("label",)), ("reason", "words", 1, ()),
        ("treason", "words", 5, ()),
        ("p_defective", "numbers", 500, ("score",)), ("top", "numbers", 500, ()),
    ],
)  # fmt: skip
def test_parts_by_name(name: str, kind: str, distinct: int, parts: tuple[str, ...]) -> None:
    assert could_be(name, kind, ["0.5"], distinct=distinct) == parts  # type: ignore[arg-type]


def test_a_score_lies_between_0_and_1() -> None:
    assert could_be("score", "numbers", ["0", "1.0", "0.3"], distinct=200) == ("score",)
    assert could_be("score", "numbers", ["0", "1.01"], distinct=200) == ()
