"""A file as abkit sees it: its columns, then what each command would make of it."""

from typing import Final

from abkit.core.escape import visible
from abkit.core.inspected import ColumnFacts, CommandFacts, Inspection, Kind, shell_line
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.markup import to_latex, to_markdown
from abkit.render.numbers import count, percent

_STATUS: Final = {
    "ready": "ready",
    "choose": "ready, but for what only you know",
    "lacking": "not with this file",
}
_WIDTH: Final = 74  # of a command's line, which a terminal must not break
_EXAMPLE: Final = 24  # characters


def blocks(inspection: Inspection) -> list[Block]:
    """Return what `abkit inspect` prints: columns, then commands."""
    return [_columns(inspection), *map(_command, inspection.commands)]


def page(inspection: Inspection) -> str:
    """Return the inspection as Markdown, each command's line in a block to copy from."""
    parts = [to_markdown(_columns(inspection))]
    for command in inspection.commands:
        title = f"{command.command}: {_STATUS[command.status]}"
        parts.append(to_markdown(Prose(title=title, lines=command.says)))
        if command.words:
            fence = "`" * (3 + shell_line(command.words).count("```"))
            parts.append(f"{fence}sh\n{shell_line(command.words)}\n{fence}\n")
    return "\n".join(parts)


def latex(inspection: Inspection) -> str:
    """Return the inspection as LaTeX, each command's line verbatim, broken as in a terminal."""
    parts = [to_latex(_columns(inspection))]
    for command in inspection.commands:
        title = f"{command.command}: {_STATUS[command.status]}"
        parts.append(to_latex(Prose(title=title, lines=command.says)))
        if command.words:
            # a line that ends the environment itself would not stay in it
            typed = [visible(line).replace(r"\end{", r"\end\ {") for line in _broken(command)]
            parts.append("\n".join([r"\begin{verbatim}", *typed, r"\end{verbatim}", ""]))
    return "\n".join(parts)


def _columns(inspection: Inspection) -> Grid:
    heads = ("Column", "Values", "Missing %", "Distinct", "Could be", "For example")
    notes = []
    if inspection.looked_at < inspection.rows:
        notes.append(
            f"Looked at {count(inspection.looked_at)} rows, the same ones each time; up to 100 "
            "distinct values are counted in all rows."
        )
    if any(not column.exact for column in inspection.columns):
        notes.append("~: estimated, within a few per cent.")
    return Grid(
        title=f"{inspection.source}: {inspection.form}, {count(inspection.rows)} rows",
        columns=tuple(
            Column(head=head, align="right" if head in ("Missing %", "Distinct") else "left")
            for head in heads
        ),
        rows=tuple(map(_row, inspection.columns)),
        notes=tuple(notes),
    )


def _row(column: ColumnFacts) -> tuple[str, ...]:
    part = column.role or ", ".join(column.could_be)
    return (
        column.name,
        column.kind,
        percent(column.missing, 1),
        count(column.distinct) if column.exact else f"~{count(_rounded(column.distinct))}",
        part,
        ", ".join(_short(_number(text, column.kind)) for text in column.examples[:2]),
    )


def _rounded(n: int) -> int:
    """257,764 -> 260,000: two figures, as many as an estimate has."""
    return round(n, 2 - len(str(n)))


def _number(text: str, kind: Kind) -> str:
    """21.02021956532638 -> 21.02: four figures, and every one before the point; others stay."""
    if kind != "numbers":
        return text
    try:
        value = float(text)
        figures = max(4, len(str(abs(int(value)))))
    except (ValueError, OverflowError):  # nan and inf are numbers to a database
        return text
    return min(text, f"{value:.{figures}g}", key=len)


def _short(text: str) -> str:
    return text if len(text) <= _EXAMPLE else f"{text[: _EXAMPLE - 1]}\u2026"


def _command(command: CommandFacts) -> Prose:
    title = f"{command.command}: {_STATUS[command.status]}"
    return Prose(title=title, lines=(*command.says, *_broken(command)))


def _broken(command: CommandFacts) -> list[str]:
    """Return a command line in lines that a shell joins again, broken before options."""
    lines: list[str] = []
    for word in command.words:
        quoted = shell_line((word,))
        fits = lines and len(lines[-1]) + len(quoted) + 3 <= _WIDTH
        starts_option = word.startswith("--") and lines and len(lines[-1]) > _WIDTH // 2
        if lines and fits and not starts_option:
            lines[-1] += f" {quoted}"
        else:
            lines.append(f"    {quoted}" if lines else quoted)
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]
