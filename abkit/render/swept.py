"""A sweep: deltas by the swept values, one row per value and use-case."""

from typing import Final

from abkit.core.arms import Effect
from abkit.core.swept import Sweep, SweptRun
from abkit.core.toml_text import value_text
from abkit.core.true_effects import TrueEffect
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import in_weeks, interval, signed

_POOLED: Final = "pooled"
_NOT_TRUSTED: Final = "*"


def blocks(result: Sweep) -> list[Block]:
    """Return everything that a sweep prints."""
    return [_table(result), _reading(result)]


def _metrics(result: Sweep) -> list[str]:
    return list(dict.fromkeys(row.metric for run in result.runs for _, _, row in run.rows()))


def _table(result: Sweep) -> Grid:
    metrics = _metrics(result)
    several = len({table.treatment for run in result.runs for table in run.tables}) > 1
    rows: list[tuple[Cell, ...]] = []
    ends = set()
    for run in result.runs:
        rows += _rows(run, metrics, several=several)
        ends.add(len(rows) - 1)
    heads: list[Column] = [Column(head=_key(key)) for key in result.keys]
    if several:
        heads.append(Column(head="Arm"))
    heads.append(Column(head="Use-case"))
    weeks = in_weeks(result.weeks)
    return Grid(
        title=f"Sweep of {result.scenario}, {weeks} each, seed {result.seed}: "
        "treatment minus control, points",
        columns=(*heads, *(Column(head=f"\u0394{metric}", align="right") for metric in metrics)),
        rows=tuple(rows),
        section_ends=frozenset(ends - {len(rows) - 1}),
    )


def _key(key: str) -> Cell:
    """Return a key over several lines, `use_cases.A.menu_error`: a dot ends each but the last."""
    *first, last = key.split(".")
    return (*(f"{part}." for part in first), last)


def _rows(run: SweptRun, metrics: list[str], *, several: bool) -> list[tuple[Cell, ...]]:
    """Return a run's rows; its values stand in the first one."""
    found: dict[tuple[str, str | None], dict[str, Cell]] = {}
    for treatment, use_case, row in run.rows():
        truth = run.truth_of(treatment, use_case, row.metric)
        found.setdefault((treatment, use_case), {})[row.metric] = _effect(row.difference, truth)
    values = [value_text(value) for value in run.values]
    if not run.trusted:
        values[0] += _NOT_TRUSTED
    rows: list[tuple[Cell, ...]] = []
    for (treatment, use_case), cells in found.items():
        first = values if not rows else [""] * len(values)
        arm = (treatment,) if several else ()
        shown = (cells.get(metric, "") for metric in metrics)
        rows.append((*first, *arm, _POOLED if use_case is None else use_case, *shown))
    return rows


def _effect(effect: Effect, truth: TrueEffect | None = None) -> Cell:
    if effect.estimate is None:
        return (signed(None),)
    known = () if truth is None else (f"true {signed(truth.effect)}",)
    return (signed(effect.estimate), interval(effect.ci_lower, effect.ci_upper), *known)


def _reading(result: Sweep) -> Prose:
    level = result.runs[0].tables[0].confidence_level
    lines = [
        f"Below each delta its {100 * level:g} % interval, unadjusted; each run is analysed on its "
        "own. True: of a launch, everybody in treatment against everybody in control, on the same "
        "customers and draws; errors in the runs' results.",
        f"All runs share seed {result.seed}: the same random numbers decide in each, so that "
        "less of what differs between runs is chance than their intervals tell.",
    ]
    if len({run.model for run in result.runs} - {None}) > 1:
        lines.append(
            "The runs have different models: the default one is trained for the scenario's share "
            "of LABEL 0. --model holds one for all."
        )
    if not all(run.trusted for run in result.runs):
        lines.append(f"{_NOT_TRUSTED} a check failed: see that run's results.")
    folders = ", ".join(run.run.name for run in result.runs)
    lines.append(f"Run folders in {result.runs[0].run.parent}: {folders}")
    return Prose(title="Reading it", lines=tuple(lines))
