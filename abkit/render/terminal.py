"""Blocks as rich renderables, legible in 80 columns and without colour."""

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from abkit.core.escape import visible
from abkit.render.grid import Block, Cell, Grid, Prose, lines


def to_terminal(block: Block) -> Iterator[RenderableType]:
    """Yield what a console prints for one block; no string is read as markup."""
    if isinstance(block, Prose):
        yield from _prose(block)
        return
    yield Text(visible(block.title), style="bold")
    yield _table(block)
    for note in block.notes:
        yield Padding(Text(visible(note)), (0, 0, 0, 2), expand=False)
    yield Text()


def _prose(block: Prose) -> Iterator[RenderableType]:
    if block.title:
        yield Text(visible(block.title), style="bold")
    for line in block.lines:
        yield Padding(Text(visible(line)), (0, 0, 0, 2 if block.title else 0), expand=False)
    yield Text()


def _table(grid: Grid) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=0, show_edge=False)
    for column in grid.columns:  # too wide: fold, so that no digit is ever lost
        table.add_column(_cell(column.head), justify=column.align, overflow="fold")
    for index, row in enumerate(grid.rows):
        table.add_row(*map(_cell, row), end_section=index in grid.section_ends)
    return table


def _cell(cell: Cell) -> Text:
    return Text("\n".join(map(visible, lines(cell))))
