"""A command line in the making, and what is said about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from abkit.core.inspected import PLACEHOLDER, ColumnFacts, CommandFacts

CONTROL: Final = "control"


@dataclass(slots=True)
class Draft:
    """A command line in the making: its words, and what is said about it."""

    words: list[str]
    says: list[str] = field(default_factory=list)
    is_open: bool = False  # something is left to the user

    def choose(self, option: str, fact: str, value: str = PLACEHOLDER) -> None:
        """Leave the value of an option to the user."""
        self.words += [option, value]
        self.says.append(f"{option}: {fact}")
        self.is_open = True

    def done(self, command: str) -> CommandFacts:
        """Return the command, ready unless something is left to the user."""
        return CommandFacts(
            command=command,
            status="choose" if self.is_open else "ready",
            says=tuple(self.says),
            words=tuple(self.words),
        )


def lacking(command: str, *says: str) -> CommandFacts:
    """Return a command that cannot read the file, and why."""
    return CommandFacts(command=command, status="lacking", says=says)


def quoted(names: Iterable[str], word: str = "and") -> str:
    """Return names in backticks, in one sentence; of many the first ones."""
    listed = [f"`{name}`" for name in names]
    if len(listed) > 8:
        listed = [*listed[:8], f"{len(listed) - 8} more"]
        word = "and"
    return f" {word} ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def choose_control(draft: Draft, arm: ColumnFacts) -> None:
    """Name the control arm where it is called so; it is never guessed."""
    values = sorted(value for value, _ in arm.values)
    if CONTROL in values:
        if "--variant" in draft.words:
            draft.words += ["--control", CONTROL]
        return
    draft.choose("--control", f"which arm is the control, {quoted(values, 'or')}")
