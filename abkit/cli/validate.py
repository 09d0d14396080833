"""`abkit validate`: the intervals against exact coverage."""

from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Bars, Format, show
from abkit.core.errors import ConfigError


def validate(
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Exact coverage of intervals, exact size of tests.")
    ] = False,
    at: Annotated[
        list[str] | None,
        typer.Option(
            metavar="N:RATE/N:RATE",
            help="Arms to enumerate, control before treatment, as in 4500:.02/500:.04; repeatable.",
        ),
    ] = None,
    confidence_level: Annotated[float, typer.Option(help="Nominal coverage.")] = 0.95,
    output: options.Output = Format.text,
) -> None:
    """Check what abkit promises, for arms of your own size.

    --coverage enumerates every table that two binomial arms can show, so that no figure is
    simulated: abkit's intervals beside those of other tools.
    """
    from abkit.pipeline import validating

    if not coverage:
        raise ConfigError(
            "nothing to validate was named",
            hint="`abkit validate --coverage` enumerates the coverage of the intervals",
        )
    report = validating.validate_coverage(
        at or (), confidence_level=confidence_level, progress=Bars()
    )
    show(report, output)
