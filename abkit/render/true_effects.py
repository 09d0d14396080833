"""The truth beside Table 3: what a launch changes, and whether the A/B test's interval holds it."""

from collections.abc import Sequence
from typing import Final

from abkit.core.arms import Effect
from abkit.core.true_effects import TrueEffect
from abkit.render.grid import Cell, Column, Grid
from abkit.render.numbers import MISSING, interval, percent, signed

_WHAT: Final = (
    "True Δ: what launching the treatment for everybody changes, on the same customers and draws; "
    "SE: its standard error over customers. Held: the A/B test's interval holds it. Variance "
    "saved: how many times that of two worlds with draws of their own is larger."
)
_SHARED: Final = (
    "Both arms share the agents' queue: a treatment that takes work off the agents helps control, "
    "too, so that the A/B test may miss the true Δ by more than chance; SE leaves out what the "
    "queue adds. --replications measures both."
)
_NOTHING: Final = "0.00 without a sign is exactly 0: there no customer fares differently."
_WIDEST: Final = 25  # characters of one line, so that 80 columns hold the row


def truth_grid(
    truth: Sequence[TrueEffect], *, level: float, several: bool, notes: tuple[str, ...]
) -> Grid:
    """Return the true effects of one treatment beside what its A/B test shows.

    Args:
        truth: Its rows.
        level: Confidence of the A/B test's intervals.
        several: There are other treatments, so that the title names this one.
        notes: Below the table.
    """
    cases = [one.use_case for one in truth]
    treatment = truth[0].treatment if several else "treatment"
    return Grid(
        title=f"The truth: everybody in control, everybody in {treatment}, same random numbers",
        columns=_columns(level),
        rows=tuple(map(_row, truth)),
        section_ends=frozenset(i for i, case in enumerate(cases[:-1]) if case != cases[i + 1]),
        notes=notes,
    )


def notes(truth: Sequence[TrueEffect], *, unlimited_agents: bool) -> tuple[str, ...]:
    """Return what explains the tables of all treatments."""
    exact = any(one.effect == 0 and one.standard_error == 0 for one in truth)
    same = all(one.effect == 0 for one in truth)
    shared = () if unlimited_agents or same else (_SHARED,)
    return (_WHAT, *shared, *((_NOTHING,) if exact else ()))


def _columns(level: float) -> tuple[Column, ...]:
    heads: tuple[Cell, ...] = (
        "", ("All in", "control %"), ("All in", "treatment %"), ("True Δ,", "points ±SE"),
        ("A/B Δ,", f"points, {100 * level:g} %"), "Held", ("Variance", "saved"),
    )  # fmt: skip
    return tuple(Column(head=head, align="right" if i else "left") for i, head in enumerate(heads))


def _row(one: TrueEffect) -> tuple[Cell, ...]:
    return (
        f"{one.use_case} {one.metric}",
        percent(one.all_control),
        percent(one.all_treatment),
        with_error(one.effect, one.standard_error),
        _shown(one.shown),
        MISSING if one.held is None else "yes" if one.held else "no",
        times(one.variance_reduction),
    )


def _shown(shown: Effect) -> Cell:
    """Return estimate and interval of the A/B test, on two lines where one would be too wide."""
    if shown.estimate is None:
        return MISSING
    parts = signed(shown.estimate), interval(shown.ci_lower, shown.ci_upper)
    line = " ".join(parts)
    return line if len(line) <= _WIDEST else parts


def with_error(value: float | None, error: float | None) -> str:
    """(0.0203, 0.0006) -> `+2.03 ±0.06`."""
    return signed(value) if value is None or error is None else f"{signed(value)} ±{percent(error)}"


def times(factor: float | None) -> str:
    """17.23 -> `17×`; 4.1 -> `4.1×`."""
    if factor is None:
        return MISSING
    return f"{factor:.{0 if factor >= 9.95 else 1}f}×"
