"""`abkit evaluate`: every metric, its interval and its convention, for any file of scores."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, say, show


class Edges(StrEnum):
    """Which end of a bin belongs to it."""

    right = "right"
    left = "left"


class CalibrationOf(StrEnum):
    """Which probability calibration is measured of."""

    top_label = "top-label"
    positive = "positive"
    classwise = "classwise"


_TEXTS = "A model on labelled texts"


def evaluate(
    scores: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SCORES|MODEL]",
            help="CSV or Parquet with a label and one column p_CLASS per class (or one column "
            "score); or a model's folder. Default: the default model.",
        ),
    ] = None,
    label: Annotated[
        str, typer.Option(metavar="COLUMN", help="The true classes of a file of scores.")
    ] = "label",
    bins: Annotated[int, typer.Option(min=1, help="Of ECE, MCE and the diagram.")] = 10,
    edges: Annotated[
        Edges, typer.Option(help="The end that belongs to a bin: (0, .1] or [0, .1).")
    ] = Edges.right,
    calibration_of: Annotated[
        CalibrationOf,
        typer.Option(
            metavar="NAME",
            help="top-label: the largest probability; positive: that of one class; classwise: the "
            "mean over all classes.",
        ),
    ] = CalibrationOf.top_label,
    positive: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS",
            help="The class of --calibration-of positive, or whose probability a column score is.",
        ),
    ] = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Row weights: 2 counts as two rows.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Each value by itself, too.")
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="Other scores of the same rows (or another model): paired differences."),
    ] = None,
    bootstrap: Annotated[
        int, typer.Option(help="Resamples of the rows, at least 100; 0: no intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Of the resamples.")] = 0,
    confidence_level: Annotated[float, typer.Option(help="Of all intervals.")] = 0.95,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Draw the reliability diagram there, as PNG, SVG and PDF."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Labelled texts for the model to score; without them its own metrics are shown.",
            rich_help_panel=_TEXTS,
        ),
    ] = None,
    text: Annotated[
        str, typer.Option(help="The column of the texts.", rich_help_panel=_TEXTS)
    ] = "text",
    reason: Annotated[
        str, typer.Option(help="The column of the reasons.", rich_help_panel=_TEXTS)
    ] = "reason",
    output: options.Output = Format.text,
) -> None:
    """Measure any model's scores: accuracy to calibration, with intervals.

    Every number says what it rests on. The defaults are those inferred from the paper's lineage:
    ten equal-width right-closed bins of the largest probability.
    """
    from abkit.core.errors import ConfigError
    from abkit.core.evaluated import Evaluated
    from abkit.pipeline.evaluating import evaluate
    from abkit.pipeline.labelled import LabelledTexts

    for name, given in (("text", text), ("reason", reason)):
        if data is None and given != name:  # its own name is the default
            raise ConfigError(
                f"`{name}` is `{given}`, the column of labelled texts, but there are none",
                hint="give labelled texts with --data",
            )
    result = evaluate(
        scores, data=None if data is None else LabelledTexts(data, text, reason), label=label,
        n_bins=bins, edges=edges.value, calibration_of=calibration_of.value, positive=positive,
        weight=weight, by=by, against=against, bootstrap=bootstrap, seed=seed,
        confidence_level=confidence_level, progress=Bars(),
    )  # fmt: skip
    if figures is not None:
        if not isinstance(result, Evaluated):
            raise ConfigError(
                "`figures` needs scores: a model's folder holds none of its diagrams",
                hint="give labelled texts with --data",
            )
        from abkit.render.figures.evaluated import reliability_diagram

        for path in reliability_diagram(result, figures):
            say(f"wrote {path}")
    show(result, output)
