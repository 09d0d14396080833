"""Forecasts graded on simulated companies; and the page docs/forecast.md."""

from collections.abc import Sequence
from operator import methodcaller
from typing import Final

import numpy as np

from abkit.core.forecast_study import (
    LEVEL,
    LEVELS,
    ForecastStudy,
    GradedRow,
    HeldShare,
    Truth,
    share_of_rows,
)
from abkit.render import markup
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, share, signed

_PAGE: Final = """# What an A/B test will show, before it is run

```sh
abkit forecast --log control.parquet --labels golden.csv --model models/mine --out forecast.json
abkit forecast --check forecast.json --against runs/20261201-090000-000-abcdef   # afterwards
```

No experiment has been run: there is a log of control with shadow scores, and golden labels of some
contacts, as for `abkit fit-scenario --log` (docs/fit-scenario.md). Two intervals are given of each
difference of AR, PRR and 24RR:

- **True effect**: what differs between the arms of a test without end. It carries the golden labels
  (few), recall and false flags at the threshold, and behaviour.
- **The test's estimate**: what the planned weeks will show, the test's own chance added: the log's
  contacts a week, half of them in each arm, its answers, and its design effect.

How it is made: the mixture of customers with LABEL 0 and others is fitted to each use-case's log
and labels, as in `fit-scenario`, and taken as normal in its logits, with its covariance. Where it
knows less of a share than a fit's prior does (standard error of the logit above .5), a prior is
added: normal in the logit, centred on the base scenario, standard deviation 1. That is twice what a
fit uses: a fit looks for the most probable world, a forecast must hold the true one. That a wrong
resolution helps nobody is part of the prior, so where one of two cells rests on it, draws in which
a wrong resolution helps are dropped, by the margins of a fit. Of cells that the log knows the log
decides: where it says clearly that a wrong resolution helps (p below .001) the forecast names the
cell, beyond six standard errors it is refused. Every draw gives AR, PRR and 24RR of all contacts in
both arms in closed form.

What it leaves out: waiting and hanging up are as in the control log, in both arms. The arms of an
A/B test share one queue, so that its estimate is hardly touched. When everybody is treated the
queue gets shorter, fewer hang up and fewer come back; that part of the 24RR is not forecast, and
the table of companies with their own agents shows how large it is. Texts are taken to stay as they
are.

`--out` writes the forecast as JSON, once: the SHA-256 of log, labels and scenario, the arguments,
versions, all numbers, and last the SHA-256 of all of it as canonical JSON. It holds no time and
proves none; send the hash to somebody before the test begins. `--check` refuses a file whose hash
is not that of its contents.

## Do the intervals hold?

{summary}

This page is printed by

```sh
abkit forecast --companies {companies} --seed {seed} --jobs 2 --format markdown
```
"""
_RANGES: Final = """## Ranges and priors

A company is no draw from the priors: its numbers are uniform, independent, and mostly not centred
where the priors are, and the fit knows nothing of the ranges. They are assumptions about how much
companies differ, not measurements: with wider ranges the intervals that rest on the prior would
hold less often, with narrower ones more often.
"""
_HEADS: Final[tuple[Cell, ...]] = (
    "Metric", ("Hold", "truth, %"), "Width", ("Test's", "width"), ("Sign", "right, %"),
    ("Sure", "rows"), ("Sign right", "if sure"), ("Mean error,", "points"), ("Mean", "truth"),
)  # fmt: skip
_KINDS: Final[dict[Truth, str]] = {
    "unlimited": "agents unlimited",
    "test": "own agents, in a test",
    "launch": "own agents, after a launch",
}
_MEANS: Final[dict[Truth, str]] = {
    "unlimited": "in closed form, over all contacts",
    "test": "of a test without end, whose arms share the company's agents: simulated twice, the "
    "second time with everybody in the other arm",
    "launch": "everybody in treatment minus everybody in control, simulated. What a shorter queue "
    "adds is no part of a forecast: it is the mean error of 24RR",
}


def blocks(study: ForecastStudy) -> list[Block]:
    """Return coverage and widths by kind of company, calibration, and how it was measured."""
    tables = [_graded(study, kind) for kind in _KINDS]
    return [*tables, _by_menu(study), _calibration(study), _how(study)]


def _graded(study: ForecastStudy, kind: Truth) -> Grid:
    level = f"{100 * LEVEL:g} %"
    rows = [_graded_row(metric, study.of(kind, metric)) for metric in study.metrics]
    return Grid(
        title=f"{study.companies} companies, {_KINDS[kind]}, {count(len(study.of(kind)))} rows: "
        f"{level} intervals of the true effect",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(_HEADS)
        ),
        rows=(*rows, _graded_row("all", study.of(kind))),
        section_ends=frozenset({len(rows) - 1}),
        notes=(
            f"Truth: {_MEANS[kind]}.",
            f"Mean error: of the forecast's median, \u00b1 its standard error. Sure: the {level} "
            "interval leaves out no effect. Test's width: of its own interval.",
            *_error_notes(study, kind),
        ),
    )


def _error_notes(study: ForecastStudy, kind: Truth) -> tuple[str, ...]:
    if kind == "unlimited":
        return ()
    errors = [row.truth_error for row in study.of(kind)]
    return (
        f"Each truth is of {study.truth_weeks} weeks on common draws, with a standard error of "
        f"{percent(_mean(errors))} points on average.",
    )


def _graded_row(name: str, rows: Sequence[GradedRow]) -> tuple[Cell, ...]:
    errors = [row.median - row.truth for row in rows]
    sure = [row for row in rows if row.sure]
    widths = [row.found_width for row in rows if np.isfinite(row.found_width)]
    return (
        name,
        _held(share_of_rows(rows, lambda row: row.holds_truth(LEVEL))),
        percent(_mean([row.width for row in rows])),
        percent(_mean(widths)),
        _held(share_of_rows(rows, lambda row: row.sign_right)),
        count(len(sure)),
        _held(share_of_rows(sure, lambda row: row.sign_right)) if sure else MISSING,
        f"{signed(_mean(errors))} \u00b1 {percent(_standard_error(errors))}",
        signed(_mean([row.truth for row in rows])),
    )


def _mean(values: Sequence[float]) -> float:
    """Return the mean, NaN of none."""
    return float(np.mean(values)) if values else float("nan")


def _standard_error(values: Sequence[float]) -> float:
    """Return the mean's standard error, NaN of fewer than two."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _held(found: HeldShare) -> str:
    return f"{percent(found.share, 1)} \u00b1 {percent(found.error, 1)}"


def _by_menu(study: ForecastStudy) -> Grid:
    """Return coverage with and without a menu entry for LABEL 0: seen, or prior alone."""
    rows = []
    for entry, words in ((True, "has an entry"), (False, "has none")):
        for metric in study.metrics:
            found = study.of("unlimited", metric, has_entry=entry)
            if found:
                rows.append(
                    (
                        words,
                        metric,
                        count(len(found)),
                        _held(share_of_rows(found, lambda row: row.holds_truth(LEVEL))),
                        percent(_mean([row.width for row in found])),
                        percent(
                            _mean(
                                [row.found_width for row in found if np.isfinite(row.found_width)]
                            )
                        ),
                    )
                )
    heads = ("The menu", "Metric", "Rows", "Hold truth, %", "Width", "Test's width")
    return Grid(
        title=f"What the prior alone must tell: agents unlimited, {100 * LEVEL:g} % intervals",
        columns=tuple(
            Column(head=head, align="right" if i > 1 else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(rows),
        section_ends=frozenset({len(study.metrics) - 1}),
        notes=(
            "An entry for LABEL 0. Without one nobody is ever served as LABEL 0 in control: what "
            "such customers would do then is the prior's guess.",
        ),
    )


def _calibration(study: ForecastStudy) -> Grid:
    rows = []
    for kind in _KINDS:
        for metric in (*study.metrics, None):
            found = study.of(kind, metric)
            effect = [share_of_rows(found, methodcaller("holds_truth", level)) for level in LEVELS]
            rows.append((kind, metric or "all", "effect", *map(_held, effect)))
            if kind != "launch":  # the same tests as of the kind before
                tests = [share_of_rows(found, methodcaller("holds_found", x)) for x in LEVELS]
                rows.append((kind, metric or "all", "estimate", *map(_held, tests)))
    heads = ("Truth", "Metric", "Of the", *(f"{100 * x:g} %" for x in LEVELS))
    return Grid(
        title="Calibration: nominal level, and the share of intervals that hold it, %",
        columns=tuple(
            Column(head=head, align="right" if i > 2 else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(rows),
        section_ends=frozenset({2 * len(study.metrics) + 1, 4 * len(study.metrics) + 3}),
        notes=(
            "\u00b1: binomial standard errors; the three use-cases of a company share some draws, "
            "so that they are a little too small. Effect: the true one; estimate: the test's.",
        ),
    )


def _how(study: ForecastStudy) -> Prose:
    low, high = study.contacts
    return Prose(
        title="How this was measured",
        lines=(
            f"{study.companies} companies, seed {study.seed}; each with agents unlimited and with "
            f"its own. A control log of {study.weeks} weeks ({count(low)} to {count(high)} "
            f"contacts), {count(study.labels)} contacts labelled at random, the forecast from both "
            f"with {count(study.draws)} draws, then an A/B test of {study.weeks} weeks on other "
            "draws, analysed as anybody's log.",
            f"Scores: the default model of {study.base}, {study.model[:12]}, flags from "
            f"{share(study.threshold, 4)}; the same texts at every company.",
            f"Priors are centred on {study.base}, not on the company; no fit sees a truth.",
            f"Use-cases without a forecast, for too few labels or contradictions: "
            f"{study.left_out}.",
            "One choice was made on simulated companies, 60 of seed 501: the prior's standard "
            "deviation of 1. With .5, its intervals held too seldom.",
        ),
    )


def page(study: ForecastStudy) -> str:
    """Return docs/forecast.md."""
    title = _PAGE.format(companies=study.companies, seed=study.seed, summary=_summary(study))
    found = map(markup.to_markdown, blocks(study))
    return "\n".join([title, *found, _RANGES, markup.to_markdown(_ranges(study))])


def _summary(study: ForecastStudy) -> str:
    lines = []
    for kind, words in _KINDS.items():
        shown = (None, *study.metrics[-1:]) if kind == "launch" else (None,)
        for metric in shown:
            rows = study.of(kind, metric)
            held = share_of_rows(rows, lambda row: row.holds_truth(LEVEL))
            width = _mean([row.width for row in rows])
            lines.append(
                f"- {'All metrics' if metric is None else metric}, {words}: of {held.n} intervals "
                f"at {100 * LEVEL:g} % {held.held} hold the truth, {_held(held)} %; mean width "
                f"{percent(width)} points."
            )
        if kind == "launch":
            continue
        rows = study.of(kind)
        held = share_of_rows(rows, lambda row: row.holds_found(LEVEL))
        lines.append(
            f"- What a test of {study.weeks} weeks then showed, {words}: {held.held} of {held.n} "
            f"estimates lie in the {100 * LEVEL:g} % interval that was forecast for them, "
            f"{_held(held)} %."
        )
    return "\n".join(lines)


def _ranges(study: ForecastStudy) -> Grid:
    heads = ("Number", "Companies", "Centres of the priors")
    rows = tuple(
        (
            one.name,
            f"{one.low:g} to {one.high:g}",
            ", ".join(f"{centre:.3g}" for centre in one.centres) or MISSING,
        )
        for one in study.ranges
    )
    return Grid(
        title="Ranges that companies are drawn from",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=rows,
        notes=(
            f"Centres: of {study.base}, by use-case where it has several. Use-cases without an "
            f"entry for LABEL 0 in the menu: {percent(study.no_entry, 0)} %.",
        ),
    )
