"""Blocks as GitHub Markdown and as LaTeX (booktabs)."""

import re
from typing import Final

from abkit.core.escape import visible
from abkit.render.grid import Block, Cell, Prose, lines
from abkit.render.numbers import MINUS

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|~#])")
_BREAK: Final = r" \\{} "  # between the lines of a cell; {} so that a following [ is no option
_LATEX: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", MINUS: r"$-$", "\u0394": r"$\Delta$",
    "\u221e": r"$\infty$", "\u2265": r"$\geq$", "\u2264": r"$\leq$", "\u00d7": r"$\times$",
    "\u2013": "--",
}  # fmt: skip


def to_markdown(block: Block) -> str:
    """Return one block as GitHub Markdown, its text escaped."""
    if isinstance(block, Prose):
        title = f"**{_md(block.title)}**\n\n" if block.title else ""
        return title + "\n".join(f"- {_md(line)}" for line in block.lines) + "\n"
    rule = ["---:" if column.align == "right" else "---" for column in block.columns]
    heads = [_md_cell(column.head) for column in block.columns]
    rows = [[_md_cell(cell) for cell in row] for row in block.rows]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))
    notes = "".join(f"\n{_md(note)}\n" for note in block.notes)
    return f"**{_md(block.title)}**\n\n{table}\n{notes}"


def to_latex(block: Block) -> str:
    """Return one block as LaTeX; tables need the package booktabs."""
    if isinstance(block, Prose):
        title = f"\\paragraph{{{_tex(block.title)}}}\n" if block.title else ""
        return title + "\n\n".join(map(_tex, block.lines)) + "\n"
    spec = "".join("r" if column.align == "right" else "l" for column in block.columns)
    heads = " & ".join(_tex_cell(column.head) for column in block.columns)
    body = []
    for index, row in enumerate(block.rows):
        cells = " & ".join(map(_tex_cell, row))
        guard = "{}" if cells.startswith(("[", "*")) else ""  # \\ would take it for an option
        body.append(guard + cells + r" \\")
        if index in block.section_ends:
            body.append(r"\midrule")
    notes = "".join(f"\n\\par {_tex(note)}" for note in block.notes)
    return "\n".join(
        [r"\begin{table}", rf"\caption{{{_tex(block.title)}}}", rf"\begin{{tabular}}{{{spec}}}",
         r"\toprule", heads + r" \\", r"\midrule", *body, r"\bottomrule", r"\end{tabular}" + notes,
         r"\end{table}", ""]
    )  # fmt: skip


def _md(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", visible(text))


def _tex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in visible(text))


def _md_cell(cell: Cell) -> str:
    return "<br>".join(_md(line) for line in lines(cell) if line)


def _tex_cell(cell: Cell) -> str:
    written = [_tex(line) for line in lines(cell) if line]
    if len(written) < 2:
        return "".join(written)
    return rf"\shortstack{{{_BREAK.join(written)}}}"
