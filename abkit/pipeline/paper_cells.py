"""The paper's deltas beside a simulated Table 3, each with the power to show it."""

from abkit.analysis.power import power_of_difference
from abkit.core import paper
from abkit.core.arms import Proportion
from abkit.core.simulated import PaperCell
from abkit.core.table3 import MetricRow, Table3


def paper_cells(table: Table3) -> tuple[PaperCell, ...]:
    """Return the paper's deltas, each with this run's power to show that many points."""
    return tuple(
        PaperCell(
            use_case=case,
            metric=row.metric,
            delta=paper.TABLE_3[case, row.metric],
            power=_power(row, paper.TABLE_3[case, row.metric] / 100, 1 - table.confidence_level),
        )
        for case, row in table.rows()
        if (case, row.metric) in paper.TABLE_3
    )


def _power(row: MetricRow, difference: float, alpha: float) -> float | None:
    effects = row.design_effect.control, row.design_effect.treatment
    arms = row.control, row.treatment
    if not isinstance(row.control, Proportion):
        return None
    n = [arm.trials / (effect or 1) for arm, effect in zip(arms, effects, strict=True)]
    if row.control.rate is None or min(n) == 0:
        return None
    return power_of_difference(row.control.rate, difference, n[0], n[1], alpha=alpha)
