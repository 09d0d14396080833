"""Type-I error, coverage and power from simulated experiments; and the page docs/validity.md."""

from collections.abc import Iterable
from typing import Final

from abkit.core.validity_report import CellValidity, GradedShare, ValidityReport
from abkit.render import markup
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import in_weeks, percent, signed

_PAGE: Final = """# The analysis, graded by the simulator

Does Table 3 keep its promises on contacts whose truth is known? {experiments:,} simulated
experiments in which nothing differs but the arms' names, and {experiments:,} in which the
classifier works, each analysed as anybody's log is.

This page is printed by

```sh
abkit validate --experiments {experiments} --seed {seed} --format markdown
```
"""


def blocks(report: ValidityReport) -> list[Block]:
    """Return false positives, coverage with power, and how the experiments were made."""
    return [_false_positives(report), _coverage(report), _how(report)]


def page(report: ValidityReport) -> str:
    """Return docs/validity.md."""
    title = _PAGE.format(experiments=report.experiments, seed=report.world.seed)
    return "\n".join([title, *map(markup.to_markdown, blocks(report))])


def _false_positives(report: ValidityReport) -> Grid:
    shares = [
        *(cell.false_positives for cell in report.cells),
        *(share for _, share in report.pooled_false_positives),
        report.any_false_positive,
        report.sample_ratio_alarms,
    ]
    rows = [(c.use_case, c.metric, *_share(c.false_positives)) for c in report.cells]
    pooled = [("pooled", m, *_share(share)) for m, share in report.pooled_false_positives]
    family = [
        ("any row, Holm", "", *_share(report.any_false_positive)),
        ("sample ratio", "", *_share(report.sample_ratio_alarms)),
    ]
    return Grid(
        title=f"Nothing differs: how often p < {1 - report.confidence_level:.2g} all the same",
        columns=(
            Column(head="Use-case"),
            Column(head="Metric"),
            Column(head="%", align="right"),
            Column(head="95 % limits", align="right"),
            Column(head="4-SD band", align="right"),
        ),
        rows=(*rows, *pooled, *family),
        section_ends=frozenset({len(rows) - 1, len(rows) + len(pooled) - 1}),
        notes=(
            _legend(shares),
            "Any row, Holm: experiments with any adjusted p-value below it, at most so many; "
            "sample ratio: alarms over all use-cases, below .001, in both kinds of experiments",
        ),
    )


def _share(share: GradedShare) -> tuple[str, str, str]:
    digits = 2 if share.promised < 0.01 else 1
    return (
        _marked(share, digits),
        _range(share.ci_lower, share.ci_upper, digits),
        _range(share.band_lower, share.band_upper, digits),
    )


def _marked(share: GradedShare, digits: int = 1) -> str:
    return ("" if share.kept else "*") + percent(share.share, digits)


def _legend(shares: Iterable[GradedShare]) -> str:
    if all(share.kept for share in shares):
        return "Every share lies inside its band"
    return "* outside its band: not by chance"


def _coverage(report: ValidityReport) -> Grid:
    cells, first = report.cells, report.cells[0].difference_coverage
    band = _range(first.band_lower, first.band_upper)
    level = f"{100 * report.confidence_level:g} %"
    return Grid(
        title=f"The classifier works: how often the {level} intervals hold the truth",
        columns=(
            Column(head="Use-case"),
            Column(head="Metric"),
            Column(head=("True effect", "points (SE)"), align="right"),
            Column(head=("Points:", "held %"), align="right"),
            Column(head=("95 %", "limits"), align="right"),
            Column(head=("Relative:", "held %"), align="right"),
            Column(head=("95 %", "limits"), align="right"),
            Column(head=("Power", "%"), align="right"),
            Column(head=("Holm", "%"), align="right"),
        ),
        rows=tuple(map(_cell, cells)),
        notes=(
            f"4-SD band of the shares that hold the truth: {band}",
            _legend(share for c in cells for share in (c.difference_coverage, c.relative_coverage)),
            "Power: experiments that show the effect; Holm: after the correction for nine rows. "
            "Arms this small are for grading: a real experiment needs more customers",
        ),
    )


def _cell(cell: CellValidity) -> tuple[str | tuple[str, ...], ...]:
    return (
        cell.use_case,
        cell.metric,
        f"{signed(cell.truth)} ({percent(cell.truth_error)})",
        _marked(cell.difference_coverage),
        _range(cell.difference_coverage.ci_lower, cell.difference_coverage.ci_upper),
        _marked(cell.relative_coverage),
        _range(cell.relative_coverage.ci_lower, cell.relative_coverage.ci_upper),
        percent(cell.power, 1),
        percent(cell.power_adjusted, 1),
    )


def _range(lower: float, upper: float, digits: int = 1) -> str:
    return f"{percent(lower, digits)}\u2013{percent(upper, digits)}"


def _how(report: ValidityReport) -> Prose:
    world = report.world
    weeks = in_weeks(world.weeks)
    return Prose(
        title="How this was measured",
        lines=(
            f"Scenario {world.scenario} with volume and staff divided by {world.divisor}: "
            f"{world.first_contacts_per_week:,.0f} first contacts a week for {weeks}, on average "
            f"{world.smallest_arm:,.0f} to {world.largest_arm:,.0f} contacts an arm and use-case",
            f"Model {world.model_digest[:12]}, threshold {world.threshold:.4f}; in the placebo "
            "experiments nothing is flagged",
            f"The true effect comes from {report.truth_experiments:,} other experiments of the "
            "same world with the model, counted by code that shares nothing with the analysis: "
            "successes and trials summed, treatment against control; SE is its standard error",
            f"Seed {world.seed}; experiments are its replications, none used twice",
            "Limits are Clopper and Pearson's; a band is the promised share give or take four "
            "binomial standard deviations",
        ),
    )
