"""Signs in one log that the arms share a queue: each question, its answer, what it means."""

from collections.abc import Iterator
from typing import Final

from abkit.core.interference import QueueSigns, Sign
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MISSING, interval, p_value, percent, signed

QUESTIONS: Final = {
    "requests": "asks for an agent, treatment − control",
    "queue": "control, per minute that the others wait",
    "share": "control, were all in the hour treated, not none",
    "share in a switchback": "the same, in a switchback of 2 h",
    "before": "control, during − before the experiment",
    "spill-over": "control, high − low blocks of saturation",
    "agreement": "A/B test − switchback of 24 h",
}
_ALPHA: Final = 0.05


def blocks(found: QueueSigns) -> list[Block]:
    """Return what `abkit analyze --interference` prints."""
    level = f"{100 * found.confidence_level:g} %"
    heads: tuple[Cell, ...] = ("", "Rate", ("Δ points", level), "p")
    shown = [_levels(found), Grid(
        title="Signs of a shared queue",
        columns=tuple(
            Column(head=head, align="right" if i > 1 else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(map(_row, found.signs)),
        notes=tuple(f"{_name(sign)}: not asked, {sign.why_not}." for sign in found.signs
                    if sign.why_not),
    )]  # fmt: skip
    lines = (*_reading(found), *found.notes)
    return [*shown, Prose(title="Reading it", lines=lines)]


def _levels(found: QueueSigns) -> Grid:
    rows: tuple[tuple[Cell, ...], ...] = (
        ("contacts that ask for an agent, %", *map(percent, found.asked)),
        ("contacts that abandon the queue, %", *map(percent, found.abandoned)),
        ("mean wait per request, s",
         *(MISSING if wait is None else f"{wait:.1f}" for wait in found.wait)),
    )  # fmt: skip
    return Grid(
        title=f"The agents' queue in {found.source}",
        columns=(
            Column(head=""),
            Column(head=found.control, align="right"),
            Column(head=found.treatment, align="right"),
        ),
        rows=rows,
    )


def _name(sign: Sign) -> str:
    return QUESTIONS[sign.code] + (f", {sign.metric}" if sign.metric else "")


def _row(sign: Sign) -> tuple[Cell, ...]:
    bounds = "" if sign.ci_lower is None else interval(sign.ci_lower, sign.ci_upper)
    return (
        QUESTIONS[sign.code],
        sign.metric or "requests",
        (signed(sign.estimate), bounds),
        p_value(sign.p_value),
    )


def _reading(found: QueueSigns) -> Iterator[str]:
    """Yield what the signs say together; a queue needs both a cause and a path."""
    small = {
        sign.code for sign in found.signs if sign.p_value is not None and sign.p_value < _ALPHA
    }
    if not any(found.wait):
        yield "Nobody waited: arms do not meet in a queue."
        return
    if {"requests", "queue"} <= small:
        yield (
            "One arm asks for agents more often, and what control does moves with how long the "
            "others wait: so the arms change each other's outcomes. The A/B test compares two "
            "arms in one queue; a launch for everybody moves the queue itself. Of rates that "
            "the queue moves, such as 24RR and abandonment, its difference is then too small."
        )
    elif "queue" in small:
        yield (
            "What control does moves with how long the others wait. No difference in requests "
            "for agents is shown, so that a launch may leave the queue as it is."
        )
    else:
        yield "No sign that waiting changes what customers do: this log cannot tell."
    yield (
        "The wait is equal in both arms whatever a launch would do to it: equal waits are no "
        "sign that nothing is shared. How often each sign shows, and how often for nothing, is "
        "in docs/interference.md; blocks of time at random (--design) measure what a launch does."
    )
