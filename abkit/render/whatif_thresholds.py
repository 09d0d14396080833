"""What-if by threshold: which one is best for what, and what that rests on."""

from typing import Final

from abkit.core.whatif import VALUE, WhatIf
from abkit.core.whatif_thresholds import Answer, CaseThresholds, Range, ThresholdAnswer
from abkit.render.grid import Block, Cell, Column, Grid
from abkit.render.numbers import MINUS, MISSING, count, share, signed

METRICS: Final = ("AR", "PRR", "24RR")
_ANSWERS: Final[dict[Answer, str]] = {
    "AR": "best for AR",
    "PRR": "best for PRR",
    "24RR": "best for 24RR",
    "value": "best for value",
    "safest": "safest in value",
    "in use": "in use",
    "served": "served {target}",
    "rule": "by the rule",
}


def threshold_blocks(result: WhatIf) -> list[Block]:
    """Return the tables by threshold."""
    return [_thresholds(result), _bands(result), _losses(result), _calibration(result)]


def _thresholds(result: WhatIf) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for case in result.thresholds:
        rows += [_answer(result, case, one) for one in case.answers]
        ends.append(len(rows) - 1)
    return Grid(
        title="Thresholds of the deployed model, and what a launch brings there",
        columns=(
            Column(head=""),
            Column(head="Threshold", align="right"),
            Column(head=("As good", "from, to"), align="right"),
            Column(head=("Best, as", "all varies"), align="right"),
            *(Column(head=f"Δ{metric}", align="right") for metric in METRICS),
            Column(head=("Δ value /", "1,000"), align="right"),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends[:-1]),
        notes=(
            "Closed form for all contacts, unlimited agents; "
            "± the Monte-Carlo standard error of the simulated value. "
            "As good: not below the best by more than 2 % of the gain or that error.",
            "safest in value: the highest value at the worst of all assumed harms and recalls. "
            f"in use: shows {_target(result)} on golden texts. served {_target(result)}: the "
            "lowest that has it in the served use-case. by the rule: from the harm and gain of a "
            "flag and its calibrated score alone, for AR.",
        ),
    )


def _target(result: WhatIf) -> str:
    return f"{100 * result.target_precision:g} %"


def _answer(result: WhatIf, case: CaseThresholds, one: ThresholdAnswer) -> tuple[Cell, ...]:
    name = f"{case.use_case} {_ANSWERS[one.answer].format(target=_target(result))}"
    gains = [signed(one.gains[m].form) if one.gains else MISSING for m in METRICS]
    value = MISSING
    if one.gains:
        of = one.gains[VALUE]
        value = f"{of.form:+.0f} ±{of.standard_error:.0f}".replace("-", MINUS)
    return (name, share(one.threshold, 3), _scores(one.flat), _scores(one.band), *gains, value)


def _scores(found: Range | None) -> str:
    return "" if found is None else f"{share(found.low, 2)} to {share(found.high, 2)}"


def _bands(result: WhatIf) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for case in result.thresholds:
        rows += [_band(case, quantity) for quantity in (*METRICS, VALUE)]
        ends.append(len(rows) - 1)
    low, high = result.thresholds[0].harms[0], result.thresholds[0].harms[-1]
    recalls = "; ".join(
        f"{case.use_case} {100 * case.recall_range.low:.0f} to {100 * case.recall_range.high:.0f} %"
        for case in result.thresholds
    )
    return Grid(
        title="What a launch of the deployed check brings, and what that rests on",
        columns=(
            Column(head=""),
            Column(head=("Closed", "form"), align="right"),
            Column(head=("Simulated", "± error"), align="right"),
            Column(head=("Harm", f"{share(low, 2)} to", share(high, 2)), align="right"),
            Column(head=("Recall as", "golden texts", "know it"), align="right"),
            Column(head="Both", align="right"),
            Column(head=("Pays up", "to harm"), align="right"),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends[:-1]),
        notes=(
            "Points; value per 1,000 contacts. Harm: acceptance of what fits minus that of a wrong "
            "LABEL 0, an assumption; contentment and repeats move with it.",
            f"Recall, from {count(result.thresholds[0].n_positive)} LABEL 0 texts: {recalls}.",
        ),
    )


def _band(case: CaseThresholds, quantity: str) -> tuple[Cell, ...]:
    one = case.of("in use").gains[quantity]
    unit = 1.0 if quantity == VALUE else 100.0
    digits = 0 if quantity == VALUE else 2

    def shown(value: float) -> str:
        return f"{unit * value:+.{digits}f}".replace("-", MINUS)

    def band(found: Range) -> Cell:
        return (f"{shown(found.low)} to", shown(found.high))

    error = f"{unit * one.standard_error:.{digits}f}"
    pays = case.break_even[quantity]
    until = "never" if quantity in case.never_pays else "any" if pays is None else share(pays, 2)
    return (
        f"{case.use_case} {quantity}", shown(one.form), f"{shown(one.simulated)} ±{error}",
        band(one.harm_band), band(one.recall_band), band(one.band), until,
    )  # fmt: skip


def _losses(result: WhatIf) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for case in result.use_cases:
        rows += [
            (
                f"{case} {one.loss}", _span(one.best, 2), _scores(one.band),
                _span_of(one.gain_at_best), _span_of(one.gain_in_use),
            )
            for one in result.losses
            if one.use_case == case
        ]  # fmt: skip
        ends.append(len(rows) - 1)
    return Grid(
        title="Every loss at its best threshold for value",
        columns=(
            Column(head="Loss"),
            Column(head="Best threshold", align="right"),
            Column(head=("Best, harm &", "recall vary"), align="right"),
            Column(head=("Δ value / 1,000", "there"), align="right"),
            Column(head=("Δ value / 1,000", f"at {_target(result)}"), align="right"),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends[:-1]),
        notes=("Closed form; from the lowest to the highest of the trainings.",),
    )


def _span(found: Range, digits: int) -> str:
    if found.low == found.high:
        return share(found.low, digits)
    return f"{share(found.low, digits)} to {share(found.high, digits)}"


def _span_of(found: Range) -> str:
    low, high = (f"{value:+.0f}".replace("-", MINUS) for value in (found.low, found.high))
    return low if low == high else f"{low} to {high}"


def _calibration(result: WhatIf) -> Grid:
    kinds = list(dict.fromkeys(kind for one in result.losses for kind in one.regret))
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for case in result.use_cases:
        rows += [
            (f"{case} {one.loss}", *(_lost(one.regret.get(kind)) for kind in kinds))
            for one in result.losses
            if one.use_case == case
        ]
        ends.append(len(rows) - 1)
    return Grid(
        title="What calibration is worth: AR lost at the rule's threshold, points",
        columns=(Column(head="Loss"), *(Column(head=kind, align="right") for kind in kinds)),
        rows=tuple(rows),
        section_ends=frozenset(ends[:-1]),
        notes=(
            "Best AR of that training over all thresholds minus AR where the rule flags: a "
            "threshold that needs no experiment, if the score is what it says.",
        ),
    )


def _lost(found: Range | None) -> str:
    if found is None:
        return MISSING
    low, high = (f"{100 * max(value, 0.0):.2f}" for value in (found.low, found.high))
    return low if low == high else f"{low} to {high}"
