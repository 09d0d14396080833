"""Models on real texts as blocks, and as the page docs/real-texts.md."""

from typing import Final

from abkit.core.real_texts import BASELINE, DEFAULT, MAX_GAP, RealRow, RealTask, RealTexts
from abkit.core.reproduced import Interval
from abkit.render import markup
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import count, interval, share, signed

_INTRODUCTION: Final = """# The same classifiers on real texts

Texts that customers wrote, with labels that people set, but where a task says otherwise. They
are split 8:1:1 (equal texts stay in one part): train, validation, test. The networks are abkit's
compact ones, CE, FL1 and FL5, stopped early on the validation part, on which the temperature is
fitted, too. Beside them the model that a user would try first: TF-IDF of words and word pairs, and
a logistic regression, uncalibrated. Where a task has a table of changes, FL1 was trained again with
one thing changed; the best of them would be chosen on the test rows, so none is the default.
{seeds} Intervals are 95 % bootstraps of the test rows; differences are paired.

This page is printed by `make real-texts`, which is

```sh
abkit reproduce --real-texts ../shared/data{option} --format markdown
```

## What was found

{aims}
{findings}
"""
_METRICS: Final = {
    "average_precision": ("AP of", "LABEL 0"),
    "macro.average_precision": ("AP,", "macro"),
    "macro.f1": ("F1,", "macro"),
    "ece": ("ECE",),
    "ece_classwise": ("ECE by", "class"),
    "nll": ("NLL",),
}
_AIM_OF: Final = {
    "average_precision": "average precision of LABEL 0",
    "macro.average_precision": "macro average precision",
}
_OF: Final = {"average_precision": "LABEL 0", "macro.average_precision": "all, macro"}


def blocks(report: RealTexts) -> list[Block]:
    """Return what was found, then the tables of every task."""
    found: list[Block] = [_aims(report), Prose(title="", lines=findings(report))]
    for task in report.tasks:
        found += _tables(task)
    return found


def page(report: RealTexts) -> str:
    """Return the page as GitHub Markdown."""
    n = len(report.seeds)
    seeds = (
        f"Every figure is a mean over {n} seeds." if n > 1 else "One seed: no claim about gamma."
    )
    parts = [
        _INTRODUCTION.format(
            seeds=seeds,
            option=f" --seeds {n}" if n > 1 else "",
            aims=markup.to_markdown(_aims(report)),
            findings=markup.to_markdown(Prose(title="", lines=findings(report))).rstrip(),
        )
    ]
    for task in report.tasks:
        parts += [f"## {task.name.capitalize()}\n", *map(markup.to_markdown, _tables(task))]
    return "\n".join(parts)


def findings(report: RealTexts) -> tuple[str, ...]:
    """Return on how many tasks the aim is met, what else helps, and what a temperature does."""
    lines = [_met(report)]
    for task in report.tasks:
        lines += _best_change(task)
    return (*lines, *(_temperature(task) for task in report.tasks), *_beside_interval(report))


def _met(report: RealTexts) -> str:
    """Return on how many tasks the aim is met by the interval, and by its estimate alone."""
    verdicts = [task.verdict for task in report.tasks]
    met, missed = verdicts.count("met"), verdicts.count("not met")
    return (
        f"the aim is met by the whole interval on {met} of {len(verdicts)} tasks, missed by it on "
        f"{missed} and left open by it on {len(verdicts) - met - missed}; by the estimate alone it "
        f"is met on {sum(task.aim_met for task in report.tasks)}"
    )


def _beside_interval(report: RealTexts) -> tuple[str, ...]:
    """Return why a calibration error stands below its own interval, where one does."""
    below = [
        name
        for task in report.tasks
        for row in task.rows
        for name in ("ece", "ece_classwise")
        if row.metrics[name].estimate < row.metrics[name].ci_lower
    ]
    if not below:
        return ()
    both = 2 * sum(len(task.rows) for task in report.tasks)
    return (
        f"{len(below)} of {both} calibration errors (ECE and ECE by class) stand below their own "
        "interval: a resample adds noise, every error of noise is positive, and so the interval "
        "of a small error lies too high (docs/metrics.md)",
    )


def _aims(report: RealTexts) -> Grid:
    return Grid(
        title=f"Aim: {DEFAULT}, abkit's default, at most {100 * MAX_GAP:.0f} points of average "
        "precision behind the linear baseline",
        columns=(
            Column(head="task"),
            Column(head=("average", "precision of")),
            *(Column(head=head, align="right") for head in (DEFAULT, "baseline")),
            Column(head=("difference,", "points"), align="right"),
            Column(head="aim"),
        ),
        rows=tuple(_aim(task) for task in report.tasks),
        notes=(
            "met, not met: the whole 95 % interval of the difference lies on that side of the aim. "
            "By the point: only the estimate does.",
        ),
    )


def _aim(task: RealTask) -> tuple[str | tuple[str, ...], ...]:
    own = task.default
    baseline = next(row for row in task.rows if row.model == BASELINE)
    assert own.gap is not None  # of a network
    return (
        task.name,
        _OF[task.metric],
        share(own.metrics[task.metric].estimate),
        share(baseline.metrics[task.metric].estimate),
        _two_lines(own.gap),
        task.verdict,
    )


def _best_change(task: RealTask) -> list[str]:
    """Return, where the aim is not met, which change of the network comes nearest to it."""
    of_network = [one for one in task.changed if one.epochs is not None]
    if task.aim_met or not of_network:
        return []
    best = max(of_network, key=lambda one: one.to_default.estimate)
    others = [one for one in task.changed if one.epochs is None]
    return [
        f"{task.name}: the best of {len(of_network)} changes to FL1 on these test rows, "
        f"{best.what}, moves it by {_points(best.to_default)} points, to "
        f"{_points(best.to_baseline)} from the unchanged baseline",
        *(f"{task.name}: {one.what} moves by {_points(one.to_baseline)} points" for one in others),
    ]


def _temperature(task: RealTask) -> str:
    rows = {row.model: row for row in task.rows}
    pairs = [(row, rows.get(f"{name} + temperature")) for name, row in rows.items()]
    said = [
        f"{row.model} {_ece(row)} to {_ece(scaled)} (T {scaled.temperature:.2f})"
        for row, scaled in pairs
        if scaled is not None
    ]
    return f"{task.name}: ECE in points, without and with a temperature: " + ", ".join(said)


def _ece(row: RealRow) -> str:
    return f"{100 * row.metrics['ece'].estimate:.1f}"


def _points(gap: Interval) -> str:
    return f"{signed(gap.estimate, 1)} {interval(gap.ci_lower, gap.ci_upper, 1)}"


def _tables(task: RealTask) -> list[Grid]:
    return [_metrics(task), _gaps(task), *_changes(task), *_strata(task)]


def _metrics(task: RealTask) -> Grid:
    shares = ", ".join(
        f"{name.replace('_', ' ')} {100 * value:.1f} %"
        for name, value in zip(task.class_names, task.shares, strict=True)
    )
    return Grid(
        title=f"{task.name}: metrics",
        columns=(
            Column(head="model"),
            *(Column(head=head, align="right") for head in _METRICS.values()),
        ),
        rows=tuple(
            (row.model, *(_cell(name, row.metrics[name]) for name in _METRICS)) for row in task.rows
        ),
        notes=(
            f"{task.how}; rows: {count(task.n_train)} train, {count(task.n_validation)} validate, "
            f"{count(task.n_test)} test",
            f"test rows: {shares}",
        ),
    )


def _cell(name: str, value: Interval) -> tuple[str, ...]:
    return share(value.estimate), f"{share(value.ci_lower)}\u2013{share(value.ci_upper)}"


def _gaps(task: RealTask) -> Grid:
    return Grid(
        title=f"{task.name}: {_AIM_OF[task.metric]}, network less baseline, in points",
        columns=(
            Column(head="model"),
            Column(head="gap", align="right"),
            Column(head="95 % interval", align="right"),
            Column(head="epochs", align="right"),
        ),
        rows=tuple(
            (
                row.model,
                signed(row.gap.estimate, 1),
                interval(row.gap.ci_lower, row.gap.ci_upper, 1),
                f"{row.epochs:.0f}" if row.epochs is not None else "",
            )
            for row in task.rows
            if row.gap is not None
        ),
    )


def _changes(task: RealTask) -> list[Grid]:
    if not task.changed:
        return []
    heads = (("texts", "train"), "epochs", "AP", ("less FL1,", "points"),
             ("less baseline,", "points"))  # fmt: skip
    return [
        Grid(
            title=f"{task.name}: {_AIM_OF[task.metric]}, FL1 with one thing changed",
            columns=(
                Column(head="changed"),
                *(Column(head=head, align="right") for head in heads),
            ),
            rows=tuple(
                (
                    one.what,
                    count(one.n_train),
                    f"{one.epochs:.0f}" if one.epochs is not None else "",
                    share(one.value.estimate),
                    _two_lines(one.to_default),
                    _two_lines(one.to_baseline),
                )
                for one in task.changed
            ),
        )
    ]


def _two_lines(gap: Interval) -> tuple[str, str]:
    return signed(gap.estimate, 1), interval(gap.ci_lower, gap.ci_upper, 1)


def _strata(task: RealTask) -> list[Grid]:
    rows = [
        (
            row.model,
            "yes" if stratum.agreed else "no",
            count(stratum.n),
            *map(share, (stratum.accuracy, stratum.confidence, stratum.ece, stratum.nll)),
        )
        for row in task.rows
        for stratum in row.strata
    ]
    if not rows:
        return []
    heads = ("texts", "accuracy", "confidence", "ECE", "NLL")
    return [
        Grid(
            title=f"{task.name}: by whether all annotators agreed",
            columns=(
                Column(head="model"),
                Column(head="agreed"),
                *(Column(head=h, align="right") for h in heads),
            ),
            rows=tuple(rows),
        )
    ]
