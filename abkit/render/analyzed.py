"""An analysis: the gate first, then a table per treatment, its segments, how the data were read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from abkit.core.analyzed import Agreement, Analysis, Segments
from abkit.core.deltas import Delta, Deltas
from abkit.core.table3 import Table3
from abkit.render import table3
from abkit.render.checks import LOUD, checks_block, code, titled
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.legend import VERDICTS, is_joint, legend
from abkit.render.numbers import count, p_value

_BY_WEIGHT: Final = (*LOUD, "pass", "not_run")


def blocks(analysis: Analysis) -> list[Block]:
    """Return everything that `abkit analyze` prints, in reading order."""
    n = analysis.rows
    rows = "" if n is None else f" ({count(n)} {'row' if n == 1 else 'rows'})"
    found: list[Block] = [checks_block(analysis.checks, f"Checks of {analysis.source}{rows}")]
    title = "Table 3: " if {"AR", "PRR", "24RR"} & _metrics(analysis) else ""
    beside = [row for part in analysis.segments for _, _, row in part.rows()]
    for table in analysis.tables:
        last = table is analysis.tables[-1]  # what words mean is said once
        notes = legend(analysis.tables, beside) if last else ()
        found.extend(table3.tables(table, {}, title=title, notes=notes))
    for segments, table in zip(analysis.segments, analysis.tables, strict=False):
        found.extend((_segments(segments, table), _agreements(segments)))
    if analysis.notes:
        found.append(Prose(title="How the data were read", lines=analysis.notes))
    return found


def _metrics(analysis: Analysis) -> set[str]:
    return {row.metric for table in analysis.tables for _, row in table.rows()}


def _segments(segments: Segments, table: Table3) -> Grid:
    rows = list(segments.rows())
    several = len({case for _, case, _ in rows}) > 1
    names = [f"{value} {case}" if several else value for value, case, _ in rows]
    ends = [i - 1 for i in range(1, len(rows)) if rows[i][0] != rows[i - 1][0]]
    return Grid(
        title=f"By {segments.column}: {segments.treatment} against {table.control}",
        columns=table3.columns(replace(table, intervals=segments.intervals)),
        rows=tuple(
            table3.row_cells((name, row.metric), row, mixed=table3.is_mixed(table))
            for name, (_, _, row) in zip(names, rows, strict=True)
        ),
        section_ends=frozenset(ends),
        notes=(
            f"Exploration: a family of its own, Holm's over its {len(rows)} rows. Segments known "
            "only after the assignment (what a customer did) compare unlike customers."
            + (" Their intervals are not Bonferroni's." if is_joint(table) else ""),
        ),
    )


def _agreements(segments: Segments) -> Grid:
    heads: tuple[Cell, ...] = ("", "Q", "df", "p", "Holm")
    return Grid(
        title=f"Is the difference the same in all values of {segments.column}?",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(_agreement(test, segments) for test in segments.agreements),
    )


def _agreement(test: Agreement, segments: Segments) -> tuple[Cell, ...]:
    several = len({other.use_case for other in segments.agreements}) > 1
    return (
        f"{test.use_case} {test.metric}" if several else test.metric,
        f"{test.heterogeneity.q:.2f}",
        str(test.heterogeneity.df),
        p_value(test.heterogeneity.p_value),
        p_value(test.p_value_adjusted),
    )


def deltas_blocks(deltas: Deltas) -> list[Block]:
    """Return deltas on one scale, and how the checks ended."""
    ended = [status for status in _BY_WEIGHT if status in {other for _, other in deltas.checks}]
    statuses = [
        f"{code(status).upper() if status in LOUD else code(status)}: "
        + ", ".join(code(name) for name, other in deltas.checks if other == status)
        for status in ended
    ]
    return [
        Prose(
            title=titled(f"Checks of {deltas.source}", failed="fail" in ended),
            lines=tuple(statuses),
        ),
        Grid(
            title=_delta_title(deltas),
            columns=tuple(
                Column(head=head, align="right" if 0 < i < 4 else "left")
                for i, head in enumerate(_delta_heads(deltas))
            ),
            rows=tuple(_delta_rows(deltas)),
            notes=tuple(_delta_notes(deltas)),
        ),
    ]


def _delta_title(deltas: Deltas) -> str:
    unit = "percentage points" if deltas.scale == "points" else "per cent of control"
    treatments = list(dict.fromkeys(delta.treatment for delta in deltas.deltas))
    named = f"{treatments[0]} against " if len(treatments) == 1 else "against "
    return f"Deltas in {unit}: {named}{deltas.control}"


def _delta_heads(deltas: Deltas) -> tuple[Cell, ...]:
    level = f"{100 * deltas.confidence_level:g} %"
    if deltas.intervals == "bonferroni":
        level += " jointly"
    return ("", ("\u0394", level), "p", "Holm", "Verdict")


def _delta_notes(deltas: Deltas) -> Iterator[str]:
    yield (
        "Rounded, the JSON too, and wide intervals more: else the counts could be worked out from "
        "these numbers."
    )
    if deltas.left_out:
        yield f"Left out, since in points a mean tells its size: {', '.join(deltas.left_out)}."
    if deltas.intervals == "bonferroni":
        yield (
            "The intervals are Bonferroni's, wider than Holm's decisions; those of pooled rows "
            "hold one by one."
        )


def _delta_rows(deltas: Deltas) -> Iterator[tuple[Cell, ...]]:
    several = len({delta.treatment for delta in deltas.deltas}) > 1
    digits = 2 if deltas.scale == "points" else 1
    for delta in deltas.deltas:
        estimate, bounds = table3.effect(delta.effect, digits)
        p = 0.0 if delta.p_value_below else delta.p_value
        holm = 0.0 if delta.p_value_adjusted_below else delta.p_value_adjusted
        yield (
            _delta_name(delta, several=several),
            f"{estimate} {bounds}".rstrip(),
            p_value(p),
            p_value(holm),
            VERDICTS[delta.verdict],
        )


def _delta_name(delta: Delta, *, several: bool) -> str:
    case = "pooled" if delta.use_case is None else delta.use_case
    return f"{delta.treatment} {case} {delta.metric}" if several else f"{case} {delta.metric}"
