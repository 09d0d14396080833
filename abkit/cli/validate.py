"""`abkit validate`: simulator against theory, intervals against exact coverage, analysis."""

from collections.abc import Mapping
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
    faults: Annotated[
        int | None,
        typer.Option(
            metavar="REPLICATIONS", help="Plant faults on purpose, and see which checks notice."
        ),
    ] = None,
    long: Annotated[
        bool,
        typer.Option(
            "--long", help="Ten times as many runs against theory: errors a third as large."
        ),
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="Of every draw; not with --coverage.  [default: 1]")
    ] = None,
    output: options.Output = Format.text,
) -> None:
    """Check what abkit promises: against theory, by enumeration, or where the truth is known.

    Without --coverage and --experiments the simulator is checked, in half a minute: queues against
    Erlang's formulas, arrivals against their rate, Table 3's metrics against their closed form,
    and what must hold exactly, contact by contact. No model is needed.

    --coverage enumerates every table that two binomial arms can show, so that no figure is
    simulated: abkit's intervals beside those of other tools, for arms of your own size.

    --experiments simulates small experiments and grades Table 3: how often it finds what is not
    there, how often its intervals hold the true effect. 1,000 take some ten minutes.

    --faults breaks small experiments on purpose (assignment, log, texts, answers), and counts how
    often the checks speak up, there and where nothing is broken. 50 take some five minutes.

    A check that fails is shown; the exit code is 0 all the same.
    """
    of_coverage = {"--at": at, "--confidence-level": confidence_level}
    if coverage and experiments is not None:
        raise ConfigError(
            "`--coverage` and `--experiments` are two checks; give one of them",
            hint="`abkit validate --coverage` enumerates the coverage of the intervals, "
            "`abkit validate --experiments 1000` grades the analysis on simulated experiments",
        )
    if faults is not None:
        _refuse("--faults", of_coverage | {
            "--long": long, "--coverage": coverage, "--experiments": experiments,
        })  # fmt: skip
        from abkit.pipeline.faults_study import study_faults

        show(study_faults(faults, seed=1 if seed is None else seed, progress=Bars()), output)
        return
    if experiments is not None:
        _refuse("--experiments", of_coverage | {"--long": long})
        from abkit.pipeline.validity_study import study_validity

        show(study_validity(experiments, seed=1 if seed is None else seed, progress=Bars()), output)
        return
    if coverage:
        _refuse("--coverage", {"--seed": seed, "--long": long})
        from abkit.pipeline.validating import validate_coverage

        level = 0.95 if confidence_level is None else confidence_level
        show(validate_coverage(at or (), confidence_level=level, progress=Bars()), output)
        return
    for option, value in of_coverage.items():
        if value not in (None, []):
            raise ConfigError(
                f"`{option}` is of another check, which was not named", hint="add --coverage"
            )
    from abkit.pipeline.validating_world import validate_world

    show(validate_world(seed=1 if seed is None else seed, long=long, progress=Bars()), output)


def _refuse(check: str, others: Mapping[str, object]) -> None:
    """Refuse options of the other checks, which would have no effect."""
    for option, value in others.items():
        if value not in (None, False, []):
            raise ConfigError(f"`{check}` and `{option}` exclude each other")
