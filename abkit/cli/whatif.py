"""`abkit whatif`: other losses, calibrators, thresholds and policies in the same world."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, say, show
from abkit.core.errors import ConfigError


def whatif(
    run: Annotated[
        str | None,
        typer.Option(help="A run, whose scenario, weeks and seed are taken; default: the latest."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            help="A packaged scenario's name, or a TOML file, instead of a run; without any run: "
            "returns-bot-points."
        ),
    ] = None,
    changes: options.Set = None,
    weeks: Annotated[
        int | None, typer.Option(help="Counted weeks of contacts; default: the run's, or 2.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of every draw in the world; default: the run's, or 1.")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Of CE, FL1, FL3, FL5, FL10, with commas; default: all."
        ),
    ] = None,
    calibrator: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Of none, temperature, platt, isotonic, with commas; default: all.",
        ),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Of menu, menu_or_text, text_over_menu, menu_and_text, with commas; default: all.",
        ),
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="GRID",
            help="Thresholds to look at, as 0.05:0.95:0.01 or 0.2,0.4,0.6; default: .02 to .98.",
        ),
    ] = None,
    value: Annotated[
        str,
        typer.Option(
            metavar="WEIGHTS",
            help="What outcomes are worth, per contact: of automated, positive, repeat, escalated.",
        ),
    ] = "automated=4.0,positive=1.0,repeat=-6.0",
    precision: Annotated[
        float, typer.Option(help="The precision on golden texts that each variant's threshold has.")
    ] = 0.85,
    model_seeds: Annotated[int, typer.Option(help="Trainings of each loss, seeds 0, 1, ...")] = 1,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw what a launch brings by threshold, with bands: a .png, .svg or .pdf.",
        ),
    ] = None,
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Ask which variant of the text check would have won, in one world on the same random numbers.

    Each variant treats everybody, at its own threshold. Then: the threshold that is best for each
    metric and for what outcomes are worth, as bands over the assumed harm of a wrong flag and over
    what golden texts know of the recall. A model is trained for each loss on first use (half a
    minute each) and cached.
    """
    from abkit.core.value import parse_value
    from abkit.pipeline.sweeping import read_changes
    from abkit.pipeline.whatif import POLICIES, whatif
    from abkit.pipeline.whatif_models import CALIBRATORS, GAMMAS, chosen

    if plot is not None:
        from abkit.core.store import check_writable
        from abkit.render.figures.style import form_of

        form_of(plot)
        check_writable(plot)
    result = whatif(
        run=run,
        scenario=scenario,
        changes=read_changes(changes or ()),
        weeks=weeks,
        seed=seed,
        losses=chosen("loss", loss, list(GAMMAS)),
        calibrators=chosen("calibrator", calibrator, CALIBRATORS),
        policies=chosen("policy", policy, POLICIES),
        thresholds=_grid(threshold),
        value=parse_value(value),
        precision=precision,
        model_seeds=model_seeds,
        runs=runs,
        progress=Bars(),
    )
    if plot is not None:
        from abkit.render.figures.whatif import plot_whatif

        say(f"wrote {plot_whatif(result, plot)}")
    show(result, output)


def _grid(text: str | None) -> list[float] | None:
    """Return the thresholds of `0.05:0.95:0.01` or `0.2,0.4,0.6`."""
    if text is None:
        return None
    import numpy as np

    try:
        if ":" not in text:
            return [float(word) for word in text.split(",")]
        first, last, step = (float(word) for word in text.split(":"))
    except ValueError:
        raise ConfigError(
            f"`threshold` is `{text}`; expected FIRST:LAST:STEP or numbers with commas",
            hint="try 0.05:0.95:0.01",
        ) from None
    if not (0 <= first < last <= 1 and 1e-4 <= step <= 1):
        raise ConfigError(
            f"`threshold` is `{text}`; expected 0 <= FIRST < LAST <= 1 and a STEP from .0001 to 1",
            hint="try 0.05:0.95:0.01",
        )
    return [float(one) for one in np.arange(first, last + step / 2, step).round(6)]
