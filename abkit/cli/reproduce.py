"""`abkit reproduce`: the paper's Tables 1 and 2, and Figures 2 to 6."""

from pathlib import Path
from typing import Annotated, Final

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show
from abkit.core.errors import ConfigError

_OF_TABLES: Final = ("table", "figures", "texts", "epochs", "preset", "device", "out")


def reproduce(
    context: typer.Context,
    table: Annotated[
        list[int] | None,
        typer.Option(help="1: two classes; 2: five classes; repeatable. Default: both."),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Draw Figures 2 to 6 as PNG, SVG and PDF.")
    ] = False,
    real_texts: Annotated[
        Path | None,
        typer.Option(
            help="Real texts instead: the folder of their files. Takes --seeds, --workers."
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(help="How many; fewer than three say nothing about gamma.")
    ] = 1,
    texts: Annotated[int, typer.Option(help="Logged texts, of which 80 % train.")] = 8_000,
    epochs: Annotated[int, typer.Option(help="Epochs of every training.")] = 30,
    preset: Annotated[str, typer.Option(help="Sizes: compact, or paper (slow).")] = "compact",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    workers: Annotated[
        int, typer.Option(help="Trainings side by side, one thread each; results are the same.")
    ] = 2,
    out: Annotated[Path, typer.Option(help="With --figures: the folder they go to.")] = Path(
        "figures"
    ),
    output: options.Output = Format.text,
) -> None:
    """Train the paper's classifiers again, and say what of its Tables 1 and 2 holds here.

    CE and focal loss, long training as the paper's, and what the paper lacks: early stopping and
    one temperature. Both tables take some ten minutes a seed on two idle cores; what they took is
    printed. Trainings are cached; a killed run goes on from the last finished epoch.
    """
    if real_texts is not None:
        _refuse_of_tables(_given(context))
        from abkit.pipeline.real_texts import real_texts as run_real

        show(run_real(real_texts, seeds=seeds, workers=workers, progress=Bars()), output)
        return
    from dataclasses import replace

    from abkit.core.store import check_folder
    from abkit.pipeline.reproducing import reproduce as run

    if 3 in (table or ()):
        raise ConfigError(
            "`--table` is 3; expected 1 or 2", hint="Table 3: `abkit simulate --weeks 2`"
        )
    if figures:
        check_folder(out)
    elif "out" in _given(context):
        raise ConfigError("`--out` is given without `--figures`", hint="add --figures")
    result = run(
        table or (1, 2), seeds=seeds, n_texts=texts, epochs=epochs, preset=preset, device=device,
        workers=workers, progress=Bars(),
    )  # fmt: skip
    if figures:
        from abkit.render.figures.drawing import draw

        result = replace(result, figures=tuple(draw(result.pictured, out, progress=Bars())))
    show(result, output)


def _given(context: typer.Context) -> list[str]:
    """Return the options of the tables that stand on the command line, whatever their value."""
    sources = {name: context.get_parameter_source(name) for name in _OF_TABLES}
    return [name for name, source in sources.items() if source and source.name == "COMMANDLINE"]


def _refuse_of_tables(given: list[str]) -> None:
    """Refuse what real texts would not heed."""
    if {"table", "figures"} & set(given):
        raise ConfigError("`--real-texts` makes neither tables of the paper nor figures")
    if given:
        raise ConfigError(
            f"`--{given[0]}` is given with `--real-texts`, whose trainings have their own",
            hint=f"leave out {' '.join(f'--{name}' for name in given)}; "
            "real texts take --seeds and --workers",
        )
