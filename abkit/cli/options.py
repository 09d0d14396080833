"""Options that several commands share, in one wording."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli.ui import Format

Output = Annotated[
    Format,
    typer.Option("--format", metavar="FORM", help="text, json, markdown or latex."),
]
Runs = Annotated[Path, typer.Option(help="The folder that holds the run folders.")]
Model = Annotated[
    Path | None,
    typer.Option(help="A model's folder (see `abkit train`); default: the cached default model."),
]
TextColumn = Annotated[str, typer.Option("--text", help="The column that holds the texts.")]
ReasonColumn = Annotated[str, typer.Option("--reason", help="The column that holds the reasons.")]
Label0 = Annotated[
    str, typer.Option("--label-0", help="The reason that is LABEL 0, the one to detect.")
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a value of the scenario, as in use_cases.A.menu_error=0.2; TOML syntax; "
        "repeatable.",
    ),
]
TargetPrecision = Annotated[float, typer.Option(help="The precision of LABEL 0 that is aimed at.")]
