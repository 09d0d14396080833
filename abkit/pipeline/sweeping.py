"""A sweep: `simulate` once for each value, on the same random numbers, and the deltas beside."""

from collections.abc import Mapping
from operator import index
from pathlib import Path
from typing import Any

from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.swept import Sweep, SweptRun
from abkit.core.toml_text import value_text
from abkit.pipeline.labelled import LabelledTexts
from abkit.pipeline.simulating import DEFAULT_SCENARIO, simulate, treatment_arms
from abkit.simulations.overrides import Grid, grid, read_changes
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import check_size

__all__ = ["read_changes", "sweep", "sweeps"]


def sweeps(changes: Mapping[str, Any]) -> bool:
    """Return whether a list among the values makes a sweep."""
    return bool(grid(changes).varied)


def sweep(
    changes: Mapping[str, Any],
    *,
    weeks: int = 2,
    scenario: str | Path = DEFAULT_SCENARIO,
    seed: int = 1,
    model: Path | None = None,
    threshold: float | str | None = None,
    texts: LabelledTexts | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> Sweep:
    """Simulate a scenario with every combination of the values of one or several lists.

    Each run is the one that `simulate` makes with these values, has its own run folder, and uses
    the same seed: the same customers come, as far as the values let them, and draw the same
    numbers.

    Args:
        changes: Values by dotted key; a list makes a sweep where the key takes no list, a list of
            lists where it takes one. At most 64 runs.
        weeks: Counted weeks of each run.
        scenario: A packaged scenario's name, or a TOML file.
        seed: Of every draw in each world.
        model: An artifact's folder; None: each run's default model, trained for its share of
            LABEL 0.
        threshold: As in `simulate`.
        texts: Labelled texts to serve; None: generated ones.
        runs: Where the run folders are written.
        progress: Shows training, scoring and simulated days.

    Raises:
        ConfigError: Nothing is swept, or a value of any run lies outside its domain: said before
            the first run.
        DataError: The texts cannot be used.
        ArtifactError: The model cannot be used.
        RunError: A run folder cannot be written.
    """
    weeks, seed = index(weeks), index(seed)
    asked = grid(changes)
    if not asked.varied:
        raise ConfigError(
            "nothing is swept: no value is a list", hint="`simulate` makes a single run"
        )
    _check(asked, scenario, weeks=weeks, seed=seed)
    found: list[SweptRun] = []
    for values in asked.runs:
        made = simulate(
            weeks=weeks, scenario=scenario, seed=seed, model=model, threshold=threshold,
            texts=texts, changes=values, runs=runs, progress=progress,
        )  # fmt: skip
        found.append(
            SweptRun(
                values=tuple(values[key] for key in asked.varied),
                run=made.run,
                model=None if made.model is None else made.model.digest,
                tables=made.tables,
                truth=made.truth,
            )
        )
    return Sweep(
        scenario=load_scenario(scenario).name, weeks=weeks, seed=seed, keys=asked.varied,
        runs=tuple(found),
    )  # fmt: skip


def _check(asked: Grid, scenario: str | Path, *, weeks: int, seed: int) -> None:
    """Refuse the sweep before its first run if any of its scenarios cannot be simulated."""
    for values in asked.runs:
        try:
            world = load_scenario(scenario, values)
            treatment_arms(world)
            check_size(world, weeks=weeks, seed=seed)
        except ConfigError as error:
            these = ", ".join(f"`{key}` {value_text(values[key])}" for key in asked.varied)
            raise ConfigError(f"{error} (in the sweep at {these})", hint=error.hint) from None
