"""Tables as a person's spreadsheet saves them as CSV: any of its delimiters and encodings."""

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from abkit.core.errors import DataError
from abkit.core.escape import spreadsheet_original

_MAX_BYTES: Final = 2**28  # a sheet of a million texts is smaller
_DELIMITERS: Final = ",;\t|"
_CSV: Final = "save it as CSV from the spreadsheet program"
_OTHER_KINDS: Final = (  # how files that are no CSV begin
    (b"PK\x03\x04", "a workbook or another zip archive (.xlsx, .ods, .numbers), not CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), not CSV"),
    (b"PAR1", "a Parquet file, not CSV"),
    (b"%PDF", "a PDF, not CSV"),
    (b"{\\rtf", "a text document (.rtf), not CSV"),
    (b"<", "a web page or XML, not CSV"),
)
_MARKS: Final = (  # byte-order marks
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreadsheet:
    """Named columns, and the rows below them as text, without those that are blank.

    `rows` maps the row's number as the spreadsheet shows it to its cells, one per column.
    """

    columns: tuple[str, ...]
    rows: dict[int, tuple[str, ...]]


def read_spreadsheet(path: Path, *, key: str) -> Spreadsheet:
    """Read a CSV file in UTF-8, UTF-16 with its mark, or Windows-1252, plain or gzipped.

    The delimiter is the one that makes the header hold the column `key`. Blanks around a cell and
    the apostrophes of `spreadsheet_safe` are taken off; empty rows and unnamed empty columns are
    left out. What the file is called does not matter, only what is in it.

    Raises:
        DataError: The file is missing, is of another kind, damaged or empty, or a row has more
            cells than the header.
    """
    text = _decoded(path, _content(path))
    lines = io.StringIO(text, newline="")  # ends of lines as they are: \n, \r\n or \r
    if text[:4].lower() == "sep=":  # Excel's own first line, which it does not show
        delimiter = lines.readline()[4:5]
    else:
        delimiter = max(_DELIMITERS, key=lambda mark: _fit(_header(text, mark), key))
    found: list[tuple[int, list[str]]] = []
    try:
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
            if cells := _cleaned(row):
                found.append((number, cells))
    except csv.Error as error:
        after = f"after row {found[-1][0]:,}" if found else "at its start"
        raise DataError(f"`{path}` cannot be read as CSV {after}: {error}", hint=_CSV) from None
    if not found:
        raise DataError(f"`{path}` is empty", hint="a header line and one row are needed")
    return _table(path, found[0][1], found[1:])


def _content(path: Path) -> bytes:
    """Return the file's bytes, unpacked if need be; they are of no other kind than text."""
    if path.is_dir():
        raise DataError(f"`{path}` is a folder; expected the name of a file")
    if not path.is_file():
        raise DataError(f"there is no file `{path}`", hint="check the path")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(_MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"`{path}` cannot be read: {reason}") from None
    if len(content) > _MAX_BYTES:
        raise DataError(f"`{path}` holds more than {_MAX_BYTES >> 20} MiB; expected a sheet")
    for start, kind in _OTHER_KINDS:
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start):
            raise DataError(f"`{path}` is {kind}", hint=_CSV)
    return content


def _decoded(path: Path, content: bytes) -> str:
    """Return the text of a file in one of the encodings that spreadsheets write."""
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    for encoding in marked or ("utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DataError(
        f"`{path}` is neither UTF-8, nor UTF-16 with a byte-order mark, nor Windows-1252",
        hint="save it as CSV in UTF-8 from the spreadsheet program",
    )


def _header(text: str, delimiter: str) -> list[str]:
    """Return the first row that is not blank, read with `delimiter`."""
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return next((cells for row in rows if (cells := _cleaned(row))), [])
    except csv.Error:
        return []


def _fit(header: list[str], key: str) -> tuple[bool, int]:
    return key in header, len(header)


def _cleaned(row: list[str]) -> list[str]:
    """Return the cells without blanks around them and without empty ones at the end."""
    cells = [spreadsheet_original(cell.strip()).strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _table(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> Spreadsheet:
    named = [i for i, name in enumerate(header) if name]
    for number, cells in rows:
        if len(cells) > len(header):
            raise DataError(
                f"`{path}`: row {number:,} has {len(cells)} cells; the header has {len(header)}",
                hint="a text that holds the delimiter must stand in quotes; " + _CSV,
            )
    if not rows:
        raise DataError(f"`{path}` has a header but no rows")
    return Spreadsheet(
        columns=tuple(header[i] for i in named),
        rows={
            number: tuple(cells[i] if i < len(cells) else "" for i in named)
            for number, cells in rows
        },
    )
