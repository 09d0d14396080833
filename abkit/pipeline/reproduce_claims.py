"""What the paper claims, and what is said about it, each as a list of paired comparisons."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from abkit.core.measured import Verdict
from abkit.core.reproduced import (
    REFERENCE,
    Calibration,
    Claim,
    Comparison,
    Key,
    PaperTable,
    Stopping,
)

_Cases = Callable[[PaperTable], list[Comparison]]


def claims(number: int, tables: Sequence[PaperTable]) -> tuple[Claim, ...]:
    """Judge every claim on one table, at each class balance by itself."""
    return tuple(
        Claim(
            code=code, of_paper=of_paper, table=number, golden=table.golden, wanted=wanted,
            comparisons=tuple(cases(table)), n_seeds=len(table.n_label_0),
        )
        for code, (of_paper, wanted, cases) in _CLAIMS.items()
        for table in tables
        if table.number == number
    )  # fmt: skip


def _case(table: PaperTable, ours: Key, other: Key, metric: str) -> Comparison:
    return Comparison(
        ours=_words(ours),
        other=_words(other),
        metric=metric,
        difference=table.difference(ours, other, metric),
    )


_STOPPED: Final[dict[Stopping, str]] = {"last": "", "early": " early"}
_CALIBRATED: Final[dict[Calibration, str]] = {
    "none": "", "golden": " T golden", "logs": " T logs", "truth": " T truth", "flips": " T flips",
}  # fmt: skip


def _words(key: Key) -> str:
    model, stopping, calibration = key
    return model + _STOPPED[stopping] + _CALIBRATED[calibration]


def _models(table: PaperTable) -> list[str]:
    """Return CE and the focal models, gamma rising."""
    return [row.model for row in table.rows if row.key[1:] == ("last", "none")]


def _against_ce(*metrics: str, how: tuple[Stopping, Calibration] = ("last", "none")) -> _Cases:
    """Compare every focal model with CE that was made in the same way."""

    def cases(table: PaperTable) -> list[Comparison]:
        return [
            _case(table, (model, *how), ("CE", *how), metric)
            for metric in metrics
            for model in _models(table)[1:]
        ]

    return cases


def _more_gamma(table: PaperTable) -> list[Comparison]:
    return [
        _case(table, (more, "last", "none"), (less, "last", "none"), "ece")
        for less, more in pairwise(_models(table))
    ]


def _stopped_early(table: PaperTable) -> list[Comparison]:
    return [_case(table, ("CE", "early", "none"), REFERENCE, "ece")]


def _ce_against_focal(stopping: Stopping, calibration: Calibration) -> _Cases:
    """Compare CE, made in that way, with focal loss as the paper has it."""

    def cases(table: PaperTable) -> list[Comparison]:
        ours: Key = ("CE", stopping, calibration)
        return [_case(table, ours, (model, "last", "none"), "ece") for model in _models(table)[1:]]

    return cases


def _fitted(one: Calibration, other: Calibration, *metrics: str) -> _Cases:
    """Compare one temperature with another, of every model."""

    def cases(table: PaperTable) -> list[Comparison]:
        return [
            _case(table, (model, "last", one), (model, "last", other), metric)
            for metric in metrics
            for model in _models(table)
        ]

    return cases


def _overcorrected(one: Calibration) -> _Cases:
    """Compare the temperature of noisy labels with that of the true ones: higher, and worse?"""
    fitted = _fitted(one, "truth", "ece", "nll")

    def hotter(table: PaperTable, model: str) -> bool:
        noisy, true = (table.row(model, "last", kind).temperatures for kind in (one, "truth"))
        return all(a > b for a, b in zip(noisy, true, strict=True))

    def cases(table: PaperTable) -> list[Comparison]:
        return [replace(case, hotter=hotter(table, case.ours.split()[0])) for case in fitted(table)]

    return cases


def _objective_is_nearer(table: PaperTable) -> list[Comparison]:
    return [
        Comparison(
            ours="objective", other="NLL", metric="distance", difference=table.objective_farther
        )
    ]


_CLAIMS: Final[dict[str, tuple[bool, Verdict, _Cases]]] = {
    "gamma_lowers_ece": (True, "better", _against_ce("ece")),
    "gamma_lowers_mce": (True, "better", _against_ce("mce")),
    "gamma_lowers_nll": (True, "better", _against_ce("nll")),
    "more_gamma_lower_ece": (True, "better", _more_gamma),
    "gamma_keeps_predictions": (True, "tie", _against_ce("accuracy", "f1")),
    "gamma_makes_tunable": (True, "better", _against_ce("average_precision")),
    "early_stopping_helps": (False, "better", _stopped_early),
    "early_stopping_beats_gamma": (False, "better", _ce_against_focal("early", "none")),
    "temperature_beats_gamma": (False, "better", _ce_against_focal("last", "golden")),
    "temperature_lowers_ece": (False, "better", _fitted("golden", "none", "ece")),
    "gamma_helps_early": (False, "better", _against_ce("ece", how=("early", "none"))),
    "gamma_helps_after_temperature": (False, "better", _against_ce("ece", how=("last", "golden"))),
    "flips_overcorrect": (False, "worse", _overcorrected("flips")),
    "log_errors_overcorrect": (False, "worse", _overcorrected("logs")),
    "logs_instead_of_golden": (False, "worse", _fitted("logs", "golden", "ece", "nll")),
    "paper_nll_is_objective": (False, "better", _objective_is_nearer),
}
