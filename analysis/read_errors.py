"""What DuckDB says when it cannot read, in one fact and one remedy."""

import re
from typing import Final

import duckdb

from abkit.core.errors import DataError

_LINE: Final = re.compile(r"CSV Error on Line: (\d+)")
_CELLS: Final = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_FILE: Final = re.compile(r"^\s*file = (.+)$", re.MULTILINE)
_KIND: Final = re.compile(r"\A(?:[A-Z][A-Za-z/-]* )+Error: ")
RAISED: Final = "abkit: "  # in front of what an expression gives to SQL's error()
_QUESTION: Final = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_QUOTING: Final = 'put cells that hold a delimiter, a quote or a line break into quotes, doubling "'


def readable(error: duckdb.Error, *, name: str, folder: str) -> DataError:
    """Return what `error` says about the data called `name`, without the path of its `folder`."""
    text = str(error).replace(folder, "")
    if RAISED in text:  # by an expression of our own
        return DataError(f"`{name}`: {_first_line(text).removeprefix(RAISED)}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return DataError(f"`{name}` needs more memory than allowed", hint="raise the memory limit")
    if isinstance(error, _QUESTION):
        return DataError(f"`{name}` cannot answer this question: {_first_line(text)}")
    if (line := _LINE.search(text)) is not None:
        part = _FILE.search(text)
        return _in_line(text, part[1] if part else name, int(line[1]))
    if "state machine" in text:
        return DataError(
            f"`{name}` is no regular CSV: its line ends differ, or text follows a closing quote",
            hint="write it again as CSV with one kind of line ends",
        )
    if "GZIP" in text:
        return DataError(f"`{name}` is damaged or cut short", hint="copy it again")
    fact = f"`{name}` cannot be read: {_first_line(text)}"
    return DataError(fact, hint="copy or write it again: it may be cut short")


def _in_line(text: str, name: str, line: int) -> DataError:
    """Return the error of one line of a CSV, its number as an editor counts."""
    if (cells := _CELLS.search(text)) is not None:
        expected, found = int(cells[1]), int(cells[2])
        amount = "few" if found < expected else "many"
        fact = f"`{name}` has too {amount} cells in line {line:,}: {found}, its header {expected}"
        return DataError(fact, hint=_QUOTING)
    if "unicode" in text:
        return DataError(f"`{name}` is not UTF-8 in line {line:,}", hint="save it as UTF-8")
    if "quote" in text:
        return DataError(f"`{name}` has an unclosed quote in line {line:,}", hint=_QUOTING)
    reason = next((row for row in text.splitlines()[2:] if row.strip()), _first_line(text))
    return DataError(f"`{name}` cannot be read in line {line:,}: {reason}")


def _first_line(text: str) -> str:
    return _KIND.sub("", text).partition("\n")[0].strip()
