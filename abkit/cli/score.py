"""`abkit score`: the calibrated probability of LABEL 0 for texts in a file."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, say


def score(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet with a column of texts.")],
    text: options.TextColumn = "text",
    model: options.Model = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a CSV or Parquet file; default: CSV on stdout.")
    ] = None,
) -> None:
    """Add `score`, the calibrated P(LABEL 0), and `flagged` to the rows of a file.

    A CSV is written so that a spreadsheet shows customers' texts instead of evaluating them.
    """
    from abkit.core.tables import to_safe_csv
    from abkit.pipeline.scoring import score

    scored = score(file, text=text, model=model, out=out, progress=Bars())
    if out is None:
        typer.echo(to_safe_csv(scored.table).encode(), nl=False)  # bytes: nothing is stripped
    else:
        say(f"{len(scored.table):,} texts scored, {scored.n_flagged:,} flagged: {out}")
    if scored.threshold is None:
        say("the model has no threshold, so `flagged` is empty in every row; scores are given")
