"""Columns of times as UTC microseconds: zones, daylight saving, text; doubt is an error."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from abkit.analysis.local_time import BLOCK, FIRST, LAST, changes, time_zone
from abkit.analysis.read_errors import RAISED
from abkit.analysis.sources import Source, quoted
from abkit.analysis.values import BLANKS, is_number
from abkit.core.errors import DataError

_ISO: Final = "write times as in 2024-03-18 09:30:00+01:00 (ISO 8601) or 18.03.2024 09:30"
_NO_ZONE: Final = (
    "name it, as in --tz Europe/Berlin (in Python zone=...), or store the offset with every time"
)
_DATE: Final = r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_LOCAL: Final = _DATE + r"(T| +)\d{1,2}:\d{2}(:\d{2}(\.\d*)?)?"
_OFFSET: Final = r"(Z| UTC| GMT| ?[+-](0\d|1[0-8])(:?[0-5]\d)?)"
_DOTTED: Final = r"^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})(,? +|\s*$)"  # 18.03.2024: the day is first
_TURNED: Final = r"\3-\2-\1 "


def is_date(text: str) -> bool:
    """Say whether a text has the form of a date without a time of day."""
    return re.fullmatch(_DATE + r"\s*", _year_first(text), re.ASCII) is not None


def is_local_time(text: str) -> bool:
    """Say whether a text has the form of a time without a zone."""
    return re.fullmatch(_LOCAL + r"\s*", _year_first(text), re.ASCII) is not None


def is_offset_time(text: str) -> bool:
    """Say whether a text has the form of a time with its offset."""
    return re.fullmatch(_LOCAL + _OFFSET + r"\s*", _year_first(text), re.ASCII) is not None


def _year_first(text: str) -> str:
    """18.03.2024 09:30 -> 2024-03-18 09:30; dates with a slash, which mean either, stay."""
    return re.sub(_DOTTED, _TURNED, text, flags=re.ASCII)


@dataclass(frozen=True, slots=True)
class Instants:
    """A column of times, read."""

    sql: str  # BIGINT: microseconds since 1970-01-01 00:00 UTC, of a row; or NULL
    notes: tuple[str, ...] = ()  # what was assumed
    ambiguous: int = 0  # local times that the clock struck twice; the first was taken
    nonexistent: int = 0  # local times that the clock skipped; moved on by as much
    missing: int | None = None  # None: not counted, since no query was needed


def read_instants(
    source: Source, column: str, *, zone: str | None, role: str, relation: str = "source"
) -> Instants:
    """Read a column of times exactly to the microsecond; finer digits are cut off.

    Args:
        source: An open table.
        column: Timestamps with a zone; without one; or text as in ISO 8601 with either.
        zone: The IANA time zone of those without one, if any; others keep their own.
        role: What the times are, for messages.
        relation: The SQL relation of the rows that are read: what others hold is of no account.

    Raises:
        ConfigError: There is no such zone.
        DataError: There is no such column, it holds dates or numbers, a zone is needed and not
            given, a text is no time, or a time lies outside the years 1 to 9999.
    """
    source.require(column, role=role)
    named = None if zone is None else time_zone(zone).key
    kind = source.columns[column]
    if kind in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"):
        unused = (
            () if zone is None else (f"`{column}` has its own time zone; `{zone}` is not used",)
        )
        return Instants(_checked(column, _microseconds(column, kind)), unused)
    if kind == "VARCHAR":
        return _read_text(source, column, named, relation)
    if kind.startswith("TIMESTAMP"):
        return _read_local(source, column, kind, named, relation)
    hint = "a time of day is needed, not only a date" if kind == "DATE" else _ISO
    if is_number(kind):
        hint = "numbers may count seconds or milliseconds, from several years: convert them first"
    raise DataError(f"`{column}` is {kind}; expected timestamps", hint=hint)


def _microseconds(column: str, kind: str) -> str:
    """Return the microseconds since 1970 of a timestamp; NULL where it is null or infinite."""
    if not kind.endswith("_NS"):
        return f"epoch_us({quoted(column)})"
    whole = f"epoch_ns({quoted(column)})"
    return f"(({whole} - ({whole} % 1000 + 1000) % 1000) // 1000)"  # DuckDB's own cast rounds


def _checked(column: str, instants: str) -> str:
    """Return an expression that ends the query at a time outside the years 1 to 9999."""
    message = _outside(column).replace("'", "''")
    return (
        f"CASE WHEN {instants} BETWEEN {FIRST} AND {LAST} THEN {instants} "
        f"WHEN {quoted(column)} IS NOT NULL THEN error('{RAISED}{message}') END"
    )


def _outside(column: str) -> str:
    return f"`{column}` holds a time outside the years 1 to 9999"


def _read_local(
    source: Source, column: str, kind: str, zone: str | None, relation: str
) -> Instants:
    """Read timestamps without a zone."""
    local = _microseconds(column, kind)
    name = quoted(column)
    found = source.rows(
        f"SELECT CASE WHEN {local} BETWEEN {FIRST} AND {LAST} THEN ({local} - {FIRST}) // {BLOCK} "
        f"END AS block, count(*) AS n, count({name}) AS there, CAST(min({name}) AS VARCHAR) AS "
        f"example FROM {relation} GROUP BY ALL ORDER BY 1"  # by place: columns may be called so
    )
    known = [row for row in found if row["block"] is not None]
    if any(row["there"] for row in found if row["block"] is None):
        raise DataError(_outside(column), hint="leave times that are not known empty")
    missing = sum(row["n"] for row in found if row["block"] is None)
    if known and zone is None:
        fact = f"`{column}` has no time zone (e.g. `{known[0]['example']}`)"
        raise DataError(fact, hint=_NO_ZONE)
    notes = () if zone is None else (f"`{column}` was read as local time in {zone}",)
    blocks = [row["block"] for row in known]
    read = Instants(local, notes, missing=missing)
    return _in_zone(source, column, local, zone, blocks, read, relation)


def _read_text(source: Source, column: str, zone: str | None, relation: str) -> Instants:
    """Read text: local times, times with their offset, or both."""
    name = quoted(column)
    found = _classes(source, name, name, relation)
    dotted = any(row["class"] == "dotted" for row in found)
    if dotted:  # turned into ISO 8601, which takes longer: only where there are some
        name = f"regexp_replace({name}, '{_DOTTED}', '{_TURNED}')"
        found = _classes(source, quoted(column), name, relation)
    local, offset = _cast_local(name), _cast_offset(name)
    classes = _totals(found)
    _refuse_text(column, classes, zone)
    n_local, n_offset = (classes[name][0] for name in ("local", "offset"))
    missing = classes["missing"][0]
    how = (f"`{column}` was read as day.month.year",) if dotted else ()
    if not n_local:
        unused = () if zone is None else (f"`{column}` has its own offsets; `{zone}` is not used",)
        return Instants(offset, how + unused, missing=missing)
    notes = f"`{column}` was read as local time in {zone}"
    read = Instants(local, (*how, notes), missing=missing)
    blocks = [row["block"] for row in found if row["class"] == "local"]
    if not n_offset:
        return _in_zone(source, column, local, zone, blocks, read, relation)
    own = f"regexp_full_match({name}, '{_LOCAL}{_OFFSET}\\s*')"
    both = f"{notes} in the {n_local:,} rows without an offset; {n_offset:,} have one"
    naive = f"CASE WHEN NOT {own} THEN {local} END"
    read = Instants(naive, (*how, both), missing=missing)
    at = _in_zone(source, column, naive, zone, blocks, read, relation)
    sql = f"CASE WHEN {own} THEN {offset} ELSE {at.sql} END"
    return Instants(sql, at.notes, at.ambiguous, at.nonexistent, missing)


def _classes(source: Source, shown: str, text: str, relation: str) -> list[dict[str, Any]]:
    """Return how many texts are of each class, by blocks of local time, and some of them.

    Args:
        source: An open table.
        shown: SQL of the text as it stands, for examples.
        text: SQL of the text that is read.
        relation: The rows.
    """
    local, offset = _cast_local("text"), _cast_offset("text")
    in_range = f"BETWEEN {FIRST} AND {LAST}"
    return source.rows(
        f"SELECT CASE WHEN regexp_full_match(text, $local) AND {local} {in_range} THEN 'local' "
        f"WHEN regexp_full_match(text, $offset) AND {offset} {in_range} THEN 'offset' "
        f"WHEN text IS NULL OR {_trimmed('text')} = '' THEN 'missing' "
        "WHEN regexp_full_match(text, $date) THEN 'date' "
        "WHEN regexp_matches(text, $dotted) THEN 'dotted' ELSE 'other' END AS class, "
        f"CASE WHEN class = 'local' THEN ({local} - {FIRST}) // {BLOCK} END AS block, "
        "count(*) AS n, min(shown, 3) AS examples "
        # named here, so that no other name is known
        f"FROM (SELECT {text} AS text, {shown} AS shown FROM {relation}) "
        "GROUP BY ALL ORDER BY ALL",
        local=_LOCAL + r"\s*", offset=_LOCAL + _OFFSET + r"\s*", date=_DATE + r"\s*",
        dotted=_DOTTED,
    )  # fmt: skip


def _cast_local(text: str) -> str:
    """Return the microseconds of a local time in text; only tabs and the like need trimming."""
    trimmed_too = f"TRY_CAST({_trimmed(text)} AS TIMESTAMP)"
    return f"epoch_us(COALESCE(TRY_CAST({text} AS TIMESTAMP), {trimmed_too}))"


def _cast_offset(text: str) -> str:
    """Return the microseconds of a time with its offset in text; ` +02` is read as `+02`."""
    joined = f"replace(replace({_trimmed(text)}, ' +', '+'), ' -', '-')"
    first = f"TRY_CAST({text} AS TIMESTAMPTZ)"
    return f"epoch_us(COALESCE({first}, TRY_CAST({joined} AS TIMESTAMPTZ)))"


def _trimmed(text: str) -> str:
    return f"trim({text}, '{BLANKS}')"


CLASSES: Final = ("local", "offset", "missing", "date", "dotted", "other")
Totals = dict[str, tuple[int, list[str]]]


def _totals(found: Sequence[dict[str, Any]]) -> Totals:
    """Return how many values of each class there are, and up to three of them."""
    classes: Totals = {name: (0, []) for name in CLASSES}
    for row in found:
        n, examples = classes[row["class"]]
        kept = sorted({*examples, *(text for text in row["examples"] or () if text)})[:3]
        classes[row["class"]] = (n + row["n"], kept)
    return classes


def _refuse_text(column: str, classes: Totals, zone: str | None) -> None:
    """Raise `DataError` for what is no time, and for local times whose zone nobody named."""
    total = sum(n for n, _ in classes.values())
    for name, meaning, hint in (
        ("other", "cannot be read as a time", _ISO),
        ("dotted", "cannot be read as a time", _ISO),
        ("date", "is a date without a time of day", "a time of day is needed"),
    ):
        n, examples = classes[name]
        if n:
            fact = f"`{column}` {meaning} in {n:,} of {total:,} rows, e.g. {_shown(examples)}"
            raise DataError(fact, hint=hint)
    (n_local, local), (n_offset, offset) = classes["local"], classes["offset"]
    if zone is None and n_local and n_offset:
        fact = (
            f"`{column}` has a time zone in {n_offset:,} rows (e.g. {_shown(offset[:1])}) and none "
            f"in {n_local:,} (e.g. {_shown(local[:1])})"
        )
        raise DataError(fact, hint=_NO_ZONE)
    if zone is None and n_local:
        fact = f"`{column}` has no time zone (e.g. {_shown(local[:1])})"
        raise DataError(fact, hint=_NO_ZONE)


def _shown(examples: Sequence[str]) -> str:
    return ", ".join(f"`{example[:60]}`" for example in examples)


def _in_zone(
    source: Source, column: str, local: str, zone: str | None, blocks: list[int], read: Instants,
    relation: str,
) -> Instants:  # fmt: skip
    """Return `read` with its local times turned into UTC.

    The zone's changes within the data's time become a CASE over whole numbers: exact as Python's
    zoneinfo, and twenty times as fast as a calendar looked up per row.
    """
    if not blocks or zone is None:
        return read
    offset, found = changes(time_zone(zone), blocks)
    cases = f"{offset}"
    if found:
        before = " ".join(f"WHEN {local} < {change.at} THEN {change.before}" for change in found)
        cases = f"CASE {before} ELSE {found[-1].offset} END"
    counts = {"twice": 0, "skipped": 0}
    windows = {
        "twice": [change.window for change in found if change.offset < change.before],
        "skipped": [change.window for change in found if change.offset > change.before],
    }
    facts = [
        f"count(*) FILTER ({' OR '.join(f'{local} BETWEEN {a} AND {b - 1}' for a, b in spans)}) "
        f"AS {name}"
        for name, spans in windows.items()
        if spans
    ]
    if facts:
        counts |= source.rows(f"SELECT {', '.join(facts)} FROM {relation}")[0]
    notes = list(read.notes)
    if n := counts["twice"]:
        notes.append(f"{n:,} of `{column}` the clock struck twice: the first was taken")
    if n := counts["skipped"]:
        notes.append(f"{n:,} of `{column}` the clock skipped: moved on by what was skipped")
    sql = f"({local} - {cases})"
    return Instants(sql, tuple(notes), counts["twice"], counts["skipped"], read.missing)
