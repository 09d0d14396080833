"""A file of scores: a `label` and one `p_<class>` column per class, whatever model made them."""

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.errors import ConfigError, DataError, listed, nearest, unknown_choice
from abkit.core.tables import read_table

PREFIX: Final = "p_"  # of a class's column
SCORE: Final = "score"  # the one column of P(positive), where there is no `p_<class>`
TRUTHS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_TOLERANCE: Final = 0.01  # of a row's sum
_EXAMPLES: Final = 3

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreFile:
    """Labels and probabilities row by row; nothing is left out, nothing rescaled."""

    class_names: tuple[str, ...]  # in the order of the columns
    labels: npt.NDArray[np.int64]  # (n,), places in `class_names`
    probabilities: Floats  # (n, k), rows sum to 1 within 0.01
    weights: Floats | None  # (n,), at least 0, some above; None: every row counts once
    groups: tuple[str, ...] | None  # the stratum of each row
    notes: tuple[str, ...]  # how the file was read, where it could be read otherwise

    def weighted(self) -> "ScoreFile":
        """Return the rows that have a weight, and a note of how many have none."""
        if self.weights is None or self.weights.all():
            return self
        kept = np.flatnonzero(self.weights)
        n = len(self.labels) - len(kept)
        return replace(
            self,
            labels=self.labels[kept],
            probabilities=self.probabilities[kept],
            weights=self.weights[kept],
            groups=None if self.groups is None else tuple(self.groups[row] for row in kept),
            notes=(*self.notes, f"left out: {n:,} rows of weight 0"),
        )

    @property
    def is_one_against_rest(self) -> bool:
        """Return whether the second class is all that is not the first."""
        return self.class_names[1:] == (f"not {self.class_names[0]}",)


def read_scores(
    path: Path | str,
    *,
    label: str = "label",
    weight: str | None = None,
    by: str | None = None,
    positive: str | None = None,
) -> ScoreFile:
    """Read labels and probabilities from CSV, CSV.gz or Parquet.

    With two or more columns `p_<class>` the labels are class names and the columns are all the
    classes there are. One column alone, `p_<class>` or `score`, makes two classes: its own and
    the rest, `not <class>`. Then a label is the class's name, and any other is the rest; or all
    labels are 1 and 0 (true and false, yes and no), where 1 is the class.

    Args:
        path: The file; other columns may stand beside those named here.
        label: The column of the true classes.
        weight: The column of row weights, at least 0.
        by: The column of strata; may be any, the labels' too.
        positive: What `score` is the probability of; default: `positive`. With `p_<class>` columns
            it must be one of their classes and changes nothing here.

    Raises:
        ConfigError: `positive` is no class of the file, or `label` is `weight`.
        DataError: The file cannot be read, lacks a column, or holds a value out of its domain.
    """
    path = Path(path)
    if weight == label:
        raise ConfigError(f"`label` and `weight` both name the column `{label}`")
    table = read_table(path, needed=[name for name in (weight, by) if name is not None])
    _check_header(path)
    _check_label_column(path, label, table)
    columns = _probability_columns(path, table, (label, weight))
    names, notes = _class_names(columns, positive), []
    given = np.stack([_numbers(path, table, column) for column in columns], axis=1)
    labels = _stripped(table, label)
    _check_labelled(path, label, labels)
    if len(columns) == 1:
        codes, note = _one_against_rest(path, label, labels, names[0])
        notes.append(note)
        given = np.concatenate([given, 1 - given], axis=1)
    else:
        codes = _codes(path, label, labels, names)
        _check_sums(path, given, columns)
    return ScoreFile(
        class_names=names,
        labels=codes,
        probabilities=given,
        weights=None if weight is None else row_weights(path, table, weight),
        groups=None if by is None else tuple(_stripped(table, by)),
        notes=tuple(notes),
    )


def same_rows(other: ScoreFile, ours: ScoreFile, name: str) -> ScoreFile:
    """Return `other` with our order of classes and our weights.

    Raises:
        DataError: Other classes, another number of rows, or another label in some row.
    """
    if set(other.class_names) != set(ours.class_names):
        odd = sorted(set(other.class_names) ^ set(ours.class_names))[0]
        raise DataError(
            f"only one of the two files has the class `{odd}`; expected the same classes",
            hint=nearest(odd, set(other.class_names) & set(ours.class_names)),
        )
    if len(other.labels) != len(ours.labels):
        raise DataError(
            f"`{name}` has {len(other.labels):,} rows, the first file {len(ours.labels):,}",
            hint="compare scores of the same rows, in the same order",
        )
    order = [other.class_names.index(one) for one in ours.class_names]
    labels = np.argsort(order)[other.labels]
    if (labels != ours.labels).any():
        rows = np.flatnonzero(labels != ours.labels)
        first = int(rows[0])
        raise DataError(
            f"the labels differ in {len(rows):,} of {len(labels):,} rows; data row {first + 1:,} "
            f"is `{ours.class_names[ours.labels[first]]}`, in `{name}` "
            f"`{ours.class_names[labels[first]]}`",
            hint="compare scores of the same rows, in the same order",
        )
    return ScoreFile(
        class_names=ours.class_names, labels=labels, probabilities=other.probabilities[:, order],
        weights=ours.weights, groups=ours.groups, notes=other.notes,
    )  # fmt: skip


def _probability_columns(path: Path, table: pd.DataFrame, named: Sequence[str | None]) -> list[str]:
    """Return the `p_<class>` columns in file order, or `score`."""
    free = [name for name in map(str, table.columns) if name not in named]
    found = [name for name in free if name.startswith(PREFIX) and len(name) > len(PREFIX)]
    if not found and SCORE in free:
        found = [SCORE]
    if not found:
        raise DataError(
            f"`{path}` has no column of probabilities; it has {listed(table.columns)}",
            hint=f"expected `{PREFIX}<class>` for each class, or one column `{SCORE}`",
        )
    return found


def _check_header(path: Path) -> None:
    """Refuse a CSV's column that stands there twice; the reader would rename the second."""
    if path.suffix.lower() not in (".csv", ".gz"):
        return  # Parquet: the reader refuses it itself
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        counts = Counter(next(csv.reader(file)))
    for name, count in counts.items():
        if count > 1 and name:
            raise DataError(f"`{path}` has {count} columns named `{name}`", hint="leave one")


def _check_label_column(path: Path, label: str, table: pd.DataFrame) -> None:
    """Say what is wrong where there is no such column."""
    if label in table.columns:
        return
    only = str(table.columns[0])
    hint = nearest(label, table.columns) or "--label names the column of true classes"
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(table.columns) == 1 and mark in only:
            hint = f"its cells seem to be separated by {name}; expected commas"
    raise DataError(f"`{path}` has no column `{label}`; it has {listed(table.columns)}", hint=hint)


def _class_names(columns: Sequence[str], positive: str | None) -> tuple[str, ...]:
    if columns == [SCORE]:
        name = "positive" if positive is None else positive
        return name, f"not {name}"
    names = tuple(column.removeprefix(PREFIX) for column in columns)
    if len(names) == 1:
        names = (*names, f"not {names[0]}")
    if positive is not None and positive not in names:
        raise unknown_choice("positive", positive, names)
    return names


def _numbers(path: Path, table: pd.DataFrame, column: str) -> Floats:
    """Return a column of probabilities."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    empty = (_stripped(table, column) == "").to_numpy(bool)
    _refuse(empty, f"`{column}` of `{path}` is empty", None, "fill the cells or drop the rows")
    _refuse(
        ~((values >= 0) & (values <= 1)),  # NaN too
        f"`{column}` of `{path}` is no probability",
        table[column],
        "give numbers from 0 to 1: probabilities, not logits or per cent",
    )
    return np.asarray(values)


def row_weights(path: Path, table: pd.DataFrame, column: str) -> Floats:
    """Return a column of weights, (n,), or raise `DataError`."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    _refuse(
        ~((values >= 0) & np.isfinite(values)),
        f"`{column}` of `{path}` is no number of at least 0",
        table[column],
        "a row of weight 0 counts nothing",
    )
    if not values.any():
        raise DataError(f"every weight in `{column}` of `{path}` is 0")
    return np.asarray(values)


def _check_sums(path: Path, probabilities: Floats, columns: Sequence[str]) -> None:
    sums = probabilities.sum(axis=1)
    _refuse(
        np.abs(sums - 1) > _TOLERANCE,
        f"the sum of {listed(columns, 4)} of `{path}` is not 1 within {_TOLERANCE}",
        pd.Series(sums).map("{:.4f}".format),
        f"give every class its column `{PREFIX}<class>`",
    )


def _stripped(table: pd.DataFrame, column: str) -> "pd.Series[str]":
    return table[column].str.strip()


def _check_labelled(path: Path, label: str, labels: "pd.Series[str]") -> None:
    _refuse(
        (labels == "").to_numpy(bool), f"`{label}` of `{path}` is empty", None,
        "leave rows without a label out",
    )  # fmt: skip


def _codes(
    path: Path, label: str, labels: "pd.Series[str]", names: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Return each label's place among the classes."""
    codes = pd.Index(names).get_indexer(pd.Index(labels))
    if (codes < 0).any():
        unknown = labels.iloc[int((codes < 0).argmax())]
        rows = np.flatnonzero(codes < 0)
        raise DataError(
            f"the label `{unknown}` (data row {rows[0] + 1:,} of `{path}`) has no column "
            f"`{PREFIX}{unknown}`; the classes are {listed(names)}; "
            f"such labels stand in {len(rows):,} of {len(codes):,} rows",
            hint=nearest(unknown, names)
            or f"the column of true classes is `{label}`; is it right?",
        )
    return codes.astype(np.int64)


def _one_against_rest(
    path: Path, label: str, labels: "pd.Series[str]", name: str
) -> tuple[npt.NDArray[np.int64], str]:
    """Return 0 for the class, 1 for the rest, and in words which labels the rest has."""
    found = sorted(set(labels))
    if name not in found and set(map(str.lower, found)) <= set(TRUTHS):
        is_rest = ~labels.str.lower().map(TRUTHS).to_numpy(np.bool_)
        return is_rest.astype(np.int64), f"labels {listed(found)} say whether a row is `{name}`"
    rest = [other for other in found if other != name]
    alike = [other for other in rest if other.lower() == name.lower()]
    if name not in found or alike:
        near = f"did you mean `{alike[0]}`?" if alike else nearest(name, found)
        raise DataError(
            f"`{label}` of `{path}` " + (f"says `{name}` and `{alike[0]}`" if name in found else
            f"never says `{name}`; it says {listed(found)}"),
            hint=near or "expected the class's name, or 1 and 0; --positive names its class",
        )  # fmt: skip
    is_rest = (labels != name).to_numpy(np.bool_)
    return is_rest.astype(np.int64), f"one column of scores: labels {listed(rest)} are `not {name}`"


def _refuse(bad: Flags, what: str, shown: "pd.Series[str] | None", hint: str) -> None:
    """Raise `DataError` with the first bad rows, when there are any."""
    rows = np.flatnonzero(bad)
    if not len(rows):
        return

    def cell(row: int) -> str:
        if shown is None:
            return ""
        return f" `{shown.iloc[row]}`" if shown.iloc[row].strip() else " (empty)"

    examples = ", ".join(f"data row {row + 1:,}{cell(row)}" for row in rows[:_EXAMPLES].tolist())
    raise DataError(f"{what} in {len(rows):,} of {len(bad):,} rows: {examples}", hint=hint)
