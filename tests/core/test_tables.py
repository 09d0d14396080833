"""Small tables: every column text, every refusal clear."""

import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from abkit.core.errors import DataError
from abkit.core.escape import spreadsheet_original
from abkit.core.tables import read_columns, read_table, to_safe_csv

WHOLE = gzip.compress("".join(f"{i * i},words {i}\n" for i in range(99)).encode(), mtime=0)
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(
    "\r\n=\"' ,"
)


def test_identifiers_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffid,text\n0012,"two\nlines"\n1e5,NA\n9007199254740993,\n'.encode())
    table = read_columns(path, ["id", "text"])
    assert list(table["id"]) == ["0012", "1e5", "9007199254740993"]
    assert list(table["text"]) == ["two\nlines", "NA", ""]


def test_formats_agree(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_text("id,text\n1,x\n2,y\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    pd.DataFrame({"id": [1, 2], "text": ["x", "y"]}).to_parquet(tmp_path / "a.parquet")
    tables = [read_columns(tmp_path / name) for name in ("a.csv", "a.csv.gz", "a.parquet")]
    assert all(table.values.tolist() == tables[0].values.tolist() for table in tables)


def test_short_rows_are_filled_and_endings_have_no_case(tmp_path: Path) -> None:
    path = tmp_path / "A.CSV"
    path.write_text("id,text\n1\n2,y\n")
    assert read_table(path, needed=["id"]).values.tolist() == [["1", ""], ["2", "y"]]


def test_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    column = pa.array(["x"])
    parquet.write_table(pa.Table.from_arrays([column, column], names=["text", "text"]), path)
    with pytest.raises(DataError, match="cannot be read"):
        read_columns(path, ["text"])


@pytest.mark.parametrize("text", ["x\r=1+1", "x\u2028=1", "=1", "a\r\nb", "\r", '"', "", "'", "1"])
def test_what_is_written_is_read_back(tmp_path: Path, text: str) -> None:
    _round_trip(tmp_path, ["first", text])


@given(st.lists(st.text(TEXT, max_size=20), min_size=1, max_size=5))
def test_any_text_is_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    _round_trip(tmp_path_factory.mktemp("any"), texts)


def _round_trip(folder: Path, texts: list[str]) -> None:
    path = folder / "a.csv"
    written = to_safe_csv(pd.DataFrame({"=text()": texts, "n": 0.5}))
    path.write_bytes(written.encode())
    read = read_table(path)
    assert list(read.columns) == ["'=text()", "n"]
    assert read["'=text()"].map(spreadsheet_original).tolist() == texts
    assert set(read["n"]) == {"0.5"}


def test_every_text_is_quoted_and_no_number() -> None:
    table = pd.DataFrame({"t": ["x\r=1+1", "na\0ul"], "n": [0.5, None], "b": [True, False]})
    assert to_safe_csv(table) == ('"t","n","b"\n"\'x\r=1+1",0.5,True\n"na\u2400ul","",False\n')


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("absent.csv", None, "there is no file"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"id,text\n", "no rows"),
        ("a.csv", b"id,body\n1,x\n", "has no column `text`; it has `id`, `body`"),
        ("a.csv", b"id,text\n1,caf\xe9\n", "cannot be read"),
        ("a.parquet", b"PAR1 not really", "cannot be read"),
        ("a.csv", b"id,text\n1,x,0\n2,y,0\n", "its first row has more cells than the header"),
        ("a.csv", b"id,text\n1,x\n2,y,0\n", "row 3, .* has 3 cells; the header has 2"),
        ("a.csv", b"id,text\n1,x\n2,na\0ul\n", "line 3 holds a NUL byte"),
        ("a.csv.gz", gzip.compress(b"text\nna\0ul\n", mtime=0), "line 2 holds a NUL byte"),
        ("a.csv", "id,text\n1,x\n".encode("utf-16"), "NUL byte, as UTF-16"),
        ("a.csv.gz", b"not gzip", "cannot be read"),
        ("a.csv.gz", WHOLE[:-12], "cannot be read"),
        ("a.csv.gz", WHOLE[:30] + b"\xff" + WHOLE[31:], "cannot be read"),
        ("a.csv.zip", b"PK", "ends in none of .csv, .csv.gz, .parquet, .pq"),
        ("a.csv.zst", b"x", "ends in none of"),
        ("a.xlsx", b"x", "ends in none of"),
    ],
)
def test_refusals(tmp_path: Path, name: str, content: bytes | None, fact: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=fact):
        read_columns(path, ["text"])


def test_a_near_miss_is_hinted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("txt\nx\n")
    with pytest.raises(DataError) as caught:
        read_columns(path, ["text"])
    assert caught.value.hint == "did you mean `txt`?"
