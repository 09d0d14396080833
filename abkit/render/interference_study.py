"""docs/interference.md: what a shared queue hides, what to run, what it costs."""

from collections.abc import Sequence
from typing import Final

from abkit.core.interference_study import DesignRow, InterferenceStudy, LoadRow, SignRow
from abkit.render import markup
from abkit.render.grid import Block, Cell, Column, Grid
from abkit.render.numbers import count, percent, signed
from abkit.render.queue_signs import QUESTIONS

_METRICS: Final = ("24RR", "abandoned", "AR", "PRR")
_PAGE: Final = """# What a shared queue hides

Customers of both arms of an A/B test wait for the same agents. A text check that resolves more
contacts leaves fewer for the agents, so the queue gets shorter, for **both** arms. The A/B test
compares two arms in one and the same queue: it cannot see what the queue does. A launch for
everybody can. So:

- **AR and PRR** of an A/B test hold for a launch: nothing in them depends on the queue.
- **24RR and abandonment** do not. At load {load:.2f} a launch lowers 24RR by {launch} points; the
  A/B test shows {estimate}, and {covered} of its {runs} 95 % intervals hold the true effect, which
  is {times} times as large. It gets worse with the load, and is gone with unlimited agents.
- **What to run instead**, if a decision rests on those rates: a switchback in blocks of 24 h (days
  at random in control or treatment, each weekday once in either over two weeks). Its bias there is
  {sb_bias} points, and {sb_covered} of {runs} intervals hold the true effect.
- **What it costs**: its interval of 24RR reaches {wider} times as far to either side, that of AR
  {wider_ar} times. So run the A/B test for AR and PRR and, where the queue matters, a switchback
  beside or after it. Intervals of so few blocks are wider than they need be: more of them hold the
  truth than promised.
- **What a log can tell**: whether an arm asks for agents more often, and whether what control does
  moves with the wait of the others (`abkit analyze LOG --interference`). Both were seen in nearly
  all runs; together they say that the estimates of 24RR and abandonment are too small, not by how
  much. All other signs (last table) are weak: two weeks seldom show them, so their absence proves
  nothing.

```sh
abkit simulate --set 'design.kind="switchback"'          # a log with the column `block`; its own
                                                         # Table 3, by customers, is not trusted
abkit analyze LOG --design switchback --block block      # blocks of time are the units
abkit analyze LOG --design saturation --block block      # blocks with 10 and with 90 % treatment
abkit analyze LOG --interference --before 2024-01-15     # signs of a shared queue
```

![Difference by load](figures/interference-load.png)

![Designs](figures/interference-designs.png)

In the second figure dots are the bias with its Monte-Carlo error, grey bars one standard deviation
of the estimate.

This page is printed by `make interference`: {runs} runs of two weeks of the scenario `{scenario}`
with the default model, seed {seed}, at each load. The load is the agents' work over their hours
as `abkit scenario check` prints it, were everybody in control; heads by hour are scaled and
rounded. The true effect of a launch is everybody in treatment minus everybody in control on the
same random numbers, over all use-cases; ± is a Monte-Carlo standard error over runs. Abandoned:
contacts that leave the queue, of all contacts. Coverage: intervals that hold the mean true
effect.
"""
_HOW: Final = """
## How it is done
- **Blocks.** Of two weeks each time of the week is once in control and once in treatment, and each
  week has as many blocks of one as of the other, or one more.
- **Analysis.** Counts are divided by the design effect of blocks, the test is Miettinen-Nurminen's,
  t has Welch's degrees of freedom. Weekdays are not compared in pairs.
- **Carry-over.** A customer stays in the arm of the first contact, and a queue passes from one
  block to the next: short blocks lose more of the effect.
- **Signs.** Requests: the difference of shares, by day. Control by the wait of the others, and by
  the share of treatment: regressions by hour with effects of day and hour of the day, errors
  clustered by day. Before and during, spill-over: days as units. Agreement: z of the difference of
  an A/B test and a switchback of other customers.
- **Other designs** are known that this page has not measured: estimators that use the queue's own
  state (Farias and others 2022; Jia, Johari, Si and Zheng 2026).
"""


def blocks(study: InterferenceStudy) -> list[Block]:
    """Return the tables."""
    return [
        _waits(study),
        *(_loads(study, metric) for metric in _METRICS),
        *(_designs(study, metric) for metric in _METRICS),
        _signs(study),
    ]


def page(study: InterferenceStudy) -> str:
    """Return docs/interference.md."""
    rows = {(row.load, row.metric): row for row in study.loads}
    designs = {(row.design, row.metric): row for row in study.designs}
    usual, blocked = designs["customer", "24RR"], designs["switchback 24 h", "24RR"]
    of_ar = designs["switchback 24 h", "AR"].half_width / designs["customer", "AR"].half_width
    row = rows[study.design_load, "24RR"]
    wider = blocked.half_width / usual.half_width
    text = _PAGE.format(
        load=study.design_load,
        launch=f"{-100 * row.launch:.2f}",
        estimate=f"{-100 * row.estimate:.2f}",
        times=f"{row.launch / row.estimate:.1f}",
        covered=row.covered,
        runs=study.runs,
        sb_bias=_with_error(blocked.bias, blocked.bias_error),
        sb_covered=blocked.covered,
        wider=f"{wider:.1f}",
        wider_ar=f"{of_ar:.1f}",
        scenario=study.scenario,
        seed=study.seed,
    )
    return "\n".join([text, *map(markup.to_markdown, blocks(study))]) + _HOW


def _with_error(value: float, error: float) -> str:
    return f"{signed(value)} ± {percent(error)}"


def _load(load: float | None) -> str:
    return "unlimited agents" if load is None else f"{load:.2f}"


def _name(metric: str) -> str:
    return "Abandoned" if metric == "abandoned" else metric


def _grid(title: str, heads: Sequence[Cell], rows: Sequence[tuple[Cell, ...]]) -> Grid:
    return Grid(
        title=title,
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(rows),
    )


def _waits(study: InterferenceStudy) -> Grid:
    return _grid(
        "How busy the agents are: everybody in control, everybody in treatment",
        ("Load", "Wait s, control", "treatment", "Requests abandoned %, control", "treatment"),
        [
            (_load(row.load), *(f"{wait:.1f}" for wait in row.wait_s), *map(percent, row.abandon))
            for row in study.waits
        ],
    )


def _loads(study: InterferenceStudy, metric: str) -> Grid:
    rows: list[LoadRow] = [row for row in study.loads if row.metric == metric]
    return _grid(
        f"{_name(metric)} by load, points: a launch for everybody, and the A/B test",
        ("Load", "All control %", "True effect", "A/B estimate", "Bias", "Coverage"),
        [
            (
                _load(row.load),
                percent(row.control),
                _with_error(row.launch, row.launch_error),
                signed(row.estimate),
                _with_error(row.bias, row.bias_error),
                f"{row.covered} of {count(study.runs)}",
            )
            for row in rows
        ],
    )


def _designs(study: InterferenceStudy, metric: str) -> Grid:
    rows: list[DesignRow] = [row for row in study.designs if row.metric == metric]
    return _grid(
        f"{_name(metric)} by design at load {study.design_load:.2f}, points",
        ("Design", "Bias", "SD of the estimate", "Interval, to either side", "Coverage"),
        [
            (
                "A/B test" if row.design == "customer" else row.design,
                _with_error(row.bias, row.bias_error),
                percent(row.sd),
                percent(row.half_width),
                f"{row.covered} of {count(study.runs)}",
            )
            for row in rows
        ],
    )


def _signs(study: InterferenceStudy) -> Grid:
    """Return how often each sign shows: with unlimited agents that is a false alarm."""
    loads = list(dict.fromkeys(row.load for row in study.loads))
    by_key: dict[tuple[str, str | None], dict[float | None, SignRow]] = {}
    for row in study.signs:
        by_key.setdefault((row.code, row.metric), {})[row.load] = row
    grid = _grid(
        "How often a sign shows (p below .05), of the runs in which it could be asked",
        ("Sign", "Rate", *map(_load, loads)),
        [
            (QUESTIONS[code], metric or "requests", *(_shown(of.get(load)) for load in loads))
            for (code, metric), of in by_key.items()
        ],
    )
    notes = (
        "Without a queue a sign is a false alarm, but for requests: that treatment asks for "
        "fewer agents is true at every load. The last rows need other designs or other weeks than "
        "the A/B test's own; they were made at two loads.",
    )
    return Grid(title=grid.title, columns=grid.columns, rows=grid.rows, notes=notes)


def _shown(row: SignRow | None) -> str:
    if row is None:
        return ""
    return f"{row.shown} of {row.asked}" if row.asked else "nobody waits"
