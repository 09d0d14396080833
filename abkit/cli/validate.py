"""`abkit validate`: the intervals against exact coverage, the analysis against the simulator."""

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
            help="With --coverage: the arms, control before treatment, as in "
            "4500:.02/500:.04; repeatable.",
        ),
    ] = None,
    confidence_level: Annotated[
        float | None,
        typer.Option(help="With --coverage: the nominal coverage.  [default: 0.95]"),
    ] = None,
    experiments: Annotated[
        int | None,
        typer.Option(help="Analyse so many simulated experiments with, and without, an effect."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="With --experiments: of every draw.  [default: 1]")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Check what abkit promises: by enumeration, or on experiments whose truth is known.

    --coverage enumerates every table that two binomial arms can show, so that no figure is
    simulated: abkit's intervals beside those of other tools, for arms of your own size.

    --experiments simulates small experiments and grades Table 3: how often it finds what is not
    there, how often its intervals hold the true effect. 1,000 take some ten minutes.
    """
    if at and not coverage and experiments is None:
        raise ConfigError("`--at` is of another check, which was not named", hint="add --coverage")
    if coverage == (experiments is not None):
        raise ConfigError(
            "`--coverage` and `--experiments` are two checks; give one of them"
            if coverage
            else "nothing to validate was named",
            hint="`abkit validate --coverage` enumerates the coverage of the intervals, "
            "`abkit validate --experiments 1000` grades the analysis on simulated experiments",
        )
    if experiments is not None:
        _refuse("--experiments", {"--at": at, "--confidence-level": confidence_level})
        from abkit.pipeline.validity_study import study_validity

        show(study_validity(experiments, seed=1 if seed is None else seed, progress=Bars()), output)
        return
    _refuse("--coverage", {"--seed": seed})
    from abkit.pipeline.validating import validate_coverage

    level = 0.95 if confidence_level is None else confidence_level
    show(validate_coverage(at or (), confidence_level=level, progress=Bars()), output)


def _refuse(check: str, others: dict[str, object]) -> None:
    """Refuse options of the other check, which would have no effect."""
    for option, value in others.items():
        if value not in (None, []):
            raise ConfigError(f"`{check}` and `{option}` exclude each other")
