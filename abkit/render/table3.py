"""Table 3: levels, deltas on both scales, tests and verdicts; then its pooled rows and checks."""

from collections.abc import Mapping
from itertools import accumulate
from typing import Final

from abkit.core.table3 import Check, Effect, MetricRow, PooledRow, Proportion, Table3
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import interval, p_value, percent, signed

VERDICTS: Final = {
    "better": "better",
    "worse": "WORSE",
    "lost_after_correction": "not (Holm)",
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
    heads = ("", "Control %", "Treatment %", "\u0394 points", "\u0394 per cent", "p", "Verdict")
    under = ("", "count", "count", level, level, "Holm", "(paper \u0394)" if paper else "")
    sizes = [len(group.metrics) for group in table.use_cases]
    return Grid(
        title=f"Table 3: {table.treatment} against {table.control}, customers as units",
        columns=tuple(
            Column(head=(head, low), align="right" if 0 < i < 6 else "left")
            for i, (head, low) in enumerate(zip(heads, under, strict=True))
        ),
        rows=tuple(_row(case, row, paper) for case, row in table.rows()),
        section_ends=frozenset(end - 1 for end in accumulate(sizes[:-1])),
        notes=_legend(table),
    )


def _row(case: str, row: MetricRow, paper: PaperDeltas) -> tuple[Cell, ...]:
    theirs = paper.get((case, row.metric))
    return (
        f"{case} {row.metric}",
        _level(row.control),
        _level(row.treatment),
        _effect(row.difference, 2),
        _effect(row.relative, 1),
        (p_value(row.p_value), p_value(row.p_value_adjusted)),
        (VERDICTS[row.verdict], "" if theirs is None else f"({signed(theirs / 100)})"),
    )


def _level(arm: Proportion) -> tuple[str, str]:
    return percent(arm.rate), f"{arm.successes}/{arm.trials}"


def _effect(effect: Effect, digits: int) -> tuple[str, str]:
    lower, upper = effect.ci_lower, effect.ci_upper
    return signed(effect.estimate, digits), interval(lower, upper, digits)


def _legend(table: Table3) -> tuple[str, ...]:
    n = sum(1 for _ in table.rows())
    return (
        "AR automation rate, PRR positive response rate: higher is better. 24RR repeat rate "
        "within 24 h: lower is better.",
        "p: Miettinen-Nurminen score test of no effect, which both intervals invert; under it "
        f"Holm's over the {n} rows, which decides the verdict. none shown: this experiment cannot "
        "tell. not (Holm): only the uncorrected p is small.",
    )


def _pooled(table: Table3) -> Grid:
    level = f"{100 * table.confidence_level:g} %"
    heads: tuple[Cell, ...] = (
        "", ("\u0394 points", level), ("\u0394 per cent", level), "p", "Verdict",
        ("Same in all", "use-cases: p"),
    )  # fmt: skip
    return Grid(
        title="Pooled over the use-cases (Mantel-Haenszel)",
        columns=tuple(
            Column(head=head, align="left" if i in (0, 4) else "right")
            for i, head in enumerate(heads)
        ),
        rows=tuple(map(_pooled_row, table.pooled)),
    )


def _pooled_row(row: PooledRow) -> tuple[Cell, ...]:
    return (
        row.metric,
        _effect(row.difference, 2),
        _effect(row.relative, 1),
        p_value(row.p_value),
        VERDICTS[row.verdict],
        p_value(row.heterogeneity.p_value),
    )


def _checks(checks: tuple[Check, ...]) -> Prose:
    failed = any(check.status == "fail" for check in checks)
    passed: dict[str, list[str]] = {}
    for check in checks:
        if check.status == "pass":
            where = check.use_case or "all"
            p = [] if check.p_value is None else [f"{where} {p_value(check.p_value)}"]
            passed.setdefault(check.code, []).extend(p)
    lines = [_loud(check) for check in checks if check.status != "pass"]
    if passed:
        words = [_code(code) + (f" (p: {', '.join(p)})" if p else "") for code, p in passed.items()]
        lines.append(f"pass (alarm at p below .001): {', '.join(words)}")
    return Prose(title="Checks: NOT TRUSTED" if failed else "Checks", lines=tuple(lines))


def _loud(check: Check) -> str:
    where = f" {check.use_case}" if check.use_case else ""
    p = "" if check.p_value is None else f" (p = {p_value(check.p_value)})"
    return f"{_code(check.status).upper()} {_code(check.code)}{where}{p}: {check.detail}"


def _code(code: str) -> str:
    return code.replace("_", " ")
