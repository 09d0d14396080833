"""`abkit simulate`: the two-branch chatbot, and Table 3."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, say, show
from abkit.core.errors import ConfigError

_REPEATED = "Replications"


def simulate(
    weeks: Annotated[int, typer.Option(help="Counted weeks of contacts.")] = 2,
    scenario: Annotated[
        str, typer.Option(help="A packaged scenario's name, or a TOML file.")
    ] = "returns-bot-points",
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a value of the scenario, as in use_cases.A.menu_error=0.2; a list, "
            "[0.1,0.2], simulates each value and compares the deltas; repeatable.",
        ),
    ] = None,
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
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Draw arrivals, queue, waiting and automation over the weeks: a .png, .svg or "
            ".pdf; its folder is made if need be.",
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            help="Repeat the experiment so many times with independent draws, and show the spread.",
            rich_help_panel=_REPEATED,
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(help="Processes that share the replications.", rich_help_panel=_REPEATED),
    ] = 1,
    until_half_width: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="As many replications as make the 95 % intervals of mean deltas reach no further "
            "to either side; those of the first stage are --replications, or 20.",
            rich_help_panel=_REPEATED,
        ),
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROW",
            help="With --until-half-width: the rows, as AR or A:AR; repeatable.  [default: AR]",
            rich_help_panel=_REPEATED,
        ),
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Simulate a chatbot's A/B test with a trained classifier in the loop, and print Table 3.

    Control believes the reason that the customer selects; treatment also checks the free text. The
    default model is trained on first use (under a minute) and cached.
    """
    from abkit.pipeline.labelled import LabelledTexts
    from abkit.pipeline.sweeping import read_changes, sweep, sweeps

    changed = read_changes(changes or ())
    served = LabelledTexts(texts, text, reason, label_0) if texts else None
    if plot is not None:
        _check_plot(
            plot, one_run=not sweeps(changed) and (replications, until_half_width) == (None, None)
        )
    if sweeps(changed):
        _refuse_beside_a_sweep(replications, until_half_width)
        _refuse_alone({"--jobs": jobs != 1, "--of": of})
        swept = sweep(
            changed, weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold,
            texts=served, runs=runs, progress=Bars(),
        )  # fmt: skip
        show(swept, output)
        return
    if replications is None and until_half_width is None:
        _refuse_alone({"--jobs": jobs != 1, "--of": of})
        from abkit.pipeline.simulating import simulate

        result = simulate(
            weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold,
            texts=served, changes=changed, runs=runs, progress=Bars(),
        )  # fmt: skip
        if plot is not None:
            _draw(result.run, plot)
        show(result, output)
        return
    if until_half_width is None:
        _refuse_alone({"--of": of}, "--until-half-width")
    from abkit.pipeline.quiet_tracker import quiet_tracker
    from abkit.pipeline.replicating import replicate

    if jobs > 1:
        quiet_tracker()
    repeated = replicate(
        replications=replications, jobs=jobs, until_half_width=until_half_width, of=of or ["AR"],
        weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold, texts=served,
        changes=changed, runs=runs, progress=Bars(),
    )  # fmt: skip
    show(repeated, output)


def _check_plot(path: Path, *, one_run: bool) -> None:
    """Refuse a plot that could not be drawn, before any work."""
    from abkit.core.store import check_writable
    from abkit.render.figures.style import form_of

    if not one_run:
        raise ConfigError(
            "`--plot` shows one run; replications and sweeps have several",
            hint="simulate one of them alone",
        )
    form_of(path)
    check_writable(path)


def _draw(run: Path, path: Path) -> None:
    from abkit.pipeline.world_hours import world_hours
    from abkit.render.figures.world import plot_world

    say(f"wrote {plot_world(world_hours(run), path)}")


def _refuse_beside_a_sweep(replications: int | None, until_half_width: float | None) -> None:
    """Refuse to repeat each run of a sweep."""
    for option, value in (
        ("--replications", replications), ("--until-half-width", until_half_width),
    ):  # fmt: skip
        if value is not None:
            raise ConfigError(
                f"`{option}` and a sweep exclude each other",
                hint="the runs of a sweep share their random numbers; repeat one value at a time",
            )


def _refuse_alone(given: Mapping[str, object], needed: str = "--replications") -> None:
    """Refuse options that have no effect without another."""
    for option, value in given.items():
        if value:
            raise ConfigError(f"`{option}` has no effect without `{needed}`")
