"""`abkit analyze`: Table 3 for any contact log, any A/B file, or counts."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Format, busy, say, show
from abkit.core.errors import ConfigError


class Intervals(StrEnum):
    """Which intervals are printed."""

    unadjusted = "unadjusted"
    bonferroni = "bonferroni"


class Scale(StrEnum):
    """The one scale of deltas."""

    points = "points"
    relative = "relative"


def analyze(
    log: Annotated[
        str | None,
        typer.Argument(
            metavar="[LOG]",
            help="CSV, Parquet (a file, a quoted glob, a folder), DuckDB database, or run folder; "
            "default: the latest run.",
        ),
    ] = None,
    control: Annotated[
        str | None,
        typer.Option(help="The control arm; default: the one called `control`, never a guess."),
    ] = None,
    treatment: Annotated[
        list[str] | None,
        typer.Option(help="A treatment arm (repeatable); default: all others, one table each."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN[:mean][:lower]",
            help="A rate (0/1, yes/no), or the mean of a number; lower: less is better. AR, PRR or "
            "24RR alone restricts Table 3 to it. Repeatable.",
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The arm's column in a file that is no contact log: only --metric counts then.",
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Who was randomised, so that repeats are not counted as independent; `row`: "
            "every row.",
        ),
    ] = None,
    use_case: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="One group of rows per value.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ROLE=COLUMN",
            help="A contact log's column under another name, as in automated=resolved. Repeatable.",
        ),
    ] = None,
    allocation: Annotated[
        str | None,
        typer.Option(
            metavar="1:1",
            help="Planned weights, control first, or by name: control=1,new=2,old=0. Default: "
            "equal.",
        ),
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="SQL", help="Only rows that fulfil this condition.")
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Each value by itself, too, and whether they agree."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="As if the log had ended then (2024-01-15T00:00+01:00): later starts are left "
            "out, 24 h windows must have closed. Default: its last start.",
        ),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Of times without a zone, as in Europe/Berlin."),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTS",
            help="No log: A:AR:control=120/1000,A:AR:treatment=140/1000,... or a small CSV with "
            "use_case, metric, arm, successes, trials.",
        ),
    ] = None,
    confidence_level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    intervals: Annotated[
        Intervals,
        typer.Option(
            help="unadjusted agree with the uncorrected p; bonferroni hold all at once, wider than "
            "Holm's decisions."
        ),
    ] = Intervals.unadjusted,
    deltas_only: Annotated[
        Scale | None,
        typer.Option(help="Deltas on one scale, without counts and levels: to be passed on."),
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="The table or view of a database; default: the only one.")
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="At most about this much (1GB); then disk is used."),
    ] = None,
    run: Annotated[str | None, typer.Option(help="A run's name, instead of LOG.")] = None,
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Table 3 for any log: checks first, then rates, deltas, tests and verdicts.

    A contact log has the columns that `abkit simulate` writes, or some of them (see `abkit inspect`
    and --map). Any other A/B file needs --variant, --control and --metric.
    """
    from abkit.core.deltas import deltas_only as reduced
    from abkit.pipeline.analyzing import analyze, analyze_counts, chosen_log

    metrics, treatments = metric or [], treatment or None
    if counts is not None:
        _only_counts(
            log=log, variant=variant, unit=unit, use_case=use_case, map=map_, where=where,
            segment=segment, until=until, tz=tz, table=table, run=run, allocation=allocation,
        )  # fmt: skip
        result = analyze_counts(
            counts, control=control, treatment=treatments, metrics=metrics,
            confidence_level=confidence_level, intervals=intervals.value,
        )  # fmt: skip
    else:
        place = chosen_log(log, run=run, runs=runs)
        if log is None:
            say(f"run {Path(place).parent.name}")
        with busy("Analysing"):
            result = analyze(
                place, control=control, treatment=treatments, metrics=metrics,
                variant=variant, unit=unit, use_case=use_case, mapping=_mapping(map_ or []),
                allocation=allocation, where=where, segment=segment, until=_moment(until),
                zone=tz, confidence_level=confidence_level, intervals=intervals.value,
                table=table, memory_limit=memory,
            )  # fmt: skip
    show(reduced(result, deltas_only.value) if deltas_only else result, output)


def _only_counts(**others: object) -> None:
    """Refuse what makes no sense beside counts."""
    if given := [name for name, value in others.items() if value]:
        option = "LOG" if given[0] == "log" else "--" + given[0].replace("_", "-")
        raise ConfigError(f"`--counts` and `{option}` exclude each other")


def _mapping(entries: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for entry in entries:
        role, _, column = (part.strip() for part in entry.partition("="))
        if not role or not column:
            raise ConfigError(f"`map` is `{entry}`", hint="write ROLE=COLUMN: automated=resolved")
        if mapping.get(role, column) != column:
            raise ConfigError(f"`map` names `{role}` twice: `{mapping[role]}` and `{column}`")
        mapping[role] = column
    return mapping


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"`until` is `{text}`", hint="write it as 2024-01-15T00:00+00:00"
        ) from None
