"""`abkit fit-scenario`: a scenario fitted to effects, for a model at hand."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def fit_scenario(
    targets: Annotated[
        str,
        typer.Option(
            metavar="FILE|paper",
            help="TOML or CSV with deltas of AR, PRR, 24RR by use-case, control's levels if known; "
            "`paper`: Table 3 of the paper.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="NEW.toml", help="The scenario file to write.")],
    base: Annotated[
        str,
        typer.Option(metavar="SCENARIO", help="Centre of the priors: a packaged name, or a file."),
    ] = "returns-bot-points",
    reading: Annotated[
        str | None,
        typer.Option(
            metavar="points|relative",
            help="Deltas are percentage points, or per cent of control; default: as the file "
            "says, else points.",
        ),
    ] = None,
    contacts: Annotated[
        str,
        typer.Option(metavar="first|all", help="Whose rates: first contacts of an issue, or all."),
    ] = "first",
    model: options.Model = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="SCORE|certified",
            help="Flag from this score on; default: the model's plug-in threshold.",
        ),
    ] = None,
    sd: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SD",
            help="Prior SD of logits: menu_error, acceptance, positive, repeat (0.5 each), "
            "prevalence, menu_false_claim (0: held), or one cell, acceptance.fn; repeatable.",
        ),
    ] = None,
    weeks: Annotated[int, typer.Option(help="Simulate so many weeks as a check; 0: none.")] = 4,
    seed: Annotated[int, typer.Option(help="Of every draw in that check.")] = 1,
    output: options.Output = Format.text,
) -> None:
    """Fit what customers do to given effects, and write the scenario.

    The effects are met exactly in closed form; among all ways to do so, the one nearest to the
    base is taken, and what it cost and what remains unknown is said. No wrong resolution may help.
    Then all customers are simulated in control, and again in treatment, on the same draws.
    """
    from abkit.pipeline.fitting_scenario import fit_scenario, read_prior_sd

    result = fit_scenario(
        targets, out=out, base=base, model=model, threshold=threshold, reading=reading,
        contacts=contacts, prior_sd=read_prior_sd(sd or ()), weeks=weeks, seed=seed,
        progress=Bars(),
    )  # fmt: skip
    show(result, output)
