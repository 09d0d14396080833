"""Table 3 graded by the simulator: placebo experiments, and experiments with a known effect."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from abkit.analysis.analyzing import analyze
from abkit.analysis.grading import difference_of_sums, graded_share
from abkit.analysis.sample_ratio import ALARM
from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress
from abkit.core.table3 import MetricRow, Table3
from abkit.core.validity_report import CellValidity, ValidityReport, World
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.pipeline.supplies import generated_texts, scored
from abkit.pipeline.true_rates import Counts, count_rates
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario, parse_scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import check_size, simulate_contacts

DIVISOR: Final = 25  # 3,000 first contacts a week: some 300 to 700 an arm and use-case
WEEKS: Final = 1
NOTHING_FLAGGED: Final = 2.0  # no score reaches it
PER_GRADED: Final = 10  # experiments for the truth, per graded one: its error is a tenth of theirs
MIN_EXPERIMENTS: Final = 20
MAX_EXPERIMENTS: Final = 100_000

_ARMS: Final = ("control", "treatment")
Cell = tuple[str, str]  # use-case, metric


def study_validity(
    experiments: int, *, seed: int = 1, progress: Progress = SILENT
) -> ValidityReport:
    """Simulate and analyse experiments, and grade what the analysis claims.

    The default scenario with volume and staff divided by 25, one week: as many placebo experiments
    (nothing is flagged, so the arms differ in name alone) as experiments with the default model,
    and ten times as many others for the true effects, whose contacts are counted, not analysed.

    Args:
        experiments: Of each of the two kinds, 20 to 100,000.
        seed: Of every draw; experiments are replications of it.
        progress: Shows training and the experiments.

    Raises:
        ConfigError: `experiments` or `seed` lies outside its domain.
    """
    checks.at_least("experiments", experiments, MIN_EXPERIMENTS)
    if experiments > MAX_EXPERIMENTS:
        raise ConfigError(f"`experiments` is {experiments}; expected at most {MAX_EXPERIMENTS}")
    default = load_scenario(DEFAULT_SCENARIO)
    check_size(default, weeks=WEEKS, seed=seed)
    artifact = default_model(default, progress)
    threshold = artifact.threshold.threshold
    if threshold is None:
        raise ConfigError("the default model has no threshold, so that nothing is flagged")
    maker = _Maker(
        small_world(default), scored(generated_texts(progress), artifact, progress), seed
    )
    n = experiments  # no replication is used twice: the truth owes nothing to the graded ones
    placebo, effect = _Tally(), _Tally()
    for log in progress.track(maker.logs(NOTHING_FLAGGED, 0, n), description="Placebo", total=n):
        placebo.add(analyze(log, treatment="treatment").table3)
    for log in progress.track(maker.logs(threshold, n, n), description="Effect", total=n):
        effect.add(analyze(log, treatment="treatment").table3)
    others = PER_GRADED * n
    logs = progress.track(maker.logs(threshold, 2 * n, others), description="Truth", total=others)
    truth = [count_rates(log) for log in logs]
    world = World(
        scenario=default.name,
        divisor=DIVISOR,
        first_contacts_per_week=maker.scenario.arrivals.first_contacts_per_week,
        weeks=WEEKS,
        seed=seed,
        model_digest=artifact.digest,
        threshold=threshold,
        **effect.arm_sizes(),
    )
    return _graded(world, placebo, effect, truth)


def small_world(scenario: Scenario) -> Scenario:
    """Return the scenario with volume and staff divided by `DIVISOR`, staff rounded up."""
    values = scenario.model_dump()
    values["arrivals"]["first_contacts_per_week"] /= DIVISOR
    heads = values["agents"]["heads"]
    values["agents"]["heads"] = {
        day: [math.ceil(n / DIVISOR) for n in by_hour] for day, by_hour in heads.items()
    }
    return parse_scenario(values, source=scenario.name)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Simulated experiments of one world."""

    scenario: Scenario
    supply: ScoredSupply
    seed: int

    def logs(self, threshold: float, first: int, n: int) -> Iterator[pa.Table]:
        """Yield the contact logs of `n` replications from number `first` on."""
        for replication in range(first, first + n):
            yield simulate_contacts(
                self.scenario,
                self.supply,
                threshold=threshold,
                weeks=WEEKS,
                seed=self.seed,
                replication=replication,
            )


@dataclass(slots=True)
class _Tally:
    """What is kept of every experiment."""

    rows: dict[Cell, list[MetricRow]] = field(default_factory=dict)
    pooled_p_values: dict[str, list[float]] = field(default_factory=dict)
    any_adjusted: list[float] = field(default_factory=list)  # smallest of each experiment
    alarms: int = 0  # of the sample ratio over all use-cases
    confidence_level: float = 0.95

    def add(self, table: Table3) -> None:
        """Keep one experiment."""
        for case, row in table.rows():
            self.rows.setdefault((case, row.metric), []).append(row)
        for pooled in table.pooled:
            self.pooled_p_values.setdefault(pooled.metric, []).append(_or_1(pooled.p_value))
        self.any_adjusted.append(min(_or_1(row.p_value_adjusted) for _, row in table.rows()))
        self.alarms += any(
            check.code == "sample_ratio" and check.use_case is None and check.status == "fail"
            for check in table.checks
        )
        self.confidence_level = table.confidence_level

    def arm_sizes(self) -> dict[str, float]:
        """Return the mean contacts of the smallest and of the largest arm and use-case."""
        means = [
            sum(getattr(row, arm).trials for row in rows) / len(rows)
            for (_, metric), rows in self.rows.items()
            if metric == "AR"
            for arm in ("control", "treatment")
        ]
        return {"smallest_arm": min(means), "largest_arm": max(means)}


def _graded(
    world: World, placebo: _Tally, effect: _Tally, truth: Sequence[Counts]
) -> ValidityReport:
    n, level = len(placebo.any_adjusted), placebo.confidence_level
    alpha = 1 - level
    return ValidityReport(
        confidence_level=level,
        experiments=n,
        truth_experiments=len(truth),
        world=world,
        cells=tuple(
            _cell(cell, level, placebo.rows[cell], effect.rows[cell], truth)
            for cell in placebo.rows
        ),
        pooled_false_positives=tuple(
            (metric, graded_share(_below(alpha, p_values), n, promised=alpha))
            for metric, p_values in placebo.pooled_p_values.items()
        ),
        any_false_positive=graded_share(
            _below(alpha, placebo.any_adjusted), n, promised=alpha, at_most=True
        ),
        sample_ratio_alarms=graded_share(
            placebo.alarms + effect.alarms, 2 * n, promised=ALARM, at_most=True
        ),
    )


def _cell(
    cell: Cell, level: float, placebo: list[MetricRow], effect: list[MetricRow],
    truth: Sequence[Counts],
) -> CellValidity:  # fmt: skip
    alpha, n = 1 - level, len(effect)
    control, treatment = ([counts[*cell, arm] for counts in truth] for arm in _ARMS)
    difference, error, ratio = difference_of_sums(control, treatment)
    held = sum(r.difference.ci_lower <= difference <= r.difference.ci_upper for r in effect)
    held_relative = sum(r.relative.ci_lower <= ratio - 1 <= r.relative.ci_upper for r in effect)
    return CellValidity(
        use_case=cell[0],
        metric=cell[1],
        false_positives=graded_share(
            _below(alpha, [row.p_value for row in placebo]), n, promised=alpha
        ),
        truth=difference,
        truth_error=error,
        relative_truth=ratio - 1,
        difference_coverage=graded_share(held, n, promised=level),
        relative_coverage=graded_share(held_relative, n, promised=level),
        power=_below(alpha, [row.p_value for row in effect]) / n,
        power_adjusted=_below(alpha, [row.p_value_adjusted for row in effect]) / n,
    )


def _or_1(p_value: float | None) -> float:
    """Return the p-value; where nothing could be tested, 1."""
    return 1.0 if p_value is None else p_value


def _below(alpha: float, p_values: Iterable[float | None]) -> int:
    return sum(_or_1(p) < alpha for p in p_values)
