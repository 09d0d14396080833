"""Annotation sheets: blind, harmless to a spreadsheet, one row per distinct text, read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from abkit.core.errors import DataError, nearest
from abkit.core.rng import rng_for
from abkit.core.store import atomic_write
from abkit.core.tables import to_safe_csv
from abkit.pipeline.spreadsheets import Spreadsheet, read_spreadsheet

ID: Final = "contact_id"
TEXT: Final = "text"
ANSWER: Final = "is_label_0"
ANNOTATOR: Final = f"{ANSWER}_"  # followed by an annotator's name
_WORDS: Final = {
    "yes": True, "y": True, "true": True, "t": True, "1": True, "1.0": True,
    "no": False, "n": False, "false": False, "f": False, "0": False, "0.0": False,
}  # fmt: skip
_CALLED: Final = (
    "label",
    "labels",
    "answer",
    "answers",
    "label_0",
    "label 0",
    "is_label",
    "yes/no",
)
_HINT: Final = "answer every row with yes (truly LABEL 0) or no; y, true, 1, n, false, 0 do, too"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of a filled-in sheet."""

    number: int  # as the spreadsheet shows it: the header is row 1
    contact_id: str
    text: str | None  # None: the sheet has no such column
    answers: Mapping[str, bool]  # by column; one that is left empty is absent


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledSheet:
    """A person's or several annotators' answers, checked as far as the sheet alone allows."""

    path: Path
    annotators: tuple[str, ...]  # the columns `is_label_0_<name>` that are not empty
    rows: tuple[SheetRow, ...]


def blank_sheet(contacts: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the blind sheet: each distinct text once, both samples shuffled, empty answers.

    A row is named after the first sampled contact that wrote its text. Nothing tells how many
    others did, since a text that many flagged contacts share would give itself away.

    Args:
        contacts: Columns `contact_id` and `text`.
        seed: Of the order of the rows.
    """
    texts = contacts.drop_duplicates(TEXT)
    order = rng_for(seed, "sheet order").permutation(len(texts))
    sheet = texts.iloc[order][[ID, TEXT]].copy()
    sheet[ANSWER] = ""
    return sheet


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically and harmless to a spreadsheet."""
    content = to_safe_csv(table).encode()
    with atomic_write(path) as file:
        file.write(content)


def load_sheet(path: Path) -> FilledSheet:
    """Read a filled-in sheet; whose contacts it is about is checked later.

    Raises:
        DataError: The file cannot be read, lacks a column, or an answer is neither yes nor no.
    """
    table = read_spreadsheet(path, key=ID)
    columns = _answer_columns(path, table)
    place = {name: table.columns.index(name) for name in (ID, *columns)}
    text_at = table.columns.index(TEXT) if TEXT in table.columns else None
    rows, bad = [], []
    for number, cells in table.rows.items():
        given = {name: cells[place[name]].lower() for name in columns if cells[place[name]]}
        contact = cells[place[ID]]
        if given and not contact:
            raise DataError(f"`{path}`: row {number:,} has an answer but no `{ID}`")
        bad += [
            f"`{word}` in row {number:,} of `{name}`"
            for name, word in given.items()
            if word not in _WORDS
        ]
        if contact:
            rows.append(
                SheetRow(
                    number=number,
                    contact_id=contact,
                    text=None if text_at is None else cells[text_at],
                    answers={name: _WORDS.get(word, False) for name, word in given.items()},
                )
            )
    if bad:
        listed = ", ".join(bad[:5]) + (", ..." if len(bad) > 5 else "")
        raise DataError(f"`{path}` has {_cells(len(bad))} neither yes nor no: {listed}", hint=_HINT)
    if not any(row.answers for row in rows):
        what = " or ".join(f"`{name}`" for name in columns)
        raise DataError(f"`{path}` has no answer yet: no row has a yes or no in {what}", hint=_HINT)
    filled = {name for row in rows for name in row.answers}  # a column left empty is nobody's
    people = tuple(name for name in columns if name in filled - {ANSWER})
    return FilledSheet(path=path, annotators=people, rows=tuple(rows))


def annotator(column: str) -> str:
    """Return the annotator whose answers stand in a column."""
    return column.removeprefix(ANNOTATOR) or column


def _answer_columns(path: Path, table: Spreadsheet) -> list[str]:
    """Return the columns that hold answers, each once."""
    found = [name for name in table.columns if name == ANSWER or name.startswith(ANNOTATOR)]
    if not found or ID not in table.columns:
        missing = ID if ID not in table.columns else ANSWER
        raise DataError(
            f"`{path}` has no column `{missing}`; it has "
            + ", ".join(f"`{name}`" for name in table.columns),
            hint=_renaming(missing, table.columns) or nearest(missing, table.columns),
        )
    for name in (ID, TEXT, *found):
        if table.columns.count(name) > 1:
            raise DataError(f"`{path}` has {table.columns.count(name)} columns `{name}`")
    return found


def _renaming(missing: str, columns: tuple[str, ...]) -> str | None:
    """Return which column to rename, if one is called like answers."""
    called = [name for name in columns if name.strip().lower() in _CALLED]
    if missing == ANSWER and len(called) == 1:
        return f"rename `{called[0]}` to `{ANSWER}`"
    return None


def _cells(n: int) -> str:
    return "1 answer that is" if n == 1 else f"{n:,} answers that are"
