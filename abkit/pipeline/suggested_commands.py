"""Which commands could read a file's texts, labels and answers, and the lines to type."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from abkit.core.inspected import ColumnFacts, CommandFacts
from abkit.pipeline.suggested_draft import Draft, lacking, quoted

ID: Final = "contact_id"  # as in `sheets`, whose import would take longer than the inspection
ANSWER: Final = "is_label_0"
LABEL_0: Final = "defective"  # what `train` detects unless told otherwise
_AUDIT: Final = re.compile(r"(\d+)-(\d+)-seed(\d+)")
_PLAIN: Final = "it reads one comma-separated CSV (.csv, .csv.gz) or one Parquet file"


def suggest_training(columns: Sequence[ColumnFacts], place: str, *, is_plain: bool) -> CommandFacts:
    """Return how `train` would read the file: texts, and their labels."""
    texts = [column for column in columns if "text" in column.could_be]
    labels = [column for column in columns if "label" in column.could_be]
    if not texts:
        return lacking("train", "no column holds texts")
    if not labels:
        return lacking("train", "no column of a few words is called like a reason or a label")
    if not is_plain:
        return lacking("train", _PLAIN)
    draft = Draft(["abkit", "train", "--data", place])
    _choose_column(draft, "--text", "text", texts, "which column holds the texts")
    label = _choose_column(draft, "--reason", "reason", labels, "which column is the label")
    if label is None:
        draft.choose("--label-0", "the label to detect")
    elif LABEL_0 not in (values := [value for value, _ in label.values]):
        draft.choose("--label-0", f"the label to detect, of {quoted(values)}")
    if label is not None and len(labels) > 1:
        others = [column.name for column in labels if column is not label]
        draft.says.append(f"other labels: {quoted(others)}")
    return draft.done("train")


def suggest_scoring(columns: Sequence[ColumnFacts], place: str, *, is_plain: bool) -> CommandFacts:
    """Return how `score` would read the file: its texts."""
    texts = [column for column in columns if "text" in column.could_be]
    names = {column.name for column in columns}
    if not texts:
        return lacking("score", "no column holds texts")
    if taken := sorted({"score", "flagged"} & names):
        return lacking("score", f"there is a column {quoted(taken)} already: rename it first")
    if not is_plain:
        return lacking("score", _PLAIN)
    draft = Draft(["abkit", "score", place])
    _choose_column(draft, "--text", "text", texts, "which column holds the texts")
    return draft.done("score")


def suggest_audit(columns: Sequence[ColumnFacts], place: str) -> CommandFacts:
    """Return how `audit` would read the file: as a filled-in annotation sheet."""
    answers = [c for c in columns if c.name == ANSWER or c.name.startswith(f"{ANSWER}_")]
    if not answers or all(column.name != ID for column in columns):
        return lacking("audit", f"a sheet has the columns `{ID}` and `{ANSWER}`")
    if all(column.kind == "empty" for column in answers):
        names = quoted(column.name for column in answers)
        return lacking("audit", f"nothing is answered yet: write yes or no into {names}")
    draft = Draft(["abkit", "audit", "--sheet", place])
    if unclear := [column.name for column in answers if column.kind not in ("0/1", "empty")]:
        draft.says.append(f"not every answer in {quoted(unclear)} is yes or no")
    folder = _audit_folder(Path(place))
    made = _AUDIT.fullmatch(folder.name)
    if made and folder.parent.name == "audits":
        run = folder.parent.parent
        options = ("--sample", "--sample-unflagged", "--seed")
        draft.words += ["--run", run.name]
        for option, value in zip(options, made.groups(), strict=True):
            draft.words += [option, value]
        if run.parent != Path("runs").resolve():
            draft.words += ["--runs", str(run.parent)]
    else:
        draft.choose("--run", "the run that the sheet was drawn from")
        draft.choose("--sample", "how many flagged contacts were drawn for it")
        draft.choose("--sample-unflagged", "how many unflagged ones")
        draft.choose("--seed", "the seed that it was drawn with")
    return draft.done("audit")


def _audit_folder(sheet: Path) -> Path:
    """Return the folder of the audit that a sheet was drawn in: its own, or one of like contacts.

    Another folder is looked for below `runs` only, as `audit` does.
    """
    folder = sheet.resolve().parent
    if _AUDIT.fullmatch(folder.name) or not sheet.is_file():
        return folder
    from abkit.pipeline.sheet_contacts import contacts_of, find_origin  # slow, seldom needed

    found = find_origin(contacts_of(sheet), set(), Path("runs"))
    return folder if found is None else found.resolve()


def _choose_column(
    draft: Draft, option: str, usual: str, columns: Sequence[ColumnFacts], fact: str
) -> ColumnFacts | None:
    """Return the column that is called as usual, or the only one; else leave it to the user."""
    for column in columns:
        if column.name == usual:
            return column
    if len(columns) == 1:
        draft.words += [option, columns[0].name]
        return columns[0]
    draft.choose(option, f"{fact}, {quoted((column.name for column in columns), 'or')}")
    return None
