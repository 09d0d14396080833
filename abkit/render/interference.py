"""Experiments by blocks: the checks, what each side is made of, a table per comparison."""

from itertools import accumulate
from typing import Final

from abkit.core.interference import BlockAnalysis
from abkit.core.table3 import Table3
from abkit.render import table3
from abkit.render.checks import checks_block
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.legend import legend
from abkit.render.numbers import count, percent

_WHOLE: Final = "all"  # use-cases


def blocks(result: BlockAnalysis) -> list[Block]:
    """Return what `abkit analyze --design` prints."""
    n = result.rows
    rows = "" if n is None else f" ({count(n)} rows)"
    found: list[Block] = [
        checks_block(result.checks, f"Checks of {result.source}{rows}"),
        _groups(result),
    ]
    for place, table in enumerate(result.tables):
        found.append(_comparison(result, table, place))
    found.append(Prose(title="Reading it", lines=tuple(_reading(result))))
    if result.notes:
        found.append(Prose(title="How the data were read", lines=result.notes))
    return found


def _groups(result: BlockAnalysis) -> Grid:
    heads: tuple[Cell, ...] = ("", "Blocks", "Customers", "In treatment %")
    return Grid(
        title=f"{result.design.capitalize()} by {result.block}",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(
            (group.name, str(group.blocks), count(group.units), percent(group.treated))
            for group in result.groups
        ),
    )


def _comparison(result: BlockAnalysis, table: Table3, place: int) -> Grid:
    """Return the rows of a comparison, below them those over all use-cases."""
    rows = list(result.rows_of(place))
    sizes = [len(group.metrics) for group in table.use_cases]
    last = place == len(result.tables) - 1
    notes = legend([*result.tables, *result.together][: len(result.tables)]) if last else ()
    return Grid(
        title=f"{table.treatment} against {table.control}, {table.units} as units",
        columns=table3.columns(table),
        rows=tuple(
            table3.row_cells(row.metric if _alone(result, case) else f"{case} {row.metric}", row)
            for case, row in rows
        ),
        section_ends=frozenset(end - 1 for end in accumulate(sizes) if end < len(rows)),
        notes=notes,
    )


def _alone(result: BlockAnalysis, case: str) -> bool:
    return case == _WHOLE and not result.together


def _reading(result: BlockAnalysis) -> list[str]:
    lines = [
        "A block's customers share what they meet, such as a queue: their outcomes are one draw "
        "of the block. Counts are divided by how much blocks differ, and t has few degrees of "
        "freedom, so that intervals are wider than those of customers."
    ]
    if result.together:
        lines.append(
            "Rows called all are over all use-cases: a family of their own, as each table is."
        )
    if result.design == "saturation":
        lines.append(
            "The first table is nearest to a launch for everybody. The second one compares "
            "customers who were all treated alike: what it shows spilled over from the others."
        )
    else:
        lines.append(
            "What a block leaves to the next one, as repeats and a queue do, makes the difference "
            "too small: long blocks lose less by it, short ones are more."
        )
    return lines
