"""The paper's deltas beside a simulated Table 3, each with the power to show it."""

from types import MappingProxyType
from typing import Final

from abkit.analysis.power import power_of_difference
from abkit.core import paper
from abkit.core.arms import Proportion
from abkit.core.simulated import PaperCell, PaperReading
from abkit.core.table3 import MetricRow, Table3
from abkit.simulations.scenario import Scenario

# The scenarios that were solved for the paper's deltas, and the unit that each reads them in.
READINGS: Final = MappingProxyType[str, PaperReading](
    {"returns-bot-points": "points", "returns-bot-relative": "per cent"}
)
_PAPERS_ARMS: Final = (("control", "menu"), ("treatment", "menu_or_text"))


def paper_reading(world: Scenario) -> PaperReading | None:
    """Return the unit to read the paper's deltas in; None: they say nothing about this world."""
    for name, policy in _PAPERS_ARMS:
        arm = world.arms.get(name)
        if arm is None or arm.policy != policy or arm.threshold is not None:
            return None
    return READINGS.get(world.name)


def paper_cells(table: Table3, reading: PaperReading) -> tuple[PaperCell, ...]:
    """Return the paper's deltas, each with this run's power to show it as it is read."""
    return tuple(
        PaperCell(
            use_case=case,
            metric=row.metric,
            delta=paper.TABLE_3[case, row.metric],
            power=_power(row, paper.TABLE_3[case, row.metric] / 100, reading, table),
        )
        for case, row in table.rows()
        if (case, row.metric) in paper.TABLE_3
    )


def _power(row: MetricRow, delta: float, reading: PaperReading, table: Table3) -> float | None:
    effects = row.design_effect.control, row.design_effect.treatment
    arms = row.control, row.treatment
    if not isinstance(row.control, Proportion):
        return None
    n = [arm.trials / (effect or 1) for arm, effect in zip(arms, effects, strict=True)]
    if row.control.rate is None or min(n) == 0:
        return None
    difference = delta if reading == "points" else delta * row.control.rate
    return power_of_difference(
        row.control.rate, difference, n[0], n[1], alpha=1 - table.confidence_level
    )
