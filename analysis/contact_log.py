"""A contact log on disk, opened for questions in SQL; its truth columns stay out of reach."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, Final

import duckdb

from abkit.core.errors import DataError

# column -> the DuckDB type it must have; everything the analysis may read
COLUMNS: Final = {
    "contact_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "issue_id": "VARCHAR",
    "use_case": "VARCHAR",
    "arm": "VARCHAR",
    "started_at": "TIMESTAMP WITH TIME ZONE",
    "ended_at": "TIMESTAMP WITH TIME ZONE",
    "counted": "BOOLEAN",
    "automated": "BOOLEAN",
    "resolution": "VARCHAR",
    "response": "VARCHAR",
    "text": "VARCHAR",
    "score": "DOUBLE",
    "flagged": "BOOLEAN",
}
NULLABLE: Final = ("resolution", "response", "text", "score", "flagged")


@dataclass(frozen=True, slots=True)
class ContactLog:
    """An open log; `contacts` is the SQL relation with the columns of `COLUMNS`.

    Messages name the file without its folder, which may be a draft that the user never sees.
    """

    path: Path
    connection: duckdb.DuckDBPyConnection

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the rows of `query` as dictionaries; `$name` in it is the parameter `name`."""
        try:
            cursor = self.connection.execute(query, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except duckdb.Error as error:
            fact = str(error).splitlines()[0].replace(str(self.path), self.path.name)
            raise DataError(f"`{self.path.name}` cannot be read as Parquet: {fact}") from error


@contextmanager
def open_contact_log(path: Path, columns: Collection[str]) -> Iterator[ContactLog]:
    """Open the Parquet contact log at `path`; refuse what breaks its contract.

    Args:
        path: A Parquet file.
        columns: Which of `COLUMNS` will be asked for; others may be absent.

    Raises:
        DataError: The file is missing or no Parquet, a column is missing or has another type, a
            required value is null, or a response is outside the vocabulary.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no contact log at `{path}`")
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    try:
        connection.execute("SET enable_progress_bar = false")  # it would print to stdout
        log = ContactLog(path, connection)
        _create_view(log, {name: kind for name, kind in COLUMNS.items() if name in columns})
        _check_values(log, columns)
        yield log
    finally:
        connection.close()


def _create_view(log: ContactLog, wanted: Mapping[str, str]) -> None:
    """Create the view `contacts`; its types are checked, since a cast would hide a wrong unit."""
    quoted = escape(str(log.path)).replace("'", "''")
    source = f"read_parquet('{quoted}')"
    described = log.rows(f"DESCRIBE SELECT * FROM {source}")
    types = {row["column_name"]: row["column_type"] for row in described}
    if missing := [name for name in wanted if name not in types]:
        names = ", ".join(f"`{name}`" for name in missing)
        raise DataError(f"`{log.path.name}` lacks the column(s) {names} of a contact log")
    for name, kind in wanted.items():
        found = "VARCHAR" if types[name].startswith("ENUM") else types[name]
        if found != kind:
            hint = "store UTC timestamps with their zone" if "TIME ZONE" in kind else None
            raise DataError(f"`{name}` in `{log.path.name}` is {found}; expected {kind}", hint=hint)
    selected = ", ".join(
        f"CAST({name} AS VARCHAR) AS {name}" if kind == "VARCHAR" else name
        for name, kind in wanted.items()
    )
    log.rows(f"CREATE TEMP VIEW contacts AS SELECT {selected} FROM {source}")


def _check_values(log: ContactLog, columns: Collection[str]) -> None:
    """Raise `DataError` for a log without rows, nulls in required columns, unknown responses."""
    required = [name for name in columns if name not in NULLABLE]
    facts = [f"count(*) - count({name}) AS {name}" for name in required]
    if "response" in columns:
        facts.append("any_value(response) FILTER (response NOT IN ('positive', 'negative')) AS odd")
    found = log.rows(f"SELECT count(*) AS n, {', '.join(facts)} FROM contacts")[0]
    if found["n"] == 0:
        raise DataError(f"`{log.path.name}` holds no contacts")
    for name in required:
        if found[name]:
            raise DataError(f"`{name}` is null in {found[name]} of {found['n']} contacts")
    if (odd := found.get("odd")) is not None:
        raise DataError(f"`response` holds `{odd}`; expected `positive`, `negative` or null")
