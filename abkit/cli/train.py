"""`abkit train`: a calibrated focal-loss classifier from noisy labelled texts."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def train(
    data: Annotated[
        Path | None,
        typer.Option(help="Your labelled texts (CSV or Parquet); default: generated history."),
    ] = None,
    golden: Annotated[
        Path | None,
        typer.Option(help="Carefully labelled texts: thirds calibrate, certify, are reported on."),
    ] = None,
    text: options.TextColumn = "text",
    reason: options.ReasonColumn = "reason",
    label_0: options.Label0 = "defective",
    task: Annotated[
        str, typer.Option(help="binary: LABEL 0 against the rest; multi: every reason a class.")
    ] = "binary",
    preset: Annotated[str, typer.Option(help="Sizes: compact, or paper (slow).")] = "compact",
    gamma: Annotated[
        float, typer.Option(help="Of the focal loss: 0 is cross-entropy, else at least 1.")
    ] = 1.0,
    epochs: Annotated[int | None, typer.Option(help="At most; default: the preset's.")] = None,
    seed: Annotated[int, typer.Option(help="Of the split, the weights and the batches.")] = 0,
    target_precision: options.TargetPrecision = 0.85,
    out: Annotated[
        Path | None, typer.Option(help="Write the model here; default: the cache, by its hash.")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Train the classifier: 8:1:1 split, early stopping, calibration, threshold, report.

    Without --data it is trained on generated history and calibrated on a generated golden set.
    Without --golden your own validation and test parts calibrate and report, noise included.
    """
    from abkit.pipeline.labelled import LabelledTexts
    from abkit.pipeline.training import train

    own = LabelledTexts(data, text, reason, label_0) if data else None
    gold = LabelledTexts(golden, text, reason, label_0) if golden else None
    result = train(
        data=own, golden=gold, task=task, preset=preset, gamma=gamma, epochs=epochs, seed=seed,
        target_precision=target_precision, out=out, progress=Bars(),
    )  # fmt: skip
    show(result, output)
