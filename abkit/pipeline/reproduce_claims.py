"""What the paper claims, and what is said about it, tried on every seed, golden set and model."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from abkit.core.reproduced import Calibration, Claim, PaperTable, Row, Stopping

_Cells = Callable[[PaperTable], Iterator[bool]]


def claims(number: int, tables: Sequence[PaperTable]) -> tuple[Claim, ...]:
    """Judge every claim on one table: both golden sets, every seed, every model.

    A difference counts as one where its paired interval excludes 0. Where the claim names no pair
    with CE of the last epoch, estimates are compared.
    """
    of_table = [table for table in tables if table.number == number]
    n_seeds = len(of_table[0].n_label_0)
    found = []
    for code, tried in _CLAIMS.items():
        cells = [cell for table in of_table for cell in tried(table)]
        claim = Claim(
            code=code, table=number, n_true=sum(cells), n_cells=len(cells), n_seeds=n_seeds
        )
        found.append(claim)
    return tuple(found)


def _focal(table: PaperTable) -> list[Row]:
    """Return the focal rows of the last epoch, uncalibrated, gamma rising."""
    return [
        row
        for row in table.rows
        if (row.stopping, row.calibration) == ("last", "none") and row.gamma > 0
    ]


def _values(row: Row, metric: str) -> list[float]:
    return [one.estimate for one in row.metrics[metric].by_seed]


def _lower(ours: Row, other: Row, metric: str) -> Iterator[bool]:
    yield from (a < b for a, b in zip(_values(ours, metric), _values(other, metric), strict=True))


def _overfitting(table: PaperTable) -> Iterator[bool]:
    early = table.row("CE", "early", "none")
    yield from (one.sign == "lower" for one in early.differences["ece"].by_seed)


def _signs(metric: str, wanted: str) -> _Cells:
    def tried(table: PaperTable) -> Iterator[bool]:
        for row in _focal(table):
            yield from (one.sign == wanted for one in row.differences[metric].by_seed)

    return tried


def _more_gamma(table: PaperTable) -> Iterator[bool]:
    rows = [table.row("CE", "last", "none"), *_focal(table)]
    for less, more in pairwise(rows):
        yield from _lower(more, less, "ece")


def _beats_focal(stopping: Stopping, calibration: Calibration, metric: str) -> _Cells:
    def tried(table: PaperTable) -> Iterator[bool]:
        ours = table.row("CE", stopping, calibration)
        for row in _focal(table):
            yield from _lower(ours, row, metric)

    return tried


def _temperature_helps(table: PaperTable) -> Iterator[bool]:
    for row in (table.row("CE", "last", "none"), *_focal(table)):
        yield from _lower(table.row(row.model, "last", "golden"), row, "ece")


def _gamma_helps_further(table: PaperTable) -> Iterator[bool]:
    """Return whether focal loss has a lower ECE than CE when both have their temperature."""
    reference = table.row("CE", "last", "golden")
    for row in _focal(table):
        yield from _lower(table.row(row.model, "last", "golden"), reference, "ece")


def _hotter(one: Calibration, other: Calibration) -> _Cells:
    """Return whether one way to fit gives a higher temperature than another."""

    def tried(table: PaperTable) -> Iterator[bool]:
        for row in (table.row("CE", "last", "none"), *_focal(table)):
            pair = (table.row(row.model, "last", kind).temperatures for kind in (one, other))
            yield from (a > b for a, b in zip(*pair, strict=True))

    return tried


def _objective_is_nearer(table: PaperTable) -> Iterator[bool]:
    """Yield, by seed, whether the paper's NLL row falls with gamma as the objective does."""
    reference = table.row("CE", "last", "none")
    for seed in range(len(table.n_label_0)):
        distance: dict[str, float] = {}
        for metric in ("objective", "nll"):
            distance[metric] = sum(
                abs(_fall(row, reference, metric, seed) - _stated_fall(row.paper, reference.paper))
                for row in _focal(table)
            )
        yield distance["objective"] < distance["nll"]


def _fall(row: Row, reference: Row, metric: str, seed: int) -> float:
    return math.log(_values(row, metric)[seed] / _values(reference, metric)[seed])


def _stated_fall(row: Mapping[str, float | None], reference: Mapping[str, float | None]) -> float:
    return math.log((row["nll"] or math.nan) / (reference["nll"] or math.nan))


_CLAIMS: Final[dict[str, _Cells]] = {
    "long_training_miscalibrates": _overfitting,
    "gamma_lowers_ece": _signs("ece", "lower"),
    "more_gamma_lower_ece": _more_gamma,
    "gamma_lowers_nll": _signs("nll", "lower"),
    "gamma_keeps_accuracy": _signs("accuracy", "tie"),
    "gamma_keeps_ranking": _signs("average_precision", "tie"),
    "early_stopping_beats_gamma": _beats_focal("early", "none", "ece"),
    "temperature_beats_gamma": _beats_focal("last", "golden", "ece"),
    "temperature_lowers_ece": _temperature_helps,
    "gamma_helps_after_temperature": _gamma_helps_further,
    "flips_overcorrect": _hotter("flips", "truth"),
    "log_errors_overcorrect": _hotter("logs", "truth"),
    "logs_overcorrect": _hotter("logs", "golden"),
    "paper_nll_is_objective": _objective_is_nearer,
}
