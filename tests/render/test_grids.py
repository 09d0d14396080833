"""One grid, three renderers: nothing lost, nothing acted upon."""

from io import StringIO

import pytest
from rich.console import Console

from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.markup import to_latex, to_markdown
from abkit.render.terminal import to_terminal

HOSTILE = "[bold]x[/] \x1b[2J |a| <script> `c` $\\&%_#{} :smile:"
GRID = Grid(
    title="Title",
    columns=(Column(head=("Left", "low")), Column(head="Right", align="right")),
    rows=((HOSTILE, ("1.00", "[0, 2]")), ("b", "22.00")),
    section_ends=frozenset({0}),
    notes=("a note",),
)


def printed(block: Block, width: int = 80) -> str:
    console = Console(width=width, file=StringIO(), color_system=None)
    with console.capture() as capture:
        for part in to_terminal(block):
            console.print(part)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def test_terminal_shows_hostile_text_as_it_is() -> None:
    text = printed(GRID)
    assert "\x1b" not in text
    assert "[bold]x[/]" in text
    assert ":smile:" in text
    assert "\u241b[2J" in text


@pytest.mark.parametrize("width", [20, 40, 80])
def test_terminal_loses_no_character(width: int) -> None:
    text = "".join(printed(GRID, width).split())
    for digits in ("22.00", "1.00", "[0,2]"):
        assert digits in text
    assert "…" not in text


def test_terminal_exact() -> None:
    columns = (Column(head="A"), Column(head="B", align="right"))
    grid = Grid(title="T", columns=columns, rows=(("x", "1"),))
    assert printed(grid).splitlines() == ["T", "A B", "───", "x 1", ""]


def test_markdown_escapes_and_keeps_the_shape() -> None:
    text = to_markdown(GRID)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert table[:2] == ["| Left<br>low | Right |", "| --- | ---: |"]
    assert r"\|a\|" in table[2]
    assert r"\<script\>" in table[2]
    assert len(table) == 4


def test_latex_escapes_every_special() -> None:
    text = to_latex(GRID)
    assert r"\$\textbackslash{}\&\%\_\#\{\}" in text
    assert text.count(r"\midrule") == 2
    assert len([line for line in text.splitlines() if line.endswith(r" \\")]) == 3
    assert r"\shortstack{1.00 \\{} [0, 2]}" in text


def test_prose() -> None:
    prose = Prose(title="", lines=("first", "[red]second"))
    assert printed(prose) == "first\n[red]second\n\n"
    assert to_markdown(prose) == "- first\n- \\[red\\]second\n"
