"""Every metric with its interval, and beside each number the convention it rests on."""

import math
from typing import Final

from abkit.core.evaluated import (
    BrierParts,
    Comparison,
    Conventions,
    Evaluated,
    EvaluatedBin,
    EvaluatedRows,
    Measure,
)
from abkit.render.evaluated_conventions import conventions, probability_of
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MINUS, MISSING, count, share

_FEW: Final = 20  # rows of a bin that `mce_min20` leaves out
_SHORT: Final = ("accuracy", "macro.f1", "nll", "ece")  # of a stratum; the JSON has all
_WORDS: Final = {
    "accuracy": "accuracy",
    "macro.precision": "macro precision",
    "macro.recall": "macro recall",
    "macro.f1": "macro F1",
    "macro.average_precision": "macro average precision",
    "nll": "NLL (mean, nats)",
    "brier": "Brier (sum over classes)",
    "ece": "ECE, {of}, {n} equal widths",
    "mce": "MCE, {of}, {n} equal widths",
    "mce_min20": "  only bins of at least 20 rows",
    "ece_equal_mass": "ECE, {of}, {n} equal masses",
    "ece_classwise": "ECE, mean of classes, {n} equal widths",
    "l2_debiased": "L2 error, {of}, debiased",
    "l2_debiased_squared": "  its square",
    "ece_smooth": "smooth ECE, {of}",
}
_LAST: Final = ("macro.f1", "brier", "ece_smooth")  # rows followed by a rule
_ORDER: Final = (
    "accuracy", "macro.precision", "macro.recall", "macro.f1", "macro.average_precision",
    "average_precision", "nll", "brier", "ece", "mce", "mce_min20", "ece_equal_mass",
    "ece_classwise", "l2_debiased", "l2_debiased_squared", "ece_smooth",
)  # fmt: skip


def blocks(result: Evaluated) -> list[Block]:
    """Return what `abkit evaluate` prints."""
    c, rows = result.conventions, result.rows
    found: list[Block] = [_header(result), _metrics(rows, c), _brier(rows, c), _diagram(rows, c)]
    if result.strata:
        found.append(_strata(result))
    if result.against is not None:
        found.append(_against(result, result.against))
    return found


def _header(result: Evaluated) -> Prose:
    rows = result.rows
    classes = ", ".join(f"{name} {count(n)}" for name, n in rows.class_rows.items())
    weight = result.conventions.weight
    weighed = f"; weights in `{weight}` add up to {rows.weight:,.6g}" if weight else ""
    lines = [f"{count(rows.n)} rows{weighed}", f"classes: {classes}", *_absent(rows), *result.notes]
    return Prose(title=f"Evaluation of {result.source}", lines=tuple(lines))


def _absent(rows: EvaluatedRows) -> list[str]:
    """Return what becomes of classes that no row has."""
    names = [name for name, n in rows.class_rows.items() if not n]
    if not names:
        return []
    return [
        f"no row is {', '.join(names)}: in macro precision, recall and F1 such a class counts as "
        "0; the mean of average precisions leaves it out"
    ]


def _metrics(rows: EvaluatedRows, c: Conventions) -> Grid:
    measures = _sorted(rows.measures)
    return Grid(
        title="Metrics",
        columns=(
            Column(head=""),
            Column(head="Value", align="right"),
            Column(head=_level(c), align="right"),
        ),
        rows=tuple((_words(one, c), _number(one.estimate), _interval(one)) for one in measures),
        section_ends=frozenset(i for i, one in enumerate(measures) if one.metric in _LAST[:-1]),
        notes=(*_missing(measures, c), *conventions(c)),
    )


def _missing(measures: list[Measure], c: Conventions) -> list[str]:
    shown = [one for one in measures if one.note and one.metric != "l2_debiased_squared"]
    return [f"{_words(one, c).strip()}: {one.note}" for one in shown]


def _brier(rows: EvaluatedRows, c: Conventions) -> Prose:
    parts: BrierParts = rows.brier_parts
    signs = (
        ("reliability", parts.reliability, ""),
        ("resolution", parts.resolution, MINUS),
        ("uncertainty", parts.uncertainty, "+"),
        ("variance within bins", parts.within_bin_variance, "+"),
        ("covariance within bins", parts.within_bin_covariance, MINUS),
    )
    total = _number(rows.measure("brier").estimate)
    terms = " ".join(f"{sign} {share(value, 4)} {name}".strip() for name, value, sign in signs)
    return Prose(
        title="The Brier score in parts",
        lines=(
            f"{total} = {terms}",
            f"each class in {c.n_bins} bins of equal width (Murphy 1973; Stephenson et al. 2008)",
        ),
    )


def _diagram(rows: EvaluatedRows, c: Conventions) -> Grid:
    shown = [one for one in rows.bins if one.n]
    by_class = c.calibration_of == "classwise"
    empty = len(rows.bins) - len(shown)
    few = any(one.n < _FEW for one in shown)
    effective = ", at Kish's effective number of rows" if c.weight else ""
    return Grid(
        title=f"Reliability, {probability_of(c)}",
        columns=(
            *([Column(head="Class")] if by_class else []),
            Column(head="Bin"),
            Column(head="Rows", align="right"),
            Column(head="Confidence", align="right"),
            Column(head="Came true", align="right"),
            Column(head=f"{_level(c)}, exact", align="right"),
            Column(head="Gap", align="right"),
        ),
        rows=tuple(_bar(one, c, by_class) for one in shown),
        notes=(
            f"exact: Clopper and Pearson{effective}; gap: came true less confidence",
            *(["* under 20 rows: mostly noise"] if few else []),
            *([f"{count(empty)} bins are empty"] if empty else []),
        ),
    )


def _bar(one: EvaluatedBin, c: Conventions, by_class: bool) -> tuple[str, ...]:
    left, right = ("(", "]") if c.edges == "right" else ("[", ")")
    accuracy, confidence = one.accuracy, one.confidence
    gap = None if accuracy is None or confidence is None else accuracy - confidence
    return (
        *([one.class_name or ""] if by_class else []),
        f"{left}{one.lower:.4g}, {one.upper:.4g}{right}",
        count(one.n) + ("*" if one.n < _FEW else ""),
        share(confidence),
        share(accuracy),
        MISSING if one.ci_lower is None else f"[{share(one.ci_lower)}, {share(one.ci_upper)}]",
        _signed(gap, 3),
    )


def _strata(result: Evaluated) -> Grid:
    c = result.conventions

    def cells(rows: EvaluatedRows, name: str) -> tuple[str | tuple[str, ...], ...]:
        measures = [rows.measure(metric) for metric in _SHORT]
        return (
            name or "(empty)",
            count(rows.n),
            *((_number(one.estimate, 3), _interval(one, 3)) for one in measures),
        )

    return Grid(
        title=f"By {result.by}",
        columns=(
            Column(head=""),
            Column(head="Rows", align="right"),
            Column(head=("Accuracy", _level(c)), align="right"),
            Column(head=("Macro F1", _level(c)), align="right"),
            Column(head=("NLL", _level(c)), align="right"),
            Column(head=(f"ECE, {probability_of(c)}", _level(c)), align="right"),
        ),
        rows=(
            *(cells(rows, rows.stratum or "") for rows in result.strata),
            cells(result.rows, "all"),
        ),
        section_ends=frozenset({len(result.strata) - 1}),
        notes=("the JSON holds every metric of every stratum",),
    )


def _against(result: Evaluated, against: Comparison) -> Grid:
    c = result.conventions
    table = [
        (
            _words(one, c),
            _number(result.rows.measure(one.metric, one.class_name).estimate),
            _number(against.rows.measure(one.metric, one.class_name).estimate),
            _signed(one.estimate, 4) + ("*" if _excludes_zero(one) else ""),
            "" if one.ci_lower is None else f"[{_signed(one.ci_lower)}, {_signed(one.ci_upper)}]",
        )
        for one in _sorted(against.differences)
    ]
    return Grid(
        title=f"{result.source} against {against.source}",
        columns=(
            Column(head=""),
            Column(head="This", align="right"),
            Column(head="Other", align="right"),
            Column(head="Difference", align="right"),
            Column(head=_level(c), align="right"),
        ),
        rows=tuple(table),
        notes=(
            "difference: this less the other, paired: both with the same resamples of the rows",
            "* the interval excludes 0",
        ),
    )


def _excludes_zero(one: Measure) -> bool:
    low, high = one.ci_lower, one.ci_upper
    return low is not None and high is not None and (low > 0 or high < 0)


def _sorted(measures: tuple[Measure, ...]) -> list[Measure]:
    return sorted(measures, key=lambda one: _ORDER.index(one.metric))


def _words(one: Measure, c: Conventions) -> str:
    if one.metric == "average_precision":
        return f"  average precision, {one.class_name}"
    return _WORDS[one.metric].format(of=probability_of(c), n=c.n_bins)


def _level(c: Conventions) -> str:
    return f"{100 * c.confidence_level:g} %"


def _number(value: float | None, digits: int = 4) -> str:
    if value is None:
        return MISSING
    if math.isinf(value):
        return "\u221e" if value > 0 else f"{MINUS}\u221e"
    return share(value, digits)


def _interval(one: Measure, digits: int = 4) -> str:
    if one.ci_lower is None or one.ci_upper is None:
        return MISSING
    return f"[{_number(one.ci_lower, digits)}, {_number(one.ci_upper, digits)}]"


def _signed(value: float | None, digits: int = 4) -> str:
    """0.0213 -> `+.0213`; what rounds to zero has no sign."""
    if value is None:
        return MISSING
    text = _number(abs(value), digits)
    zero = not math.isinf(value) and round(value, digits) == 0
    return text if zero else f"{'+' if value > 0 else MINUS}{text}"
