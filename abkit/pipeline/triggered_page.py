"""docs/triggered.md, from finished studies and one printed example."""

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Final

from pyarrow import parquet

from abkit.analysis.triggered import analyze_triggered
from abkit.core.triggered_study import GainRow, TriggeredStudy
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.pipeline.supplies import generated_texts, scored
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

_INTRO: Final = """# Comparing only what the text check would change

`make triggered` makes this page. Most customers of an A/B test meet the same bot in both arms:
their text is not flagged, or the menu says LABEL 0 anyway. They add noise to the plain comparison
and nothing else. Scores exist in both arms (in control as a shadow, computed and not used), so
that it is known who would have been treated otherwise:

```sh
abkit analyze log.parquet --triggered  # needs menu_reason and flagged in both arms
abkit analyze log.csv --triggered --threshold 0.42  # score in place of flagged
abkit analyze log.csv --triggered --trigger would_differ  # your own column, other policies
```

## What is compared
- **A contact triggers** if its text is flagged while `menu_reason` is not LABEL 0 (`--label-0`):
  right where the text only adds LABEL 0, "menu or text". Where the text can overrule a menu's
  LABEL 0, a log cannot tell by itself what would have happened: write it into a column in both
  arms and name it with `--trigger`. If the log has `assigned_reason`, this is checked.
- **A customer triggers once**, with the first such contact. Up to it both arms did the same, so
  that everything before has one law in both arms, and so has whether and when the first one
  comes. What follows is an effect: who came back, and with what. So all contacts from the first
  triggering one on, in any use-case, are the triggered part. To compare single triggering
  contacts would compare unlike customers, since a helped one does not return.
- **Before the first one** lies a placebo: the arms are compared there, metric by metric,
  Holm-adjusted; below .001 it fails the gate.
- **All contacts** ("diluted"): with U the sums of what came before, over both arms, K the
  customers of both arms who triggered and T their mean sums in arm a from then on, the arm's rate
  is (U_y + K T_y) / (U_m + K T_m). Only T can differ. Variance: delta method over customers; if
  all trigger at once, it is the plain analysis. It refers to the same question as Table 3, not to
  another one.
- **Refused**: no scores in an arm; shares of triggering customers that differ between the arms (p
  below .001), since then the two parts are not comparable; nobody triggers. Few successes or
  failures (below 5 in an arm's triggered part): no interval.

Sources: Deng and Hu (2015), Diluted treatment effect estimation for trigger analysis in online
controlled experiments, WSDM; Kohavi, Tang and Xu (2020), Trustworthy Online Controlled
Experiments, chapter 20. Their formulas are for means per user; the ratio of sums with repeats,
and its variance, are derived in `analysis/triggered_diluted.py`.
"""


def page(free: TriggeredStudy, queue: TriggeredStudy, example: str) -> str:
    """Return the page: unlimited agents, then the scenario's own."""
    return "\n".join(
        [_INTRO, _gain(free), _truth(free), _queue(queue), "## One experiment, printed", example]
    )


def _gain(study: TriggeredStudy) -> str:
    gains = [row.gain for row in study.rows]
    lines = [
        "## What it gains",
        _wrapped(
            f"{study.experiments} simulated experiments of `{study.scenario}` with unlimited "
            "agents, "
            f"{study.weeks} weeks each, seed {study.seed}, default model: "
            f"{100 * study.triggered_share:.1f} % of customers trigger. Spread: standard "
            "deviation of "
            "the estimated difference over the experiments, points. Gain: ratio of the variances, "
            "with "
            "its Monte-Carlo standard error: the plain analysis would need so many times the "
            "customers. Stated: the mean of what `--triggered` prints."
        ),
        "",
        "| | plain spread | triggered spread | mean stated SE | gain | stated "
        "| plain p below .05 | triggered p below .05 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_gain_row(row, study.experiments) for row in study.rows),
        "",
        _wrapped(
            f"From {min(gains):.1f} to {max(gains):.1f} times. The gain is least where most "
            "contacts "
            "trigger: in C nobody with a flagged text selects LABEL 0 in the menu, so that every "
            "flag changes something."
        ),
        "",
    ]
    return "\n".join(lines)


def _gain_row(row: GainRow, n: int) -> str:
    return (
        f"| {row.use_case} {row.metric} | {_points(row.plain_spread)} "
        f"| {_points(row.diluted_spread)} | {_points(row.diluted_error)} "
        f"| {row.gain:.1f} ± {row.gain_error:.1f} | {row.stated_gain:.1f} "
        f"| {_share(row.plain_shown, n)} | {_share(row.shown, n)} |"
    )


def _truth(study: TriggeredStudy) -> str:
    n = study.experiments
    held = sum(row.held for row in study.rows)
    plain = sum(row.plain_held for row in study.rows)
    z = [abs(_bias(row, n)) for row in study.rows]
    rows = len(study.rows)
    lines = [
        "## Whether it holds",
        _wrapped(
            "Truth: treatment minus control over all contacts, in closed form. Mean: over the "
            "experiments, ± its Monte-Carlo standard error. Held: 95 % intervals with the truth "
            "inside "
            f"(Monte-Carlo standard error of each share: {100 * _share_error(0.95, n):.1f} points)."
        ),
        "",
        "| | truth | triggered, mean | plain, mean | triggered held | plain held |",
        "|---|---:|---:|---:|---:|---:|",
        *(_truth_row(row, n) for row in study.rows),
        "",
        _wrapped(
            f"All rows together: {100 * held / (rows * n):.1f} % of the triggered intervals hold "
            "the "
            f"truth, {100 * plain / (rows * n):.1f} % of the plain ones. The largest bias of a "
            "mean is "
            f"{max(z):.1f} standard errors, of {rows} rows. Where nothing differs: the placebo, "
            f"Holm-adjusted over {rows} rows, is below .05 in {_counted(study.placebo_alarms, n)} "
            f"(promised: at most 5 %), below the gate's .001 in {study.placebo_fails}; the shares "
            "that "
            f"trigger differ with p below .05 in {_counted(study.trigger_alarms, n)}, and "
            f"{study.refused} were refused."
        ),
        "",
    ]
    return "\n".join(lines)


def _truth_row(row: GainRow, n: int) -> str:
    return (
        f"| {row.use_case} {row.metric} | {_points(row.truth or 0.0)} "
        f"| {_points(row.diluted_mean)} ± {_points(row.diluted_spread / math.sqrt(n))} "
        f"| {_points(row.plain_mean)} ± {_points(row.plain_spread / math.sqrt(n))} "
        f"| {_share(row.held, n)} | {_share(row.plain_held, n)} |"
    )


def _queue(study: TriggeredStudy) -> str:
    n = study.experiments
    gaps = {
        f"{row.use_case} {row.metric}": (row.diluted_mean - row.plain_mean)
        / (math.sqrt(row.plain_spread**2 / n))
        for row in study.rows
    }
    worst = max(gaps, key=lambda name: abs(gaps[name]))
    low, high = (f(row.gain for row in study.rows) for f in (min, max))
    lines = [
        "## What it cannot see",
        _wrapped(
            f"The same with the scenario's own agents, whose queue both arms share, {n} "
            "experiments: "
            f"gains from {low:.1f} to {high:.1f}; both analyses agree in the mean (largest gap: "
            f"{worst}, {gaps[worst]:+.1f} standard errors of the plain mean, of {len(gaps)} rows). "
            f"The placebo is below .05 in {_counted(study.placebo_alarms, n)} and below .001 in "
            f"{study.placebo_fails}: it is not raised. Both arms wait in one queue, so that what "
            "treatment does to it reaches control's customers as much as its own. Neither the "
            "placebo "
            "nor the effect on all contacts knows of that part; it belongs to the same question "
            "as the "
            "plain A/B estimate, with the same blind spot. A placebo that fails points to "
            "assignment, "
            "logging, or another bot."
        ),
        "",
    ]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return fill(text, 98, break_long_words=False, break_on_hyphens=False)


def _points(value: float) -> str:
    return f"{100 * value:.3f}".replace("-", "\u2212")


def _share(count: int, n: int) -> str:
    return f"{100 * count / n:.1f} %"


def _counted(count: int, n: int) -> str:
    error = _share_error(max(count, 1) / n, n)
    return f"{count} of {n} ({100 * count / n:.1f} ± {100 * error:.1f} %)"


def _share_error(share: float, n: int) -> float:
    return math.sqrt(share * (1 - share) / n)


def _bias(row: GainRow, n: int) -> float:
    """Return how many of its standard errors the mean lies from the truth."""
    return (row.diluted_mean - (row.truth or 0.0)) / (row.diluted_spread / math.sqrt(n))


def printed_example() -> str:
    """Return what `abkit analyze --triggered` prints of the log of `abkit simulate --weeks 2`."""
    world = load_scenario(DEFAULT_SCENARIO)
    artifact = default_model(world)
    threshold = artifact.threshold.threshold
    if threshold is None:
        return ""
    log = simulate_contacts(
        world, scored(generated_texts(), artifact), threshold=threshold, weeks=2, seed=1
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "contacts.parquet")
        parquet.write_table(log, path)
        shown = analyze_triggered(path, treatment="treatment").to_markdown()
    commands = "abkit simulate --weeks 2\nabkit analyze --triggered --format markdown\n"
    return f"```sh\n{commands}```\n\n{shown}"
