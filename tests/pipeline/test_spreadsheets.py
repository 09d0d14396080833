"""Sheets as spreadsheet programs save them: every delimiter and encoding says the same."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.core.escape import spreadsheet_safe
from abkit.pipeline.spreadsheets import Spreadsheet, read_spreadsheet


def saved(tmp_path: Path, content: bytes, name: str = "sheet.csv") -> Spreadsheet:
    path = tmp_path / name
    path.write_bytes(content)
    return read_spreadsheet(path, key="contact_id")


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_way_to_save(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    cells = (["contact_id", "text", "is_label_0"], ["007", '"zwölf; ""x"", y"', "yes"],
             ["1e5", "'=a+b", " no ", "", "", " "], 9 * [""], [])  # fmt: skip
    text = end.join(delimiter.join(row) for row in cells)
    table = saved(tmp_path, text.encode(encoding))
    assert table.columns == ("contact_id", "text", "is_label_0")
    assert table.rows == {2: ("007", 'zwölf; "x", y', "yes"), 3: ("1e5", "=a+b", "no")}


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_both_byte_orders_by_their_mark(tmp_path: Path, order: str) -> None:
    table = saved(tmp_path, "\ufeffcontact_id\ta\r\n1\té\r\n".encode(order))
    assert table.rows == {2: ("1", "é")}


def test_rows_keep_the_numbers_that_the_spreadsheet_shows(tmp_path: Path) -> None:
    content = b'\n\ncontact_id,a\n\n1,"x\ny"\n,,\n2,z\n'
    assert saved(tmp_path, content).rows == {5: ("1", "x\ny"), 7: ("2", "z")}


def test_the_line_that_names_the_delimiter(tmp_path: Path) -> None:
    assert saved(tmp_path, b"sep=;\r\ncontact_id;a\r\n1;b,c\r\n").rows == {2: ("1", "b,c")}


def test_unnamed_columns_and_gzip(tmp_path: Path) -> None:
    table = saved(tmp_path, gzip.compress(b"contact_id,,a,,\n1,note,2,,\n"), "sheet.csv.gz")
    assert (table.columns, table.rows) == (("contact_id", "a"), {2: ("1", "2")})


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30))
def test_what_was_made_safe_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Blanks at the ends apart, which no spreadsheet promises to keep."""
    path = tmp_path_factory.getbasetemp() / "safe.csv"
    quoted = spreadsheet_safe(text.strip()).replace('"', '""')
    path.write_bytes(f'contact_id,text\n1,"{quoted}"\n'.encode())
    (cells,) = read_spreadsheet(path, key="contact_id").rows.values()
    assert cells[1] == text.strip()


def workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "fact"),
    [
        (workbook(), "sheet.xlsx", "is a workbook"),
        (workbook(), "sheet.csv", "is a workbook"),
        (b"\xd0\xcf\x11\xe0rest", "sheet.csv", "is an old Excel workbook"),
        (b"PAR1rest", "sheet.csv", "is a Parquet file"),
        (b"%PDF-1.7", "sheet.csv", "is a PDF"),
        (b"\xef\xbb\xbf<html><table>", "sheet.xls", "is a web page or XML"),
    ],
)
def test_other_kinds_of_files_are_named(
    tmp_path: Path, content: bytes, name: str, fact: str
) -> None:
    with pytest.raises(DataError, match=fact) as caught:
        saved(tmp_path, content, name)
    assert caught.value.hint == "save it as CSV from the spreadsheet program"


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "is empty"),
        (b"contact_id,a\n", "has a header but no rows"),
        (b"contact_id,a\n1,2\n1,2,3\n", "row 3 has 3 cells; the header has 2"),
        (b'contact_id,a\n1,2\n1,"open\n', "cannot be read as CSV after row 2"),
        ("contact_id,a\n1,2\n".encode("utf-16-le"), "is neither UTF-8"),
        (b"contact_id,a\n1,\x81\xff\n", "is neither UTF-8"),
        (b"\x1f\x8bbroken", "cannot be read"),
        (gzip.compress(b"contact_id,a\n1,2\n")[:-9], "cannot be read"),
        (b"contact_id,a\n1," + b"x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        saved(tmp_path, content)


def test_folders_and_nothing(tmp_path: Path) -> None:
    for path, fact in ((tmp_path, "is a folder"), (tmp_path / "none.csv", "there is no file")):
        with pytest.raises(DataError, match=fact):
            read_spreadsheet(path, key="contact_id")
