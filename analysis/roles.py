"""Which column plays which part, which metrics can be had, and what is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from abkit.analysis.sources import Source
from abkit.core.errors import AbkitError, ConfigError, DataError, listed, unknown_choice
from abkit.core.metrics import AR, PRR, REPEAT_RATE, TABLE_3, Metric

# role -> what a column in it says about a contact; a contact log names its columns like that
ROLES: Final = {
    "contact_id": "one row",
    "customer_id": "the unit that was randomised",
    "issue_id": "the matter that repeats share",
    "use_case": "the application",
    "arm": "control, or a treatment",
    "started_at": "when it began",
    "ended_at": "when it ended",
    "counted": "whether it belongs to the denominators",
    "automated": "whether the bot resolved it",
    "resolution": "what the bot offered",
    "response": "the customer's answer",
}
ROW: Final = "row"  # `unit="row"`: every row is a unit of its own
COUNT_COLUMNS: Final = {"metric", "arm", "successes", "trials"}  # of a file of counts
NEEDED: Final = {
    AR.name: ("automated",),
    PRR.name: ("response",),
    REPEAT_RATE.name: ("customer_id", "started_at", "ended_at"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The column of each role, absent roles left out, and the metrics to compute."""

    columns: Mapping[str, str]
    metrics: tuple[Metric, ...]
    segment: str | None = None

    def has(self, *roles: str) -> bool:
        """Return whether every one of `roles` has a column."""
        return all(role in self.columns for role in roles)


def find_roles(
    source: Source,
    metrics: Sequence[Metric] = (),
    *,
    variant: str | None = None,
    unit: str | None = None,
    use_case: str | None = None,
    segment: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Roles:
    """Return the roles that the columns of `source` play.

    A contact log's columns are found by their names. With `variant` the data are no contact log:
    only the columns that an argument names have a role, and only declared metrics exist.

    Args:
        source: The opened data.
        metrics: What was asked for; metrics of Table 3 by name restrict it to these.
        variant: The column of the arm, in data that are no contact log.
        unit: The column of the randomised unit; `row`: every row is one.
        use_case: The column of the use-case.
        segment: A column whose values are analysed one by one as well.
        mapping: Role -> column, for a log with other names.

    Raises:
        ConfigError: A role is unknown or named twice, or no metric can be computed.
        DataError: A named column is absent, or the arm has none.
    """
    named = _named(variant=variant, unit=unit, use_case=use_case, mapping=mapping or {})
    for role, column in named.items():
        if (role, column) != ("customer_id", ROW):
            source.require(column, role=role)
    own = {} if variant is not None else {role: role for role in ROLES if role in source.columns}
    columns = own | named
    if columns.get("customer_id") == ROW:
        del columns["customer_id"]
    if "arm" not in columns:
        raise DataError(
            f"`{source.name}` has no column `arm`; it has {listed(source.columns)}",
            hint="name the column of the arm with --variant COLUMN (any A/B file) or "
            f"{_map('arm')} (a contact log)",
        )
    for metric in metrics:
        if metric.column is not None:
            _refuse_suffix(source, metric)
            source.require(metric.column, role=f"metric {metric.name}")
    if segment is not None:
        source.require(segment, role="segment")
    found = _metrics(source, columns, metrics, is_log=variant is None)
    return Roles(columns=columns, metrics=found, segment=segment)


def absences(roles: Roles) -> list[str]:
    """Return what the log does not say and what is assumed instead, or left out."""
    said = []
    if roles.columns["arm"] != "arm":
        said.append(f"arms: column `{roles.columns['arm']}`")
    if roles.has("customer_id", "started_at", "ended_at") and not roles.has("issue_id"):
        said.append(
            "no `issue_id`: the next contact of a customer in the same use-case counts as a repeat"
            if roles.has("use_case")
            else "no `issue_id`: the next contact of a customer counts as a repeat"
        )
    if not roles.has("customer_id"):
        said.append("no unit: every row is one, so whoever repeats would be counted several times")
    if roles.has("response") and not roles.has("resolution"):
        said.append("no `resolution`: every response counts for PRR, and offers are unknown")
    return said


def _refuse_suffix(source: Source, metric: Metric) -> None:
    """Raise `ConfigError` if what follows an existing column is the fault, as in revenue:median."""
    column, colon, suffix = (metric.column or "").partition(":")
    if colon and metric.column not in source.columns and column in source.columns:
        raise ConfigError(
            f"`metric` {metric.name} ends in `:{suffix}`; expected nothing, `:mean`, `:lower`, "
            "`:higher`, `:mean:lower` or `:mean:higher`",
            hint=f"the column `{column}` exists: write {metric.name}={column}:mean for its mean",
        )


def _map(role: str) -> str:
    """Return how to name a role's column, on the command line and in Python."""
    return f"--map {role}=COLUMN (in Python mapping={{'{role}': 'COLUMN'}})"


def _named(
    *, variant: str | None, unit: str | None, use_case: str | None, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that arguments name, each role once."""
    for role in mapping:
        if role not in ROLES:
            raise unknown_choice("map", role, ROLES)
    named = dict(mapping)
    given = {"arm": variant, "customer_id": unit, "use_case": use_case}
    options = {"arm": "--variant", "customer_id": "--unit", "use_case": "--use-case"}
    for role, column in given.items():
        if column is None:
            continue
        if named.get(role, column) != column:
            raise ConfigError(
                f"`{role}` is `{named[role]}` by --map and `{column}` by {options[role]}"
            )
        named[role] = column
    return named


def _metrics(
    source: Source, columns: Mapping[str, str], asked: Sequence[Metric], *, is_log: bool
) -> tuple[Metric, ...]:
    """Return the metrics of Table 3 that the columns allow, or those asked for, then declared."""
    if len({metric.name for metric in asked}) < len(asked):
        raise ConfigError(f"a metric is named twice: {listed(metric.name for metric in asked)}")
    chosen = [metric for metric in asked if metric.column is None]
    declared = [metric for metric in asked if metric.column is not None]
    for metric in chosen:
        if lacking := [role for role in NEEDED[metric.name] if role not in columns]:
            raise DataError(
                f"`{source.name}` has no column {listed(lacking)}, which {metric.name} needs",
                hint=f"say which column it is: {_map(lacking[0])}",
            )
    if not chosen and is_log:
        chosen = [
            metric
            for name, metric in TABLE_3.items()
            if all(role in columns for role in NEEDED[name])
        ]
    if not chosen and not declared:
        raise _without_metric(source, is_log=is_log)
    return (*chosen, *declared)


def _without_metric(source: Source, *, is_log: bool) -> AbkitError:
    """Return why there is nothing to compare."""
    if COUNT_COLUMNS.issubset(source.columns):
        return DataError(
            f"`{source.name}` holds counts, not rows",
            hint="read it with --counts FILE instead of LOG (in Python abkit.analyze_counts)",
        )
    if not is_log:
        return ConfigError(
            "no metric was named: with --variant a file is no contact log, and has the metrics "
            "that are declared, whatever --map names",
            hint="declare one with --metric NAME=COLUMN; of a contact log name the arm with "
            f"{_map('arm')} instead of --variant",
        )
    return DataError(
        f"`{source.name}` has none of the columns of a metric (`automated`, `response`, or "
        f"`customer_id` with `started_at` and `ended_at`); it has {listed(source.columns)}",
        hint="declare a metric with --metric NAME=COLUMN, or name columns with "
        + _map("automated"),
    )
