"""`abkit threshold`: a threshold that keeps its promise, or none."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def threshold(
    scores: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SCORES|MODEL]",
            help="CSV or Parquet with `label` and `p_<class>`, or a model's folder; "
            "default: the default model.",
        ),
    ] = None,
    precision: Annotated[
        float | None, typer.Option(help="To promise; default: the model's target, or .85.")
    ] = None,
    recall: Annotated[float | None, typer.Option(help="To promise instead of a precision.")] = None,
    positive: Annotated[
        str | None, typer.Option(help="The class to flag; default: LABEL 0, the first.")
    ] = None,
    confidence: Annotated[
        float, typer.Option(help="Share of draws in which the promise holds, at least.")
    ] = 0.95,
    start: Annotated[
        int | None, typer.Option(help="Rows in the first set tested; default: 30, or as needed.")
    ] = None,
    step: Annotated[int | None, typer.Option(help="Rows between tests; default: 10.")] = None,
    label: Annotated[
        str | None, typer.Option(help="The column of true classes in SCORES; default: label.")
    ] = None,
    model: options.Model = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Fresh, carefully labelled texts: certify the model on these instead."),
    ] = None,
    text: options.TextColumn = "text",
    reason: options.ReasonColumn = "reason",
    scenario: Annotated[
        str | None, typer.Option(help="Whose volumes are shown; default: the packaged scenario.")
    ] = None,
    served_prior: Annotated[
        float | None, typer.Option(help="The share of that class among what is served.")
    ] = None,
    served_scores: Annotated[
        Path | None, typer.Option(help="Unlabelled scores of what is served: estimate that share.")
    ] = None,
    correct_prior: Annotated[
        bool,
        typer.Option(
            "--correct-prior",
            help="Promise the precision at the served share; if estimated, at its lower limit.",
        ),
    ] = False,
    output: options.Output = Format.text,
) -> None:
    """Find the lowest threshold that can promise a precision, or the highest for a recall.

    Exact tests on labelled rows that served nothing else: the promise fails in at most 5 per cent
    of draws. Where nothing can be promised, the answer is none, and how many labels might do.
    """
    from abkit.pipeline.thresholding import threshold

    result = threshold(
        scores, precision=precision, recall=recall, positive=positive, confidence=confidence,
        start=start, step=step, label=label, model=model, data=data, text=text, reason=reason,
        scenario=scenario, served_prior=served_prior, served_scores=served_scores,
        correct_prior=correct_prior, progress=Bars(),
    )  # fmt: skip
    show(result, output)
