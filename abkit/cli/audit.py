"""`abkit audit`: precision and NPV of the live model from annotated samples."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Format, show
from abkit.core.errors import ConfigError


def audit(
    sample: Annotated[int, typer.Option(help="Flagged contacts to annotate.")] = 485,
    sample_unflagged: Annotated[int, typer.Option(help="Unflagged contacts to annotate.")] = 200,
    run: Annotated[str | None, typer.Option(help="The run's name; default: the latest.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and the simulated annotators.")] = 1,
    annotator_error: Annotated[
        float, typer.Option(help="Share of labels that a simulated annotator gets wrong.")
    ] = 0.02,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Read a person's answers from this filled-in sheet instead."),
    ] = None,
    target_precision: options.TargetPrecision = 0.85,
    flagged: Annotated[
        str | None, typer.Option(metavar="K/N", help="No run: K of N flagged were LABEL 0.")
    ] = None,
    unflagged: Annotated[
        str | None, typer.Option(metavar="K/N", help="No run: K of N unflagged were not.")
    ] = None,
    population: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="FLAGGED UNFLAGGED", help="How many contacts were sampled from."),
    ] = None,
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Sample flagged and unflagged contacts, have them annotated, and judge the precision.

    Simple random samples of the counted treatment contacts that have text. The blind sheet
    (no prediction in it) is written into the run's folder; simulated annotators fill it in unless
    --sheet names the answers of a person.
    """
    from abkit.pipeline import auditing

    if flagged is not None or unflagged is not None or population is not None:
        if run is not None or sheet is not None:
            raise ConfigError(
                "counts (`--flagged`, `--unflagged`, `--population`) and a run (`--run`, "
                "`--sheet`) exclude each other"
            )
        counts = auditing.audit_from_counts(
            flagged, unflagged, population=population, target_precision=target_precision
        )
        show(counts, output)
        return
    result = auditing.audit(
        sample=sample, sample_unflagged=sample_unflagged, run=run, seed=seed, sheet=sheet,
        annotator_error=annotator_error, target_precision=target_precision, runs=runs,
    )  # fmt: skip
    show(result, output)
