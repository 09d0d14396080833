"""Small tables: every column text, every refusal clear."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from abkit.core.errors import DataError
from abkit.core.tables import read_columns


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


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("absent.csv", None, "there is no file"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"id,text\n", "no rows"),
        ("a.csv", b"id,body\n1,x\n", "has no column `text`; it has `id`, `body`"),
        ("a.csv", b"id,text\n1,caf\xe9\n", "cannot be read"),
        ("a.parquet", b"PAR1 not really", "cannot be read"),
        ("a.csv.gz", b"not gzip", "cannot be read"),
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
