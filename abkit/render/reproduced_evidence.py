"""The numbers that each claim of the study is about, in one line for a table."""

from collections.abc import Callable, Mapping
from typing import Final

from abkit.core.reproduced import Calibration, PaperTable, Row, Stopping
from abkit.render.numbers import percent, share

ByGolden = Mapping[str, PaperTable]  # one table at both class balances


def _models(table: PaperTable) -> list[str]:
    return [row.model for row in table.rows if row.key[1:] == ("last", "none")]


def _mean(row: Row, metric: str) -> str:
    return share(row.metrics[metric].mean.estimate)


def _listed(
    table: PaperTable, metric: str, how: tuple[Stopping, Calibration] = ("last", "none")
) -> str:
    return ", ".join(f"{one} {_mean(table.row(one, *how), metric)}" for one in _models(table))


def _metric(
    metric: str, name: str, how: tuple[Stopping, Calibration] = ("last", "none")
) -> Callable[[ByGolden], str]:
    return lambda tables: f"{name} {_listed(tables['paper'], metric, how)}"


def _predictions(tables: ByGolden) -> str:
    table = tables["paper"]
    return f"accuracy {_listed(table, 'accuracy')}; F1 {_listed(table, 'f1')}"


def _tunable(tables: ByGolden) -> str:
    table = tables["paper"]
    target = percent(table.chosen[0].target, 0)
    given = []
    for one in table.chosen:
        reached = [value for value in one.precision if value is not None]
        mean = percent(sum(reached) / len(reached), 1) if reached else "none"
        given.append(f"{one.model} {mean}")
    return (
        f"AP {_listed(table, 'average_precision')}; thresholds for {target} % precision, chosen "
        f"on other golden texts, give {', '.join(given)} %"
    )


def _early(tables: ByGolden) -> str:
    early, last = (tables["paper"].row("CE", stopping, "none") for stopping in ("early", "last"))
    learnt = [percent(sum(row.noise_learnt) / len(row.noise_learnt), 0) for row in (early, last)]
    return (
        f"ECE {_mean(early, 'ece')} early, {_mean(last, 'ece')} at the end; wrong training labels "
        f"repeated: {learnt[0]} % and {learnt[1]} %"
    )


def _against_focal(stopping: Stopping, calibration: Calibration) -> Callable[[ByGolden], str]:
    def told(tables: ByGolden) -> str:
        table = tables["paper"]
        ours = _mean(table.row("CE", stopping, calibration), "ece")
        focal = _listed(table, "ece").split(", ", 1)[1]
        return f"ECE {ours} against {focal}"

    return told


def _with_temperature(tables: ByGolden) -> str:
    table = tables["paper"]
    told = [
        f"{model} {_mean(table.row(model, 'last', 'none'), 'ece')} to "
        f"{_mean(table.row(model, 'last', 'golden'), 'ece')}"
        for model in _models(table)
    ]
    return f"ECE {', '.join(told)}"


def _temperatures(one: Calibration, other: Calibration) -> Callable[[ByGolden], str]:
    """Say CE's temperature, and what it leaves, at both class balances."""

    def told(tables: ByGolden) -> str:
        at = []
        for golden, words in (("served", "served"), ("paper", "paper's")):
            rows = [tables[golden].row("CE", "last", kind) for kind in (one, other)]
            t = [share(sum(row.temperatures) / len(row.temperatures), 2) for row in rows]
            ece = [_mean(row, "ece") for row in rows]
            at.append(f"T {t[0]} for {t[1]}, ECE {ece[0]} for {ece[1]} ({words})")
        return f"CE: {'; '.join(at)}"

    return told


def _objective(tables: ByGolden) -> str:
    table = tables["paper"]
    rows = [table.row(model, "last", "none") for model in _models(table)]

    def falls(metric: str) -> str:
        ce = rows[0].metrics[metric].mean.estimate
        return "/".join(share(row.metrics[metric].mean.estimate / ce, 2) for row in rows)

    stated = [(row.paper["nll"] or 0.0) / (rows[0].paper["nll"] or 1.0) for row in rows]
    return (
        f"relative to CE the paper's {'/'.join(share(one, 2) for one in stated)}, our objective "
        f"{falls('objective')}, our NLL {falls('nll')}"
    )


EVIDENCE: Final[Mapping[str, Callable[[ByGolden], str]]] = {
    "gamma_lowers_ece": _metric("ece", "ECE"),
    "gamma_lowers_mce": _metric("mce", "MCE"),
    "gamma_lowers_nll": _metric("nll", "NLL"),
    "gamma_keeps_predictions": _predictions,
    "gamma_makes_tunable": _tunable,
    "early_stopping_helps": _early,
    "early_stopping_beats_gamma": _against_focal("early", "none"),
    "temperature_beats_gamma": _against_focal("last", "golden"),
    "temperature_lowers_ece": _with_temperature,
    "gamma_helps_early": _metric("ece", "ECE", ("early", "none")),
    "gamma_helps_after_temperature": _metric("ece", "ECE", ("last", "golden")),
    "flips_overcorrect": _temperatures("flips", "truth"),
    "log_errors_overcorrect": _temperatures("logs", "truth"),
    "logs_instead_of_golden": _temperatures("logs", "golden"),
    "paper_nll_is_objective": _objective,
}
