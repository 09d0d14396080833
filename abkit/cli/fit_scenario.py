"""`abkit fit-scenario`: a scenario fitted to effects, or to a log of control alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show
from abkit.core.errors import ConfigError


def fit_scenario(
    out: Annotated[Path, typer.Option(metavar="NEW.toml", help="The scenario file to write.")],
    targets: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|paper",
            help="TOML or CSV with deltas of AR, PRR, 24RR by use-case, control's levels if known; "
            "`paper`: Table 3 of the paper.",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="LOG",
            help="Instead of targets: contacts of control alone, Parquet, CSV or a run folder.",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="GOLDEN",
            help="With --log: contact_id and the truth, yes or no to LABEL 0, or the reason.",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="With --log: the column that holds the labels."),
    ] = None,
    base: Annotated[
        str,
        typer.Option(metavar="SCENARIO", help="Centre of the priors: a packaged name, or a file."),
    ] = "returns-bot-points",
    changes: options.Set = None,
    reading: Annotated[
        str | None,
        typer.Option(
            metavar="points|relative",
            help="Deltas are percentage points, or per cent of control; default: as the file "
            "says, else points.",
        ),
    ] = None,
    contacts: Annotated[
        str | None,
        typer.Option(
            metavar="first|all",
            help="Whose rates: first contacts of an issue, or all.  [default: first]",
        ),
    ] = None,
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
    weeks: Annotated[
        int | None,
        typer.Option(help="Simulate so many weeks as a check; 0: none.  [default: 4]"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of every draw in that check.  [default: 1]")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Fit what customers do to given effects, or to a control log, and write the scenario.

    With --targets, effects are met exactly in closed form; among all ways to do so, the one nearest
    to the base is taken, and what it cost and what remains unknown is said. No wrong resolution may
    help. Then all customers are simulated in control, and again in treatment, on the same draws.

    With --log and --labels, no effect is known: arrivals, rates, repeats, durations and agents are
    estimated from contacts of control, with standard errors; what such a log cannot show keeps the
    base's value and is listed.
    """
    from abkit.pipeline.scenarios import read_changes

    if log is None and targets is None:
        raise typer.BadParameter("give --targets paper, or --log LOG with --labels GOLDEN")
    changed = read_changes(changes or ())
    if log is not None:
        of_targets = {
            "--targets": targets, "--reading": reading, "--contacts": contacts, "--sd": sd,
            "--weeks": weeks, "--seed": seed,
        }  # fmt: skip
        _refuse("--log", of_targets)
        if labels is None:
            raise ConfigError(
                "`--log` needs `--labels`: without golden labels nobody knows who has LABEL 0"
            )
        from abkit.pipeline.fitting_log import fit_to_log

        found = fit_to_log(
            log, labels=labels, out=out, base=base, changes=changed, label_column=label,
            model=model, threshold=threshold, progress=Bars(),
        )  # fmt: skip
        show(found, output)
        return
    _refuse("--targets", {"--labels": labels, "--label": label})
    from abkit.pipeline.fitting_scenario import fit_scenario, read_prior_sd

    result = fit_scenario(
        targets or "", out=out, base=base, changes=changed, model=model, threshold=threshold,
        reading=reading, contacts="first" if contacts is None else contacts,
        prior_sd=read_prior_sd(sd or ()),
        weeks=4 if weeks is None else weeks, seed=1 if seed is None else seed, progress=Bars(),
    )  # fmt: skip
    show(result, output)


def _refuse(mode: str, others: Mapping[str, object]) -> None:
    """Refuse options of the other way to fit, which would have no effect."""
    for option, value in others.items():
        if value not in (None, []):
            raise ConfigError(f"`{mode}` and `{option}` exclude each other")
