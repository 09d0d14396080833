"""The truth beside an A/B test's Table 3, from worlds that only a simulation can play."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from abkit.core.progress import SILENT, Progress
from abkit.core.table3 import Table3
from abkit.core.true_effects import TrueEffect
from abkit.simulations.global_effects import global_effects
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply

T = TypeVar("T")


def true_effects(
    world: Scenario,
    supply: ScoredSupply,
    tables: Iterable[Table3],
    *,
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    progress: Progress = SILENT,
) -> tuple[TrueEffect, ...]:
    """Return the true effect for each row of the tables, which have one control.

    Args:
        world: The scenario of the experiment.
        supply: Its scored texts.
        tables: What its analysis found, one for each treatment arm.
        threshold: Of the experiment, as are `weeks`, `seed` and `replication`.
        weeks: Counted weeks.
        seed: Of every draw.
        replication: Which repetition.
        progress: Shows simulated days, two worlds or more.
    """
    tables = list(tables)
    shown = {
        (table.treatment, use_case, row.metric): row.difference
        for table in tables
        for use_case, row in table.rows()
    }
    found = global_effects(
        world, supply, [table.treatment for table in tables], control=tables[0].control,
        threshold=threshold, weeks=weeks, seed=seed, replication=replication,
        progress=_Named(progress, "Simulating everybody in one arm"),
    )  # fmt: skip
    return tuple(
        TrueEffect(
            treatment=one.arm,
            use_case=one.use_case,
            metric=one.metric,
            all_control=one.worlds.rate_a,
            all_treatment=one.worlds.rate_b,
            effect=one.worlds.difference,
            standard_error=one.worlds.standard_error,
            variance_reduction=one.worlds.variance_reduction,
            shown=shown[one.arm, one.use_case, one.metric],
        )
        for one in found
        if (one.arm, one.use_case, one.metric) in shown  # nobody of a tiny use-case may have come
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """Progress under another name."""

    progress: Progress
    name: str

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items` unchanged."""
        return self.progress.track(items, description=self.name, total=total)
