"""`abkit simulate`: the two-branch chatbot, and Table 3."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def simulate(
    weeks: Annotated[int, typer.Option(help="Counted weeks of contacts.")] = 2,
    scenario: Annotated[
        str, typer.Option(help="A packaged scenario's name, or a TOML file.")
    ] = "returns-bot-points",
    seed: Annotated[int, typer.Option(help="Of every draw in the world; not of the model.")] = 1,
    model: options.Model = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="SCORE|certified",
            help="Flag from this score on (2 flags nothing), or from the model's certified "
            "threshold; default: its plug-in threshold.",
        ),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="Serve these labelled texts (CSV or Parquet) to the customers."),
    ] = None,
    text: options.TextColumn = "text",
    reason: options.ReasonColumn = "reason",
    label_0: options.Label0 = "defective",
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Simulate a chatbot's A/B test with a trained classifier in the loop, and print Table 3.

    Control believes the reason that the customer selects; treatment also checks the free text. The
    default model is trained on first use (under a minute) and cached.
    """
    from abkit.pipeline.labelled import LabelledTexts
    from abkit.pipeline.simulating import simulate

    served = LabelledTexts(texts, text, reason, label_0) if texts else None
    result = simulate(
        weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold,
        texts=served, runs=runs, progress=Bars(),
    )  # fmt: skip
    show(result, output)
