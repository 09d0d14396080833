"""`abkit language`: how far generated texts stand in for real ones."""

from pathlib import Path
from typing import Annotated

import typer

from abkit.cli.ui import Bars, say, typed_out


def language(
    real: Annotated[
        Path | None, typer.Option(help="A folder with the real texts to compare with.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the generated texts.")] = 1,
    write: Annotated[
        Path | None, typer.Option(help="Write the page here instead of to stdout.")
    ] = None,
) -> None:
    """Measure the generator: margins beside real texts', difficulty, transfer, samples."""
    from abkit.core.store import atomic_write
    from abkit.pipeline.language_study import run_language_study

    page = run_language_study(real, seed=seed, progress=Bars()).to_markdown()
    if write is None:
        typed_out(page)
        return
    with atomic_write(write) as file:
        file.write(page.encode())
    say(f"written: {write}")
