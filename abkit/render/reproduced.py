"""Tables 1 and 2 beside the paper's: ours, intervals, the paper's value; how they were made."""

from typing import Final

from abkit.core.measured import MARGIN
from abkit.core.reproduced import PaperTable, Reproduction, Row
from abkit.core.study import Times
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import count, percent, share
from abkit.render.reproduced_claims import findings, floors
from abkit.render.reproduced_differences import (
    answers_of_early,
    beyond,
    differences,
    golden_words,
    other_pairs,
    overcorrection,
    thresholds,
)

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
_CALIBRATION_OF: Final = "top label, ten equal right-closed bins"


def blocks(report: Reproduction) -> list[Block]:
    """Return what `abkit reproduce` prints."""
    found: list[Block] = [made(report)]
    for table in report.tables:
        found += table_blocks(table)
    found += [*floors(report), *findings(report), Prose(title="", lines=(verdicts(),))]
    found.append(took(report))
    if report.figures:
        folders = sorted({str(path.parent) for path in report.figures})
        names = sorted({path.stem for path in report.figures})
        found.append(Prose(title="Figures", lines=(f"{', '.join(names)} in {', '.join(folders)}",)))
    return found


def table_blocks(table: PaperTable) -> list[Block]:
    """Return one table on one golden set: the paper's rows, and those that the paper lacks."""
    return [
        _main(table), differences(table), beyond(table), answers_of_early(table),
        other_pairs(table), overcorrection(table), thresholds(table),
    ]  # fmt: skip


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
            "so that differences are paired; they say what other golden texts would give, the "
            "seeds what another training would",
        ),
    )


def verdicts() -> str:
    """Return what the four words for a difference mean."""
    return (
        "better, worse: the interval of the mean paired difference excludes 0, and every seed "
        "lies on that side. tie: that interval and every seed lie within "
        f"{share(MARGIN, 2)} of 0 (two points; for the NLL two hundredths of a nat), no difference "
        "in practice, on whatever side. undecided: neither"
    )


def took(report: Reproduction) -> Prose:
    """Return what the trainings took, and what the paper's sizes would take."""
    lines = [
        f"seed {one.seed}: {_minutes(one.spent.cpu_s)} of CPU time, {_minutes(one.spent.wall_s)} "
        f"on the clock, for {one.n_timed} of {one.n_trainings} trainings"
        if one.n_timed
        else f"seed {one.seed}: not recorded (trained before times were kept)"
        for one in report.times.by_seed
    ]
    lines.append(
        "sums over trainings, one thread each: two side by side take about half as long; a clock "
        "far ahead of the CPU time means that other work shared the machine. Tables and figures "
        "are then drawn from what is kept"
    )
    return Prose(title="What it took", lines=(*lines, *_paper_sizes(report, report.times)))


def _paper_sizes(report: Reproduction, times: Times) -> list[str]:
    study = report.study
    if times.paper_epoch_cpu_s is None:
        return []
    n_models = {
        table.number: sum(row.key[1:] == ("last", "none") for row in table.rows)
        for table in report.tables
    }
    whole = sum(
        n_models[table] * study.epochs * len(study.seeds) * one
        for table, one in times.paper_epoch_cpu_s.items()
    )
    each = ", ".join(
        f"{share(one, 0)} s for Table {table}" for table, one in times.paper_epoch_cpu_s.items()
    )
    return [
        "the paper's sizes (preset paper) were not run, for want of a GPU: one epoch of them takes "
        f"this CPU {each}, so the same study {share(whole / 3600, 1)} hours of CPU time; with a "
        f"GPU, {command(report, preset='paper', device='cuda')}"
    ]


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"


def command(report: Reproduction, *, preset: str | None = None, device: str | None = None) -> str:
    """Return the command that makes the report, or its sister with another preset and device."""
    study = report.study
    tables = " ".join(f"--table {n}" for n in sorted({table.number for table in report.tables}))
    changed = [
        f" --{name} {value}"
        for name, value, usual in (
            ("seeds", len(study.seeds), 1), ("texts", study.n_texts, 8_000),
            ("epochs", study.epochs, 30), ("preset", preset or study.preset, "compact"),
            ("device", device, None),
        )
        if value != usual
    ]  # fmt: skip
    return f"abkit reproduce {tables}{''.join(changed)}"


def _paper_rows(table: PaperTable) -> list[Row]:
    return [row for row in table.rows if (row.stopping, row.calibration) == ("last", "none")]


def _main(table: PaperTable) -> Grid:
    rows = _paper_rows(table)
    several = len(table.n_label_0) > 1
    heads = [Column(head=row.model, align="right") for row in rows]
    missing = "The paper's MCE is not in its text: not available. " if table.number == 2 else ""
    return Grid(
        title=f"Table {table.number} on {count(table.n)} golden texts ({golden_words(table)})",
        columns=(Column(head=("Last epoch", "")), *heads),
        rows=tuple(_metric(name, label, rows, several) for name, label in _METRICS.items()),
        section_ends=frozenset(range(len(_METRICS) - 1)),
        notes=(
            ("Mean over seeds; " if several else "One seed; ")
            + "under it its 95 % interval, "
            + ("the lowest and highest seed, " if several else "")
            + "and the paper's value.",
            f"{missing}ECE, MCE: {_CALIBRATION_OF}. NLL: mean of -log p of the label, in nats. "
            "Training objective: the mean focal loss with the model's own gamma; only for CE is "
            "it an NLL.",
        ),
    )


def _metric(name: str, label: str, rows: list[Row], several: bool) -> tuple[Cell, ...]:
    with_paper = any(name in row.paper for row in rows)
    head = [label, "  95 %", *(["  seeds"] if several else [])]
    return (
        tuple([*head, "  paper"] if with_paper else head),
        *(_lines(name, row, several, with_paper) for row in rows),
    )


def _lines(name: str, row: Row, several: bool, with_paper: bool) -> tuple[str, ...]:
    one = row.metrics[name]
    found = [share(one.mean.estimate), _range(one.mean.ci_lower, one.mean.ci_upper)]
    if several:
        found.append(_range(one.lowest, one.highest))
    if with_paper:
        found.append(share(row.paper.get(name)))
    return tuple(found)


def _range(low: float, high: float) -> str:
    return f"{share(low)}\u2013{share(high)}"
