"""From any columns to one typed relation, `contacts`: what every later question is asked of."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from abkit.analysis.instants import Instants, read_instants
from abkit.analysis.rate_columns import refuse_many_values
from abkit.analysis.roles import Roles
from abkit.analysis.sources import Source, quoted
from abkit.analysis.values import (
    OTHER,
    number_invalid,
    number_value,
    response_value,
    text_value,
    truth_value,
)
from abkit.core.errors import ConfigError, DataError
from abkit.core.metrics import AR, PRR, REPEAT_RATE

WHOLE: Final = "all"  # the use-case of data that have none
MISSING: Final = "(missing)"  # a row without a use-case, or without a segment
_NAMED: Final = " by name"  # behind what a user calls so
RESPONSES: Final = "\0responses"  # answered among offered: beside PRR; nobody can type the name
INVALID: Final = OTHER  # of a rate: a value that is neither true nor false


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What the relation `contacts` holds.

    `use_case`, `arm` (null where the row has none), `segment` and `counted` always; `unit` and
    `issue` (64-bit hashes) and `start_us`, `end_us` (UTC microseconds) by role. Each rate has
    a column of `rates`: 1, 0, null (no trial), or `INVALID`; each mean one of `means`, with its
    `bad_` column, true where a value is no finite number.
    """

    source: Source
    roles: Roles
    relation: str  # of the raw rows
    names: tuple[str, ...]  # SQL of use_case, arm, segment, counted and the rates, of raw rows
    rates: dict[str, str]  # metric -> column; 24RR is not among them, it needs the windows
    means: dict[str, str]
    times: dict[str, Instants]  # by role

    @property
    def has_units(self) -> bool:
        """Return whether rows belong to units."""
        return self.roles.has("customer_id")

    @property
    def has_windows(self) -> bool:
        """Return whether 24RR was asked for, and so can be had."""
        return REPEAT_RATE in self.roles.metrics

    @property
    def raw_columns(self) -> list[str]:
        """Return the columns that `names` are made of."""
        own = ("arm", "use_case", "counted", "automated", "resolution", "response")
        named = [self.roles.columns[role] for role in own if self.roles.has(role)]
        rates = [m.column for m in self.roles.metrics if m.kind == "proportion"]
        others = [column for column in (self.roles.segment, *rates) if column is not None]
        return sorted({*named, *others})

    @property
    def expressions(self) -> dict[str, str]:
        """Return the SQL of each of `names`, by what it is called in `contacts`."""
        parts = (name.rpartition(" AS ") for name in self.names)
        return {name: sql for sql, _, name in parts}

    @property
    def is_parsed(self) -> bool:
        """Return whether `contacts` is a table, since all was text and had to be parsed."""
        return set(self.source.columns.values()) == {"VARCHAR"}


def create_contacts(source: Source, roles: Roles, *, relation: str, zone: str | None) -> Contacts:
    """Create the relation `contacts` from the SQL relation `relation`.

    Text has to be parsed, which is done once: then it is a table; else a view.

    Raises:
        DataError: A column cannot be read in its role, or holds too many values for it.
    """
    refuse_many_values(source, roles, relation)
    times = {
        role: read_instants(source, roles.columns[role], zone=zone, role=role, relation=relation)
        for role in _needed_times(roles)
    }
    expressions = _rate_expressions(source, roles)
    rates = {name: f"v{i}" for i, name in enumerate(expressions)}
    typed = [f"CAST({expressions[name]} AS TINYINT) AS {column}" for name, column in rates.items()]
    numbers = {m.name: m.column for m in roles.metrics if m.kind == "mean" and m.column is not None}
    means = {name: f"x{i}" for i, name in enumerate(numbers)}
    contacts = Contacts(
        source=source,
        roles=roles,
        relation=relation,
        names=(*_names(source, roles), *typed),
        rates=rates,
        means=means,
        times=times,
    )
    columns = [*contacts.names, *_hashes(source, roles), *_times(times)]
    for name, column in numbers.items():
        kind, x = source.columns[column], means[name]
        columns.append(f"{number_value(column, kind)} AS {x}")
        columns.append(f"{number_invalid(column, kind)} AS bad_{x}")
    kind = "TABLE" if contacts.is_parsed else "VIEW"
    source.rows(f"CREATE TEMP {kind} contacts AS SELECT {', '.join(columns)} FROM {relation}")
    return contacts


def create_filtered(source: Source, where: str | None) -> str:
    """Return the name of the relation of the rows that fulfil the SQL condition `where`.

    Raises:
        ConfigError: It is no condition on the columns of the data, or is answered by chance: rows
            are asked for more than once.
    """
    if where is None:
        return "source"
    hint = "an SQL condition on the columns, such as \"country = 'DE'\""
    if '"' in where:
        hint += "; text stands in single quotes, a column's name in double ones"
    if set(source.columns.values()) == {"VARCHAR"}:
        hint += "; here every column is text, so that numbers need a cast: visits::int > 1"
    if chance := _chance(source, where):
        raise ConfigError(
            f"`where` is `{where}`, which gives another answer each time: `{chance}`",
            hint="add a column that says which rows, and name it in the condition",
        )
    try:
        (described,) = source.rows(f"DESCRIBE SELECT ({where}\n) AS condition FROM source")
        source.rows(f"SELECT count(*) AS rows FROM source WHERE ({where}\n)")  # a cast that fails
    except DataError as error:
        raise ConfigError(f"`where` is `{where}`: {error}", hint=hint) from None
    if described["column_type"] != "BOOLEAN":
        raise ConfigError(f"`where` is `{where}`, which is no condition but a value", hint=hint)
    source.rows(f"CREATE TEMP VIEW filtered AS SELECT * FROM source WHERE ({where}\n)")
    return "filtered"


def _chance(source: Source, where: str) -> str | None:
    """Return what in a condition is answered anew each time, as random() is; None: nothing."""
    (row,) = source.rows("SELECT json_serialize_sql($asked) AS tree", asked=f"SELECT ({where}\n)")
    nodes = list(_nodes(json.loads(row["tree"])))
    called = sorted({str(node["function_name"]) for node in nodes if "function_name" in node})
    if any(node.get("sample") for node in nodes):
        return "sample"
    volatile = source.rows(
        "SELECT DISTINCT function_name AS name FROM duckdb_functions() "
        "WHERE stability = 'VOLATILE' AND list_contains($called, function_name) ORDER BY name",
        called=called,
    )
    return f"{volatile[0]['name']}()" if volatile else None


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON tree."""
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(part)


def _needed_times(roles: Roles) -> list[str]:
    """Return the roles of time that are looked at; an end alone says nothing."""
    if not roles.has("started_at"):
        return []
    return ["started_at", *(["ended_at"] if roles.has("ended_at") else [])]


def _text(source: Source, roles: Roles, role: str) -> str:
    column = roles.columns[role]
    return text_value(column, source.columns[column])


def _use_case(source: Source, roles: Roles) -> str:
    if not roles.has("use_case"):
        return f"'{WHOLE}'"
    return _or_missing(_text(source, roles, "use_case"))


def _or_missing(text: str) -> str:
    """Return the SQL of a name for every row: two different ones never become the same."""
    return (
        f"CASE WHEN starts_with({text}, '{MISSING}') THEN {text} || '{_NAMED}' "
        f"ELSE coalesce({text}, '{MISSING}') END"
    )


def _names(source: Source, roles: Roles) -> list[str]:
    """Return the SQL of the names of cells."""
    segment = "NULL::VARCHAR"
    if roles.segment is not None:
        segment = _or_missing(text_value(roles.segment, source.columns[roles.segment]))
    counted = f"{_truth(source, roles.columns['counted'])} = 1" if roles.has("counted") else "true"
    return [
        f"{_text(source, roles, 'arm')} AS arm",
        f"{_use_case(source, roles)} AS use_case",
        f"{segment} AS segment",
        f"{counted} AS counted",
    ]


def _hashes(source: Source, roles: Roles) -> list[str]:
    """Return the SQL of hashes of identifiers."""
    columns = []
    if roles.has("customer_id"):
        unit = _text(source, roles, "customer_id")
        issue = (
            _text(source, roles, "issue_id") if roles.has("issue_id") else _use_case(source, roles)
        )
        columns.append(f"CASE WHEN {unit} IS NOT NULL THEN hash({unit}) END AS unit")
        columns.append(f"hash({unit}, {issue}) AS issue")
    return columns


def _times(times: dict[str, Instants]) -> list[str]:
    names = {"started_at": "start_us", "ended_at": "end_us"}
    return [f"{instants.sql} AS {names[role]}" for role, instants in times.items()]


def _rate_expressions(source: Source, roles: Roles) -> dict[str, str]:
    """Return 1, 0, null or `INVALID` for each rate that is read off a row."""
    expressions: dict[str, str] = {}
    for metric in roles.metrics:
        if metric == AR:
            expressions[AR.name] = _truth(source, roles.columns["automated"])
        elif metric == PRR:
            column = roles.columns["response"]
            answer = response_value(column, source.columns[column])
            offered = (
                f"{_text(source, roles, 'resolution')} IS NOT NULL"
                if roles.has("resolution")
                else "true"
            )
            expressions[PRR.name] = f"CASE WHEN {offered} THEN {answer} END"
            if roles.has("resolution"):
                answered = f"CASE WHEN {answer} = {INVALID} THEN {INVALID} ELSE "
                answered += f"CAST({answer} IS NOT NULL AS TINYINT) END"  # PRR lacks these, too
                expressions[RESPONSES] = f"CASE WHEN {offered} THEN {answered} END"
        elif metric.kind == "proportion" and metric.column is not None:
            expressions[metric.name] = _truth(source, metric.column)
    return expressions


def _truth(source: Source, column: str) -> str:
    return truth_value(column, source.columns[column])


def check_counted(source: Source, roles: Roles, relation: str) -> None:
    """Raise `DataError` when `counted` is not true or false everywhere."""
    if not roles.has("counted"):
        return
    column = roles.columns["counted"]
    value = _truth(source, column)
    (found,) = source.rows(
        f"SELECT count(*) AS n, count(*) FILTER ({value} IS NULL OR {value} = {INVALID}) AS bad, "
        f"left(min({quoted(column)}::VARCHAR) FILTER ({value} = {INVALID}), 60) AS example "
        f"FROM {relation}"
    )
    if found["bad"]:
        example = f" (such as `{found['example']}`)" if found["example"] is not None else ""
        raise DataError(
            f"`{column}` is neither true nor false in {found['bad']:,} of {found['n']:,} "
            f"rows{example}",
            hint="it says which rows belong to the denominators",
        )
