"""Any table that a user has, opened in DuckDB: files, folders, databases, data frames."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import duckdb

from abkit.analysis.csv_header import read_header, refuse_duplicates
from abkit.analysis.located_files import Kind, LocatedFiles, is_gzip, locate
from abkit.analysis.read_errors import readable
from abkit.core.errors import ConfigError, DataError, nearest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Data: TypeAlias = "str | Path | pd.DataFrame | pa.Table"

_FORMS: Final[Mapping[Kind, str]] = {"csv": "CSV", "parquet": "Parquet", "database": "DuckDB"}
_MEMORY: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """An open table: the view `source` of `connection` holds its rows.

    Every column of a CSV is text, so that identifiers keep their leading zeros; an empty cell is
    NULL. Values of other sources keep their types. The order of rows is not that of the file.
    """

    name: str  # for messages: without its folder
    columns: Mapping[str, str]  # column -> DuckDB type, in the order of the file
    connection: duckdb.DuckDBPyConnection
    form: str  # CSV, Parquet, DuckDB or data frame
    folder: str = field(default="", repr=False)  # never shown: a draft that the user cannot see

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the rows of `query` as dictionaries; `$name` in it is the parameter `name`.

        Raises:
            DataError: The data cannot be read, which may show in the midst of it only, or the
                query asks for what is not there.
        """
        return _rows(self, query, parameters)

    def require(self, column: str, *, role: str) -> None:
        """Raise `DataError` unless there is a column called `column`, which plays `role`."""
        if column in self.columns:
            return
        named = ", ".join(f"`{name}`" for name in self.columns)
        same = [name for name in self.columns if name.casefold() == column.casefold()]
        hint = f"did you mean `{same[0]}`?" if same else nearest(column, self.columns)
        raise DataError(
            f"`{self.name}` has no column `{column}` (for {role}); it has {named}", hint=hint
        )


def quoted(name: str) -> str:
    """Return `name` as an SQL identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def open_source(
    data: Data, *, table: str | None = None, memory_limit: str | None = None
) -> Iterator[Source]:
    """Open `data` for questions in SQL; nothing of it is read into Python.

    Args:
        data: A CSV (`.csv`, `.tsv`, `.txt`, each also with `.gz`), Parquet file, a glob or folder
            of them (`name=value` folders become columns of text), a run folder, a DuckDB database,
            a pandas frame or a pyarrow table.
        table: The table or view of a database; default: the only one.
        memory_limit: As in `1GB`; beyond it DuckDB writes to a temporary folder.

    Raises:
        ConfigError: `memory_limit` is no size, `table` is given without a database, or `data` is
            nothing of the above.
        DataError: The data are missing, empty or not what their name says.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",  # nothing is fetched
        "autoload_known_extensions": "false",
        "preserve_insertion_order": "false",  # which would keep more in memory
    }
    if memory_limit is not None:
        config["memory_limit"] = _checked_limit(memory_limit)
    with TemporaryDirectory(prefix="abkit-", ignore_cleanup_errors=True) as spill:
        config["temp_directory"] = spill
        with closing(duckdb.connect(config=config)) as connection:
            connection.execute("SET enable_progress_bar = false")  # it would print to stdout
            connection.execute("SET TimeZone = 'UTC'")
            yield _opened(connection, data, table)


def _checked_limit(text: str) -> str:
    found = _MEMORY.fullmatch(text)
    if found is None or float(found[1]) == 0:
        raise ConfigError(f"`memory_limit` is `{text}`; expected a size such as `1GB` or `500MB`")
    return found[1] + found[2]


def _opened(connection: duckdb.DuckDBPyConnection, data: Data, table: str | None) -> Source:
    """Create the view `source` over whatever `data` is."""
    if isinstance(data, (str, Path)):
        found = locate(data)
        place = Source(found.name, {}, connection, _FORMS[found.kind], f"{found.root}/")
        if table is not None and found.kind != "database":
            raise ConfigError(f"`table` is `{table}`, but `{found.name}` is no database")
        described = _FILES[found.kind](place, found, table)
    else:
        place = Source("the data frame", {}, connection, "data frame")
        if table is not None:
            raise ConfigError(f"`table` is `{table}`, but the data are no database")
        described = _given_table(place, data)
    relation, types = described
    selected = ", ".join(
        f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}"
        if kind.startswith("ENUM")
        else quoted(name)
        for name, kind in types.items()
    )  # an ENUM compared with a word that it lacks is an error
    place.rows(f"CREATE TEMP VIEW source AS SELECT {selected} FROM {relation}")
    columns = {name: "VARCHAR" if kind.startswith("ENUM") else kind for name, kind in types.items()}
    if not place.rows("SELECT 1 FROM source LIMIT 1"):
        raise DataError(f"`{place.name}` has no rows", hint="a header and one row are needed")
    return replace(place, columns=columns)


Described: TypeAlias = tuple[str, dict[str, str]]  # a relation in SQL, its columns' types


def _csv(place: Source, found: LocatedFiles, table: str | None) -> Described:
    header = read_header(found.files[0])
    for other in found.files[1:]:
        if read_header(other) != header:
            first = found.files[0].relative_to(found.root)
            fact = f"`{other.relative_to(found.root)}` and `{first}` have different headers"
            raise DataError(fact, hint="give files of one shape")
    if len({is_gzip(file) for file in found.files}) > 1:
        raise DataError(f"`{found.name}` is partly compressed", hint="give one kind at a time")
    columns = dict.fromkeys((*header.names, *found.partition_keys), "VARCHAR")
    struct = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in header.names)
    options = (
        f"auto_detect = false, header = true, delim = {_literal(header.delimiter)}, quote = '\"', "
        f"escape = '\"', nullstr = '', columns = {{{struct}}}, "
        f"compression = '{'gzip' if is_gzip(found.files[0]) else 'none'}'"
    )
    return f"read_csv({_file_list(found)}, {options}{_hive(found)})", columns


def _parquet(place: Source, found: LocatedFiles, table: str | None) -> Described:
    types: dict[str, str] = {}
    for file in found.files:
        relation = f"read_parquet({_literal(escape(str(file)))}, hive_partitioning = false)"
        part = _types(place, relation)
        schema = place.rows(f"SELECT name FROM parquet_schema({_literal(escape(str(file)))})")
        names = {row["name"] for row in schema}
        if renamed := [name for name in part if name not in names]:
            fact = f"`{file.name}` has a column twice, which differs only in case: `{renamed[0]}`"
            raise DataError(fact, hint="rename one of them")
        types = types or part
        _refuse_other_columns(found, file, types, part)
    types |= dict.fromkeys(found.partition_keys, "VARCHAR")
    return f"read_parquet({_file_list(found)}{_hive(found)})", types


def _refuse_other_columns(
    found: LocatedFiles, file: Path, types: Mapping[str, str], part: Mapping[str, str]
) -> None:
    """Raise `DataError` if a part of many has other columns or types than the first."""
    for name in (*types, *part):
        if types.get(name) == part.get(name):
            continue
        first = found.files[0].relative_to(found.root)
        kinds = types.get(name, "absent"), part.get(name, "absent")
        fact = f"column `{name}` is {kinds[0]} in `{first}` and {kinds[1]} in "
        raise DataError(f"{fact}`{file.relative_to(found.root)}`", hint="give files of one shape")


def _database(place: Source, found: LocatedFiles, table: str | None) -> Described:
    place.rows(f"ATTACH {_literal(str(found.files[0]))} AS given (READ_ONLY)")
    listed = place.rows(
        "SELECT schema_name AS s, table_name AS t FROM duckdb_tables() "
        "WHERE database_name = 'given' UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() "
        "WHERE database_name = 'given' AND NOT internal ORDER BY s <> 'main', s, t"
    )
    tables = {
        row["t"] if row["s"] == "main" else f"{row['s']}.{row['t']}": (row["s"], row["t"])
        for row in listed
    }
    if not tables:
        raise DataError(f"`{found.name}` holds no table")
    named = ", ".join(f"`{name}`" for name in tables)
    if table is None and len(tables) > 1:
        raise DataError(f"`{found.name}` holds several tables: {named}", hint="name one: --table")
    if table is not None and table not in tables:
        fact = f"`{found.name}` has no table `{table}`; it has {named}"
        raise DataError(fact, hint=nearest(table, tables))
    schema, name = tables[next(iter(tables)) if table is None else table]
    relation = f"given.{quoted(schema)}.{quoted(name)}"
    return relation, _types(place, relation)


_FILES: Final[Mapping[Kind, Callable[[Source, LocatedFiles, str | None], Described]]] = {
    "csv": _csv,
    "parquet": _parquet,
    "database": _database,
}


def _given_table(place: Source, data: Any) -> Described:
    """Register a pandas frame or a pyarrow table, whose memory DuckDB reads in place."""
    pandas, arrow = sys.modules.get("pandas"), sys.modules.get("pyarrow")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        refuse_duplicates(place.name, [str(name) for name in data.columns])
        data = _from_pandas(data)
    elif arrow is None or not isinstance(data, arrow.Table):
        fact = (
            f"`data` is a {type(data).__name__}; expected a path, a pandas frame or a pyarrow table"
        )
        raise ConfigError(fact)
    refuse_duplicates(place.name, data.column_names)
    place.connection.register("given", data)
    return "given", _types(place, "given")


def _from_pandas(frame: "pd.DataFrame") -> "pa.Table":
    """Return a frame as an Arrow table, its index as columns where it has names.

    Raises:
        DataError: A column mixes types.
    """
    import pyarrow as pa

    indexed = any(name is not None for name in frame.index.names)
    try:
        return pa.Table.from_pandas(frame, preserve_index=indexed)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason, *where = (str(part) for part in error.args)
        column = re.search(r"column (.*) with type", " ".join(where))
        named = f"column `{column[1]}` of the data frame" if column else "the data frame"
        raise DataError(
            f"{named} mixes types: {reason}", hint="make the column text, or numbers throughout"
        ) from None


def _types(place: Source, relation: str) -> dict[str, str]:
    described = place.rows(f"DESCRIBE SELECT * FROM {relation}")
    return {row["column_name"]: row["column_type"] for row in described}


def _file_list(found: LocatedFiles) -> str:
    return "[" + ", ".join(_literal(escape(str(file))) for file in found.files) + "]"


def _hive(found: LocatedFiles) -> str:
    if not found.partition_keys:
        return ", hive_partitioning = false"
    return ", hive_partitioning = true, hive_types_autocast = false"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(source: Source, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        cursor = source.connection.execute(query, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except duckdb.Error as error:
        raise readable(error, name=source.name, folder=source.folder) from error
    except RuntimeError as error:  # so DuckDB reports Ctrl-C
        if "interrupted" in str(error):
            raise KeyboardInterrupt from None
        raise
