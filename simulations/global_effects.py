"""What a launch would change: everybody in an arm against everybody in control, on one draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from abkit.core.metrics import TABLE_3
from abkit.core.progress import SILENT, Progress
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import RATES, Outcomes, outcome_sums
from abkit.simulations.paired import PairedDifference, paired_difference
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply

_NEEDED: Final = {count for metric in TABLE_3 for count in RATES[metric]}


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalEffect:
    """One metric of Table 3 in one use-case: a is everybody in control, b everybody in `arm`."""

    arm: str
    use_case: str
    metric: str
    worlds: PairedDifference


def global_effects(
    scenario: Scenario,
    supply: ScoredSupply,
    arms: Sequence[str],
    *,
    control: str = "control",
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    progress: Progress = SILENT,
) -> Iterator[GlobalEffect]:
    """Yield the effect of each arm's launch by use-case and metric, in the order of Table 3.

    One world after another is played, with the customers and draws of the experiment that
    `simulate_contacts` makes of the same arguments; of each only counts are kept. Worlds whose arms
    do the same thing differ by exactly 0.

    Args:
        scenario: With any number of arms.
        supply: Texts' scores.
        arms: Names of the arms to launch.
        control: The arm without the launch.
        threshold: As for `simulate_contacts`, as are `weeks`, `seed`, `replication`.
        weeks: Counted weeks.
        seed: Root of every draw.
        replication: Independent repetition with the same seed.
        progress: Shown by simulated day.

    Raises:
        ConfigError: The scenario has no such arm, or as `simulate_contacts`.
    """

    def everybody_in(arm: str) -> Outcomes:
        sums = outcome_sums(
            one_arm(scenario, arm), supply, threshold=threshold, weeks=weeks, seed=seed,
            replication=replication, progress=progress,
        )  # fmt: skip
        needed = {name: count for name, count in sums.counts.items() if name in _NEEDED}
        return replace(sums, counts=needed, wait=sums.wait[:0])

    before = everybody_in(control)
    for arm in arms:
        after = everybody_in(arm)
        for use_case in scenario.use_cases:
            for metric in TABLE_3:
                worlds = paired_difference(before, after, metric, use_case=use_case)
                yield GlobalEffect(arm=arm, use_case=use_case, metric=metric, worlds=worlds)
