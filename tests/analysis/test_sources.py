"""Any table opened: one content in every form, and one clear error for every bad file."""

import gzip
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from abkit.analysis.sources import Source, open_source, quoted
from abkit.core.errors import AbkitError, ConfigError, DataError

NAMES = ["user id", "arm", 'odd "name"; DROP TABLE x; --', "select"]
ROWS = [
    ("0012", "control", "a, b; c|d", "9007199254740993"),
    ("0013", "treatment", 'two\nlines "quoted"', None),
    ("0014", None, "größe \U0001f600 '", "0"),
]
CSV = (
    'user id,arm,"odd ""name""; DROP TABLE x; --",select\r\n'
    '0012,control,"a, b; c|d",9007199254740993\r\n'
    '0013,treatment,"two\nlines ""quoted""",\r\n'
    '0014,"",größe \U0001f600 \',0\r\n'
).encode()


def content(source: Source) -> list[tuple[object, ...]]:
    rows = source.rows("SELECT * FROM source ORDER BY 1")
    assert all(list(row) == list(source.columns) for row in rows)
    return [tuple(row.values()) for row in rows]


def arrow() -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*ROWS, strict=True)]
    return pa.table(dict(zip(NAMES, columns, strict=True)))


def database(path: Path) -> Path:
    with closing(duckdb.connect(str(path))) as connection:
        connection.register("given", arrow())
        connection.execute("CREATE TABLE tests AS SELECT * FROM given")
    return path


def written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def stored(path: Path, table: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path)
    return path


def semicolons(text: bytes) -> bytes:
    """The same CSV with another delimiter: the quoted `,` and `;` change places."""
    return text.translate(bytes.maketrans(b",;", b";,"))


def parts(folder: Path) -> Path:
    stored(folder / "one.parquet", arrow().slice(0, 1))
    stored(folder / "sub" / "two.parquet", arrow().slice(1).select(NAMES[::-1]))
    written(folder / "_SUCCESS", b"")
    written(folder / "sub" / "_metadata.parquet", b"")
    written(folder / "_log" / "a.parquet", b"")
    written(folder / ".part.csv", b"x")
    return folder


def csv_parts(folder: Path) -> Path:
    lines = CSV.split(b"\r\n")
    written(folder / "1.csv", b"\xef\xbb\xbf" + b"\r\n".join(lines[:2]))
    written(folder / "2.csv", b"\r\n".join([lines[0], *lines[2:]]))
    return folder


def run_folder(folder: Path) -> Path:
    stored(folder / "contacts.parquet", arrow())
    written(folder / "manifest.json", b"{}")
    written(folder / "other.parquet", b"x")
    return folder


FORMS: dict[str, Callable[[Path], object]] = {
    "csv": lambda at: written(at / "x.csv", CSV),
    "csv as a string": lambda at: str(written(at / "x.CSV", CSV)),
    "byte-order mark": lambda at: written(at / "x.csv", b"\xef\xbb\xbf" + CSV),
    "line feeds": lambda at: written(at / "x.csv", CSV.replace(b"\r\n", b"\n")),
    "no last line end": lambda at: written(at / "x.csv", CSV.rstrip()),
    "blank last lines": lambda at: written(at / "x.csv", CSV + b"\r\n\r\n"),
    "gzip": lambda at: written(at / "x.csv.gz", gzip.compress(CSV)),
    "gzip in parts": lambda at: written(
        at / "x.csv.gz", gzip.compress(CSV[:99]) + gzip.compress(CSV[99:])
    ),
    "folder of csv": lambda at: csv_parts(at / "parts"),
    "glob of csv": lambda at: f"{csv_parts(at)}/[12].csv",
    "parquet": lambda at: stored(at / "x.parquet", arrow()),
    "pq, its name a glob": lambda at: stored(at / "x[1]*?.pq", arrow()),
    "a quote in its path": lambda at: stored(at / "it's" / "x'.pq", arrow()),
    "folder": lambda at: parts(at / "parts"),
    "glob": lambda at: str(parts(at / "parts") / "**" / "*.parquet"),
    "run": lambda at: run_folder(at / "run"),
    "duckdb": lambda at: database(at / "x.duckdb"),
    "db": lambda at: database(at / "x.db"),
    "arrow": lambda at: arrow(),
    "pandas": lambda at: arrow().to_pandas(),
    "categories": lambda at: arrow().to_pandas().astype({"arm": "category"}),
    "dictionary": lambda at: stored(
        at / "x.pq", arrow().set_column(1, "arm", arrow()["arm"].dictionary_encode())
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_one_content_in_every_form(form: str, tmp_path: Path) -> None:
    with open_source(FORMS[form](tmp_path)) as source:  # type: ignore[arg-type]
        assert dict(source.columns) == dict.fromkeys(NAMES, "VARCHAR")
        assert content(source) == ROWS


@pytest.mark.parametrize("delimiter", [b";", b"\t", b"|"])
def test_other_delimiters(delimiter: bytes, tmp_path: Path) -> None:
    text = b"id,arm,x\n01,a b,\n02,c,1\n".replace(b",", delimiter)
    with open_source(written(tmp_path / "x.tsv", text)) as source:
        assert content(source) == [("01", "a b", None), ("02", "c", "1")]


def test_a_delimiter_inside_the_texts_is_none(tmp_path: Path) -> None:
    text = b"id;text\n1;a, b, c\n2;d, e\n3;f\n"
    with open_source(written(tmp_path / "x.csv", text)) as source:
        assert content(source) == [("1", "a, b, c"), ("2", "d, e"), ("3", "f")]
    with open_source(written(tmp_path / "y.csv", b"text\na\nb;c\n")) as source:
        assert content(source) == [("a",), ("b;c",)]


def test_the_delimiter_is_that_of_the_rows(tmp_path: Path) -> None:
    with open_source(written(tmp_path / "x.csv", b"id;net, gross, tax\n1;5\n2;6\n")) as source:
        assert source.columns == {"id": "VARCHAR", "net, gross, tax": "VARCHAR"}


def test_a_character_that_the_look_at_the_start_cuts(tmp_path: Path) -> None:
    """Only the first MiB is looked at; it may end inside a character of two bytes."""
    for header in ("id,x\n", "id,xx\n"):
        content = (header + "1," + "é" * (1 << 19) + "\n").encode()
        with open_source(written(tmp_path / "x.csv", content)) as source:
            assert source.rows("SELECT length(COLUMNS('x')) AS n FROM source") == [{"n": 1 << 19}]


def test_a_name_that_looks_like_a_glob(tmp_path: Path) -> None:
    written(tmp_path / "x1.csv", b"a\nwrong\n")
    with open_source(written(tmp_path / "x[1].csv", b"a\nright\n")) as source:
        assert content(source) == [("right",)]


def test_folders_above_are_no_partitions(tmp_path: Path) -> None:
    above = tmp_path / "arm=b"
    for path in (written(above / "x.csv", CSV), stored(above / "x.pq", arrow())):
        with open_source(path) as source:
            assert content(source) == ROWS
    both = str(above / "c=*" / "*.pq")
    stored(above / "c=d" / "1.pq", arrow())
    with open_source(both) as source:
        assert list(source.columns) == [*NAMES, "c"]


def test_types_of_other_sources_are_kept() -> None:
    frame = pd.DataFrame(
        {
            "n": [1, 2], "x": [0.5, None], "ok": [True, False],
            "seen": pd.to_datetime(["2024-01-01", None], utc=True),
        },
        index=pd.Index(["a", "b"], name="key"),
    )  # fmt: skip
    with open_source(frame) as source:
        assert source.columns == {
            "n": "BIGINT", "x": "DOUBLE", "ok": "BOOLEAN", "seen": "TIMESTAMP WITH TIME ZONE",
            "key": "VARCHAR",
        }  # fmt: skip
        assert source.name == "the data frame"
        (row,) = source.rows("SELECT n, x, ok, key FROM source WHERE seen IS NULL")
        assert row == {"n": 2, "x": None, "ok": False, "key": "b"}


def test_whole_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = stored(tmp_path / "x.parquet", pa.table({"id": [2**53 + 1, 2**63 - 1]}))
    with open_source(path) as source:
        assert [row["id"] for row in source.rows("SELECT id FROM source ORDER BY 1")] == [
            2**53 + 1, 2**63 - 1,
        ]  # fmt: skip


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_folders_named_by_a_value_become_columns_of_text(ending: str, tmp_path: Path) -> None:
    above = tmp_path / "not=this" / "log"
    for arm in ("01", "control"):
        for day in ("2024-01-01", "2024-01-02"):
            place = above / f"arm={arm}" / f"day={day}" / f"x.{ending}"
            if ending == "csv":
                written(place, b"id\n007\n")
            else:
                stored(place, pa.table({"id": ["007"]}))
    with open_source(above) as source:
        assert source.columns == {"id": "VARCHAR", "arm": "VARCHAR", "day": "VARCHAR"}
        rows = source.rows("SELECT arm, day, id FROM source ORDER BY ALL LIMIT 2")
    assert [tuple(row.values()) for row in rows] == [
        ("01", "2024-01-01", "007"), ("01", "2024-01-02", "007"),
    ]  # fmt: skip
    with open_source(str(above / "*" / "day=2024-01-01" / f"*.{ending}")) as source:
        assert source.rows("SELECT count(*) AS n FROM source WHERE arm = '01'") == [{"n": 1}]


def test_tables_and_views_of_a_database(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(
            "CREATE TABLE a AS SELECT 1 AS n; CREATE SCHEMA s; CREATE TYPE e AS ENUM ('z', 'x');"
            "CREATE TABLE s.\"b 'c\" AS SELECT unnest(['x', 'z'])::e AS arm;"
            "CREATE VIEW v AS SELECT n + 1 AS n FROM a"
        )
    with open_source(path, table="v") as source:
        assert content(source) == [(2,)]
    with open_source(path, table="s.b 'c") as source:
        assert source.columns == {"arm": "VARCHAR"}
        query = "SELECT min(arm) AS first, count(*) FILTER (arm = 'y') AS n FROM source"
        assert source.rows(query) == [{"first": "x", "n": 0}]  # by letter, not by place
    refused(path, "`x.db` holds several tables: `a`, `v`, `s.b 'c`", "--table")
    refused(path, "`x.db` has no table `vv`", "did you mean `v`?", table="vv")
    assert not path.with_suffix(".db.wal").exists()


def refused(data: object, fact: str, hint: str | None = None, **options: str) -> None:
    """Opening `data`, or asking it for everything, ends with this message."""
    with pytest.raises(AbkitError) as caught, open_source(data, **options) as source:  # type: ignore[arg-type]
        source.rows("SELECT * FROM source")
    assert fact in str(caught.value)
    assert "\n" not in str(caught.value)
    assert hint in caught.value.hint if hint else caught.value.hint is None
    if isinstance(data, Path) and data.exists() and data.is_file():
        assert str(data.parent) not in str(caught.value)  # which may be a hidden draft


def cut(table: pa.Table, at: Path) -> bytes:
    return stored(at, table).read_bytes()[:-60]


LONG = b"id,x\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(300_000))
PACKED = gzip.compress(LONG, 1)
BAD_FILES = {
    "empty": ("x.csv", b"", "`x.csv` is empty", "a header"),
    "blank": ("x.csv", b" \n\n", "`x.csv` is empty", "a header"),
    "empty gzip": ("x.csv.gz", gzip.compress(b""), "`x.csv.gz` is empty", "a header"),
    "header only": ("x.csv", b"a,b\n", "`x.csv` has no rows", "a header"),
    "no header": ("x.csv", b"1,2\n3,4\n", "`x.csv` has no header: its first line is `1,2`", "name"),
    "blank first line": ("x.csv", b"\na,b\n3,4\n", "`x.csv` has no header", "first line"),
    "twice": ("x.csv", b"a,b,a\n1,2,3\n", "has the column `a` twice", "rename"),
    "case": ("x.csv", b"Arm,arm\n1,2\n", "`Arm` and `arm`, which differ only in case", "rename"),
    "short row": ("x.csv", b"a,b\n1,2\n3\n", "too few cells in line 3: 1, its header 2", "q"),
    "long row": ("x.csv", b"a,b\n1,2\n3,4,5\n", "too many cells in line 3: 3, its header 2", "q"),
    "deep short row": ("x.csv", LONG + b"7\n", "has too few cells in line 300,002", "quotes"),
    "quote": ("x.csv", b'a,b\n1,2\n3,"4\n5,6\n', "has an unclosed quote in line 3", "quotes"),
    "line ends": ("x.csv", b"a,b\r\n1,2\n3,4\r\n", "no regular CSV: its line ends differ", "write"),
    "latin-1": ("x.csv", b"a,b\n1,2\n3,gr\xfc\xdfe\n", "`x.csv` is not UTF-8 in line 3", "UTF-8"),
    "deep latin-1": ("x.csv", LONG + b"7,\xfc\n", "is not UTF-8 in line 300,002", "UTF-8"),
    "UTF-16": ("x.csv", "a,b\n1,2\n".encode("utf-16"), "it is text in UTF-16", "UTF-8"),
    "UTF-16, no mark": ("x.csv", "a,b\n".encode("utf-16-le"), "a NUL byte in line 1", "UTF-8"),
    "NUL": ("x.csv", b"a,b\n1,\x00\n", "`x.csv` holds a NUL byte in line 2", "UTF-8"),
    "packed": ("x.csv", gzip.compress(b"a\n1\n"), "it is compressed with gzip", ".csv.gz"),
    "not packed": ("x.csv.gz", b"a\n1\n", "`x.csv.gz` is not compressed with gzip", ".csv"),
    "packed, cut": ("x.csv.gz", PACKED[:-9], "`x.csv.gz` is damaged or cut short", "copy"),
    "packed, cut early": ("x.csv.gz", PACKED[:60], "`x.csv.gz` is damaged or cut short", "copy"),
    "packed, broken": ("x.csv.gz", PACKED[:30] + b"\xff" * 99, "is damaged or cut short", "copy"),
    "Excel": ("x.xlsx", b"PK\x03\x04", "`x.xlsx` ends in none of .csv, ", "save the sheet as CSV"),
    "Excel as CSV": ("x.csv", b"PK\x03\x04..", "it is a zip archive or an Excel", "save the sheet"),
    "Parquet as CSV": ("x.csv", b"PAR1....PAR1", "it is Parquet", ".parquet"),
    "CSV as Parquet": ("x.parquet", b"a,b\n1,2\n", "`x.parquet` is not Parquet", ".csv"),
    "no Parquet": ("x.parquet", b"PAR1", "`x.parquet` cannot be read: File", "copy"),
    "CSV as database": ("x.duckdb", b"a,b\n1,2\n", "`x.duckdb` is not a DuckDB database", ".csv"),
    "no database": ("x.db", b"12345678DUCK", "`x.db` cannot be read: ", "copy"),
    "other": ("x.json", b"{}", "`x.json` ends in none of .csv, ", None),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_FILES)
def test_each_bad_file_has_its_error(bad: str, tmp_path: Path) -> None:
    name, data, fact, hint = BAD_FILES[bad]
    refused(written(tmp_path / name, data), fact, hint)


def test_other_bad_files(tmp_path: Path) -> None:
    table = pa.table({"id": ["1", "2"], "x": [1.0, 2.0]})
    refused(
        written(tmp_path / "cut.pq", cut(table, tmp_path / "a.pq")),
        "`cut.pq` cannot be read: ",
        "copy",
    )
    refused(stored(tmp_path / "none.pq", table.slice(2)), "`none.pq` has no rows", "one row")
    twice = pa.table([pa.array(["1"]), pa.array(["2"])], names=["Arm", "arm"])
    refused(stored(tmp_path / "twice.pq", twice), "only in case: `arm_1`", "rename")
    refused(database(tmp_path / "x.duckdb").rename(tmp_path / "x.csv"), "a DuckDB data", ".duckdb")
    with closing(sqlite3.connect(tmp_path / "lite.db")) as connection:
        connection.execute("CREATE TABLE a (x)")
    refused(tmp_path / "lite.db", "it is an SQLite database", "CSV")
    with closing(duckdb.connect(str(tmp_path / "bare.db"))):
        pass
    refused(tmp_path / "bare.db", "`bare.db` holds no table")


def test_nothing_there(tmp_path: Path) -> None:
    refused(tmp_path / "x.csv", f"there is no file `{tmp_path}/x.csv`", "check the path")
    refused(str(tmp_path / "*.csv"), "no file matches `", "check the path")
    refused(tmp_path, "holds no Parquet and no CSV file", "check the path")
    refused(3, "`data` is a int; expected a path, a pandas frame")


def test_files_that_do_not_fit_together(tmp_path: Path) -> None:
    table = pa.table({"id": ["1"], "n": [1]})
    stored(tmp_path / "a" / "1.pq", table)
    for folder, other in (
        ("absent", table.select(["id"])), ("more", table.append_column("z", pa.array([1]))),
        ("type", pa.table({"id": ["1"], "n": ["x"]})),
    ):  # fmt: skip
        stored(tmp_path / folder / "1.pq", table)
        stored(tmp_path / folder / "2.pq", other)
    shape = "files of one shape"
    refused(tmp_path / "absent", "column `n` is BIGINT in `1.pq` and absent in `2.pq`", shape)
    refused(tmp_path / "more", "column `z` is absent in `1.pq` and BIGINT in `2.pq`", shape)
    refused(tmp_path / "type", "column `n` is BIGINT in `1.pq` and VARCHAR in `2.pq`", shape)
    written(tmp_path / "c" / "1.csv", b"a,b\n1,2\n")
    written(tmp_path / "c" / "2.csv", b"b,a\n1,2\n")
    refused(tmp_path / "c", "`2.csv` and `1.csv` have different headers", shape)
    written(tmp_path / "z" / "1.csv", b"a,b\n1,2\n")
    written(tmp_path / "z" / "2.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    refused(tmp_path / "z", "`z` is partly compressed", "one kind")
    written(tmp_path / "a" / "2.csv", b"a\n1\n")
    refused(f"{tmp_path}/a/*", "matches files of several kinds: csv, parquet", "one kind")
    stored(tmp_path / "h" / "arm=a" / "1.pq", table)
    stored(tmp_path / "h" / "b" / "2.pq", table)
    refused(tmp_path / "h", "`arm=a/1.pq` and `b/2.pq` lie in folders of different", "folders")


def test_of_many_files_the_bad_one_is_named(tmp_path: Path) -> None:
    written(tmp_path / "c" / "1.csv", b"a,b\n1,2\n")
    written(tmp_path / "c" / "sub" / "2.csv", b"a,b\n1,2\n3\n")
    refused(tmp_path / "c", "`sub/2.csv` has too few cells in line 3", "quotes")


def test_bad_frames() -> None:
    mixed = pd.DataFrame({"id": [1, 2], "gave": [1, "yes"]})
    refused(mixed, "column `gave` of the data frame mixes types", "make the column text")
    refused(pd.DataFrame([[1, 2]], columns=["a", "a"]), "has the column `a` twice", "rename")
    refused(pd.DataFrame({"a": []}), "`the data frame` has no rows", "one row")
    refused(pa.table([pa.array([1]), pa.array([2])], names=["a", "A"]), "differ only in", "rename")


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    with open_source(written(tmp_path / "x.csv", CSV)) as source:
        source.require("arm", role="the variant")
        with pytest.raises(DataError) as caught:
            source.require("amr", role="the variant")
        assert "`x.csv` has no column `amr` (for the variant); it has `user id`, `arm`" in str(
            caught.value
        )
        assert caught.value.hint == "did you mean `arm`?"
        with pytest.raises(DataError) as caught:
            source.require("ARM", role="the variant")
        assert caught.value.hint == "did you mean `arm`?"


def test_a_question_that_fails(tmp_path: Path) -> None:
    with open_source(written(tmp_path / "x.csv", CSV)) as source:
        with pytest.raises(DataError, match=r"`x.csv` cannot answer this question: .*nonesuch"):
            source.rows("SELECT nonesuch FROM source")
        assert source.rows("SELECT count(*) AS n FROM source WHERE arm = $arm", arm="control") == [
            {"n": 1}
        ]
    with pytest.raises(DataError):
        source.rows("SELECT 1")


def test_settings(tmp_path: Path) -> None:
    with open_source(arrow(), memory_limit="200 mb") as source:
        settings = {
            name: source.rows(f"SELECT current_setting('{name}') AS value")[0]["value"]
            for name in (
                "memory_limit", "temp_directory", "TimeZone", "enable_progress_bar",
                "autoinstall_known_extensions", "autoload_known_extensions",
            )
        }  # fmt: skip
        assert Path(settings["temp_directory"]).is_dir()
    assert not Path(settings["temp_directory"]).exists()
    assert settings["memory_limit"] == "190.7 MiB"
    assert settings["TimeZone"] == "UTC"
    for name in (
        "enable_progress_bar",
        "autoinstall_known_extensions",
        "autoload_known_extensions",
    ):
        assert settings[name] is False
    for wrong in ("much", "0GB", "1", "-1GB", "1GB; DROP"):
        with (
            pytest.raises(ConfigError, match="expected a size such as"),
            open_source(arrow(), memory_limit=wrong),
        ):
            pass
    with pytest.raises(ConfigError, match="are no database"), open_source(arrow(), table="a"):
        pass


def test_a_sort_beyond_the_memory_goes_to_disk() -> None:
    """A million distinct keys of 32 characters do not fit into 60 MB."""
    query = (
        "SELECT count(*) AS n FROM (SELECT md5(i::VARCHAR) AS k, count(*) FROM "
        "source, range(1000000) AS r(i) GROUP BY ALL HAVING count(*) = 3)"
    )
    with open_source(arrow(), memory_limit="60MB") as source:
        source.connection.execute("SET threads = 1")
        assert source.rows(query) == [{"n": 1_000_000}]
    with open_source(arrow(), memory_limit="5MB") as source:
        with pytest.raises(DataError) as caught:
            source.rows(query)
        assert caught.value.hint == "raise the memory limit"


def test_pandas_is_not_imported_for_a_file(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", CSV)
    code = (
        "import sys\nfrom abkit.analysis.sources import open_source\n"
        f"with open_source({str(path)!r}) as s: s.rows('SELECT count(*) FROM source')\n"
        "print(sorted({'pandas', 'pyarrow', 'scipy', 'statsmodels', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("said", [RuntimeError("Query interrupted"), duckdb.InterruptException()])
def test_ctrl_c_is_no_fault_of_the_data(said: Exception) -> None:
    """DuckDB tells of it in either way."""

    class Interrupted:
        def execute(self, *_: object) -> None:
            raise said

    source = Source("x", {}, Interrupted(), "CSV")  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        source.rows("SELECT 1")


def test_quoted() -> None:
    assert quoted('a"b') == '"a""b"'
