"""Exact coverage and size: methods as rows, settings as columns; and the page docs/coverage.md."""

from collections.abc import Callable, Sequence
from typing import Final

from abkit.core.coverage_report import (
    DEFAULT_SETTINGS,
    ArmSetting,
    CoverageReport,
    IntervalCoverage,
    Scale,
    SettingCoverage,
)
from abkit.render import markup
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import count, share

_WIDTH: Final = 80
_OURS: Final = "Miettinen-Nurminen"
_SLACK: Final = 0.01  # from here on a figure is marked
_NO_BOUND: Final = (
    "Without successes in control the data put no upper bound on the ratio: abkit says so instead "
    "of making one up, which counts as a miss above and as a hit in the rows as a set"
)
_PAGE: Final = """# Exact coverage and size

How often does a nominal {level} % interval hold the truth, and how often does a test at {alpha} %
reject where nothing differs? Nothing is simulated here: every table that two binomial arms can
show is enumerated, and its probability is added where the interval holds the truth or the test
rejects.

This page is printed by

```sh
{command}
```

and the same for your own arms: `--at 4500:.02/500:.04` is a control arm of 4,500 at a rate of
2 % and a treatment arm of 500 at 4 % (repeat `--at` for more columns).
"""


def blocks(report: CoverageReport) -> list[Block]:
    """Return the coverage on both scales, the size of the tests, and how they were counted."""
    level = f"{100 * report.confidence_level:g} %"
    found: list[Block] = []
    for part in _fitting(report.settings):
        found += [
            _intervals(part, "difference", f"Coverage of {level} intervals, difference", report),
            _intervals(part, "ratio", f"Coverage of {level} intervals, ratio", report),
            _sizes(part, report),
        ]
    return [*found, _how(report)]


def page(report: CoverageReport) -> str:
    """Return docs/coverage.md."""
    title = _PAGE.format(
        level=f"{100 * report.confidence_level:g}",
        alpha=f"{100 * (1 - report.confidence_level):g}",
        command=" ".join(_command(report)),
    )
    return "\n".join([title, *map(markup.to_markdown, blocks(report))])


def _command(report: CoverageReport) -> list[str]:
    words = ["abkit validate --coverage"]
    settings = tuple(found.setting for found in report.settings)
    if settings != DEFAULT_SETTINGS:
        words += [f"--at {_arm(s.control)}/{_arm(s.treatment)}" for s in settings]
    if report.confidence_level != 0.95:
        words.append(f"--confidence-level {report.confidence_level:g}")
    return [*words, "--format markdown"]


def _arm(arm: ArmSetting) -> str:
    return f"{arm.trials}:{_rate(arm)}"


def _rate(arm: ArmSetting) -> str:
    return repr(arm.rate).removeprefix("0")  # as given: it goes into a command line


def _short(share: float) -> str:
    return f"{share:g}".removeprefix("0")


def _fitting(settings: Sequence[SettingCoverage]) -> list[Sequence[SettingCoverage]]:
    """Return the settings in parts that fit beside the methods' names."""
    rows = [row for found in settings for row in found.intervals]
    names = max(len(_as_set(row.method) if _unbounded(row) else _name(row.method)) for row in rows)
    wide = max(len("*.0000"), *(len(line) for found in settings for line in _head(found)))
    n = max(1, (_WIDTH - names) // (wide + 1))
    return [settings[i : i + n] for i in range(0, len(settings), n)]


def _head(found: SettingCoverage) -> tuple[str, ...]:
    control, treatment = found.setting.control, found.setting.treatment
    return count(control.trials), _rate(control), count(treatment.trials), _rate(treatment)


def _columns(part: Sequence[SettingCoverage]) -> tuple[Column, ...]:
    return (
        Column(head=("control: trials", "rate", "treatment: trials", "rate")),
        *(Column(head=_head(found), align="right") for found in part),
    )


def _intervals(
    part: Sequence[SettingCoverage], scale: Scale, title: str, report: CoverageReport
) -> Grid:
    level = report.confidence_level
    by_method = list(
        zip(*([r for r in f.intervals if r.scale == scale] for f in part), strict=True)
    )

    def row(
        name: str, rows: Sequence[IntervalCoverage], value: Callable[[IntervalCoverage], float]
    ) -> tuple[str, ...]:
        return (name, *(_cell(value(r), level - value(r)) for r in rows))

    lines = [row(_name(rows[0].method), rows, lambda r: r.coverage) for rows in by_method]
    unbounded = [rows for rows in by_method if any(map(_unbounded, rows))]
    ends = frozenset({len(lines) - 1} if unbounded else ())
    lines += [row(_as_set(rows[0].method), rows, lambda r: r.coverage_as_set) for rows in unbounded]
    notes = _asterisk(lines, f"below {_short(level)}")
    if unbounded:
        notes.append(
            "An undefined interval, or one without a finite upper bound, is a miss; as a set, an "
            "infinite upper bound is a bound like any other"
        )
    return Grid(
        title=title,
        columns=_columns(part),
        rows=tuple(lines),
        section_ends=ends,
        notes=tuple(notes),
    )


def _sizes(part: Sequence[SettingCoverage], report: CoverageReport) -> Grid:
    alpha = 1 - report.confidence_level
    lines = [
        (_name(rows[0].method), *(_cell(r.size, r.size - alpha) for r in rows))
        for rows in zip(*(found.tests for found in part), strict=True)
    ]
    return Grid(
        title=f"Size of tests at {100 * alpha:g} %, both arms at control's rate",
        columns=_columns(part),
        rows=tuple(lines),
        notes=tuple(_asterisk(lines, f"above {_short(alpha)}")),
    )


def _asterisk(lines: Sequence[Sequence[str]], what: str) -> list[str]:
    """Return what the asterisk means, if one is shown."""
    shown = any(cell.startswith("*") for line in lines for cell in line[1:])
    return [f"* more than .01 {what}"] if shown else []


def _cell(value: float, excess: float) -> str:
    """Return four digits, marked where the excess over the promise shows in them."""
    return ("*" if round(excess, 4) > _SLACK else "") + share(value, 4)


def _unbounded(row: IntervalCoverage) -> bool:
    return row.coverage_as_set != row.coverage


def _name(method: str) -> str:
    return f"{method} (abkit)" if method == _OURS else method


def _as_set(method: str) -> str:
    return f"{method}, as a set"


def _how(report: CoverageReport) -> Prose:
    tables = sum(found.tables for found in report.settings)
    omitted = max(found.omitted for found in report.settings)
    unbounded = any(_unbounded(row) for found in report.settings for row in found.intervals)
    return Prose(
        title="How to read this",
        lines=(
            f"{tables:,} tables enumerated; those left out have a probability of {omitted:.1g} at "
            "most in any setting, so that no figure is further off",
            "Miettinen-Nurminen is what abkit reports: the intervals of both scales invert the "
            "test, so that the three agree about no effect",
            "Other tools: pooled variance, corrected, and pooled z, corrected, are tea-tasting's "
            "from 1,000 rows on; pooled log is its interval for the ratio when it is told not to "
            "correct; the delta method is gbstats's, but for its t quantile",
            *([_NO_BOUND] if unbounded else ()),
        ),
    )
