"""The page docs/what-if.md, and the table that answers first."""

import shlex
from collections.abc import Mapping
from typing import Final

from abkit.core.whatif import VALUE, Difference, WhatIf
from abkit.core.whatif_thresholds import Answer, CaseThresholds, Gain
from abkit.render.grid import Block, Cell, Column, Grid
from abkit.render.markup import to_markdown
from abkit.render.numbers import MISSING, share, signed
from abkit.render.whatif_thresholds import METRICS

_PAGE: Final = """# What if

Which variant of the text check, and which threshold, should use-cases {cases} launch; what would
an A/B test show of it; what would it miss; and how sure is all that? In a simulated world everybody
can be treated and nobody, on the same random numbers, so that the true effect of a launch is known,
and variants can be compared that a company would never put before its customers at the same time.
The paper says of its own experiment (footnote 3):

> This empirical study was conducted using the model trained with focal loss, γ = 1. Thus it was not
> the best model variant according to our findings. Note that to minimize risk and maintain customer
> experience, we don't deploy and compare multiple models online, at same time. However, the
> superiority of FL-based model as compared to CE-based model is clearly observed from offline
> results in previous sections.

Everything below is printed by `make what-if`, that is by

```sh
{command}
```

and holds for that scenario: its behaviour is an assumption that was solved to show the paper's
Table 3. For your own, fit a scenario to a control log ([fit-scenario.md](fit-scenario.md)) and ask
again with `--scenario`.

![What a launch brings by threshold, with bands](figures/what-if.svg)

Dots are simulated worlds, the line is the closed form for unlimited agents, grey is where it lies
over all assumed harms and recalls. Where the dots lie off the line, in 24RR, the agents' queue is
at work: a launch shortens it for everybody, fewer abandon it, and fewer come back.
"""
_MORE: Final = """**What this page leaves out**

- [interference.md](interference.md): the shared queue couples the arms, so that an A/B test sees
  less of a launch than there is; diagnostics, and designs that reduce it.
- [triggered.md](triggered.md): compare only the contacts that the check would change, and the same
  test needs several times fewer customers.
- [faults.md](faults.md): what breaks experiments, planted on purpose, and how often the checks
  notice.
- [forecast.md](forecast.md): the same figures for a company whose truth is not known, before its
  test is run, with intervals that were graded.
"""


def page_of(result: WhatIf, blocks: list[Block]) -> str:
    """Return docs/what-if.md."""
    words = ["abkit", "whatif", "--scenario", result.scenario, "--weeks", str(result.weeks),
             "--seed", str(result.seed), "--model-seeds", str(len(result.model_seeds)),
             "--plot", "docs/figures/what-if.svg", "--format", "markdown"]  # fmt: skip
    title = _PAGE.format(cases=", ".join(result.use_cases), command=shlex.join(words))
    return "\n".join([title, *map(to_markdown, blocks), _MORE])


def answer(result: WhatIf) -> Grid:
    """Return what to launch in each use-case, and what a test of it would show."""
    base, n = result.variants[0], len(result.model_seeds)
    means = f"; means of {n} trainings" if n > 1 else ""
    return Grid(
        title="The answer: launch the check?",
        columns=(
            Column(head=("Use-", "case")),
            Column(head="Launch"),
            Column(head=("Flag from:", "in use", "best value", "safest"), align="right"),
            *(Column(head=(f"Δ{metric}, points", "if all vary", "A/B shows"), align="right")
              for metric in METRICS),
        ),
        rows=tuple(_row(case, base.of(case.use_case).launch) for case in result.thresholds),
        section_ends=frozenset(range(len(result.thresholds) - 1)),
        notes=(
            "Launch: yes where the value of the deployed check is above 0 over all assumed harms "
            "and recalls. Δ: simulated, everybody treated minus nobody, ± Monte-Carlo "
            f"error{means}. If all vary: closed form over all assumed harms and recalls, moved by "
            "what the simulated world has beyond it at the scenario's own (the agents' queue), "
            "first training. A/B shows: chance that "
            f"a test of {result.weeks} weeks has p below .05, if it saw the whole effect, the "
            "queue's part of 24RR included, of which it sees little.",
        ),
    )  # fmt: skip


def _row(case: CaseThresholds, launch: Mapping[str, Difference]) -> tuple[Cell, ...]:
    used = case.of("in use").gains
    value = used[VALUE].band
    word = "yes" if value.low > 0 else "no" if value.high < 0 else "depends"
    names: tuple[Answer, ...] = ("in use", "value", "safest")
    scores = tuple(share(case.of(name).threshold, 2) for name in names)
    cells = tuple(_metric(used[metric], launch[metric]) for metric in METRICS)
    return (case.use_case, word, scores, *cells)


def _metric(gain: Gain, launch: Difference) -> Cell:
    error = (launch.mean.ci_upper - launch.mean.estimate) / 1.96
    beyond = gain.simulated - gain.form  # what the agents' queue adds, and chance
    power = MISSING if launch.power is None else f"{100 * launch.power:.0f} %"
    return (
        f"{signed(launch.mean.estimate)} ±{100 * error:.2f}",
        f"{signed(gain.band.low + beyond)} to {signed(gain.band.high + beyond)}",
        power,
    )
