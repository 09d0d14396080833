"""From a filled-in sheet to one label per text: the decision, or the annotators' majority."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from abkit.analysis.agreement import pair_agreements
from abkit.core.agreement import PairAgreement
from abkit.core.errors import DataError
from abkit.pipeline.annotations import Annotations, label_contacts
from abkit.pipeline.sheet_contacts import by_text
from abkit.pipeline.sheets import ANSWER, ID, TEXT, FilledSheet, SheetRow, annotator

_EXAMPLES: Final = 3
_PAIRS_SHOWN: Final = 3

Rows = Mapping[str, list[SheetRow]]  # by text
Answers = dict[str, bool | None]  # by text, in the same order for every column


def sheet_annotations(sheet: FilledSheet, contacts: pd.DataFrame, *, runs: Path) -> Annotations:
    """Return what a sheet says: the column `is_label_0` decides, the majority where it is empty.

    Args:
        sheet: The answers.
        contacts: The sampled contacts: columns `contact_id` and `text`.
        runs: Where to look for the audit to which another sheet belongs.

    Raises:
        DataError: The sheet is about other contacts, contradicts itself, leaves a text unanswered,
            or its annotators are evenly split on one.
    """
    rows = by_text(sheet, dict(zip(contacts[ID], contacts[TEXT], strict=True)), runs=runs)
    _check_answered(sheet, rows)
    _check_consistent(sheet, rows)
    decided = _answers(rows, ANSWER)
    given = {name: _answers(rows, name) for name in sheet.annotators}
    agreement = pair_agreements(
        {annotator(name): list(said.values()) for name, said in given.items()}
    )
    labels: dict[str, bool] = {}
    ties: list[list[SheetRow]] = []
    for text, found in rows.items():
        label = decided[text]
        if label is None:
            label = _majority([said[text] for said in given.values()])
        if label is None:
            ties.append(found)
        else:
            labels[text] = label
    if ties:
        raise _split(sheet, ties, len(rows), agreement)
    n_decided = sum(label is not None for label in decided.values())
    return Annotations(
        labels=label_contacts(contacts, labels),
        annotators=_who(sheet, n_decided, len(rows)),
        agreement=agreement,
    )


def _answers(rows: Rows, column: str) -> Answers:
    """Return a column's answer to every text, None where it has none."""
    return {
        text: next((row.answers[column] for row in found if column in row.answers), None)
        for text, found in rows.items()
    }


def _majority(votes: Sequence[bool | None]) -> bool | None:
    """Return what most say, None if as many say yes as no."""
    balance = votes.count(True) - votes.count(False)
    return None if balance == 0 else balance > 0


def _check_answered(sheet: FilledSheet, rows: Rows) -> None:
    """Raise `DataError` unless every text has an answer from somebody."""
    empty = [found[0] for found in rows.values() if not any(row.answers for row in found)]
    if empty:
        raise DataError(
            f"`{sheet.path}`: {len(empty):,} of {len(rows):,} texts have no yes or no: "
            + _listed([_place(row) for row in sorted(empty, key=lambda r: r.number)]),
            hint="answer every row with yes (truly LABEL 0) or no",
        )


def _check_consistent(sheet: FilledSheet, rows: Rows) -> None:
    """Raise `DataError` if somebody answers one text, which has several rows, in both ways."""
    torn = []
    for column in (ANSWER, *sheet.annotators):
        for found in rows.values():
            said = {row.answers[column]: row for row in found if column in row.answers}
            if len(said) > 1:
                torn.append(f"yes in {_place(said[True])}, no in {_place(said[False])}")
    if torn:
        raise DataError(
            f"`{sheet.path}` contradicts itself on {len(torn):,} texts that several contacts "
            f"wrote: {_listed(torn, '; ')}",
            hint="one text has one answer; make these rows equal",
        )


def _split(
    sheet: FilledSheet,
    ties: Sequence[Sequence[SheetRow]],
    n: int,
    agreement: Sequence[PairAgreement],
) -> DataError:
    """Return the error for texts on which as many annotators say yes as no."""
    ordered = sorted(ties, key=lambda rows: rows[0].number)
    examples = [f"{_place(rows[0])}: {_votes(rows)}" for rows in ordered]
    kappas = [_kappa(pair) for pair in agreement[:_PAIRS_SHOWN]]
    return DataError(
        f"`{sheet.path}`: the annotators are evenly split on {len(ties):,} of {n:,} texts: "
        f"{_listed(examples, '; ')}; Cohen's kappa: {', '.join(kappas)}",
        hint=f"write the decision on these rows, yes or no, into the column `{ANSWER}`",
    )


def _votes(rows: Sequence[SheetRow]) -> str:
    """Return who says what of one text."""
    said = {name: label for row in rows for name, label in row.answers.items() if name != ANSWER}
    return ", ".join(
        f"{annotator(name)} {'yes' if label else 'no'}" for name, label in said.items()
    )


def _kappa(pair: PairAgreement) -> str:
    named = f"{pair.first} and {pair.second}"
    if pair.kappa is None:
        return f"{named} unknown ({pair.note})"
    known = f"{named} {pair.kappa:.2f}"
    if pair.ci_lower is None or pair.ci_upper is None:
        return known
    return f"{known} [{pair.ci_lower:.2f}, {pair.ci_upper:.2f}]"


def _who(sheet: FilledSheet, n_decided: int, n: int) -> str:
    """Return who answered, in words."""
    if not sheet.annotators:
        return f"a person, in {sheet.path}"
    *others, last = [annotator(name) for name in sheet.annotators]
    names = f"{', '.join(others)} and {last}" if others else last
    words = f"{names} in {sheet.path}"
    how = "the majority decided" if others else ""
    if n_decided == n:
        how = f"the column {ANSWER} decided"
    elif n_decided:
        how = f"the column {ANSWER} decided {n_decided:,} of {n:,} texts, the majority the rest"
    return f"{words}; {how}" if how else words


def _place(row: SheetRow) -> str:
    return f"row {row.number:,} (`{row.contact_id}`)"


def _listed(examples: Sequence[str], separator: str = ", ") -> str:
    """Return the first examples, and whether there are more."""
    more = [] if len(examples) <= _EXAMPLES else ["..."]
    return separator.join([*examples[:_EXAMPLES], *more])
