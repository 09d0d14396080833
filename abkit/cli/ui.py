"""Both streams: data on stdout, everything else on stderr."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from rich.console import Console
from rich.text import Text
from typer import BadParameter
from typer.core import TyperGroup

from abkit.core.errors import AbkitError
from abkit.core.escape import visible

if TYPE_CHECKING:
    from abkit.core.results import Rendered

T = TypeVar("T")

err = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(StrEnum):
    """How a table is printed."""

    text = "text"
    json = "json"
    markdown = "markdown"
    latex = "latex"


class Program(TyperGroup):
    """The commands; of a bad option's message only what a person needs."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except BadParameter as bad:
            bad.message = bad.message.removeprefix("Value error, ")  # of the library that checks
            raise


class Bars:
    """A progress bar per piece of work, on stderr; a line when stderr is not a terminal."""

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items`, showing how far they are."""
        from rich import progress

        columns = (
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(elapsed_when_finished=True),
        )
        if not err.is_terminal:  # a log: what goes on, without a bar
            say(f"{description} ...")
            yield from items
            return
        with progress.Progress(*columns, console=err) as bars:
            yield from bars.track(items, total=total, description=description)


@contextmanager
def busy(description: str) -> Iterator[None]:
    """Show on a terminal that something goes on whose end cannot be foreseen."""
    if err.is_terminal:
        with err.status(Text(visible(description))):
            yield
    else:
        yield


def show(result: "Rendered", form: Format) -> None:
    """Print a result on stdout in the form that was asked for."""
    if form is Format.text:
        Console(highlight=False, markup=False, emoji=False).print(result, end="")
        return
    text = {
        Format.json: result.to_json,
        Format.markdown: result.to_markdown,
        Format.latex: result.to_latex,
    }[form]()
    typed_out(text)


def typed_out(text: str) -> None:
    """Write `text` to stdout: as it is to a file or a pipe, harmless to a terminal."""
    if sys.stdout.isatty():
        text = "\n".join(map(visible, text.split("\n")))
    Console(highlight=False, markup=False, emoji=False, soft_wrap=True).out(text, end="")


def say(line: str) -> None:
    """Write one line to stderr."""
    err.print(Text(visible(line)))


def complain(error: AbkitError) -> None:
    """Write `error: <fact>`, and `hint: <remedy>` when there is one, to stderr."""
    _wrapped(Text.assemble(("error: ", "bold red"), visible(str(error))))
    if error.hint:
        err.print()
        _wrapped(Text.assemble(("hint: ", "bold"), visible(error.hint)))


def _wrapped(text: Text) -> None:
    """Write whole words to a terminal, and one line to a file or a pipe."""
    err.print(text, soft_wrap=not err.is_terminal)
