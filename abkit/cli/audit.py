"""`abkit audit`: precision and NPV of the live model from annotated samples."""

from pathlib import Path
from typing import Annotated, Final

import typer

from abkit.cli import options
from abkit.cli.ui import Format, show
from abkit.core.errors import ConfigError

_OF_A_RUN: Final = ("sample", "sample_unflagged", "run", "seed", "annotator_error", "sheet", "runs")


def audit(
    context: typer.Context,
    sample: Annotated[int, typer.Option(help="Flagged contacts to annotate.")] = 485,
    sample_unflagged: Annotated[int, typer.Option(help="Unflagged contacts to annotate.")] = 200,
    run: Annotated[str | None, typer.Option(help="The run's name; default: the latest.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and the simulated annotators.")] = 1,
    annotator_error: Annotated[
        float, typer.Option(help="Share of labels that a simulated annotator gets wrong.")
    ] = 0.02,
    sheet: Annotated[
        Path | None,
        typer.Option(help="A filled-in sheet, saved as CSV: answers of people, not simulated."),
    ] = None,
    target_precision: options.TargetPrecision = 0.85,
    flagged: Annotated[
        str | None,
        typer.Option(
            metavar="K/N[=X%]",
            help="From counts, no run: K of N flagged were LABEL 0; X, if given, is checked.",
        ),
    ] = None,
    unflagged: Annotated[
        str | None,
        typer.Option(metavar="K/N[=X%]", help="From counts, no run: K of N unflagged were not."),
    ] = None,
    population: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="FLAGGED UNFLAGGED", help="From counts: how many were sampled from."),
    ] = None,
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Sample flagged and unflagged contacts, have them annotated, and judge the precision.

    Simple random samples of the counted treatment contacts that have text. The blind sheet (each
    text once, no prediction in it) is written into the run's folder; simulated annotators answer
    unless --sheet names a copy that people filled in: yes or no in `is_label_0`, or a column
    `is_label_0_NAME` for each of several annotators. With --flagged or --unflagged no run and no
    file is needed.
    """
    from abkit.pipeline import auditing

    if flagged is not None or unflagged is not None or population is not None:
        _refuse_beside(context, "--flagged, --unflagged and --population", _OF_A_RUN)
    if sheet is not None:
        _refuse_beside(context, "--sheet", ("annotator_error",))
    result = auditing.audit(
        sample=sample, sample_unflagged=sample_unflagged, run=run, seed=seed, sheet=sheet,
        annotator_error=annotator_error, target_precision=target_precision, flagged=flagged,
        unflagged=unflagged, population=population, runs=runs,
    )  # fmt: skip
    show(result, output)


def _refuse_beside(context: typer.Context, given: str, others: tuple[str, ...]) -> None:
    """Raise `ConfigError` if an option was typed that `given` would leave without effect."""
    for name in others:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise ConfigError(f"`--{name.replace('_', '-')}` has no effect beside {given}")
