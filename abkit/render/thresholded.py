"""A threshold: what it promises, what is expected of it, what other shares make of it."""

from typing import Final

from abkit.core.thresholded import AtThreshold, ServedPrior, ThresholdReport
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import count, p_value, percent, share

_ALIKE: Final = 1e-3  # shares that print alike
_NOT_CALIBRATED: Final = 0.01  # p-values below are told as a lack of calibration


def blocks(report: ThresholdReport) -> list[Block]:
    """Return what `abkit threshold` prints."""
    made: list[Block] = [_answer(report), _both(report)]
    if report.by_prior:
        made.append(_priors(report))
    if report.use_cases:
        made.append(_use_cases(report))
    served = _served(report)
    return [*made, Prose(title="Reading it", lines=(*served, *report.notes))]


def _answer(report: ThresholdReport) -> Prose:
    aim = f"{_per_cent(report.target)} {report.goal} of {report.positive}"
    sure = f"{_per_cent(report.confidence)} confidence"
    tested = f"on {report.source}"
    if report.threshold is not None:
        title = f"Threshold {share(report.threshold, 4)}: {aim}, with {sure}"
        lines = (f"certified {tested}; {_how(report)}", _promise(report))
    else:
        title = f"No threshold can promise {aim} with {sure}"
        lines = (f"tested {tested}; {_how(report)}", _needs(report))
    return Prose(title=title, lines=lines)


def _how(report: ThresholdReport) -> str:
    found = report.certified
    if report.goal == "recall":
        return (
            f"by the order of the scores of {count(found['n_positive'])} {report.positive} rows, "
            "exact for any distribution"
        )
    if not found["tests"]:
        return f"no set of {count(found['start'])} rows could be tested"
    if not found["n_flagged"]:
        return f"the exact test of the {count(found['start'])} highest scores failed"
    last = "all of them passed" if found["n_flagged"] == found["n"] else "until one failed"
    return (
        f"exact tests of the {count(found['start'])}, {count(found['start'] + found['step'])}, ... "
        f"highest scores, {last}: {count(found['n_flagged'])} passed rows"
    )


def _promise(report: ThresholdReport) -> str:
    most = _per_cent(1 - report.confidence)
    said = f"in at most {most} of such draws a threshold is given that falls short"
    if report.goal == "recall" or report.promise_at_prior is None:
        return said
    at = percent(report.promise_at_prior, 1)
    if not report.corrected:
        return f"{said}, as long as {at} % are {report.positive}, as among the labelled rows"
    if report.served is None or not report.served.estimated:
        return f"{said}, where {at} % of what is served are {report.positive}"
    return (
        f"{said}, draws of the served scores included, while nothing but the shares differs; made "
        f"for {at} % {report.positive}, the lower limit of the estimate, on which half of the "
        f"{most} is spent"
    )


def _needs(report: ThresholdReport) -> str:
    if report.more_labels_needed is None:
        return report.more_labels_note or ""
    many = (
        f"more labels help: a fresh draw of about {count(report.more_labels_needed)} would do "
        "with a chance of 80 %"
    )
    if report.goal == "recall":
        return f"{many}, if the share of {report.positive} is the one seen here"
    few = "; from so few rows that is a guess" if not report.certified["tests"] else ""
    return (
        f"{many}, if precision is as observed here and --start {report.start_then} is fixed "
        f"beforehand{few}"
    )


def _both(report: ThresholdReport) -> Grid:
    promised = None if report.threshold is None else report.target
    rows = [
        ("certified", report.expected, percent(promised, 1)),
        ("plug-in", report.plug_in, "no"),
    ]
    moved = f"; moved to a share of {percent(_moved_to(report), 1)} %" * report.corrected
    return Grid(
        title="Beside the plug-in threshold, which takes what was observed for the truth",
        columns=(
            Column(head=""),
            *(
                Column(head=head, align="right")
                for head in ("Threshold", "Promised %", "Precision %", "Recall %", "Flagged %")
            ),
        ),
        rows=tuple((name, *_row(at, promise)) for name, at, promise in rows),
        notes=(
            f"Precision, recall and flagged: on {report.expected_on}{moved}.",
            *([_no_plug_in(report)] if report.plug_in is None else []),
        ),
    )


def _moved_to(report: ThresholdReport) -> float | None:
    return report.served.prior if report.served else report.promise_at_prior


def _no_plug_in(report: ThresholdReport) -> str:
    if report.goal == "recall":
        return "Plug-in: none, since no row is of the class."
    return "Plug-in: none, since no threshold that flags 20 rows or more is observed to reach it."


def _row(at: AtThreshold | None, promise: str) -> tuple[str, ...]:
    if at is None:
        return ("none", percent(None), percent(None), percent(None), percent(None))
    return (
        share(at.threshold, 4), promise, percent(at.precision, 1), percent(at.recall, 1),
        percent(at.flag_rate, 1),
    )  # fmt: skip


def _priors(report: ThresholdReport) -> Grid:
    golden = report.certified["n_positive"] / report.certified["n"]
    served = report.served.prior if report.served else None
    rows = []
    for row in report.by_prior:
        near = "" if served is None or abs(row.prior - served) >= _ALIKE else "as served"
        said = ", ".join(["as labelled"] * (row.prior == golden) + [near] * bool(near))
        rows.append(
            (
                percent(row.prior, 1), said, percent(row.expected_precision, 1),
                percent(row.guaranteed_precision, 1), percent(row.flag_rate, 1),
            )
        )  # fmt: skip
    breaks = () if report.breaks_at_prior is None else (
        f"Below a share of {percent(report.breaks_at_prior, 1)} % the expected precision is under "
        f"the target of {_per_cent(report.target)}.",
    )  # fmt: skip
    return Grid(
        title=f"Were the share of {report.positive} another ({report.tables_for} threshold)",
        columns=(
            Column(head="Share %", align="right"),
            Column(head=""),
            Column(head="Precision %", align="right"),
            Column(head="Promised %", align="right"),
            Column(head="Flagged %", align="right"),
        ),
        rows=tuple(rows),
        notes=(
            *breaks,
            "Label shift: recall and false-positive rate stay. The promise moves with the odds, "
            f"taking the {_taken_as_exact(report)} as exact.",
        ),
    )


def _taken_as_exact(report: ThresholdReport) -> str:
    estimated = report.served is not None and report.served.estimated
    return "labelled share and the estimated one" if estimated else "labelled share"


def _use_cases(report: ThresholdReport) -> Grid:
    return Grid(
        title=f"A week of {report.scenario}, first contacts with text "
        f"({report.tables_for} threshold)",
        columns=(
            Column(head="Use-case"),
            *(
                Column(head=head, align="right")
                for head in ("Share %", "Texts", "Flagged", "Precision %", "Promised %")
            ),
        ),
        rows=tuple(
            (
                row.use_case, percent(row.prior, 1), count(row.texts_per_week),
                percent(None) if row.flagged_per_week is None else count(row.flagged_per_week),
                percent(row.expected_precision, 1), percent(row.guaranteed_precision, 1),
            )
            for row in report.use_cases
        ),
        notes=(f"Share: of {report.positive} among the use-case's customers.",),
    )  # fmt: skip


def _served(report: ThresholdReport) -> tuple[str, ...]:
    served = report.served
    if served is None:
        return ()
    error = "" if served.standard_error is None else f" ± {percent(served.standard_error, 1)}"
    lines = [
        f"served share of {report.positive}: {percent(served.prior, 1)}{error} %, {served.origin}"
        + ("" if served.p_value is None else f" (p of no shift {p_value(served.p_value)})")
    ]
    lines += _estimate(report, served)
    moves = served.golden_target is not None and abs(served.golden_target - report.target) > _ALIKE
    if moves and not report.corrected:
        lines.append(_keeping(report, served))
    if report.corrected and served.corrected_threshold is not None:
        lines.append(
            f"on scores corrected to that share the threshold is "
            f"{share(served.corrected_threshold, 4)}: the same rows are flagged"
        )
    return tuple(lines)


def _estimate(report: ThresholdReport, served: ServedPrior) -> list[str]:
    """Return what an estimated share is worth: another estimate, its limit, calibration."""
    if not served.estimated:
        return []
    lines = []
    if served.by_means is not None:
        error = f" ± {percent(served.by_means_error, 1)}"
        lines.append(
            f"by mean scores, which asks for no calibration: {percent(served.by_means, 1)}{error} %"
        )
    if report.goal == "precision":
        sure = _per_cent(1 - (1 - report.confidence) / 2)
        limit = (
            f"no lower limit above 0 with {sure} confidence: --correct-prior can promise nothing"
            if served.lower_limit is None
            else f"at least {percent(served.lower_limit, 1)} % with {sure} confidence, which "
            "carries the error of the labelled share, too; --correct-prior promises for that"
        )
        lines.append(limit)
    p = served.calibration_p_value
    if p is not None and p < _NOT_CALIBRATED:
        lines.append(
            f"warning: on the labelled rows the scores are not calibrated (p {p_value(p)}): do not "
            "believe the first share, but that by mean scores"
        )
    elif p is not None:
        lines.append(f"the labelled rows show no lack of calibration (p {p_value(p)})")
    return lines


def _keeping(report: ThresholdReport, served: ServedPrior) -> str:
    found = "none" if served.threshold is None else share(served.threshold, 4)
    return (
        f"to promise {_per_cent(report.target)} there, the labelled rows must show "
        f"{percent(served.golden_target, 1)} %: threshold {found}; --correct-prior takes it"
    )


def _per_cent(value: float) -> str:
    return f"{100 * value:.4g} %"
