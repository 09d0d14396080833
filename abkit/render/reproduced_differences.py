"""Paired differences of the study in tables: to CE, to other temperatures; thresholds by seed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from abkit.core.measured import Measured
from abkit.core.reproduced import Calibration, Key, PaperTable, Row
from abkit.render.grid import Cell, Column, Grid
from abkit.render.numbers import MINUS, MISSING, percent, share

_METRICS: Final = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "nll": "NLL",
    "ece": "ECE",
    "mce": "MCE",
    "average_precision": "AP of LABEL 0",
}
_MADE: Final = {
    ("last", "none"): "last epoch",
    ("early", "none"): "early-stopped",
    ("last", "golden"): "last, T golden",
    ("early", "golden"): "early, T golden",
}
# What a temperature was fitted on, and what it is compared with, in words.
_FITTED: Final[tuple[tuple[Calibration, Calibration, tuple[str, str]], ...]] = (
    ("flips", "truth", ("flipped labels", "minus true ones")),
    ("logs", "truth", ("logged labels", "minus true ones")),
    ("logs", "golden", ("logged labels", "minus golden")),
)


def golden_words(table: PaperTable) -> str:
    """Return the class balance of a table's golden texts."""
    whose = "as served" if table.golden == "served" else "as in the paper's golden set"
    return f"{percent(table.share, 1)} % LABEL 0, {whose}"


def difference(minus: Measured | None, metric: str) -> Cell:
    """Return a difference, its verdict, and its interval below; `–` without one."""
    if minus is None:
        return MISSING
    mean = minus.mean
    digits = 2 if max(abs(mean.ci_lower), abs(mean.ci_upper)) >= 1 else 3
    low, high = (signed_share(bound, digits) for bound in (mean.ci_lower, mean.ci_upper))
    said = minus.verdict(metric)
    return f"{signed_share(mean.estimate, digits)} {said}", f"[{low}, {high}]"


def signed_share(value: float, digits: int = 3) -> str:
    """0.0123 -> `+.012`; a negative value has its minus."""
    text = share(abs(value), digits)
    if float(text) == 0:
        return text
    return ("+" if value > 0 else MINUS) + text


def differences(table: PaperTable) -> Grid:
    """Return every focal model minus CE, both after the last epoch."""
    rows = [row for row in table.rows if row.key[1:] == ("last", "none") and row.differences]
    return Grid(
        title=f"Table {table.number}, focal loss minus CE ({golden_words(table)})",
        columns=(
            Column(head="Last epoch"),
            *(Column(head=row.model, align="right") for row in rows),
        ),
        rows=tuple(
            (label, *(difference(row.differences[name], name) for row in rows))
            for name, label in _METRICS.items()
        ),
        section_ends=frozenset(range(len(_METRICS) - 1)),
        notes=(
            "Means over seeds of paired differences, 95 % intervals. Precision, recall, F1: macro.",
        ),
    )


def beyond(table: PaperTable) -> Grid:
    """Return early stopping and one temperature beside the last epoch."""
    rows = [row for row in table.rows if row.key[1:] in _MADE]
    return Grid(
        title=f"Table {table.number} with what the paper lacks ({golden_words(table)})",
        columns=(
            Column(head="How"),
            Column(head="Model"),
            Column(head="Epochs", align="right"),
            Column(head="T", align="right"),
            Column(head="NLL", align="right"),
            Column(head="minus CE", align="right"),
            Column(head="ECE", align="right"),
            Column(head="minus CE", align="right"),
        ),
        rows=tuple(
            (
                _MADE[row.key[1:]], row.model, _epochs(row), _mean_temperature(row),
                *(
                    cell
                    for name in ("nll", "ece")
                    for cell in (_mean(row, name), difference(row.differences.get(name), name))
                ),
            )
            for row in rows
        ),
        section_ends=_where_it_changes([row.key[1:] for row in rows]),
        notes=(
            "Means over seeds; minus CE of the last epoch, paired, with 95 % intervals. Epochs: "
            "whose weights were taken, by seed.",
        ),
    )  # fmt: skip


def answers_of_early(table: PaperTable) -> Grid:
    """Return what early stopping does to the answers, which a temperature leaves as they are."""
    rows = [row for row in table.rows if row.key[1:] == ("early", "none")]
    shown: dict[str, Cell] = {
        "accuracy": ("Accu-", "racy"), "f1": ("Macro", "F1"),
        "average_precision": ("AP of", "LABEL 0"),
    }  # fmt: skip
    return Grid(
        title=f"Table {table.number} stopped early: the answers ({golden_words(table)})",
        columns=(
            Column(head="Model"),
            *(
                Column(head=head, align="right")
                for name in shown.values()
                for head in (name, ("minus", "CE"))
            ),
        ),
        rows=tuple(
            (
                row.model,
                *(
                    cell
                    for name in shown
                    for cell in (_mean(row, name), difference(row.differences[name], name))
                ),
            )
            for row in rows
        ),
        section_ends=frozenset(range(len(rows) - 1)),
        notes=("Minus CE of the last epoch, as above.",),
    )


def other_pairs(table: PaperTable) -> Grid:
    """Return the ECE of the pairs that stand in no other table."""
    pairs = [pair for pair in table.pairs if not {"flips", "logs"} & {pair.ours[2], pair.other[2]}]
    return Grid(
        title=f"Table {table.number}, ECE of other pairs ({golden_words(table)})",
        columns=(
            Column(head="This"),
            Column(head="minus that"),
            Column(head="ECE", align="right"),
            Column(head="95 %", align="right"),
        ),
        rows=tuple(
            (_name(pair.ours), _name(pair.other), *difference(pair.differences["ece"], "ece"))
            for pair in pairs
        ),
        notes=("Means over seeds of paired differences.",),
    )


def _name(key: Key) -> str:
    return f"{key[0]}, {_MADE[key[1:]]}"


def overcorrection(table: PaperTable) -> Grid:
    """Return what a temperature costs that was fitted on other labels than the right ones."""
    models = [row.model for row in table.rows if row.key[1:] == ("last", "none")]
    keys: list[tuple[Cell, Key, Key]] = [
        (words, (model, "last", one), (model, "last", other))
        for one, other, words in _FITTED
        for model in models
    ]
    return Grid(
        title=f"Table {table.number}, what a temperature is fitted on ({golden_words(table)})",
        columns=(
            Column(head="Fitted on"),
            Column(head="Model"),
            Column(head="T", align="right"),
            Column(head=("T of the", "other"), align="right"),
            Column(head="ECE", align="right"),
            Column(head=("ECE minus", "the other's"), align="right"),
            Column(head=("NLL minus", "the other's"), align="right"),
        ),
        rows=tuple(
            (
                words, ours[0], *(_mean_temperature(table.row(*key)) for key in (ours, other)),
                _mean(table.row(*ours), "ece"),
                *(difference(table.difference(ours, other, name), name) for name in ("ece", "nll")),
            )
            for words, ours, other in keys
        ),
        section_ends=_where_it_changes([words for words, _, _ in keys]),
        notes=(
            "Last epoch; golden report texts, on which nothing was fitted. T: the mean of the "
            "seeds. Flipped: the true labels of the logs' validation part, with as many flipped at "
            "random as the logs have wrong there. The true labels have the served balance.",
        ),
    )  # fmt: skip


def thresholds(table: PaperTable) -> Grid:
    """Return the thresholds that were chosen for the target precision, and what they gave."""
    target = percent(table.chosen[0].target, 0)
    return Grid(
        title=f"Table {table.number}, thresholds for {target} % precision ({golden_words(table)})",
        columns=(
            Column(head="Last epoch"),
            Column(head="Thresholds, by seed", align="right"),
            Column(head="Precision %", align="right"),
            Column(head="Recall %", align="right"),
        ),
        rows=tuple(
            (
                one.model,
                ", ".join("none" if t is None else _threshold(t) for t in one.thresholds),
                ", ".join(percent(value, 1) for value in one.precision),
                ", ".join(percent(value, 1) for value in one.recall),
            )
            for one in table.chosen
        ),
        notes=(
            f"The lowest threshold of P(LABEL 0) with {target} % precision on the golden texts "
            "that calibrate, uncalibrated, and what it gives on those of the report. No guarantee: "
            "it was chosen by its observed precision.",
        ),
    )


def _threshold(value: float) -> str:
    """Return three figures, however near to 0 or 1 the threshold lies."""
    digits = 3
    while digits < 9 and not 10 ** (2 - digits) <= min(value, 1 - value):
        digits += 1
    return share(value, digits)


def _where_it_changes(names: Sequence[object]) -> frozenset[int]:
    return frozenset(
        index for index, (name, following) in enumerate(pairwise(names)) if name != following
    )


def _mean(row: Row, metric: str) -> str:
    return share(row.metrics[metric].mean.estimate)


def _epochs(row: Row) -> str:
    return str(row.epochs[0]) if len(set(row.epochs)) == 1 else "/".join(map(str, row.epochs))


def _mean_temperature(row: Row) -> str:
    if row.calibration == "none":
        return MISSING
    return share(sum(row.temperatures) / len(row.temperatures), 2)
