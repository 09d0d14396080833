"""Table 3 for anybody's data: a contact log, any A/B file, or counts alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TypeAlias

from abkit.analysis.chosen_arms import (
    Allocation,
    chosen_arms,
    notes_on_arms,
    planned_weights,
)
from abkit.analysis.counts import parse_counts, read_counts, reading_of_counts
from abkit.analysis.gate import run_checks
from abkit.analysis.reading import Reading
from abkit.analysis.reading_rows import read_rows
from abkit.analysis.segments import make_segments
from abkit.analysis.sources import Data
from abkit.analysis.table3 import make_tables
from abkit.analysis.until import moment_until
from abkit.core import checks
from abkit.core.analyzed import Analysis
from abkit.core.errors import ConfigError
from abkit.core.metrics import Metric, parse_metric
from abkit.core.table3 import Intervals

Metrics: TypeAlias = Iterable[str | Metric] | str | Metric


def analyze(
    data: Data,
    *,
    control: str | None = None,
    treatment: str | Sequence[str] | None = None,
    metrics: Metrics = (),
    variant: str | None = None,
    unit: str | None = None,
    use_case: str | None = None,
    mapping: Mapping[str, str] | None = None,
    allocation: Allocation | None = None,
    where: str | None = None,
    segment: str | None = None,
    until: date | str | None = None,
    zone: str | None = None,
    confidence_level: float = 0.95,
    intervals: Intervals = "unadjusted",
    table: str | None = None,
    memory_limit: str | None = None,
) -> Analysis:
    """Compare arms on AR, PRR and 24RR of a contact log, or on declared metrics of any A/B data.

    Customers are the units: where they repeat, each arm's counts are divided by its design effect.
    Verdicts use Holm's adjustment over all treatment x use-case x metric rows, and are withdrawn
    where a check failed: for its use-case, or for all rows when the check is about all the data.

    Args:
        data: A file (CSV, Parquet, each also gzipped or as a glob or folder; a DuckDB database), a
            run folder, a pandas frame or a pyarrow table. Columns as in `abkit.core.contacts`
            unless named otherwise; those called `true_...` are never read unless named.
        control: The control arm; default: the one called `control`, there is no other guess.
        treatment: One treatment arm or several; default: all others, one table each.
        metrics: `NAME=COLUMN[:mean][:higher|lower]`, or names of Table 3 to restrict it to them.
        variant: The column of the arm, in data that are no contact log: then only declared metrics
            and named columns exist.
        unit: The column of the randomised unit; `row`: every row is one.
        use_case: The column of the use-case.
        mapping: Role -> column, for a contact log with other names (see `roles.ROLES`).
        allocation: Planned weight per arm: by name, or `1:2` in the order control, treatments;
            default equal over the arms of the data.
        where: An SQL condition on the columns; other rows are not looked at.
        segment: A column whose values are analysed one by one as well, as a family of their own.
        until: As if the data had been taken then: a moment or a date, or text as in ISO 8601; of
            `zone` where it has none. Default: the last start.
        zone: The IANA time zone of timestamps without one.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        intervals: `bonferroni` makes all intervals of the family hold at once; they are wider than
            Holm's decisions, and may contain no effect where the verdict shows one.
        table: The table or view of a database.
        memory_limit: As in `1GB`; beyond it a temporary folder is used.

    Raises:
        ConfigError: An argument lies outside its domain, or an arm is not in the data.
        DataError: The data cannot be read, contradict themselves, or lack a column.
    """
    checks.level("confidence_level", confidence_level)
    declared = _declared(metrics)
    if where is not None:
        _check_condition(where)
    reading = read_rows(
        data, metrics=declared, variant=variant, unit=unit, use_case=use_case, segment=segment,
        mapping=mapping, where=where, until=moment_until(until, zone), zone=zone, table=table,
        memory_limit=memory_limit,
    )  # fmt: skip
    return _analysed(reading, control, treatment, allocation, confidence_level, intervals, segment)


def analyze_counts(
    counts: Mapping[tuple[str, str, str], tuple[int, int]] | str | Path,
    *,
    control: str | None = None,
    treatment: str | Sequence[str] | None = None,
    metrics: Metrics = (),
    confidence_level: float = 0.95,
    intervals: Intervals = "unadjusted",
) -> Analysis:
    """Compare arms by counts alone: every trial is taken for a unit of its own.

    Args:
        counts: By (use-case, metric, arm): successes and trials; or `A:AR:control=120/1000,...`;
            or a small CSV with the columns use_case, metric, arm, successes, trials.
        control: As for `analyze`, as are the others.
        treatment: One treatment arm or several.
        metrics: Directions, or fewer metrics than are counted: `refunds=refunds:lower`.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        intervals: `bonferroni` as for `analyze`.

    Raises:
        ConfigError: A count or an argument lies outside its domain.
        DataError: The file cannot be read as counts.
    """
    checks.level("confidence_level", confidence_level)
    name = "counts"
    if isinstance(counts, Path):
        name = counts.name
    elif isinstance(counts, str) and ("=" not in counts or _is_file(counts)):
        counts, name = Path(counts), Path(counts).name
    if isinstance(counts, Path):
        counts = read_counts(counts)
    elif isinstance(counts, str):
        counts = parse_counts(counts)
    reading = reading_of_counts(counts, _declared(metrics), name=name)
    return _analysed(reading, control, treatment, None, confidence_level, intervals, None)


def _is_file(text: str) -> bool:
    """Return whether a file has this name; counts may be longer than any name can be."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _check_condition(where: str) -> None:
    """Raise `ConfigError` unless the text is one SQL expression: no second statement may hide."""
    import duckdb

    try:
        duckdb.SQLExpression(where)
    except duckdb.Error as error:
        reason = str(error).split("\n", 1)[0]
        raise ConfigError(
            f"`where` is `{where}`: {reason}",
            hint="an SQL condition on the columns, such as \"country = 'DE' and visits > 1\"",
        ) from None


def _declared(metrics: Metrics) -> list[Metric]:
    metrics = [metrics] if isinstance(metrics, str | Metric) else metrics
    return [parse_metric(item) if isinstance(item, str) else item for item in metrics]


def _analysed(
    reading: Reading,
    control: str | None,
    treatment: str | Sequence[str] | None,
    allocation: Allocation | None,
    level: float,
    intervals: Intervals,
    segment: str | None,
) -> Analysis:
    control, treatments = chosen_arms(reading, control, treatment)
    weights = planned_weights(reading, control, treatments, allocation)
    found = run_checks(reading, control=control, treatments=treatments, allocation=weights)
    return Analysis(
        source=reading.source,
        rows=reading.rows,
        notes=notes_on_arms(reading),
        cutoff=reading.cutoff,
        tables=make_tables(
            reading, found, control=control, treatments=treatments, confidence_level=level,
            intervals=intervals,
        ),
        segments=()
        if segment is None
        else make_segments(
            reading, found, segment, control=control, treatments=treatments,
            confidence_level=level,
        ),
    )  # fmt: skip
