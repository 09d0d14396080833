"""What a file holds, column by column, and which command could read it."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from abkit.core.results import Rendered

# what the values of a column are, whatever the file stores them as
Kind = Literal[
    "0/1", "whole numbers", "numbers", "times", "times without zone", "dates", "responses",
    "words", "texts", "names", "other", "empty",
]  # fmt: skip
Status = Literal["ready", "choose", "lacking"]
PLACEHOLDER: Final = "?"  # in a command line, where only the user knows


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column; counts are those of the rows that were looked at."""

    name: str
    type: str  # in DuckDB
    kind: Kind
    missing: float  # share of rows that are null or empty
    distinct: int
    exact: bool  # `distinct` is counted, not estimated
    values: tuple[tuple[str, int], ...]  # every value and its rows, most frequent first, if few
    examples: tuple[str, ...]
    role: str | None = None  # in a contact log, by its name
    could_be: tuple[str, ...] = ()  # arm, unit, outcome, amount, time, text, label, score

    def to_dict(self) -> dict[str, Any]:
        """Return the facts, values as pairs."""
        return {
            "column": self.name,
            "type": self.type,
            "kind": self.kind,
            "missing": self.missing,
            "distinct": self.distinct,
            "exact": self.exact,
            "role": self.role,
            "could_be": list(self.could_be),
            "values": [{"value": value, "rows": rows} for value, rows in self.values],
            "examples": list(self.examples),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFacts:
    """A command, what it would find in the file, and the line to type."""

    command: str
    status: Status  # `choose`: the line holds placeholders
    says: tuple[str, ...] = ()  # what it would do; what is lacking; what to choose from
    words: tuple[str, ...] = ()  # of the line, not quoted; none where something is lacking

    def to_dict(self) -> dict[str, Any]:
        """Return the facts; `line` is quoted for a shell, null where something is lacking."""
        return {
            "command": self.command,
            "status": self.status,
            "says": list(self.says),
            "line": shell_line(self.words) if self.words else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection(Rendered):
    """A file as abkit sees it."""

    source: str
    form: str  # CSV, Parquet, ...
    rows: int
    looked_at: int  # rows: fewer than all where all would take long
    columns: tuple[ColumnFacts, ...]
    commands: tuple[CommandFacts, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything, shares unrounded."""
        return {
            "source": self.source,
            "form": self.form,
            "rows": self.rows,
            "looked_at": self.looked_at,
            "columns": [column.to_dict() for column in self.columns],
            "commands": [command.to_dict() for command in self.commands],
        }

    def records(self) -> list[dict[str, Any]]:
        """Return one row per column of the file."""
        return [column.to_dict() for column in self.columns]


def shell_line(words: tuple[str, ...]) -> str:
    """Return a command line that a shell splits into `words` again."""
    import shlex

    return shlex.join(words)
