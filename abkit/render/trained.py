"""A trained classifier: its history, its calibration, its threshold, its metrics."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from abkit.core.trained import ClassShares, TrainingReport, loss_in_words
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, share
from abkit.render.trained_warnings import warnings_of

_ROWS: Final = (
    ("accuracy", "accuracy"),
    ("macro precision", "macro.precision"),
    ("macro recall", "macro.recall"),
    ("macro F1", "macro.f1"),
    ("NLL (mean, nats)", "nll"),
    ("Brier (sum over classes)", "brier"),
    ("ECE, top label", "ece"),
    ("ECE, P(LABEL 0)", "ece_positive"),
    ("MCE, top label", "mce"),
    ("average precision, LABEL 0", "average_precision"),
    ("  TF-IDF + logistic regression", "baseline_average_precision"),
    ("precision at the threshold", "precision_at_threshold"),
    ("recall at the threshold", "recall_at_threshold"),
)


def blocks(report: TrainingReport) -> list[Block]:
    """Return what `abkit train` prints."""
    training = report.metrics["training"]
    chosen = [_gammas(training["gammas"], report.config["gamma"])] if "gammas" in training else []
    return [
        _header(report),
        *chosen,
        _history(training, loss_in_words(report.config)),
        *([_shares(report.class_shares)] if report.class_shares else []),
        _metrics(report),
    ]


def _header(report: TrainingReport) -> Prose:
    config, threshold = report.config, report.threshold
    device = report.metrics["training"].get("device", "the CPU")
    if threshold["threshold"] is None:
        chosen = (
            f"threshold: none reaches {100 * threshold['target_precision']:g} % precision on "
            f"{threshold['n']:,} texts (highest {share(threshold['highest_precision'])})"
        )
    else:
        chosen = (
            f"threshold {share(threshold['threshold'], 4)}: the lowest with "
            f"{100 * threshold['target_precision']:g} % precision on the part calibrate, "
            f"{count(threshold['n'])} texts ({count(threshold['n_positive'])} LABEL 0), with "
            f"{percent(threshold['expected_recall'], 1)} % recall on that part; no guarantee"
        )
    return Prose(
        title=f"Model {report.digest[:12]}: {' / '.join(report.class_names)}",
        lines=(
            f"trained on {report.source}; {loss_in_words(config)}, seed {config['seed']}; on "
            f"{device}",
            *_left_out(report.metrics["training"]),
            f"calibration on {_labels(report.label_source)}: {_calibrator(report.calibrator)}",
            chosen,
            _certified(report),
            f"folder: {report.folder}",
            *warnings_of(report),
        ),
    )


def _left_out(training: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how many logged rows stand in the golden set, where there are any."""
    if "left_out" not in training:
        return ()
    n_long, n_short = (training["left_out"][name] for name in ("n_long", "n_short"))
    kept = sum(training[f"n_{part}"] for part in ("train", "validation", "test"))
    short = f" ({count(n_short)} of them of at most four words)" if n_short else ""
    return (
        f"{count(n_long + n_short)} of {count(kept + n_long + n_short)} logged texts{short} also "
        "stand in the golden set and were left out of the training",
    )


def _calibrator(fitted: Mapping[str, Any]) -> str:
    """Return kind and parameters, or of curves their number of points."""
    kind = fitted["kind"]
    if kind == "none":
        return "none"
    if kind == "isotonic":
        points = sum(len(curve["log_odds"]) for curve in fitted["curves"])
        return f"isotonic, {count(points)} points"
    size = (
        "scales " + ", ".join(f"{scale:.3f}" for scale in fitted["scale"])
        if kind == "vector"
        else f"temperature {fitted['temperature']:.3f}"
    )
    bias = f", bias {fitted['bias'][0]:+.3f} for LABEL 0" if any(fitted["bias"]) else ""
    return f"{kind}, {size}{bias}"


def _certified(report: TrainingReport) -> str:
    found = report.certified
    if found is None:
        return "certified threshold: none, since no golden labels could carry a promise"
    promise = (
        f"{100 * found['target']:g} % precision with {100 * found['confidence']:g} % confidence"
    )
    rows = (
        f"the part certify, {count(found['n'])} golden texts kept for that "
        f"({count(found['n_positive'])} LABEL 0)"
    )
    if found["threshold"] is None:
        return f"certified threshold: none can promise {promise}, on {rows}; see abkit threshold"
    return (
        f"certified threshold {share(found['threshold'], 4)}: promises {promise}, on {rows}; "
        f"recall on that part {percent(found['observed_recall'], 1)} %"
    )


def _gammas(candidates: Sequence[Mapping[str, Any]], chosen: float) -> Grid:
    return Grid(
        title="Gamma by calibrated validation NLL (logged labels)",
        columns=(
            Column(head="Gamma", align="right"),
            Column(head="Epoch", align="right"),
            Column(head="NLL", align="right"),
            Column(head="Calibrated NLL", align="right"),
            Column(head="Difference (s.e.)", align="right"),
            Column(head="Temperatures", align="right"),
            Column(head=""),
        ),
        rows=tuple(
            (
                f"{row['gamma']:g}", str(row["epoch"]), share(row["nll"], 4),
                share(row["calibrated_nll"], 4), _difference(row, chosen),
                ", ".join(f"{t:.2f}" for t in row["temperatures"]),
                "chosen" if row["gamma"] == chosen else "",
            )
            for row in candidates
        ),
        notes=(
            "Calibrated: each half of the part under the temperature fitted on the other.",
            "A difference below two standard errors is a tie.",
        ),
    )  # fmt: skip


def _difference(row: Mapping[str, Any], chosen: float) -> str:
    if row["gamma"] == chosen:
        return ""
    return f"+{share(row['difference'], 4)} ({share(row['standard_error'], 4)})"


def _history(training: Mapping[str, Any], loss: str) -> Grid:
    best = training["best_epoch"]
    return Grid(
        title=f"Training on {count(training['n_train'])} texts, early stopping on "
        f"{count(training['n_validation'])} (logged labels)",
        columns=(
            Column(head="Epoch", align="right"),
            Column(head="Objective", align="right"),
            Column(head="Validation objective", align="right"),
            Column(head="Validation NLL", align="right"),
            Column(head=""),
        ),
        rows=tuple(
            (
                str(row["epoch"]), share(row["objective"], 4),
                share(row["validation_objective"], 4),
                share(row["validation_nll"], 4), "kept" if row["epoch"] == best else "",
            )
            for row in training["history"]
        ),
        notes=(_objective(loss), *_why_kept(training)),
    )  # fmt: skip


def _why_kept(training: Mapping[str, Any]) -> tuple[str, ...]:
    """Return why the kept epoch is not that of the lowest NLL in the table, where it is not."""
    lowest = min(training["history"], key=lambda row: float(row["validation_nll"]))
    if lowest["epoch"] == training["best_epoch"]:
        return ()
    return ("kept: the lowest validation NLL after a temperature fitted there.",)


def _objective(loss: str) -> str:
    if loss == "cross-entropy":
        return "The objective is the cross-entropy: while training, with dropout, else the NLL."
    return f"The objective is the {loss}; it is no NLL."


def _shares(shares: ClassShares) -> Grid:
    estimated = shares.by_scores or (None,) * len(shares.class_names)
    errors = shares.standard_errors or estimated
    heads = (
        ("Logged %", f"n = {count(shares.n_logged)}"),
        ("By scores %", f"n = {count(shares.n_scored)}"),
        ("Golden %", f"n = {count(shares.n_golden)}"),
    )
    return Grid(
        title="Class shares: the logs beside the golden set (± standard error)",
        columns=(Column(head="Class"), *(Column(head=head, align="right") for head in heads)),
        rows=tuple(
            (
                name, percent(logged, 1), _by_scores(by_scores, error),
                _with_error(golden, (golden * (1 - golden) / shares.n_golden) ** 0.5),
            )
            for name, logged, by_scores, error, golden in zip(
                shares.class_names, shares.logged, estimated, errors, shares.golden, strict=True
            )
        ),
        notes=(
            "By scores: the true shares of the logs as the calibrated scores of their test part "
            "have them. Against golden: prior shift. Against logged: wrong codes.",
            *_no_error(shares),
            "Nothing is corrected: scores are calibrated at the golden shares. abkit threshold "
            "shows what another served share does, and corrects for it when asked.",
        ),
    )  # fmt: skip


def _by_scores(value: float | None, error: float | None) -> str:
    lacks = value is not None and error is None
    return f"{percent(value, 1)} ± {MISSING}" if lacks else _with_error(value, error)


def _no_error(shares: ClassShares) -> tuple[str, ...]:
    """Return why a standard error is missing, where one is."""
    if shares.by_scores is None or None not in (shares.standard_errors or ()):
        return ()
    return (
        f"± {MISSING}: no standard error, since the scores hardly tell the classes apart, and the "
        "share says little, or since it stands at 0 or 100 %.",
    )


def _with_error(value: float | None, error: float | None) -> str:
    return percent(value, 1) + ("" if error is None else f" ± {percent(error, 1)}")


def _metrics(report: TrainingReport) -> Grid:
    parts = {name: report.metrics[name] for name in ("report", "calibrate")}
    heads = [
        (name, f"n = {count(part['n'])}", f"{count(part['n_positive'])} LABEL 0")
        for name, part in parts.items()
    ]
    return Grid(
        title=f"Metrics on {_labels(parts['report']['labels'])}",
        columns=(Column(head="Part"), *(Column(head=head, align="right") for head in heads)),
        rows=tuple(
            (label, *(share(_at(part, path), 4) for part in parts.values()))
            for label, path in _ROWS
        ),
        notes=(
            _fitted_on(parts),
            *_repeated(parts),
            "ECE and MCE: ten equal-width right-closed bins.",
        ),
    )


def _fitted_on(parts: Mapping[str, Mapping[str, Any]]) -> str:
    if parts["calibrate"]["labels"] == "golden":
        return (
            "report: none of its rows was fitted on. calibrate: calibrator and threshold were "
            "fitted on it; the network never saw its rows."
        )
    return (
        "report: none of its rows was fitted on. calibrate: it stopped the training, and "
        "calibrator and threshold were fitted on it."
    )


def _repeated(parts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return how many golden texts the training part repeats by chance: short ones only."""
    counts = [
        f"{count(part['n_in_training'])} of {name}'s {count(part['n'])}"
        for name, part in parts.items()
        if part["n_in_training"]
    ]
    if not counts:
        return ()
    return (
        f"Texts that customers in the training part wrote, too: {' and '.join(counts)}, none of "
        "more than four words.",
    )


def _labels(source: str) -> str:
    return "golden labels" if source == "golden" else "the logs' own labels, noise included"


def _at(part: Mapping[str, Any], path: str) -> float | None:
    value: Any = part
    for key in path.split("."):
        value = value[key]
    return None if value is None else float(value)
