"""The first pass over a log: rows, outcomes and what is wrong with them, by cell, as integers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from abkit.analysis.contact_rows import INVALID, Contacts
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.groups import Group, check_sizes
from abkit.analysis.sources import quoted
from abkit.core.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What the counted rows of one cell say about one metric."""

    successes: int  # of a mean: finite numbers
    failures: int
    invalid: int  # neither true nor false; no finite number

    @property
    def moments(self) -> CustomerMoments:
        """Return the sums over units when every row is one."""
        return CustomerMoments.from_groups([(1, 1, self.successes), (0, 1, self.failures)])


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """Facts about rows with an arm by group, whole use-cases among them; the rest over all rows."""

    rows: int
    counted: Mapping[Group, int]
    outcomes: Mapping[tuple[Group, str], Outcomes]  # by group and metric
    cells: tuple[tuple[str, str], ...]  # every (use-case, arm), counted or not
    without_arm: int
    without_end: int
    reversed: int  # ended before they started
    last_start_us: int | None
    largest: Mapping[str, float]  # largest absolute value of each mean

    @property
    def arms(self) -> tuple[str, ...]:
        """Return every arm, sorted."""
        return tuple(sorted({arm for _, arm in self.cells}))

    def groups(self, *, segments: bool) -> list[Group]:
        """Return the groups with counted rows, of segments or of whole use-cases, sorted."""
        found = [group for group in self.counted if (group[2] is not None) == segments]
        return sorted(found, key=lambda group: (group[0], group[1], group[2] or ""))


def row_facts(contacts: Contacts, *, cutoff_us: int | None) -> RowFacts:
    """Look at every row once; those that start after the cut-off are not looked at.

    Raises:
        DataError: There is no row, none is counted, or a start is missing.
    """
    columns = [*contacts.rates.values()]
    sums = [
        f"coalesce(sum(n) FILTER ({column} = {value}), 0)::BIGINT AS {name}_{column}"
        for column in columns
        for name, value in (("successes", 1), ("failures", 0), ("invalid", INVALID))
    ]
    for x in contacts.means.values():
        sums.append(f"sum(n_{x})::BIGINT AS successes_{x}, 0 AS failures_{x}")
        sums.append(f"sum(invalid_{x})::BIGINT AS invalid_{x}, max(largest_{x}) AS largest_{x}")
    rows = contacts.source.rows(f"""
        SELECT use_case, arm, segment, counted, sum(n)::BIGINT AS rows,
            sum(no_start)::BIGINT AS no_start, sum(no_end)::BIGINT AS no_end,
            sum(reversed)::BIGINT AS reversed,
            max(last_start_us) AS last_start_us {"".join(f", {part}" for part in sums)}
        FROM ({_joint_counts(contacts, cutoff_us)}) GROUP BY ALL ORDER BY ALL
    """)
    return _folded(contacts, rows)


def _joint_counts(contacts: Contacts, cutoff_us: int | None) -> str:
    """Return the query of the rows by the joint values of names and rates.

    Raw values are grouped before they are read, since there are few of them and many rows; where
    they have been read already, or numbers are read beside them, the typed values are.
    """
    typed = contacts.is_parsed or bool(contacts.means)
    start, end = (
        ("NULL" if role not in contacts.times else column if typed else contacts.times[role].sql)
        for role, column in (("started_at", "start_us"), ("ended_at", "end_us"))
    )
    sums = {
        "n": "count(*)",
        "no_start": f"count(*) FILTER ({'started_at' in contacts.times} AND {start} IS NULL)",
        "no_end": f"count(*) FILTER ({'ended_at' in contacts.times} AND {end} IS NULL)",
        "reversed": f"count(*) FILTER ({end} < {start})",
        "last_start_us": f"max({start})::BIGINT",
    }
    for x in contacts.means.values():
        sums |= {f"n_{x}": f"count({x})", f"invalid_{x}": f"count(*) FILTER (bad_{x})"}
        sums |= {f"largest_{x}": f"max(abs({x}))"}
    where = "" if cutoff_us is None or start == "NULL" else f"WHERE {start} <= {cutoff_us}"
    if typed:
        names = ("arm", "use_case", "segment", "counted", *contacts.rates.values())
        parts = (*names, *(f"{sql} AS {name}" for name, sql in sums.items()))
        return f"SELECT {', '.join(parts)} FROM contacts {where} GROUP BY ALL"
    mark = _unused(contacts.source.columns)
    grouped = ", ".join(
        (
            *map(quoted, contacts.raw_columns),
            *(f"{sql} AS {mark}{name}" for name, sql in sums.items()),
        )
    )
    kept = ", ".join((*contacts.names, *(f"{mark}{name} AS {name}" for name in sums)))
    return f"SELECT {kept} FROM (SELECT {grouped} FROM {contacts.relation} {where} GROUP BY ALL)"


def _unused(columns: Iterable[str]) -> str:
    """Return a prefix that no column's name begins with, so that no name stands for two things."""
    mark = "sum_"
    while any(column.casefold().startswith(mark) for column in columns):
        mark += "_"
    return mark


def _folded(contacts: Contacts, rows: Iterable[Mapping[str, Any]]) -> RowFacts:
    """Return the facts of the groups of rows."""
    rows = list(rows)
    name = contacts.source.name
    total = sum(row["rows"] for row in rows)
    if not total:
        raise DataError(f"`{name}` holds no rows that fulfil the conditions")
    if missing := sum(row["no_start"] for row in rows):
        column = contacts.roles.columns["started_at"]
        raise DataError(
            f"`{column}` is missing in {missing:,} of {total:,} rows of `{name}`",
            hint="leave such rows out with --where, if that is right",
        )
    kept = [row for row in rows if row["counted"] and row["arm"] is not None]
    if not kept:
        raise DataError(f"none of the {total:,} rows of `{name}` is counted and has an arm")
    check_sizes(contacts.source, ((row["use_case"], row["arm"], row["segment"]) for row in kept))
    counted, outcomes = _by_group(contacts, kept)
    return RowFacts(
        rows=total,
        counted=counted,
        outcomes=outcomes,
        cells=tuple(
            sorted({(row["use_case"], row["arm"]) for row in rows if row["arm"] is not None})
        ),
        without_arm=sum(row["rows"] for row in rows if row["arm"] is None),
        without_end=sum(row["no_end"] for row in rows),
        reversed=sum(row["reversed"] for row in rows),
        last_start_us=max(
            (row["last_start_us"] for row in rows if row["last_start_us"] is not None),
            default=None,
        ),
        largest={
            metric: max(
                (row[f"largest_{column}"] for row in rows if row[f"largest_{column}"] is not None),
                default=0.0,
            )
            for metric, column in contacts.means.items()
        },
    )


def _by_group(
    contacts: Contacts, rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[Group, int], dict[tuple[Group, str], Outcomes]]:
    """Return rows and outcomes of every segment, and of every whole use-case."""
    counted: Counter[Group] = Counter()
    sums: dict[tuple[Group, str], list[int]] = {}
    for row in rows:
        whole: Group = (row["use_case"], row["arm"], None)
        for group in {whole, (row["use_case"], row["arm"], row["segment"])}:
            counted[group] += row["rows"]
            for metric, column in (contacts.rates | contacts.means).items():
                found = sums.setdefault((group, metric), [0, 0, 0])
                for i, name in enumerate(("successes", "failures", "invalid")):
                    found[i] += row[f"{name}_{column}"]
    outcomes = {
        key: Outcomes(successes=of[0], failures=of[1], invalid=of[2]) for key, of in sums.items()
    }
    return dict(counted), outcomes
