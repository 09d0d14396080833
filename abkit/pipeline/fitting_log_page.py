"""The second part of docs/fit-scenario.md, from a finished study."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from abkit.core.fitted_log_study import LogStudy, RecoveredParameter

HEADING: Final = "## From a control log"
_DURATIONS: Final = ("_s", "_h", "_per_week")


def page(study: LogStudy) -> str:
    """Return the study as GitHub Markdown, its heading first."""
    parts = [
        HEADING,
        _HOW,
        "### What can be told, and from what",
        _table(("numbers", "told from"), _TOLD),
        "### Is a known world recovered?",
        _setup(study),
        _verdict(study),
        _table(_HEADER, map(_row, study.parameters)),
        _LEGEND,
        _also(study),
    ]
    return "\n\n".join(parts) + "\n"


def _verdict(study: LogStudy) -> str:
    worst = min(study.parameters, key=lambda row: row.held / row.intervals)
    return (
        f"Of {study.intervals:,} intervals {study.held:,} hold the truth: "
        f"{100 * study.held / study.intervals:.1f} %. The lowest row is "
        f"`{worst.name}`, {_share(worst)}. If all rows held 95 %, the lowest of "
        f"{len(study.parameters)} would be so low with p = {_p(study.lowest_p)}; without any bias "
        f"the largest would be so large with p = {_p(study.bias_p)} (both Bonferroni)."
    )


_LEGEND: Final = """Spread: the standard deviation of the estimates over the logs. SE: the mean of
the stated standard errors, which should be like the spread. Labels alone: the mean standard error
that labelled first contacts by themselves would give. Held: 95 % intervals that hold the truth,
with the Monte-Carlo error of that share. Prior: logs in which the logit's standard error was above
.5, so that the base's value was kept."""

_HOW: Final = """```sh
abkit fit-scenario --log control.parquet --labels golden.csv --out mine-world.toml
abkit fit-scenario --log control.csv --labels sheet.csv --model models/mine --out mine-world.toml
```

No experiment has been run yet: there are contacts of control (`contact_id`, `issue_id`, `attempt`,
`use_case`, `started_at`, `ended_at`, `menu_reason`, `resolution`, `accepted`, `response`,
`outcome`, `wait_s`; `score` and `flagged` in shadow where there are texts, or `text` and a model)
and golden labels of some of them: yes or no to LABEL 0, or the reason's name. Columns `true_*` are
never read. Labels may come from any sample whose choice rests on what the log shows: all contacts
alike, more of the high scores, only those with a text.

In a control log the cells tp, fn, fp, tn are seen on labelled contacts only. But the score and what
follows the offer depend on the truth, so the other contacts are a mixture of two, whose parts the
labels tell apart. Per use-case the likelihood of menu, score (in nine bins) and outcome is
maximised by EM, then Newton; errors are from the observed information. Scores need not be
calibrated: their law is learnt for each truth and menu. What it takes is that, truth and menu
given, the score says nothing more of what follows, and that labels are right.

A share is taken from the log if the standard error of its logit is at most .5, the prior's; all
else keeps the base's value and is listed. Where a wrong resolution would then help, both cells get
their weighted mean, or a prior gives way to the log's value, and the table says so."""

_TOLD: Final = (
    ("prevalence, menu error, false claim; acceptance, positive, repeat by cell",
     "the mixture above; without a menu entry for LABEL 0, tp and fp are never seen"),
    ("recall and false flags where the menu did not say LABEL 0",
     "the mixture's scores; reported, no part of a scenario"),
    ("other reasons, menu confusion", "labels that name the reason"),
    ("use-case shares, text rate, asking, answering, repeats by way out",
     "counted; errors clustered by issue"),
    ("volume, weekdays, hours", "whole days; weekday times hour, or both where hours differ "
     "by weekday (chi-squared, .001)"),
    ("variation of days", "like weekdays, so two weeks or more; else the base's"),
    ("repeat delay", "likelihood of a log-normal cut at 24 h, of contacts followed so long"),
    ("bot time", "contacts that no agent served"),
    ("service time", "seen as one sum with the bot's; its part is taken out by the bot's law"),
    ("patience", "censored by service; the base's law (exponential, Weibull or hazard)"),
    ("agents by hour", "services going on while somebody waits; else the most at once, a "
     "guess, as idle agents are not seen and leaving ones finish their contact; no errors are "
     "claimed"),
    ("hardness slope, attempts, backlog, treatment arms, cells of wrong other reasons",
     "not told: the base's (wrong other reasons: taken as tn)"),
)  # fmt: skip

_HEADER: Final = (
    "parameter", "truth", "base", "mean", "spread", "SE", "labels alone", "held", "prior",
)  # fmt: skip


def _setup(study: LogStudy) -> str:
    return (
        f"{study.logs} control logs of {study.weeks} weeks and {study.contacts:,.0f} contacts on "
        f"average, {study.labels:,} of them labelled at random, seed {study.seed}. The world "
        "differs from the base `returns-bot-points` in all but one number that a log can tell; "
        "scores are drawn from beta laws and not calibrated. "
        "`python -m abkit.pipeline.fitting_log_study` makes this part again."
    )


def _also(study: LogStudy) -> str:
    return (
        f"Agents by hour of the week: somebody waited for five minutes or more in "
        f"{100 * study.heads_told:.0f} % of the hours; there they are right in "
        f"{100 * study.heads_exact:.1f} %, off by one at most in {100 * study.heads_near:.1f} %. "
        f"In the other hours the most at once is taken, which is too high in "
        f"{100 * (1 - study.heads_below):.1f} % of them. An order had to be kept, so that no "
        f"wrong resolution helps, for {study.bound} numbers in all {study.logs} fits. "
        "Never seen, as use-case C has no menu entry for LABEL 0: "
        + ", ".join(f"`{name}`" for name in study.never_seen)
        + "."
    )


def _row(row: RecoveredParameter) -> tuple[str, ...]:
    values = (row.truth, row.base, row.mean, row.spread, row.error, row.labels_alone)
    return (
        row.name.removeprefix("use_cases.").removeprefix("customers."),
        *(_number(row.name, value) for value in values),
        _share(row),
        str(row.kept_prior or ""),
    )


def _share(row: RecoveredParameter) -> str:
    p = row.held / row.intervals
    error = math.sqrt(0.95 * 0.05 / row.intervals)
    return f"{row.held} of {row.intervals:,}, {100 * p:.0f} ± {100 * error:.0f} %"


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name.endswith(_DURATIONS):
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:.4f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"


def _p(value: float) -> str:
    return f"{value:.2f}".lstrip("0") if value >= 0.01 else f"{value:.1g}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    align = ["---"] + ["---:" if len(header) > 2 else "---"] * (len(header) - 1)
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, align, *rows))
