"""A forecast of an A/B test, and how it fared."""

from typing import Final

from abkit.core.forecasted import CheckedRow, Forecast, ForecastCase, ForecastCheck, ForecastRow
from abkit.core.forecasted import Span as Interval
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, interval, percent, share, signed

_IN_WORDS: Final = {True: "yes", False: "no", None: MISSING}


def blocks(result: Forecast) -> list[Block]:
    """Return everything that `abkit forecast` prints, in reading order."""
    return [_header(result), _effects(result), _reading(result), _rests_on(result), _hashes(result)]


def _header(result: Forecast) -> Prose:
    labels = sum(sum(case.labels) for case in result.cases)
    return Prose(
        title=f"Forecast from {result.log} and {result.labels}",
        lines=(
            f"{count(result.contacts)} contacts of control, {count(labels)} first contacts with a "
            f"golden label; priors centred on {result.scenario}",
            f"flags from {share(result.threshold, 4)} ({result.threshold_origin})",
            f"planned: {_weeks(result.weeks)}, two equal arms; {count(result.draws)} draws, seed "
            f"{result.seed}",
            *result.notes,
        ),
    )


def _weeks(weeks: float) -> str:
    return f"{weeks:g} week" + ("" if weeks == 1 else "s")


def _effects(result: Forecast) -> Grid:
    level = f"{100 * result.level:g} %"
    heads: tuple[tuple[Cell, str], ...] = (
        ("Use-case", "left"), ("Metric", "left"), (("Control", "%"), "right"),
        (("True", "effect"), "right"), (level, "right"),
        (("Above 0", "%"), "right"), (("The test's", f"estimate, {level}"), "right"),
        (("Shown", "%"), "right"),
    )  # fmt: skip
    rows = tuple(map(_row, result.rows))
    return Grid(
        title="Treatment minus control, points",
        columns=tuple(
            Column(head=head, align="right" if side == "right" else "left") for head, side in heads
        ),
        rows=rows,
        section_ends=frozenset(
            i for i in range(len(rows) - 1)
            if result.rows[i].use_case != result.rows[i + 1].use_case
        ),
    )  # fmt: skip


def _row(row: ForecastRow) -> tuple[Cell, ...]:
    return (
        row.use_case,
        row.metric,
        percent(row.control.median, 1),
        signed(row.effect.median),
        _interval(row.effect),
        percent(row.positive, 0),
        _interval(row.estimate),
        percent(row.shown, 0),
    )


def _interval(span: Interval) -> str:
    return interval(span.lower, span.upper)


def _reading(result: Forecast) -> Prose:
    level = f"{100 * result.level:g} %"
    return Prose(
        title="Reading it",
        lines=(
            f"True effect: median and {level} interval of what differs between the arms of a test "
            "without end. It carries what few labels, the recall at the threshold and unknown "
            "behaviour leave open.",
            f"The test's estimate: {level} interval of what {_weeks(result.weeks)} of the test "
            "will show, its own chance added.",
            "Above 0: share of the draws in which the true effect is. Shown: chance that the "
            "test's 95 % interval leaves out no effect.",
            "Waiting and hanging up are as in the log, in both arms. What a shorter queue adds "
            "when all customers are treated is not in it.",
        ),
    )


def _rests_on(result: Forecast) -> Grid:
    heads = ("Use-case", "Labels", "LABEL 0, %", "Menu error, %", "Recall, %", "False flags, %")
    return Grid(
        title=f"What it rests on: median and {100 * result.level:g} % interval",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(map(_case, result.cases)),
        notes=(
            "Labels: of LABEL 0 + of others. Recall, false flags: of texts whose menu did not say "
            "LABEL 0.",
            *(_prior(case) for case in result.cases if case.from_prior),
        ),
    )


def _case(case: ForecastCase) -> tuple[Cell, ...]:
    cells: list[Cell] = [case.use_case, f"{count(case.labels[0])} + {count(case.labels[1])}"]
    for span in (case.prevalence, case.menu_error, case.recall, case.false_flags):
        ends = f"{percent(span.lower, 1)} to {percent(span.upper, 1)}"
        cells.append((percent(span.median, 1), ends))
    return tuple(cells)


def _prior(case: ForecastCase) -> str:
    return f"{case.use_case}, known from the prior or hardly better: {', '.join(case.from_prior)}"


def _hashes(result: Forecast) -> Prose:
    inputs = ", ".join(f"{name} {digest[:12]}" for name, digest in result.inputs.items())
    return Prose(
        title="",
        lines=(f"SHA-256 of the forecast {result.sha256}", f"of its inputs: {inputs}"),
    )


def check_blocks(result: ForecastCheck) -> list[Block]:
    """Return everything that `abkit forecast --check` prints."""
    return [_checked(result), _checked_reading(result)]


def _checked(result: ForecastCheck) -> Grid:
    level = f"{100 * result.level:g} %"
    heads: tuple[tuple[Cell, bool], ...] = (
        ("Use-case", False), ("Metric", False), (("True effect,", "forecast"), True),
        (("Estimate,", "forecast"), True), (("Found,", level), True),
        ("Inside", False),
    )  # fmt: skip
    return Grid(
        title=f"Forecast {result.forecast} against {result.against}: {result.treatment} minus "
        f"{result.control}, points",
        columns=tuple(
            Column(head=head, align="right" if right else "left") for head, right in heads
        ),
        rows=tuple(map(_checked_row, result.rows)),
    )


def _checked_row(row: CheckedRow) -> tuple[Cell, ...]:
    found = interval(row.ci_lower, row.ci_upper)
    return (
        row.use_case,
        row.metric,
        _interval(row.effect),
        _interval(row.forecast),
        MISSING if row.estimate is None else (signed(row.estimate), found),
        _IN_WORDS[row.inside],
    )


def _checked_reading(result: ForecastCheck) -> Prose:
    level = 100 * result.level
    lines = [
        f"{result.inside} of {result.compared} estimates lie in the {level:g} % interval that was "
        f"forecast for them; about {level:g} % should, and rows of one use-case are not "
        "independent",
        f"the forecast is as it was written: SHA-256 {result.sha256}",
    ]
    if not result.trusted:
        lines.append("a check of the experiment failed: see `abkit analyze`")
    return Prose(title="Reading it", lines=tuple(lines))
