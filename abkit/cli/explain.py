"""`abkit explain`: one contact of a run, step by step, and in the other arm."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show


def explain(
    contact: Annotated[
        list[str],
        typer.Argument(
            metavar="[RUN] CONTACT",
            help="A contact's identifier, as c00000042-01; before it the run's name.  "
            "[default: the latest run]",
            show_default=False,
        ),
    ],
    runs: options.Runs = Path("runs"),
    output: options.Output = Format.text,
) -> None:
    """Retell one contact step by step: why it was flagged, what the other arm would have done.

    The run's world is simulated again, once as it was and once for each other arm, where only this
    customer is moved: everybody else keeps arm and random numbers, and shares the agents' queue.
    """
    *named, wanted = contact
    if len(named) > 1:
        raise typer.BadParameter(f"{len(contact)} names; expected [RUN] CONTACT")
    from abkit.pipeline.explaining import explain

    found = explain(wanted, run=named[0] if named else None, runs=runs, progress=Bars())
    show(found, output)
