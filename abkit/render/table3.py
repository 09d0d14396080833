"""Table 3: levels, deltas on both scales, tests and verdicts; what stands beside; pooled rows."""

import math
from collections.abc import Mapping
from itertools import accumulate
from typing import Final, Literal

from abkit.core.arms import Average, Effect
from abkit.core.table3 import Arm, MetricRow, PooledRow, Table3
from abkit.render.beside import beside
from abkit.render.checks import checks_block
from abkit.render.grid import Block, Cell, Column, Grid
from abkit.render.legend import is_joint, legend, word
from abkit.render.numbers import MISSING, interval, p_value, percent, plain, plain_effect, signed

_WHOLE: Final = "all"  # the use-case of data that have none
_PAPERS_HEAD: Final = {"points": "(paper \u0394)", "per cent": "(paper \u0394%)"}
_WIDEST: Final = 13  # counts of more characters take two lines, so that 80 columns hold the row
PaperDeltas = Mapping[tuple[str, str], float]
Unit = Literal["points", "per cent"]


def blocks(table: Table3, paper: PaperDeltas | None = None) -> list[Block]:
    """Return the checks, Table 3 and its pooled rows; `paper`: deltas to print beside ours."""
    return [
        checks_block(table.checks),
        *tables(table, paper or {}, title="Table 3: ", notes=legend([table])),
    ]


def tables(
    table: Table3,
    paper: PaperDeltas,
    *,
    title: str,
    notes: tuple[str, ...] = (),
    unit: Unit = "points",
) -> list[Block]:
    """Return the tables without the checks; `notes` stand under the first, `unit`: the paper's."""
    found: list[Block] = [main_grid(table, paper, title=title, notes=notes, unit=unit)]
    if (aside := beside(table)) is not None:
        found.append(aside)
    if len(table.use_cases) > 1:
        found.append(_pooled(table))
    return found


def main_grid(
    table: Table3,
    paper: PaperDeltas,
    *,
    title: str,
    notes: tuple[str, ...] = (),
    unit: Unit = "points",
) -> Grid:
    """Return the rows of all metrics and use-cases."""
    sizes = [len(group.metrics) for group in table.use_cases]
    return Grid(
        title=f"{title}{table.treatment} against {table.control}, {_units(table)}",
        columns=columns(table, paper=unit if paper else None),
        rows=tuple(
            row_cells(name, row, paper.get((case, row.metric)), mixed=is_mixed(table), unit=unit)
            for case, row in table.rows()
            for name in (row.metric if case == _WHOLE else f"{case} {row.metric}",)
        ),
        section_ends=frozenset(end - 1 for end in accumulate(sizes[:-1])),
        notes=notes,
    )


def columns(table: Table3, *, paper: Unit | None = None) -> tuple[Column, ...]:
    """Return the heads of a table of rows."""
    rates = any(row.kind == "proportion" for _, row in table.rows())
    unit = " %" if all(row.kind == "proportion" for _, row in table.rows()) else ""
    level = f"{100 * table.confidence_level:g} %"
    if is_joint(table):
        level += " jointly"
    delta = "\u0394 points" if unit else "\u0394"
    heads = ("", f"Control{unit}", f"Treatment{unit}", delta, "\u0394 per cent", "p", "Verdict")
    count = "count" if rates else "values"
    under = ("", count, count, level, level, "Holm", _PAPERS_HEAD[paper] if paper else "")
    return tuple(
        Column(head=(head, low), align="right" if 0 < i < 6 else "left")
        for i, (head, low) in enumerate(zip(heads, under, strict=True))
    )


def is_mixed(table: Table3) -> bool:
    """Return whether rates and means stand in one table."""
    return len({row.kind for _, row in table.rows()}) > 1


def row_cells(
    name: Cell,
    row: MetricRow,
    theirs: float | None = None,
    *,
    mixed: bool = False,
    unit: Unit = "points",
) -> tuple[Cell, ...]:
    """Return the cells of one row under `columns`; `mixed`: rates and means in one table."""
    percent_sign = " %" if unit == "per cent" else ""
    return (
        name,
        _level(row.control, mixed=mixed),
        _level(row.treatment, mixed=mixed),
        _difference(row, mixed=mixed),
        effect(row.relative, 1),
        (p_value(row.p_value), p_value(row.p_value_adjusted)),
        (word(row), "" if theirs is None else f"({signed(theirs / 100)}{percent_sign})"),
    )


def effect(value: Effect, digits: int) -> tuple[str, str]:
    """Return a proportion and its interval, times 100; without one that holds everything."""
    if value.estimate is None and value.ci_lower == -1 and value.ci_upper in (1, math.inf):
        return MISSING, ""
    return signed(value.estimate, digits), interval(value.ci_lower, value.ci_upper, digits)


def _level(arm: Arm, *, mixed: bool) -> tuple[str, ...]:
    if isinstance(arm, Average):
        return plain(arm.mean), f"n = {arm.trials}"
    rate = percent(arm.rate) + (" %" if mixed else "")
    counts = f"{arm.successes}/{arm.trials}"
    if len(counts) <= _WIDEST:
        return rate, counts
    return rate, f"{arm.successes}/", str(arm.trials)


def _difference(row: MetricRow | PooledRow, *, mixed: bool) -> tuple[str, str]:
    value = row.difference
    if row.kind == "mean":
        return plain_effect(value.estimate, value.ci_lower, value.ci_upper)
    estimate, bounds = effect(value, 2)
    return estimate + (" points" if mixed else ""), bounds


def _units(table: Table3) -> str:
    words = {
        "customers": "customers as units",
        "rows": "every row a unit",
        "trials": "every trial a unit",
    }
    return words.get(table.units, f"units: {table.units}")


def _pooled(table: Table3) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    delta = "\u0394 points" if all(row.kind == "proportion" for row in table.pooled) else "\u0394"
    heads: tuple[Cell, ...] = (
        "", (delta, level), ("\u0394 per cent", level), "p", "Verdict",
        ("Same in all", "use-cases: p"),
    )  # fmt: skip
    return Grid(
        title="Pooled over the use-cases (Mantel-Haenszel)",
        columns=tuple(
            Column(head=head, align="left" if i in (0, 4) else "right")
            for i, head in enumerate(heads)
        ),
        rows=tuple(_pooled_row(row, mixed=is_mixed(table)) for row in table.pooled),
        notes=(
            "Outside the family of Holm's correction: a verdict here may differ from all rows "
            "above."
            + (
                " These intervals hold one by one, none is Bonferroni's." if is_joint(table) else ""
            ),
        ),
    )


def _pooled_row(row: PooledRow, *, mixed: bool) -> tuple[Cell, ...]:
    return (
        row.metric,
        _difference(row, mixed=mixed),
        effect(row.relative, 1),
        p_value(row.p_value),
        word(row),
        p_value(row.heterogeneity.p_value),
    )
