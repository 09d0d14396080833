"""A triggered comparison: checks, who triggers, the effect on all, its parts, the placebo."""

from typing import Final

from abkit.core.arms import Effect, Proportion
from abkit.core.table3 import MetricRow, UseCaseRows
from abkit.core.triggered import DilutedRow, TriggeredAnalysis, TriggeredTable
from abkit.render.checks import checks_block
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.legend import VERDICTS
from abkit.render.numbers import MISSING, count, interval, p_value, percent, signed

_WHOLE: Final = "all"
_HIDDEN: Final = "placebo"  # passed ones are a table of their own, not a line of numbers


def blocks(result: TriggeredAnalysis) -> list[Block]:
    """Return everything that `abkit analyze --triggered` prints, in reading order."""
    rows = "" if result.rows is None else f" ({count(result.rows)} rows)"
    loud = [c for c in result.checks if c.code != _HIDDEN or c.status == "fail"]
    found: list[Block] = [checks_block(loud, f"Checks of {result.source}{rows}")]
    for table in result.tables:
        found += [
            _triggers(table), _diluted(table), _gain(table),
            _phase(table, table.triggered, "From the first triggering contact on"),
            _phase(table, table.placebo, "Placebo, before any triggering contact"),
        ]  # fmt: skip
    found.append(_legend(result))
    found.append(Prose(title="How the data were read", lines=result.notes))
    return found


def _columns(*heads: Cell, left: tuple[int, ...] = (0,)) -> tuple[Column, ...]:
    return tuple(
        Column(head=head, align="left" if i in left else "right") for i, head in enumerate(heads)
    )


def _against(table: TriggeredTable) -> str:
    return f"{table.treatment} against {table.control}"


def _triggers(table: TriggeredTable) -> Grid:
    return Grid(
        title=f"Who triggers: {table.units} with a triggering contact, among all of the arm",
        columns=_columns("", "Control", "%", "Treatment", "%", "p"),
        rows=tuple(
            (
                _WHOLE if each.use_case is None else each.use_case,
                *_share(each.control),
                *_share(each.treatment),
                p_value(each.p_value),
            )
            for each in table.triggers
        ),
    )


def _share(share: Proportion) -> tuple[str, str]:
    return f"{count(share.successes)}/{count(share.trials)}", percent(share.rate)


def _name(use_case: str, metric: str) -> str:
    return metric if use_case == _WHOLE else f"{use_case} {metric}"


def _ends(names: list[str]) -> frozenset[int]:
    return frozenset(i for i in range(len(names) - 1) if names[i] != names[i + 1])


def _effect(effect: Effect, digits: int) -> tuple[str, ...]:
    """Return the estimate and, where there is one, its interval."""
    if effect.estimate is None:
        return (MISSING,)
    if effect.note is not None and (effect.ci_lower, effect.ci_upper) == (-1.0, 1.0):
        return (signed(effect.estimate, digits),)
    if effect.ci_lower == -1.0 and effect.ci_upper == float("inf"):
        return (signed(effect.estimate, digits),)
    return (
        signed(effect.estimate, digits),
        interval(effect.ci_lower, effect.ci_upper, digits),
    )


def _diluted(table: TriggeredTable) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    notes = [
        f"{_name(row.use_case, row.metric)}: {row.difference.note}."
        for row in table.diluted
        if row.difference.note
    ]
    return Grid(
        title=f"All contacts, by what triggered: {_against(table)}",
        columns=_columns(
            "", "Control %", "Treatment %", ("\u0394 points", level), ("\u0394 per cent", level),
            ("p", "Holm"), "Verdict", left=(0, 6),
        ),
        rows=tuple(_diluted_row(row) for row in table.diluted),
        section_ends=_ends([row.use_case for row in table.diluted]),
        notes=tuple(notes),
    )  # fmt: skip


def _diluted_row(row: DilutedRow) -> tuple[Cell, ...]:
    return (
        _name(row.use_case, row.metric),
        percent(row.control),
        percent(row.treatment),
        _effect(row.difference, 2),
        _effect(row.relative, 1),
        (p_value(row.p_value), p_value(row.p_value_adjusted)),
        MISSING if row.p_value is None else VERDICTS[row.verdict],
    )


def _gain(table: TriggeredTable) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    return Grid(
        title="Beside the plain analysis of all contacts",
        columns=_columns(
            "", ("Plain \u0394 points", level), "p", ("Plain", "SE"), ("By what", "triggered"),
            ("As if so many", "times the data"),
        ),
        rows=tuple(
            (
                _name(row.use_case, row.metric),
                _effect(row.plain.difference, 2),
                p_value(row.plain.p_value),
                percent(row.plain.standard_error, 3),
                percent(row.standard_error, 3),
                MISSING if row.plain.gain is None else f"{row.plain.gain:.1f}",
            )
            for row in table.diluted
        ),
        section_ends=_ends([row.use_case for row in table.diluted]),
    )  # fmt: skip


def _phase(table: TriggeredTable, groups: tuple[UseCaseRows, ...], title: str) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    rows = [(group.use_case, row) for group in groups for row in group.metrics]
    return Grid(
        title=f"{title}: {_against(table)}",
        columns=_columns(
            "", ("Control %", "count"), ("Treatment %", "count"), ("\u0394 points", level),
            ("p", "Holm"),
        ),
        rows=tuple(_phase_row(case, row) for case, row in rows),
        section_ends=_ends([case for case, _ in rows]),
    )  # fmt: skip


def _phase_row(case: str, row: MetricRow) -> tuple[Cell, ...]:
    return (
        _name(case, row.metric),
        *(
            (percent(arm.rate), f"{arm.successes}/{arm.trials}")
            for arm in (row.control, row.treatment)
            if isinstance(arm, Proportion)
        ),
        _effect(row.difference, 2),
        (p_value(row.p_value), p_value(row.p_value_adjusted)),
    )


def _legend(result: TriggeredAnalysis) -> Prose:
    shown = {row.verdict for table in result.tables for row in table.diluted}
    lines = [
        "All contacts: what came before any triggering contact has one law in both arms and is "
        "shared by them; only the rest tells them apart. Delta method over customers, Student's t, "
        "Fieller's interval per cent.",
        f"Each part is a family of its own for Holm's correction, over {result.tables[0].family} "
        "rows; the verdict is about all contacts.",
        "The placebo can show what else differs between the arms, such as assignment or logging; "
        "not what agents shared by both arms do, which it cannot see.",
    ]
    if "not_trusted" in shown:
        lines.append("not trusted: a check failed, see above.")
    return Prose(title="Reading it", lines=tuple(lines))
