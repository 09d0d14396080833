"""Small tables that a user gives or opens: every column read as text, every cell written safely."""

import csv
import gzip
import re
import warnings
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from abkit.core.errors import DataError, nearest
from abkit.core.escape import spreadsheet_safe

_READABLE: Final = "expected CSV in UTF-8 with a header, the same compressed with gzip, or Parquet"
_ENDINGS: Final = (".csv", ".csv.gz", ".parquet", ".pq")
_TOO_LONG: Final = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_DAMAGED: Final = (ValueError, OSError, EOFError, zlib.error, pa.ArrowException)


def read_columns(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read `columns` (default: all) of a table as `read_table` does."""
    table = read_table(path, needed=columns or ())
    return table if columns is None else table[list(columns)]


def read_table(path: Path, *, needed: Sequence[str] = ()) -> pd.DataFrame:
    """Read all columns of a CSV, CSV.gz or Parquet file as strings.

    Identifiers keep their leading zeros, a byte-order mark is dropped, and absent cells are empty
    strings.

    Raises:
        DataError: The file is missing, of another kind, damaged or empty, lacks a `needed` column,
            or a row has more cells than the header.
    """
    if not path.is_file():
        raise DataError(f"there is no file `{path}`", hint="check the path")
    name = path.name.lower()
    if not name.endswith(_ENDINGS):
        raise DataError(f"`{path}` ends in none of " + ", ".join(_ENDINGS), hint=_READABLE)
    try:
        table = _read_parquet(path) if name.endswith((".parquet", ".pq")) else _read_csv(path)
    except pd.errors.EmptyDataError:
        raise DataError(f"`{path}` is empty", hint="a header line and one row are needed") from None
    except _DAMAGED as error:  # wrong encoding, broken quotes, cut short
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"`{path}` cannot be read: {first_line}", hint=_READABLE) from None
    _check(path, table, needed)
    return table


def to_safe_csv(table: pd.DataFrame) -> str:
    """Return a CSV in which a spreadsheet shows texts instead of evaluating them.

    Every text is quoted, so that no line break in it can start a row, and made safe, the header's
    too. A NUL, which no CSV can hold, is shown as its symbol.
    """
    safe = table.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(_safe_cell)
    safe.columns = safe.columns.map(_safe_cell)
    return safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)


def _safe_cell(text: str) -> str:
    return spreadsheet_safe(text.replace("\0", "\u2400"))


def _read_parquet(path: Path) -> pd.DataFrame:
    table = pd.read_parquet(path).reset_index(drop=True).astype("string").fillna("")
    table.columns = table.columns.map(str)
    if table.columns.has_duplicates:
        raise ValueError("two of its columns have one name")
    return table


def _read_csv(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    if path.name.lower().endswith(".gz"):
        content = gzip.decompress(content)
    if b"\0" in content:  # the parser would end the cell there
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise ValueError(f"line {line:,} holds a NUL byte, as UTF-16 does")
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(
                BytesIO(content), dtype="string", keep_default_na=False, encoding="utf-8-sig",
                index_col=False,
            ).fillna("")  # fmt: skip
        except pd.errors.ParserWarning:
            header = content.partition(b"\n")[0].decode(errors="replace")
            seem = _separator([header]) if "," not in header else None
            fact = "its first row has more cells than the header"
            raise ValueError(f"{fact}; {seem}" if seem else fact) from None
        except pd.errors.ParserError as error:
            if found := _TOO_LONG.search(str(error)):
                expected, row, saw = found.groups()
                fact = f"row {row}, the header counted, has {saw} cells; the header has {expected}"
                raise ValueError(fact) from None
            raise


def _check(path: Path, table: pd.DataFrame, needed: Sequence[str]) -> None:
    if table.empty:
        raise DataError(f"`{path}` has a header but no rows")
    for column in needed:
        if column not in table.columns:
            raise DataError(
                f"`{path}` has no column `{column}`; it has "
                + ", ".join(f"`{name}`" for name in table.columns),
                hint=_separator(list(table.columns)) or nearest(column, table.columns),
            )


def _separator(columns: Sequence[str]) -> str | None:
    """Return what seems to stand between cells, where commas made one column of them."""
    if len(columns) > 1:
        return None
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in columns[0]:
            return f"its cells seem to be separated by {name}; expected commas"
    return None
