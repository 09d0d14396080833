"""Which files a path means, and whether they are what their names say."""

import gzip
import zlib
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import takewhile
from pathlib import Path
from typing import Final, Literal

from abkit.core.errors import DataError

Kind = Literal["csv", "parquet", "database"]
KINDS: Final[dict[str, Kind]] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".csv.gz": "csv", ".tsv.gz": "csv", ".txt.gz": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".duckdb": "database", ".ddb": "database", ".db": "database",
}  # fmt: skip
SAMPLE_BYTES: Final = 1 << 20
_SPREADSHEET: Final = "save the sheet as CSV (UTF-8)"
_SIGNATURES: Final = (  # first bytes, what they are, what to do about it
    (b"PAR1", "Parquet", "let its name end in .parquet"),
    (b"\x1f\x8b", "compressed with gzip", "let its name end in .csv.gz"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", _SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _SPREADSHEET),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"SQLite format 3\0", "an SQLite database", "export the table as CSV"),
    (b"ARROW1", "an Arrow file", "write it as Parquet"),
    (b"%PDF", "a PDF", None),
)
_EXPECTED: Final = {"csv": "CSV in UTF-8", "parquet": "Parquet", "database": "a DuckDB database"}


@dataclass(frozen=True, slots=True)
class LocatedFiles:
    """The files, in the order of their paths; `root` is what their paths have in front."""

    name: str
    root: Path
    files: tuple[Path, ...]
    kind: Kind

    @property
    def partition_keys(self) -> tuple[str, ...]:
        """Return the names in `name=value` folders below `root`."""
        return self._keys_of(self.files[0])

    def check_partitions(self) -> None:
        """Raise `DataError` if a file lies in folders of other names than the first."""
        for file in self.files[1:]:
            if self._keys_of(file) != self.partition_keys:
                first, other = (path.relative_to(self.root) for path in (self.files[0], file))
                fact = f"`{first}` and `{other}` lie in folders of different names"
                raise DataError(fact, hint="the same `name=value` folders are needed for all")

    def _keys_of(self, file: Path) -> tuple[str, ...]:
        folders = file.relative_to(self.root).parts[:-1]
        return tuple(part.partition("=")[0] for part in folders if "=" in part)


def locate(data: str | Path) -> LocatedFiles:
    """Find what `data` names: a file, a glob, a folder of Parquet or else CSV, a run folder.

    Raises:
        DataError: Nothing is there, its ending is unknown, endings are mixed, or the first bytes
            of a file are not those of what it is called.
    """
    path = Path(data)
    if path.is_dir():
        found = _in_folder(path)
    elif path.is_file():
        found = LocatedFiles(path.name, path.parent, (path,), kind_by_name(path))
    elif has_magic(str(data)):
        found = _matching(str(data))
    else:
        raise DataError(f"there is no file `{data}`", hint="check the path")
    if found.kind == "database" and len(found.files) > 1:
        raise DataError(f"`{found.name}` names {len(found.files)} databases", hint="give one")
    found.check_partitions()
    for file in found.files:
        _check_start(file, found.kind)
    return found


def kind_by_name(path: Path) -> Kind:
    """Return what the file's name says it is."""
    name = path.name.lower()
    for ending, kind in KINDS.items():
        if name.endswith(ending):
            return kind
    hint = _SPREADSHEET if name.endswith((".xlsx", ".xls", ".ods")) else None
    raise DataError(f"`{path.name}` ends in none of " + ", ".join(KINDS), hint=hint)


def is_gzip(path: Path) -> bool:
    """Say whether the file's name says that it is compressed."""
    return path.name.lower().endswith(".gz")


def first_bytes(path: Path, n: int = SAMPLE_BYTES) -> bytes:
    """Return the first `n` bytes of the content, decompressed where the name ends in .gz."""
    try:
        if not is_gzip(path):
            with path.open("rb") as file:
                return file.read(n)
        with gzip.open(path) as stream:
            return stream.read(n)
    except gzip.BadGzipFile:
        fact = f"`{path.name}` is not compressed with gzip, as its name says"
        raise DataError(fact, hint="let its name end in .csv if it is one") from None
    except (EOFError, zlib.error):
        raise DataError(f"`{path.name}` is damaged or cut short", hint="copy it again") from None
    except OSError as error:
        raise DataError(f"`{path.name}` cannot be read: {error.strerror}") from None


def _in_folder(folder: Path) -> LocatedFiles:
    """Take a run's contacts, else every Parquet file below the folder, else every CSV."""
    if (folder / "manifest.json").is_file() and (folder / "contacts.parquet").is_file():
        return LocatedFiles(
            f"{folder.name}/contacts.parquet", folder, (folder / "contacts.parquet",), "parquet"
        )
    files = [
        path for path in sorted(folder.rglob("*")) if path.is_file() and _is_data(path, folder)
    ]
    for kind in ("parquet", "csv"):
        endings = tuple(ending for ending, of in KINDS.items() if of == kind)
        if chosen := tuple(path for path in files if path.name.lower().endswith(endings)):
            return LocatedFiles(folder.name or str(folder), folder, chosen, kind)
    raise DataError(f"folder `{folder}` holds no Parquet and no CSV file", hint="check the path")


def _is_data(path: Path, folder: Path) -> bool:
    """Leave out what writers put beside the data: `_SUCCESS`, `.part.crc`, `_delta_log/`."""
    return not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def _matching(pattern: str) -> LocatedFiles:
    """Take every file that the glob matches; all must be of one kind."""
    fixed = takewhile(lambda part: not has_magic(part), Path(pattern).parts)
    root = Path(*fixed)
    every = [path for path in map(Path, sorted(glob(pattern, recursive=True))) if path.is_file()]
    files = tuple(path for path in every if _is_data(path, root)) or tuple(every)
    if not files:
        raise DataError(f"no file matches `{pattern}`", hint="check the path")
    kinds = sorted({kind_by_name(path) for path in files})
    if len(kinds) > 1:
        fact = f"`{pattern}` matches files of several kinds: " + ", ".join(kinds)
        raise DataError(fact, hint="give one kind at a time")
    return LocatedFiles(Path(pattern).name, root, files, kinds[0])


def _check_start(path: Path, kind: Kind) -> None:
    """Raise `DataError` unless the first bytes are those of `kind`."""
    start = first_bytes(path, 16)
    if not start:
        raise DataError(f"`{path.name}` is empty", hint="a header and one row are needed")
    is_database = start[8:12] == b"DUCK"
    if (kind == "database" and is_database) or (kind == "parquet" and start[:4] == b"PAR1"):
        return
    fact = f"`{path.name}` is not {_EXPECTED[kind]}, as its name says"
    if is_database:
        raise DataError(f"{fact}; it is a DuckDB database", hint="let its name end in .duckdb")
    for signature, meaning, remedy in _SIGNATURES:
        if start.startswith(signature):
            raise DataError(f"{fact}; it is {meaning}", hint=remedy)
    if kind != "csv":
        raise DataError(fact, hint="let its name end in .csv if it is one")
