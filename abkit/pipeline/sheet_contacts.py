"""Is a filled-in sheet about the contacts of this audit? If not, one error says why."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Final

from abkit.core.errors import DataError, listed
from abkit.core.runs import MANIFEST
from abkit.pipeline.sheets import ID, FilledSheet, SheetRow
from abkit.pipeline.spreadsheets import read_spreadsheet

KEY: Final = "key.csv"
_AUDIT: Final = re.compile(r"(\d+)-(\d+)-seed(\d+)")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?(E[+-]?\d+)?", re.IGNORECASE)
_MAX_AUDITS: Final = 500  # keys to look through, newest first
_EXACT_DIGITS: Final = 15  # of a number in a spreadsheet
_MAX_LENGTH: Final = 40  # longer words are no ids


def by_text(
    sheet: FilledSheet, texts: Mapping[str, str], *, runs: Path
) -> dict[str, list[SheetRow]]:
    """Return the sheet's rows by the text of their contact, every sampled text among them.

    Args:
        sheet: The answers.
        texts: The text of each sampled contact, by contact id.
        runs: Where to look for the audit to which another sheet belongs.

    Raises:
        DataError: A row is about a contact that is not in the sample, or about another one than
            its text; or a text of the sample has no row.
    """
    ids = {row.contact_id for row in sheet.rows}
    if strangers := ids - set(texts):
        _check_unchanged(sheet, strangers, set(texts) - ids)
    rows: dict[str, list[SheetRow]] = {text: [] for text in texts.values()}
    for row in sheet.rows:
        if row.contact_id in texts:
            rows[texts[row.contact_id]].append(row)
    missing = [text for text, found in rows.items() if not found]
    if strangers or missing:
        raise _another_sheet(sheet, ids, strangers, missing, texts, runs)
    _check_pairs(sheet, texts)
    return rows


def _another_sheet(
    sheet: FilledSheet,
    ids: set[str],
    strangers: set[str],
    missing: Sequence[str],
    texts: Mapping[str, str],
    runs: Path,
) -> DataError:
    """Return the error for a sheet of other contacts, with the audit it belongs to if known."""
    facts, n = [], len(set(texts.values()))
    if missing:
        facts.append(f"{len(missing):,} of its {n:,} texts are missing")
    if strangers:
        facts.append(
            f"{len(strangers):,} of the sheet's {len(ids):,} contacts are not in it, such as "
            + _quoted(sorted(strangers)[:3])
        )
    origin = _belongs(ids, set(texts), runs)
    if origin is None and not strangers and 2 * len(missing) < n:
        return _deleted(sheet, missing, texts)
    hint = origin or (
        "give the same --run, --sample, --sample-unflagged and --seed as for the sheet; without "
        "--run it is the latest"
    )
    return DataError(
        f"`{sheet.path}` is not the sheet of this audit: {'; '.join(facts)}", hint=hint
    )


def _deleted(sheet: FilledSheet, missing: Sequence[str], texts: Mapping[str, str]) -> DataError:
    """Return the error for a sheet of this audit that lacks rows, named as the blank sheet does."""
    first = {text: contact for contact, text in reversed([*texts.items()])}
    n = len(set(texts.values()))
    return DataError(
        f"`{sheet.path}` lacks {len(missing):,} of the {n:,} texts of this audit: the rows of "
        f"{listed(first[text] for text in missing)}",
        hint="copy these rows again from the blank sheet, and answer them",
    )


def find_origin(ids: set[str], ours: set[str], runs: Path) -> Path | None:
    """Return the folder of the audit below `runs` whose contacts are most like those of a sheet.

    Args:
        ids: The sheet's contacts.
        ours: Those of the audit that it was given to; one that is no more like them is none.
        runs: The folder that holds the run folders.
    """

    def likeness(contacts: set[str]) -> float:
        return len(ids & contacts) / len(ids | contacts)

    keys = sorted(runs.glob(f"[!.]*/audits/*/{KEY}"), reverse=True)[:_MAX_AUDITS]
    found = [(likeness(contacts_of(key)), key) for key in keys]
    best, key = max(found, default=(0.0, runs), key=lambda pair: pair[0])
    return key.parent if best > likeness(ours) and best >= 0.5 else None


def _belongs(ids: set[str], ours: set[str], runs: Path) -> str | None:
    """Return which audit the sheet seems to belong to, in words."""
    audit = find_origin(ids, ours, runs)
    if audit is None:
        return None
    run = audit.parents[1]
    named = f"it seems to belong to the run `{run.name}`"
    numbers = _AUDIT.fullmatch(audit.name)
    if numbers is None or not (run / MANIFEST).is_file():
        return named
    sample, unflagged, seed = numbers.groups()
    return (
        f"{named}: give --run {run.name} --sample {sample} --sample-unflagged {unflagged} "
        f"--seed {seed}"
    )


def contacts_of(key: Path) -> set[str]:
    """Return the contacts of a key or a sheet, none if it cannot be read."""
    try:
        table = read_spreadsheet(key, key=ID)
    except DataError:
        return set()
    if ID not in table.columns:
        return set()
    at = table.columns.index(ID)
    return {cells[at] for cells in table.rows.values()}


def _check_unchanged(sheet: FilledSheet, strangers: set[str], absent: set[str]) -> None:
    """Raise `DataError` when unknown ids are absent ones that a spreadsheet took for numbers."""
    if changed := changed_numbers(strangers, absent):
        examples = ", ".join(f"`{now}` (was `{was}`)" for now, was in changed[:3])
        raise DataError(
            f"`{sheet.path}`: the spreadsheet program changed {len(changed):,} contact ids, such "
            f"as {examples}",
            hint=f"open the blank sheet again with the column `{ID}` imported as text, and paste "
            "the answers in",
        )


def changed_numbers(got: Iterable[str], expected: Iterable[str]) -> list[tuple[str, str]]:
    """Return the pairs of a changed and an original id, by what spreadsheets do to numbers.

    They drop leading zeros, read 1e5 as 100000, keep 15 digits and show long numbers as
    1.23457E+15, with a point or a comma.
    """
    originals = {word: _number(word) for word in expected if _is_number(word)}
    shortened: dict[int, dict[Decimal, str]] = {}  # by digits kept: what became of the originals
    pairs = []
    for word in sorted(word for word in got if _is_number(word)):
        number = _number(word)
        digits = min(len(number.as_tuple().digits), _EXACT_DIGITS)
        if digits not in shortened:
            shortened[digits] = {
                short: was for was, whole in originals.items() for short in _short(whole, digits)
            }
        was = shortened[digits].get(number.normalize(Context(prec=_MAX_LENGTH)), word)
        if was != word:
            pairs.append((word, was))
    return pairs


def _is_number(word: str) -> bool:
    short = len(word) < _MAX_LENGTH and word.isascii()
    return short and _NUMBER.fullmatch(word) is not None and _number(word).adjusted() < _MAX_LENGTH


def _number(word: str) -> Decimal:
    return Decimal(word.replace(",", "."))


def _short(number: Decimal, digits: int) -> set[Decimal]:
    """Return `number` itself, rounded and cut to so many digits."""
    ways = (ROUND_HALF_UP, ROUND_DOWN)
    short = {number.normalize(Context(prec=digits, rounding=way)) for way in ways}
    return short | {number.normalize(Context(prec=_MAX_LENGTH))}


def _check_pairs(sheet: FilledSheet, texts: Mapping[str, str]) -> None:
    """Raise `DataError` when texts and ids were torn apart, as by sorting one column alone."""
    plain = {contact: _plain(text) for contact, text in texts.items()}
    known = set(plain.values())
    shown = [(row, _plain(row.text)) for row in sheet.rows if row.text]
    torn = [row for row, text in shown if text != plain[row.contact_id] and text in known]
    if torn:
        listed = ", ".join(f"row {row.number:,} (`{row.contact_id}`)" for row in torn[:3])
        raise DataError(
            f"`{sheet.path}`: {len(torn):,} rows show the text of another contact: {listed}",
            hint="perhaps one column was sorted without the others; sort whole rows only",
        )


def _plain(text: str) -> str:
    """Return a text as it survives a spreadsheet: letters and digits of ASCII alone."""
    return "".join(c for c in text.lower() if c.isascii() and c.isalnum())


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
