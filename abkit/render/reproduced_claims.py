"""What holds of the paper in this setting: one rule, the cases it was tried in, the numbers."""

from collections.abc import Callable
from typing import Final

from abkit.core.reproduced import Calibration, Claim, PaperTable, Reproduction, Row, Stopping
from abkit.render.grid import Block, Column, Grid
from abkit.render.numbers import percent, share

_VERDICTS: Final = {"holds": "yes", "fails": "no", "mixed": "in part", "open": "open"}


def findings(report: Reproduction) -> Grid:
    """Return every claim with its verdict; the numbers are those of the paper's class balance."""
    tables = {table.number: table for table in report.tables if table.golden == "paper"}
    return Grid(
        title="What holds here",
        columns=(
            Column(head="Table", align="right"),
            Column(head="Claim, and numbers at the paper's class balance"),
            Column(head="Holds"),
            Column(head="Cases", align="right"),
        ),
        rows=tuple(
            (
                str(claim.table),
                (claim_text(claim.code), evidence(claim, tables[claim.table])),
                _VERDICTS[claim.verdict],
                f"{claim.n_true} of {claim.n_cells}",
            )
            for claim in report.claims
        ),
        notes=(
            "Cases: every seed, both golden sets and, where there are several, every model. yes: "
            "in all of them; no: in none; open: fewer than three seeds, which say nothing about "
            "gamma. Whether something is lower than CE, or a tie with it, is judged by its paired "
            "95 % interval; everything else by the estimates.",
        ),
    )


def claim_text(code: str) -> str:
    """Return the claim in words."""
    return _CLAIMS[code][0]


def evidence(claim: Claim, table: PaperTable) -> str:
    """Return the numbers that the claim is about, as means over seeds."""
    return _CLAIMS[claim.code][1](table)


def floors(report: Reproduction) -> list[Block]:
    """Return the lowest NLL that each of the paper's rows leaves possible, and what cannot be."""
    found: list[Block] = []
    for number in sorted({floor.table for floor in report.floors}):
        of_table = [floor for floor in report.floors if floor.table == number]
        bad = [floor for floor in of_table if not floor.possible]
        notes = [
            f"{floor.model}: {share(floor.stated)} cannot be its mean NLL" for floor in bad
        ] or ["No value is ruled out by this"]
        found.append(
            Grid(
                title=f"The NLL that Table {number} of the paper states, and the least possible",
                columns=(
                    Column(head="NLL"),
                    *(Column(head=floor.model, align="right") for floor in of_table),
                ),
                rows=(
                    ("stated", *(share(floor.stated) for floor in of_table)),
                    ("least possible", *(share(floor.floor, 4) for floor in of_table)),
                ),
                notes=(
                    "Least possible: the lowest mean NLL of any scores with the stated accuracy "
                    "and ECE" + (", and MCE," if number == 1 else "") + " by a linear programme.",
                    *notes,
                ),
            )
        )
    return found


def _at(table: PaperTable, model: str, stopping: Stopping, calibration: Calibration) -> Row:
    return table.row(model, stopping, calibration)


def _mean(row: Row, metric: str) -> str:
    return share(row.metrics[metric].mean.estimate)


def _long(table: PaperTable) -> list[Row]:
    return [row for row in table.rows if (row.stopping, row.calibration) == ("last", "none")]


def _overfitting(table: PaperTable) -> str:
    early, last = (_at(table, "CE", stopping, "none") for stopping in ("early", "last"))
    learnt = [percent(sum(row.noise_learnt) / len(row.noise_learnt), 0) for row in (early, last)]
    return (
        f"CE: ECE {_mean(early, 'ece')} early, {_mean(last, 'ece')} at the end; wrong training "
        f"labels repeated {learnt[0]} % and {learnt[1]} %"
    )


def _of_models(metric: str, name: str) -> Callable[[PaperTable], str]:
    def said(table: PaperTable) -> str:
        values = ", ".join(f"{row.model} {_mean(row, metric)}" for row in _long(table))
        return f"{name}: {values}"

    return said


def _against_focal(stopping: Stopping, calibration: Calibration) -> Callable[[PaperTable], str]:
    def said(table: PaperTable) -> str:
        ours = _mean(_at(table, "CE", stopping, calibration), "ece")
        focal = ", ".join(f"{row.model} {_mean(row, 'ece')}" for row in _long(table)[1:])
        return f"ECE {ours} against {focal}"

    return said


def _with_temperature(table: PaperTable) -> str:
    values = []
    for row in _long(table):
        after = _at(table, row.model, "last", "golden")
        values.append(f"{row.model} {_mean(row, 'ece')} to {_mean(after, 'ece')}")
    return f"ECE: {', '.join(values)}"


def _temperatures(*kinds: tuple[Calibration, str]) -> Callable[[PaperTable], str]:
    """Say each temperature and the ECE it leaves, for CE and FL5."""

    def told(table: PaperTable, model: str) -> str:
        rows = [(_at(table, model, "last", kind), words) for kind, words in kinds]
        said = (
            f"T {share(sum(row.temperatures) / len(row.temperatures), 2)} from {words} "
            f"(ECE {_mean(row, 'ece')})"
            for row, words in rows
        )
        return f"{model}: {', '.join(said)}"

    return lambda table: "; ".join(told(table, model) for model in ("CE", "FL5"))


def _objective(table: PaperTable) -> str:
    rows = _long(table)
    reference = rows[0]

    def falls(metric: str) -> str:
        by = [
            row.metrics[metric].mean.estimate / reference.metrics[metric].mean.estimate
            for row in rows
        ]
        return "/".join(share(one, 2) for one in by)

    stated = [(row.paper["nll"] or 0.0) / (reference.paper["nll"] or 1.0) for row in rows]
    return (
        f"relative to CE, the paper's row is {'/'.join(share(one, 2) for one in stated)}, our "
        f"objective {falls('objective')}, our NLL {falls('nll')}"
    )


_CLAIMS: Final[dict[str, tuple[str, Callable[[PaperTable], str]]]] = {
    "long_training_miscalibrates": (
        "Training on past the best epoch raises the ECE of CE",
        _overfitting,
    ),
    "gamma_lowers_ece": (
        "Focal loss has a lower ECE than CE after long training",
        _of_models("ece", "ECE"),
    ),
    "more_gamma_lower_ece": (
        "The higher gamma, the lower the ECE",
        _of_models("ece", "ECE"),
    ),
    "gamma_lowers_nll": ("Focal loss has a lower NLL than CE", _of_models("nll", "NLL")),
    "gamma_keeps_accuracy": (
        "Focal loss leaves the accuracy as it was: a tie with CE",
        _of_models("accuracy", "accuracy"),
    ),
    "gamma_keeps_ranking": (
        "Focal loss leaves the precision-recall curve as it was: average precision a tie with CE",
        _of_models("average_precision", "AP of LABEL 0"),
    ),
    "early_stopping_beats_gamma": (
        "CE stopped early has a lower ECE than focal loss after long training",
        _against_focal("early", "none"),
    ),
    "temperature_beats_gamma": (
        "CE after long training and one temperature has a lower ECE than focal loss without one",
        _against_focal("last", "golden"),
    ),
    "temperature_lowers_ece": (
        "One temperature, fitted on other golden texts, lowers the ECE after long training",
        _with_temperature,
    ),
    "gamma_helps_after_temperature": (
        "Focal loss has a lower ECE than CE when both have got their temperature",
        _with_temperature,
    ),
    "flips_overcorrect": (
        "Random label noise over-corrects: true labels of the logs' validation part give a higher "
        "temperature when as many of them are flipped at random as the logs have wrong",
        _temperatures(("flips", "flipped"), ("truth", "true labels")),
    ),
    "log_errors_overcorrect": (
        "The logs' own errors over-correct: their labels give a higher temperature than the true "
        "labels of the same texts",
        _temperatures(("logs", "logged"), ("truth", "true labels")),
    ),
    "logs_overcorrect": (
        "The logs' labels give a higher temperature than golden texts, which are worded otherwise",
        _temperatures(("logs", "logged"), ("golden", "golden texts")),
    ),
    "paper_nll_is_objective": (
        "The paper's NLL row falls with gamma more as our training objective than as our NLL",
        _objective,
    ),
}
