"""Annotation sheets: blind, harmless to a spreadsheet, read back with every answer checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.errors import DataError
from abkit.core.escape import spreadsheet_original
from abkit.core.rng import rng_for
from abkit.core.store import atomic_write
from abkit.core.tables import read_columns, to_safe_csv

ANSWER: Final = "is_label_0"
_ANSWERS: Final = {
    "yes": True, "y": True, "1": True, "true": True,
    "no": False, "n": False, "0": False, "false": False,
}  # fmt: skip


def write_sheet(path: Path, contacts: pd.DataFrame, *, seed: int) -> None:
    """Write the blind sheet: both samples shuffled together, no prediction, empty answers.

    Args:
        path: A CSV file.
        contacts: Columns `contact_id` and `text`.
        seed: Of the order of the rows.
    """
    order = rng_for(seed, "sheet order").permutation(len(contacts))
    sheet = contacts.iloc[order][["contact_id", "text"]].copy()
    sheet[ANSWER] = ""
    write_csv(path, sheet)


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically and harmless to a spreadsheet."""
    content = to_safe_csv(table).encode()
    with atomic_write(path) as file:
        file.write(content)


def read_sheet(path: Path, contact_ids: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return a person's answers in the order of `contact_ids`.

    Raises:
        DataError: The sheet cannot be read, is about other contacts, or an answer is missing or
            is neither yes nor no.
    """
    sheet = read_columns(path, ["contact_id", ANSWER])
    ids = sheet["contact_id"].map(spreadsheet_original)
    if doubled := sorted(ids[ids.duplicated()])[:5]:
        raise DataError(f"`{path}` answers twice for {_quoted(doubled)}")
    facts = []
    if missing := set(contact_ids) - set(ids):
        facts.append(f"{len(missing):,} of its {len(contact_ids):,} contacts are missing")
    if extra := sorted(set(ids) - set(contact_ids)):
        facts.append(f"{len(extra):,} of the sheet's are not in it, such as {_quoted(extra[:3])}")
    if facts:
        raise DataError(
            f"`{path}` is not the sheet of this audit: " + "; ".join(facts),
            hint="give the same --run, --sample, --sample-unflagged and --seed as for the sheet; "
            "without --run it is the latest",
        )
    words = sheet[ANSWER].str.strip().str.lower()
    pairs = zip(ids, words, strict=True)
    if bad := [f"{i} ({word or 'empty'})" for i, word in pairs if word not in _ANSWERS]:
        raise DataError(
            f"`{path}` has {len(bad):,} rows without a yes or no in `{ANSWER}`: "
            + ", ".join(bad[:5]),
            hint="answer every row with yes (truly LABEL 0) or no",
        )
    answers = pd.Series(words.map(_ANSWERS).to_numpy(dtype=bool), index=ids)
    return answers.loc[list(contact_ids)].to_numpy()


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
