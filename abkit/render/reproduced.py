"""Tables 1 and 2 beside the paper's: ours, intervals, differences to CE, the paper's value."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from abkit.core.reproduced import Measured, PaperTable, Reproduction, Row
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, share
from abkit.render.reproduced_claims import findings, floors

_METRICS: Final = {
    "accuracy": "accuracy",
    "precision": "macro precision",
    "recall": "macro recall",
    "f1": "macro F1",
    "nll": "NLL",
    "objective": "training objective",
    "ece": "ECE",
    "mce": "MCE",
    "average_precision": "AP of LABEL 0",
}
_KINDS: Final = {
    ("last", "none"): "last epoch",
    ("early", "none"): "early-stopped",
    ("last", "golden"): "last, T golden",
    ("early", "golden"): "early, T golden",
    ("last", "logs"): "last, T logs",
    ("last", "truth"): "last, T truth",
    ("last", "flips"): "last, T flips",
}
_CALIBRATION_OF: Final = "top label, ten equal right-closed bins"


def blocks(report: Reproduction) -> list[Block]:
    """Return what `abkit reproduce` prints."""
    found: list[Block] = [made(report)]
    for table in report.tables:
        found += table_blocks(table)
    found += [findings(report), *floors(report)]
    if report.figures:
        folders = sorted({str(path.parent) for path in report.figures})
        names = sorted({path.stem for path in report.figures})
        found.append(Prose(title="Figures", lines=(f"{', '.join(names)} in {', '.join(folders)}",)))
    return found


def table_blocks(table: PaperTable) -> list[Block]:
    """Return one table on one golden set: the paper's rows, ties in words, the honest rows."""
    return [_main(table), differences_in_words(table), _beyond(table)]


def made(report: Reproduction) -> Prose:
    """Return how everything was trained and measured."""
    study = report.study
    wrong = "; ".join(
        f"Table {table}: {', '.join(percent(one, 1) for one in by_seed)} %"
        for table, by_seed in study.wrong_labels.items()
    )
    seeds = ", ".join(map(str, study.seeds))
    return Prose(
        title="How this was made",
        lines=(
            f"{count(study.n_texts)} generated logged texts, of which 80 % train; wrong labels "
            f"among those, by seed: {wrong}",
            f"preset {study.preset} on {study.device}, {study.epochs} epochs of Adam at a constant "
            f"rate of {study.learning_rate:g}, batches of {study.batch_size}, token dropout "
            f"{study.token_dropout:g}, no early stopping; seeds {seeds}, each with its own logs, "
            "golden sets and weights",
            "early-stopped: the same training after its epoch of the lowest NLL on the logs' "
            "validation part. T: one temperature, fitted on other golden texts of the same "
            "balance; T logs: on that validation part with its noisy labels; T truth: on the same "
            "texts with their true labels, which only a simulation knows; T flips: with as many of "
            "those flipped at random as are wrong in the logs",
            f"intervals: {100 * study.confidence_level:g} % percentiles of "
            f"{count(study.replications)} resamples of the golden texts, the same for all models, "
            "so that differences are paired; other seeds are what another training would give",
        ),
    )


def _golden(table: PaperTable) -> str:
    whose = "as served" if table.golden == "served" else "as in the paper's golden set"
    return f"{percent(table.share, 1)} % LABEL 0, {whose}"


def _paper_rows(table: PaperTable) -> list[Row]:
    return [row for row in table.rows if (row.stopping, row.calibration) == ("last", "none")]


def _main(table: PaperTable) -> Grid:
    rows = _paper_rows(table)
    several = len(table.n_label_0) > 1
    heads = [Column(head=row.model, align="right") for row in rows]
    missing = "The paper's MCE is not in its text: not available. " if table.number == 2 else ""
    return Grid(
        title=f"Table {table.number} on {count(table.n)} golden texts ({_golden(table)})",
        columns=(Column(head=("Last epoch", "")), *heads),
        rows=tuple(_metric(name, label, rows, several) for name, label in _METRICS.items()),
        section_ends=frozenset(range(len(_METRICS) - 1)),
        notes=(
            ("Mean over seeds; " if several else "One seed; ")
            + "under it its 95 % interval, "
            + ("the lowest and highest seed, " if several else "")
            + "the difference to CE (* its 95 % interval excludes 0"
            + (" in every seed" if several else "")
            + "; without a mark a tie) and the paper's value.",
            f"{missing}ECE, MCE: {_CALIBRATION_OF}. NLL: mean of -log p of the label, in nats. "
            "Training objective: the mean focal loss with the model's own gamma; only for CE is "
            "it an NLL.",
        ),
    )


def _metric(name: str, label: str, rows: list[Row], several: bool) -> tuple[Cell, ...]:
    with_paper = any(name in row.paper for row in rows)
    head = [label, "  95 %", *(["  seeds"] if several else []), "  minus CE"]
    return (
        tuple([*head, "  paper"] if with_paper else head),
        *(_lines(name, row, several, with_paper) for row in rows),
    )


def _lines(name: str, row: Row, several: bool, with_paper: bool) -> tuple[str, ...]:
    one = row.metrics[name]
    found = [share(one.mean.estimate), _range(one.mean.ci_lower, one.mean.ci_upper)]
    if several:
        found.append(_range(one.lowest, one.highest))
    found.append(_difference(row.differences.get(name)))
    if with_paper:
        found.append(share(row.paper.get(name)))
    return tuple(found)


def _range(low: float, high: float) -> str:
    return f"{share(low)}\u2013{share(high)}"


def _difference(minus: Measured | None) -> str:
    if minus is None:
        return MISSING
    return signed_share(minus.mean.estimate) + ("" if minus.sign == "tie" else "*")


def signed_share(value: float) -> str:
    """0.0123 -> `+.012`; a negative value has its minus."""
    text = share(abs(value))
    if float(text) == 0:
        return text
    return ("+" if value > 0 else "\u2212") + text


def differences_in_words(table: PaperTable) -> Prose:
    """Say which differences to CE are ties: by the paired intervals of every single seed."""
    named = {"nll": "NLL", "ece": "ECE", "mce": "MCE"}
    return Prose(
        title=f"Differences to CE in Table {table.number}, {_golden(table)}",
        lines=tuple(
            f"{named.get(name, label)}: {_verdicts(name, _paper_rows(table)[1:])}"
            for name, label in _METRICS.items()
            if name != "objective"
        ),
    )


def _verdicts(name: str, rows: list[Row]) -> str:
    said: dict[str, list[str]] = {}
    for row in rows:
        said.setdefault(row.differences[name].sign, []).append(row.model)
    words = {"tie": "a tie with CE", "lower": "lower", "higher": "higher"}
    return "; ".join(f"{', '.join(models)} {words[sign]}" for sign, models in said.items())


def _beyond(table: PaperTable) -> Grid:
    rows = [row for row in table.rows if (row.stopping, row.calibration) in _KINDS]
    ends = [
        index
        for index, (row, following) in enumerate(pairwise(rows))
        if (row.stopping, row.calibration) != (following.stopping, following.calibration)
    ]
    shown: Mapping[str, tuple[str, ...]] = {
        "accuracy": ("Accu-", "racy"), "f1": ("Macro", "F1"), "nll": ("NLL",), "ece": ("ECE",),
        "average_precision": ("AP of", "LABEL 0"),
    }  # fmt: skip
    return Grid(
        title=f"Table {table.number} with what the paper lacks ({_golden(table)})",
        columns=(
            Column(head="How"),
            Column(head="Model"),
            Column(head="Epochs", align="right"),
            Column(head="T", align="right"),
            *(Column(head=head, align="right") for head in shown.values()),
            Column(head=("ECE", "minus CE"), align="right"),
        ),
        rows=tuple(
            (
                _KINDS[row.stopping, row.calibration], row.model, _epochs(row), _temperature(row),
                *(share(row.metrics[name].mean.estimate) for name in shown),
                _difference(row.differences.get("ece")),
            )
            for row in rows
        ),
        section_ends=frozenset(ends),
        notes=(
            "Means over seeds. Epochs: whose weights were taken, by seed. ECE minus CE: against "
            "CE of the last epoch, marked as above.",
        ),
    )  # fmt: skip


def _epochs(row: Row) -> str:
    return str(row.epochs[0]) if len(set(row.epochs)) == 1 else "/".join(map(str, row.epochs))


def _temperature(row: Row) -> str:
    if row.calibration == "none":
        return MISSING
    return share(sum(row.temperatures) / len(row.temperatures), 2)
