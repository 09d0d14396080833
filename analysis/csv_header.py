"""The first line of a CSV: which delimiter, which names."""

import codecs
import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from abkit.analysis.located_files import SAMPLE_BYTES, first_bytes
from abkit.core.errors import DataError

DELIMITERS: Final = ",;\t|"
_RECORDS: Final = 100  # looked at to choose the delimiter


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """The columns' names, in the order of the file, and what stands between two cells."""

    names: tuple[str, ...]
    delimiter: str


def read_header(path: Path) -> CsvHeader:
    """Return the header of a CSV in UTF-8, decompressed where its name ends in .gz.

    The delimiter is that of `,`, `;`, tab and `|` which gives the header several cells and the most
    of the first records as many. A column without a name is called by its place: `column_1`.

    Raises:
        DataError: The start is no UTF-8 or holds a NUL, there is no header, or two columns have
            one name.
    """
    text = _sample(path)
    tables = {delimiter: _records(text, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda delimiter: _fit(tables[delimiter]))
    cells = tables[delimiter][0] if tables[delimiter] else []
    if not any(character.isalpha() for cell in cells for character in cell):
        fact = f"`{path.name}` has no header: its first line is `{delimiter.join(cells)[:60]}`"
        raise DataError(fact, hint="name the columns in the first line")
    names = tuple(cell or f"column_{place}" for place, cell in enumerate(cells, start=1))
    refuse_duplicates(path.name, names)
    return CsvHeader(names, delimiter)


def refuse_duplicates(name: str, columns: Sequence[str]) -> None:
    """Raise `DataError` if two columns have one name; SQL takes `Arm` and `arm` for one."""
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.get(column.lower())
        seen[column.lower()] = column
        if other is None:
            continue
        fact = f"`{name}` has the column `{column}` twice"
        if other != column:
            fact = f"`{name}` has columns `{other}` and `{column}`, which differ only in case"
        raise DataError(fact, hint="rename one of them")


def _sample(path: Path) -> str:
    """Return the first MiB as text; a character that the cut would split is left out."""
    content = first_bytes(path)
    if (at := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, at) + 1
        fact = f"`{path.name}` holds a NUL byte in line {line:,}, as UTF-16 does"
        raise DataError(fact, hint="save it as UTF-8")
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(
            content, final=len(content) < SAMPLE_BYTES
        )
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fact = f"`{path.name}` is not UTF-8 in line {line:,}"
        raise DataError(fact, hint="save it as UTF-8") from None
    if not text.strip():
        raise DataError(f"`{path.name}` is empty", hint="a header and one row are needed")
    return text


def _records(text: str, delimiter: str) -> list[list[str]]:
    """Return the first records, up to one with a cell too long for the reader (131,072)."""
    records: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    with suppress(csv.Error):
        records.extend(islice(reader, _RECORDS))
    return records


def _fit(records: list[list[str]]) -> tuple[float, int]:
    """Return how well a delimiter divides: the share of rows as wide as the header, its width."""
    width = len(records[0]) if records else 0
    if width < 2:
        return (0.0, 0)
    filled = [cells for cells in records if cells]
    return (sum(len(cells) == width for cells in filled) / len(filled), width)
