"""`abkit inspect`: what abkit sees in a file, and the command line to run."""

from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Format, busy, show


def inspect(
    file: Annotated[
        str,
        typer.Argument(
            help="CSV, Parquet (a file, a quoted glob, a folder), DuckDB database, or run folder."
        ),
    ],
    table: Annotated[
        str | None, typer.Option(help="The table or view of a database; default: the only one.")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Say what a file holds, what it lacks for which command, and the line to type.

    Nothing is guessed that only you know: the control arm, the outcome, the label to detect, the
    zone of a clock. A `?` stands there, with the values to choose from.
    """
    from abkit.pipeline.inspecting import inspect

    with busy("Looking"):
        found = inspect(file, table=table)
    show(found, output)
