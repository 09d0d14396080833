"""Small tables that a user gives: CSV, compressed CSV or Parquet, every column as text."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from abkit.core.errors import DataError, nearest


def read_columns(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read `columns` (default: all) of a CSV, CSV.gz or Parquet file as strings.

    Identifiers keep their leading zeros, a byte-order mark is dropped, and empty cells of a CSV are
    empty strings.

    Raises:
        DataError: The file is missing, unreadable, empty or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"there is no file `{path}`", hint="check the path")
    try:
        table = _read(path)
    except pd.errors.EmptyDataError:
        raise DataError(f"`{path}` is empty", hint="a header line and one row are needed") from None
    except (ValueError, OSError) as error:  # wrong encoding, broken quotes, damaged Parquet
        first_line = str(error).splitlines()[0]
        raise DataError(f"`{path}` cannot be read: {first_line}", hint=_READABLE) from None
    if table.empty:
        raise DataError(f"`{path}` has a header but no rows")
    for column in columns or ():
        if column not in table.columns:
            raise DataError(
                f"`{path}` has no column `{column}`; it has "
                + ", ".join(f"`{name}`" for name in table.columns),
                hint=nearest(column, map(str, table.columns)),
            )
    return table if columns is None else table[list(columns)]


_READABLE = "expected CSV in UTF-8 with a header, the same compressed with gzip, or Parquet"


def _read(path: Path) -> pd.DataFrame:
    if path.suffix in (".parquet", ".pq"):
        return pd.read_parquet(path).astype("string").fillna("")
    return pd.read_csv(path, dtype="string", keep_default_na=False, encoding="utf-8-sig")
