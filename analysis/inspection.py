"""What a table holds, column by column, in a few passes; a large one is looked at in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from abkit.analysis.column_kinds import FEW, could_be, kind_of, odd_truths
from abkit.analysis.roles import ROLES
from abkit.analysis.sources import Data, Source, open_source, quoted
from abkit.core.inspected import ColumnFacts

LARGE: Final = 2_000_000  # rows; of more, some are looked at instead
SAMPLE: Final = 100_000  # rows; of no more, distinct values are counted, not estimated
_SOME: Final = 200  # distinct values of a column with many, to tell what they are
_EXAMPLES: Final = 3
_HASHES: Final = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A table's facts."""

    source: str
    form: str
    rows: int
    looked_at: int
    columns: tuple[ColumnFacts, ...]


def look_at(data: Data, *, table: str | None = None) -> Seen:
    """Return what every column of `data` holds.

    Of more than `LARGE` rows some are looked at, the same ones each time. Columns with up to 100
    distinct values are counted over all rows; other distinct counts are estimates (HyperLogLog)
    where there are more than `SAMPLE` rows.
    What many values are is told from some 200 of them, those with the least hashes in a sample.

    Raises:
        DataError: The data cannot be read.
    """
    with open_source(data, table=table) as source:
        whole, part, n = _in_reach(source)
        rows, counts = n[whole], whole if n[whole] <= LARGE else part
        looked_at, exact = n[counts], n[counts] <= SAMPLE
        counted = _counted(source, counts, exact=exact)
        few = [name for name in source.columns if counted[name][1] <= 2 * FEW]
        values = _all_values(source, whole, few)
        many = [name for name in source.columns if name not in values]
        some = _some_values(source, part, many)
        columns = tuple(
            _facts(
                source, name, looked_at, counted[name], values.get(name), some.get(name, []),
                exact=exact and looked_at == rows,
            )
            for name in source.columns
        )  # fmt: skip
        return Seen(
            source=source.name, form=source.form, rows=rows, looked_at=looked_at, columns=columns
        )


def _in_reach(source: Source) -> tuple[str, str, dict[str, int]]:
    """Return the relation of all rows, that of some of them, and how many rows each has."""
    whole = "source"
    if source.form == "CSV":  # one pass to read the text, then as often as needed
        source.rows("SET preserve_insertion_order = true")  # so that the sample is the same one
        source.rows("CREATE TEMP TABLE parsed AS SELECT * FROM source")
        whole = "parsed"
    n = {whole: source.rows(f"SELECT count(*) AS n FROM {whole}")[0]["n"]}
    if n[whole] <= SAMPLE:
        return whole, whole, n
    part = f"USING SAMPLE {100 * SAMPLE / n[whole]} PERCENT (system, 1)"
    source.rows(f"CREATE TEMP TABLE sample AS SELECT * FROM {whole} {part}")
    n["sample"] = source.rows("SELECT count(*) AS n FROM sample")[0]["n"]
    return whole, "sample", n


def _text(source: Source, name: str) -> str:
    """Return the column as text, NULL where it is empty."""
    if source.columns[name] == "VARCHAR":
        return f"NULLIF({quoted(name)}, '')"
    return quoted(name)


def _counted(source: Source, view: str, *, exact: bool = False) -> dict[str, tuple[int, int]]:
    """Return how many values each column has, and how many distinct ones, or about how many."""
    facts = []
    for place, name in enumerate(source.columns):
        text = _text(source, name)
        distinct = f"count(DISTINCT {text})" if exact else f"approx_count_distinct({text})"
        facts += [f"count({text}) AS n{place}", f"{distinct} AS d{place}"]
    row = source.rows(f"SELECT {', '.join(facts)} FROM {view}")[0]
    return {
        name: (row[f"n{place}"], min(row[f"d{place}"], row[f"n{place}"]))
        for place, name in enumerate(source.columns)
    }


def _all_values(
    source: Source, view: str, names: Sequence[str]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """Return every value of columns that have few, with its rows, most frequent first."""
    found = {}
    for name in names:
        rows = source.rows(
            f"SELECT value, n FROM (SELECT CAST({_text(source, name)} AS VARCHAR) AS value, "
            f"count(*) AS n FROM {view} WHERE {_text(source, name)} IS NOT NULL GROUP BY ALL) "
            f"ORDER BY n DESC, value LIMIT {FEW + 1}"
        )
        if len(rows) <= FEW:
            found[name] = tuple((row["value"], row["n"]) for row in rows)
    return found


def _some_values(source: Source, part: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Return some 200 distinct values of each column: those with the least hashes."""
    if not names:
        return {}
    counted, facts = _counted(source, part), []
    for place, name in enumerate(names):
        text = _text(source, name)
        least = min(_HASHES - 1, _HASHES * _SOME // max(counted[name][1], 1))
        values = f"list(DISTINCT {text}) FILTER (hash({text}) <= {least})"
        facts.append(f"CAST({values} AS VARCHAR[]) AS c{place}")  # few are cast, not all rows
    row: dict[str, Any] = source.rows(f"SELECT {', '.join(facts)} FROM {part}")[0]
    return {
        name: sorted(value for value in row[f"c{place}"] or () if value is not None)
        for place, name in enumerate(names)
    }


def _facts(
    source: Source,
    name: str,
    rows: int,
    counted: tuple[int, int],
    values: tuple[tuple[str, int], ...] | None,
    some: Sequence[str],
    *,
    exact: bool,
) -> ColumnFacts:
    stored = source.columns[name]
    known = [value for value, _ in values] if values is not None else list(some)
    distinct = len(known) if values is not None else counted[1]
    kind = kind_of(stored, known, few=values is not None)
    truth = kind == "0/1" or bool(odd_truths(values or ()))
    shown = known[:_EXAMPLES]
    if values is None and known:  # sorted: from everywhere
        shown = [known[k * len(known) // _EXAMPLES] for k in range(_EXAMPLES)]
    return ColumnFacts(
        name=name,
        type=stored,
        kind=kind,
        missing=1 - counted[0] / rows,
        distinct=distinct,
        exact=exact or values is not None,
        values=values or (),
        examples=tuple(dict.fromkeys(shown)),
        role=name if name in ROLES else None,
        could_be=could_be(name, "0/1" if truth else kind, known, distinct=distinct),
    )
