"""Table 3: levels, deltas on both scales, tests and verdicts; then its pooled rows and checks."""

from collections.abc import Mapping
from typing import Final

from abkit.core.table3 import Check, Effect, MetricRow, PooledRow, Proportion, Table3
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, interval, p_value, percent, signed

VERDICTS: Final = {
    "better": "better",
    "worse": "WORSE",
    "lost_after_correction": "lost: Holm",
    "no_difference_shown": "none shown",
    "not_trusted": "not trusted",
}
PaperDeltas = Mapping[tuple[str, str], float]


def blocks(table: Table3, paper: PaperDeltas | None = None) -> list[Block]:
    """Return the checks, Table 3 and its pooled rows; `paper`: deltas to print beside ours."""
    pooled: list[Block] = [_pooled(table)] if len(table.use_cases) > 1 else []
    return [_checks(table.checks), _main(table, paper or {}), *pooled]


def _main(table: Table3, paper: PaperDeltas) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    cases = [group.use_case for group in table.use_cases]
    last = len(table.use_cases[-1].metrics)
    ends = {(i + 1) * last - 1 for i in range(len(cases) - 1)}
    heads = ["", "", "Control %", "Treatment %", "\u0394 points", "\u0394 per cent", "p", "Verdict"]
    under = ["", "", "count", "count", level, level, "Holm", "(paper \u0394)" if paper else ""]
    columns = tuple(
        Column(head=(head, low), align="right" if 1 < i < 7 else "left")
        for i, (head, low) in enumerate(zip(heads, under, strict=True))
    )
    return Grid(
        title=f"Table 3: {table.treatment} against {table.control}, customers as units",
        columns=columns,
        rows=tuple(
            _row(case, row, row is table.use_cases[cases.index(case)].metrics[0], paper)
            for case, row in table.rows()
        ),
        section_ends=frozenset(ends),
        notes=_legend(table),
    )


def _row(case: str, row: MetricRow, first: bool, paper: PaperDeltas) -> tuple[str | tuple[str, ...], ...]:
    theirs = paper.get((case, row.metric))
    return (
        case if first else "",
        row.metric,
        _level(row.control),
        _level(row.treatment),
        _effect(row.difference),
        _effect(row.relative),
        (p_value(row.p_value), p_value(row.p_value_adjusted)),
        (VERDICTS[row.verdict], "" if theirs is None else f"({signed(theirs / 100)})"),
    )


def _level(arm: Proportion) -> tuple[str, str]:
    return percent(arm.rate), f"{arm.successes}/{arm.trials}"


def _effect(effect: Effect) -> tuple[str, str]:
    return signed(effect.estimate), interval(effect.ci_lower, effect.ci_upper)


def _legend(table: Table3) -> tuple[str, ...]:
    n = sum(1 for _ in table.rows())
    return (
        "AR automation rate, PRR positive response rate: higher is better. 24RR repeat rate "
        "within 24 h: lower is better.",
        "p: Miettinen-Nurminen score test of no effect, which both intervals invert; under it "
        f"Holm's over the {n} rows, which decides the verdict.",
    )


def _pooled(table: Table3) -> Grid:
    heads = ("", "\u0394 points", "", "\u0394 per cent", "", "p", "Verdict", "Same in all: p")
    return Grid(
        title="Pooled over the use-cases (Mantel-Haenszel)",
        columns=tuple(
            Column(head=head, align="right" if 0 < i < 6 or i == 7 else "left")
            for i, head in enumerate(heads)
        ),
        rows=tuple(map(_pooled_row, table.pooled)),
    )


def _pooled_row(row: PooledRow) -> tuple[str, ...]:
    return (
        row.metric,
        *_effect(row.difference),
        *_effect(row.relative),
        p_value(row.p_value),
        VERDICTS[row.verdict],
        p_value(row.heterogeneity.p_value),
    )


def _checks(checks: tuple[Check, ...]) -> Prose:
    passed = [_short(check) for check in checks if check.status == "pass"]
    loud = [check for check in checks if check.status != "pass"]
    title = "Checks" if all(c.status != "fail" for c in checks) else "Checks: NOT TRUSTED"
    lines = [f"{c.status.replace('_', ' ').upper()} {_short(c)}: {c.detail}" for c in loud]
    if passed:
        lines.append(f"pass: {', '.join(passed)}")
    return Prose(title=title, lines=tuple(lines))


def _short(check: Check) -> str:
    where = f" {check.use_case}" if check.use_case else ""
    p = f" (p = {p_value(check.p_value)})" if check.p_value is not None else ""
    return f"{check.code.replace('_', ' ')}{where}{p}" or MISSING
