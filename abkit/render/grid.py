"""One form for every table; the renderers know nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Cell = str | tuple[str, ...]  # a tuple: lines of one cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A head, which may have lines of its own, and how its cells are set."""

    head: Cell
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A titled table of text: rounded, not yet marked up."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    section_ends: frozenset[int] = frozenset()  # indices of rows followed by a rule
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """A titled list of sentences; an empty title prints none."""

    title: str
    lines: tuple[str, ...]


Block = Grid | Prose


def lines(cell: Cell) -> Sequence[str]:
    """Return the lines of a cell."""
    return (cell,) if isinstance(cell, str) else cell
