"""Blocks as they should be: in one arm each, or at one of two levels; as many as planned."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from scipy import stats

from abkit.analysis.block_rows import BlockCell
from abkit.analysis.sample_ratio import ALARM
from abkit.core.check import Check
from abkit.core.errors import DataError
from abkit.core.interference import BlockGroup

FEW: Final = 4  # blocks of an arm; fewer make very wide intervals
APART: Final = 0.2  # least distance of two levels of saturation


def require_one_arm(cells: Sequence[BlockCell], column: str) -> dict[str, str]:
    """Return the arm of each block.

    Raises:
        DataError: A block is in two arms; the first is named.
    """
    arms: dict[str, str] = {}
    for cell in cells:
        if arms.setdefault(cell.block, cell.arm) != cell.arm:
            raise DataError(
                f"block `{cell.block}` of `{column}` is in two arms, `{arms[cell.block]}` and "
                f"`{cell.arm}`; in a switchback a block is in one",
                hint="where repeats keep the arm, the column must hold the block of a customer's "
                "first contact; for blocks with much and little treatment --design saturation",
            )
    return arms


def levels(
    cells: Sequence[BlockCell], column: str, treatment: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the blocks with little and with much treatment: below and above the middle.

    Raises:
        DataError: The shares of treatment lie close together.
    """
    shares = _shares(cells, treatment)
    least, most = min(shares.values()), max(shares.values())
    if most - least < APART:
        raise DataError(
            f"the blocks of `{column}` have shares of treatment from {least:.3g} to {most:.3g}; "
            "expected two levels of saturation that lie apart, as .1 and .9",
            hint="an experiment that randomises customers is analysed without --design",
        )
    if least == 0 and most == 1 and not any(0 < share < 1 for share in shares.values()):
        raise DataError(
            f"the blocks of `{column}` are in one arm each; expected two levels of saturation, "
            "with both arms in every block",
            hint="that is a switchback: --design switchback",
        )
    middle = (least + most) / 2
    low = frozenset(block for block, share in shares.items() if share < middle)
    return low, frozenset(shares) - low


def _shares(cells: Sequence[BlockCell], treatment: str) -> dict[str, float]:
    """Return the share of treatment among the units of each block."""
    units: dict[str, dict[str, int]] = {}
    for cell in cells:
        units.setdefault(cell.block, {})[cell.arm] = cell.units
    return {block: of.get(treatment, 0) / sum(of.values()) for block, of in units.items()}


def block_checks(
    cells: Sequence[BlockCell],
    groups: Sequence[BlockGroup],
    weights: Mapping[str, float],
    *,
    design: str,
    arms: tuple[str, str],
) -> Iterator[Check]:
    """Yield what blocks show before the results are trusted."""
    counts = [group.blocks for group in groups]
    detail = ", ".join(f"{group.name} {group.blocks}" for group in groups)
    plan = [weights[arm] for arm in arms] if design == "switchback" else [1.0, 1.0]
    p = float(stats.binomtest(counts[0], sum(counts), plan[0] / sum(plan)).pvalue)
    yield Check(
        code="sample_ratio",
        status="fail" if p < ALARM else "pass",
        p_value=p,
        count=sum(counts),
        detail=f"blocks: {detail}; allocation {plan[0]:g}:{plan[1]:g}",
        hint="find out how blocks were assigned, or which are missing" if p < ALARM else None,
    )
    yield Check(
        code="few_blocks",
        status="warn" if min(counts) < FEW else "pass",
        count=min(counts),
        detail=f"blocks: {detail}",
        hint="with fewer than four blocks to a side intervals are very wide"
        if min(counts) < FEW
        else None,
    )
    if design == "saturation":
        yield _steady(cells, groups, arms[1])


def _steady(cells: Sequence[BlockCell], groups: Sequence[BlockGroup], treatment: str) -> Check:
    """Check that blocks of one level have one share of treatment: Pearson's chi-square."""
    units: dict[str, list[int]] = {}
    for cell in cells:
        units.setdefault(cell.block, [0, 0])[cell.arm == treatment] = cell.units
    middle = sum(group.treated for group in groups) / 2
    p_values = []
    for high in (False, True):
        table = np.array([of for of in units.values() if (of[1] / sum(of) >= middle) == high])
        if len(table) > 1 and (table.sum(axis=0) > 0).all():
            p_values.append(float(stats.chi2_contingency(table).pvalue))
    p = min(1.0, len(p_values) * min(p_values)) if p_values else None
    shown = ", ".join(f"{group.name} {100 * group.treated:.3g} %" for group in groups)
    alarm = p is not None and p < ALARM
    return Check(
        code="saturation_levels",
        status="warn" if alarm else "pass",
        p_value=p,
        detail=f"share of treatment: {shown}",
        hint="blocks of one level were meant to have one share of treatment" if alarm else None,
    )
