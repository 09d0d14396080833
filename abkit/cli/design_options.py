"""Options of `analyze` for experiments whose customers share a queue."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from abkit.cli.ui import Format, busy, say, show
from abkit.core.errors import ConfigError

_SHARED: Final = "Where customers share a queue"


class DesignName(StrEnum):
    """What was randomised instead of customers."""

    switchback = "switchback"
    saturation = "saturation"


Design = Annotated[
    DesignName | None,
    typer.Option(
        rich_help_panel=_SHARED,
        help="Blocks of time were randomised, and are the units: whole blocks in one arm, or "
        "blocks with much and with little treatment. It needs --block.",
    ),
]
BlockColumn = Annotated[
    str | None,
    typer.Option(
        "--block",
        metavar="COLUMN",
        rich_help_panel=_SHARED,
        help="The block of time, that of a customer's first contact where repeats keep the arm.",
    ),
]
Interference = Annotated[
    bool,
    typer.Option(
        "--interference",
        rich_help_panel=_SHARED,
        help="Signs that the arms share a queue (it needs `started_at` and `wait_s`).",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        rich_help_panel=_SHARED,
        help="With --interference: when the experiment began; control before is compared with "
        "control after it.",
    ),
]


def by_blocks(
    log: str | None, *, run: str | None, runs: Path, output: Format, **asked: Any
) -> None:
    """Show an experiment by blocks of time; `asked` as for `analyze_blocks`."""
    from abkit.pipeline.analyzing import analyze_blocks, chosen_log

    if asked["design"] is None or asked["block"] is None:
        raise ConfigError(
            "`--design` and `--block` belong together",
            hint="for example: --design switchback --block day",
        )
    place = chosen_log(log, run=run, runs=runs)
    if log is None:
        say(f"run {Path(place).parent.name}")
    with busy("Analysing"):
        result = analyze_blocks(place, **asked)
    show(result, output)
