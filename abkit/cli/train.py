"""`abkit train`: a calibrated focal-loss classifier from noisy labelled texts."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def _gamma(text: str | None) -> float | Literal["auto"] | None:
    """Read a number or `auto`; anything else is bad usage."""
    if text is None or text == "auto":
        return None if text is None else "auto"
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(
            f"`{text}` is neither a number nor `auto`", param_hint="--gamma"
        ) from None


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
        str | None,
        typer.Option(
            metavar="NUMBER|auto",
            help="Of the focal loss: 0 is cross-entropy, else at least 1; auto: of 0, 1, 3, 5 the "
            "one with the lowest calibrated validation NLL. Default: 1.",
        ),
    ] = None,
    loss: Annotated[
        str, typer.Option(help="focal, or flsd53: gamma 5 where the label has p below .2, else 3.")
    ] = "focal",
    label_smoothing: Annotated[
        float, typer.Option(metavar="SHARE", help="Of a label, spread evenly over all classes.")
    ] = 0.0,
    calibrator: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="none, temperature, platt (default), vector or isotonic."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="That trains: cpu, cuda, or auto. Only the CPU's bytes repeat.")
    ] = "cpu",
    epochs: Annotated[
        int | None,
        typer.Option(
            help="At most; default for n training texts: 120,000 / n - 4, but at least 4, at most "
            "40, and never fewer than make 1,000 batches. So 4 from 15,000 texts on, 12 at 7,500."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split, the weights and the batches.")] = 0,
    target_precision: options.TargetPrecision = 0.85,
    out: Annotated[
        Path | None, typer.Option(help="Write the model here; default: the cache, by its hash.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the training here after every epoch, and go on from it."
        ),
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Train the classifier: 8:1:1 split, early stopping, calibration, threshold, report.

    Without --data it is trained on generated history and calibrated on a generated golden set.
    Texts of --golden are left out of the training, so that none flatters what is measured on it.
    Without --golden your own validation and test parts calibrate and report, noise included.
    """
    from abkit.pipeline.labelled import LabelledTexts
    from abkit.pipeline.training import train

    own = LabelledTexts(data, text, reason, label_0) if data else None
    gold = LabelledTexts(golden, text, reason, label_0) if golden else None
    result = train(
        data=own, golden=gold, task=task, preset=preset, gamma=_gamma(gamma), loss=loss,
        label_smoothing=label_smoothing, calibrator=calibrator, device=device, epochs=epochs,
        seed=seed, target_precision=target_precision, out=out, checkpoint=checkpoint,
        progress=Bars(),
    )  # fmt: skip
    show(result, output)
