"""`abkit analyze`: Table 3 for any contact log, any A/B file, or counts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from abkit.cli import analyze_kinds, options
from abkit.cli.analyze_kinds import Kind
from abkit.cli.ui import Format, busy, say, show
from abkit.core.errors import ConfigError

READ: Final = "What is read, and how"
TRIGGERED: Final = "With --triggered"


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
        typer.Option(metavar="ARM", help="Default: the arm called `control`; never a guess."),
    ] = None,
    treatment: Annotated[
        list[str] | None,
        typer.Option(metavar="ARM", help="Repeatable; default: all others, one table each."),
    ] = None,
    allocation: Annotated[
        str | None,
        typer.Option(
            metavar="1:1",
            help="Planned weights, control first, or by name: control=1,new=2,old=0. Default: "
            "equal.",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="A rate (0/1, yes/no); COLUMN:mean: the mean of a number; COLUMN:lower or "
            "COLUMN:mean:lower: less is better. AR, PRR, 24RR: only these. Repeatable.",
        ),
    ] = None,
    segment: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Each value by itself, too, and whether they agree."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="As if the log had ended then, as in 2024-01-15 (its first moment, by --tz) or "
            "2024-01-15T18:30+01:00: later starts are left out, 24 h windows must have closed. "
            "Default: its last start.",
        ),
    ] = None,
    confidence_level: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the intervals.")
    ] = 0.95,
    bonferroni: Annotated[
        bool,
        typer.Option(
            "--bonferroni",
            help="Intervals that hold all at once: wider than Holm's decisions. Those of segments "
            "and of pooled rows stay as they are.",
        ),
    ] = False,
    variant: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=READ,
            help="The arm, in a file that is no contact log: only --metric is shown then.",
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=READ,
            help="Who was randomised, so that repeats do not count as independent; `row`: every "
            "row.",
        ),
    ] = None,
    use_case: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", rich_help_panel=READ, help="One group of rows per value."),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ROLE=COLUMN",
            rich_help_panel=READ,
            help="A contact log's column under another name: automated=resolved. Repeatable.",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="SQL", rich_help_panel=READ, help="Only rows that fulfil this condition."
        ),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            rich_help_panel=READ,
            help="Of times without a zone, as in Europe/Berlin.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=READ,
            help="The table or view of a database; default: the only one.",
        ),
    ] = None,
    counts: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTS",
            rich_help_panel=READ,
            help="No log: A:AR:control=120/1000,A:AR:treatment=140/1000 and so on, or a small CSV "
            "with use_case, metric, arm, successes, trials.",
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="NAME", rich_help_panel=READ, help="A run, instead of LOG."),
    ] = None,
    runs: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", rich_help_panel=READ, help="The folder that holds the run folders."
        ),
    ] = Path("runs"),
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            rich_help_panel=READ,
            help="At most about this much, as in 1GB; then disk is used.",
        ),
    ] = None,
    deltas_only: Annotated[
        Scale | None,
        typer.Option(
            metavar="SCALE",
            help="points or relative: deltas on one scale, without counts and levels; rounded, so "
            "that neither can be worked out.",
        ),
    ] = None,
    triggered: Annotated[
        bool,
        typer.Option(
            "--triggered",
            help="Compare only what the text check would change (it needs `menu_reason`, and "
            "`flagged` or `score`, in both arms); the rest is a placebo test.",
        ),
    ] = False,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            rich_help_panel=TRIGGERED,
            help="Flagged means: `score` is at least this. Default: the column `flagged`.",
        ),
    ] = None,
    label_0: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            rich_help_panel=TRIGGERED,
            help="What `menu_reason` calls LABEL 0. Default: defective.",
        ),
    ] = None,
    trigger: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            rich_help_panel=TRIGGERED,
            help="True where the arms would differ, worked out in both; for any other policy.",
        ),
    ] = None,
    design: analyze_kinds.Design = None,
    block: analyze_kinds.BlockColumn = None,
    interference: analyze_kinds.Interference = False,
    before: analyze_kinds.Before = None,
    output: options.Output = Format.text,
) -> None:
    """Table 3 for any log: checks first, then rates, deltas, tests and verdicts.

    A contact log has the columns that `abkit simulate` writes, or some of them (see `abkit inspect`
    and --map). Any other A/B file needs --variant, --control and --metric.
    """
    from abkit.core.deltas import deltas_only as reduced
    from abkit.pipeline.analyzing import analyze, analyze_counts, chosen_log

    own: dict[str, Any] = {"threshold": threshold, "label_0": label_0, "trigger": trigger}
    kind = Kind(
        triggered=triggered, design=design, block=block, interference=interference, before=before,
        own=own,
    )  # fmt: skip
    if kind.is_asked:
        others = {"counts": counts, "segment": segment, "bonferroni": bonferroni,
                  "deltas_only": deltas_only}  # fmt: skip
        _refuse(kind.option, **others, **kind.foreign)
        kind.show(
            log, run=run, runs=runs, output=output, control=control, treatment=treatment or None,
            metrics=metric or [], variant=variant, unit=unit, use_case=use_case,
            mapping=_mapping(map_ or []), allocation=allocation, where=where, until=until,
            zone=tz, confidence_level=confidence_level, table=table, memory_limit=memory,
        )  # fmt: skip
        return
    if given := [name for name, value in own.items() if value is not None]:
        raise ConfigError(f"`{_option(given[0])}` belongs to `--triggered`")
    if deltas_only and segment is not None:
        raise ConfigError(
            "`--deltas-only` and `--segment` exclude each other",
            hint="take the rows of a segment with --where",
        )
    metrics, treatments = metric or [], treatment or None
    intervals: Literal["bonferroni", "unadjusted"] = "bonferroni" if bonferroni else "unadjusted"
    if counts is not None:
        _only_counts(
            log=log, variant=variant, unit=unit, use_case=use_case, map=map_, where=where,
            segment=segment, until=until, tz=tz, table=table, run=run, allocation=allocation,
        )  # fmt: skip
        result = analyze_counts(
            counts, control=control, treatment=treatments, metrics=metrics,
            confidence_level=confidence_level, intervals=intervals,
        )  # fmt: skip
    else:
        place = chosen_log(log, run=run, runs=runs)
        if log is None:
            say(f"run {Path(place).parent.name}")
        with busy("Analysing"):
            result = analyze(
                place, control=control, treatment=treatments, metrics=metrics,
                variant=variant, unit=unit, use_case=use_case, mapping=_mapping(map_ or []),
                allocation=allocation, where=where, segment=segment, until=until,
                zone=tz, confidence_level=confidence_level, intervals=intervals,
                table=table, memory_limit=memory,
            )  # fmt: skip
    show(reduced(result, deltas_only.value) if deltas_only else result, output)


def _only_counts(**others: object) -> None:
    """Refuse what makes no sense beside counts."""
    _refuse("--counts", **others)


def _refuse(option: str, **others: object) -> None:
    """Refuse whatever else was given beside an option."""
    if given := [name for name, value in others.items() if value]:
        raise ConfigError(f"`{option}` and `{_option(given[0])}` exclude each other")


def _option(name: str) -> str:
    return "LOG" if name == "log" else "--" + name.replace("_", "-")


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
