"""What a triggered comparison gains, and whether it holds: simulated experiments say.

`python -m abkit.pipeline.triggered_study` in the project's root makes docs/triggered.md again.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from abkit.analysis.sample_ratio import ALARM
from abkit.analysis.triggered import analyze_triggered
from abkit.core import checks
from abkit.core.errors import ConfigError, DataError
from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.core.progress import SILENT, Progress
from abkit.core.store import atomic_write
from abkit.core.triggered import DilutedRow, PlainEffect, TriggeredTable
from abkit.core.triggered_study import GainRow, TriggeredStudy
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.pipeline.supplies import generated_texts, scored
from abkit.pipeline.triggered_page import page, printed_example
from abkit.simulations.closed_form import closed_form
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import simulate_contacts

EXPERIMENTS: Final = 200
WEEKS: Final = 2
SEED: Final = 1
PAGE: Final = Path("docs", "triggered.md")
UNLIMITED: Final = {"agents.heads": "unlimited"}
_LEVEL: Final = 0.95
Cell = tuple[str, str]  # use-case, metric
T = TypeVar("T")


@dataclass(slots=True)
class _Tally:
    """What is kept of every experiment."""

    rows: dict[Cell, list[DilutedRow]] = field(default_factory=lambda: defaultdict(list))
    shares: list[float] = field(default_factory=list)
    placebo: list[float] = field(default_factory=list)  # smallest adjusted p of each
    triggers: list[float] = field(default_factory=list)
    refused: int = 0

    def add(self, table: TriggeredTable) -> None:
        """Keep one experiment."""
        for row in table.diluted:
            self.rows[row.use_case, row.metric].append(row)
        whole = table.triggers[0]
        found = whole.control.successes + whole.treatment.successes
        self.shares.append(found / (whole.control.trials + whole.treatment.trials))
        self.triggers.append(1.0 if whole.p_value is None else whole.p_value)
        self.placebo.append(
            min(
                1.0 if row.p_value_adjusted is None else row.p_value_adjusted
                for group in table.placebo
                for row in group.metrics
            )
        )


def study_triggered(
    experiments: int = EXPERIMENTS,
    *,
    unlimited_agents: bool = True,
    weeks: int = WEEKS,
    seed: int = SEED,
    progress: Progress = SILENT,
) -> TriggeredStudy:
    """Simulate experiments of the default scenario, and compare both analyses of each.

    With unlimited agents customers do not meet, and the true rates over all contacts are known in
    closed form (steady state: the edges of the counted weeks move them by less than .005 points).

    Args:
        experiments: How many, at least 2.
        unlimited_agents: Else the scenario's own agents, whose queue both arms share.
        weeks: Of each experiment.
        seed: Of every draw; experiments are replications of it.
        progress: Shows the experiments.

    Raises:
        ConfigError: `experiments` is too small, or the model has no threshold.
    """
    checks.at_least("experiments", experiments, 2)
    world = load_scenario(DEFAULT_SCENARIO, UNLIMITED if unlimited_agents else None)
    artifact = default_model(world, progress)
    if artifact.threshold.threshold is None:
        raise ConfigError("the default model has no threshold, so that nothing is flagged")
    supply = scored(generated_texts(progress), artifact, progress)
    threshold, tally = artifact.threshold.threshold, _Tally()
    for number in progress.track(range(experiments), description="Experiments", total=experiments):
        log = simulate_contacts(
            world, supply, threshold=threshold, weeks=weeks, seed=seed, replication=number
        )
        try:
            tally.add(analyze_triggered(log, treatment="treatment").tables[0])
        except DataError:
            tally.refused += 1
    truth = true_deltas(world, supply, threshold) if unlimited_agents else {}
    return TriggeredStudy(
        scenario=world.name,
        unlimited_agents=unlimited_agents,
        experiments=experiments,
        weeks=weeks,
        seed=seed,
        model=artifact.digest,
        threshold=threshold,
        confidence_level=_LEVEL,
        triggered_share=float(np.mean(tally.shares)),
        rows=tuple(_row(cell, rows, truth.get(cell)) for cell, rows in tally.rows.items()),
        placebo_alarms=sum(p < 1 - _LEVEL for p in tally.placebo),
        placebo_fails=sum(p < ALARM for p in tally.placebo),
        trigger_alarms=sum(p < 1 - _LEVEL for p in tally.triggers),
        refused=tally.refused,
    )


def true_deltas(world: Scenario, supply: ScoredSupply, threshold: float) -> dict[Cell, float]:
    """Return treatment minus control over all contacts, repeats included, in closed form."""
    found = {}
    for case, form in closed_form(world, supply, threshold).items():
        delta = form.arms["treatment"].every - form.arms["control"].every
        found[case, AR.name] = delta.automation
        found[case, PRR.name] = delta.positive
        found[case, REPEAT_RATE.name] = delta.repeat
    return found


def _row(cell: Cell, rows: list[DilutedRow], truth: float | None) -> GainRow:
    plain = np.array([row.plain.difference.estimate for row in rows], float)
    diluted = np.array([row.difference.estimate for row in rows], float)
    gain = float(plain.var(ddof=1) / diluted.var(ddof=1))
    r = float(np.corrcoef(plain, diluted)[0, 1])
    return GainRow(
        use_case=cell[0],
        metric=cell[1],
        truth=truth,
        plain_mean=float(plain.mean()),
        plain_spread=float(plain.std(ddof=1)),
        diluted_mean=float(diluted.mean()),
        diluted_spread=float(diluted.std(ddof=1)),
        diluted_error=float(np.mean([row.standard_error or 0.0 for row in rows])),
        gain=gain,
        gain_error=gain * 2 * float(np.sqrt((1 - r**2) / (len(rows) - 1))),
        stated_gain=float(np.mean([row.plain.gain or 0.0 for row in rows])),
        held=sum(_holds(row, truth) for row in rows),
        plain_held=sum(_holds(row.plain, truth) for row in rows),
        shown=sum(_shown(row.p_value) for row in rows),
        plain_shown=sum(_shown(row.plain.p_value) for row in rows),
    )


def _holds(row: DilutedRow | PlainEffect, truth: float | None) -> bool:
    interval = row.difference
    return truth is not None and interval.ci_lower <= truth <= interval.ci_upper


def _shown(p_value: float | None) -> bool:
    return p_value is not None and p_value < 1 - _LEVEL


class _Lines:
    """Progress as lines on stderr, one per twentieth."""

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items` unchanged."""
        for number, item in enumerate(items, 1):
            yield item
            if total and number % max(1, total // 20) == 0:
                sys.stderr.write(f"{description} {number}/{total}\n")


def remake(root: Path = Path(), experiments: int = EXPERIMENTS) -> None:
    """Write the page below `root`: half as many experiments with the scenario's own agents."""
    free = study_triggered(experiments, progress=_Lines())
    queue = study_triggered(experiments // 2, unlimited_agents=False, progress=_Lines())
    with atomic_write(root / PAGE) as file:
        file.write(page(free, queue, printed_example()).encode())


if __name__ == "__main__":
    remake(experiments=int(sys.argv[1]) if len(sys.argv) > 1 else EXPERIMENTS)
