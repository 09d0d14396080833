"""The simulator against theory: queues, arrivals, rates, identities; and docs/theory.md."""

from collections.abc import Sequence
from typing import Final

from abkit.core.world_checks import IdentityCheck, TheoryCheck, WorldReport
from abkit.render import markup
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, plain, share

_FIRST, _EVERY = "first", "every"
_PAGE: Final = """# The simulator against theory

Does the simulated world do what queueing theory, its own closed form and plain bookkeeping say it
must? Nothing here needs a model or data: {contacts} contacts are simulated and compared.

This page is printed by

```sh
{command}
```
"""


def blocks(report: WorldReport) -> list[Block]:
    """Return the verdict, every comparison, and how they were made."""
    return [
        _verdict(report),
        _quantities(report, "queue", "Queues"),
        _quantities(report, "arrivals", "First contacts: a Poisson process"),
        _quantities(report, "flags", "What the text check does"),
        _rates(report, _FIRST, "First contacts of an issue, nobody waits, %"),
        _rates(report, _EVERY, "All contacts, nobody waits, %"),
        _identities(report),
        _how(report),
    ]


def page(report: WorldReport) -> str:
    """Return docs/theory.md."""
    words = ["abkit validate", "--long" if report.long else "", f"--seed {report.seed}"]
    command = " ".join([*filter(None, words), "--format markdown"])
    title = _PAGE.format(contacts=count(report.contacts), command=command)
    return "\n".join([title, *map(markup.to_markdown, blocks(report))])


def _verdict(report: WorldReport) -> Prose:
    beyond = sum(not report.within(check) for check in report.checks)
    broken = sum(not identity.passed for identity in report.identities)
    return Prose(
        title=f"The simulator against theory: {'passed' if report.passed else 'FAILED'}",
        lines=(
            f"{len(report.checks)} numbers compared with theory, {beyond or 'none'} beyond "
            f"|z| = {report.z_limit:.2f}",
            f"{len(report.identities)} identities that know no tolerance, {broken or 'none'} "
            "broken",
        ),
    )


def _z(check: TheoryCheck, report: WorldReport) -> str:
    mark = "" if report.within(check) else "*"
    return mark + _decimals(check.z)


def _decimals(z: float) -> str:
    return share(z, 2) if abs(z) < 1 else plain(z, figures_of=10.0)


def _quantities(report: WorldReport, group: str, title: str) -> Grid:
    """Return a heading row per system, and a row per quantity below it."""
    rows: list[tuple[str, ...]] = []
    ends, last = set(), None
    for check in report.group(group):
        if check.subject != last:
            if last is not None:
                ends.add(len(rows) - 1)
            rows.append((check.subject, "", "", "", ""))
            last = check.subject
        rows.append(_quantity(check, report))
    return Grid(
        title=title,
        columns=(
            Column(head="System, quantity"),
            Column(head="Theory", align="right"),
            Column(head="Simulated", align="right"),
            Column(head="SE", align="right"),
            Column(head="z", align="right"),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends),
        notes=_legend(report.group(group), report),
    )


def _quantity(check: TheoryCheck, report: WorldReport) -> tuple[str, ...]:
    error = check.standard_error
    scale = max(abs(check.theory), 100 * (error or 0.0))
    unit = f", {check.unit}" if check.unit else ""
    return (
        f"  {check.quantity}{unit}",
        plain(check.theory, figures_of=scale),
        plain(check.simulated, figures_of=scale),
        MISSING if error is None else plain(error, figures_of=scale),
        _z(check, report),
    )


def _legend(checks: Sequence[TheoryCheck], report: WorldReport) -> tuple[str, ...]:
    if all(map(report.within, checks)):
        return ()
    return (f"* beyond {report.z_limit:.2f}: not by chance",)


def _rates(report: WorldReport, group: str, title: str) -> Grid:
    """Return a row per use-case and arm, three columns per metric."""
    checks = report.group(group)
    metrics = list(dict.fromkeys(check.quantity for check in checks))
    cells = {(check.subject, check.quantity): check for check in checks}
    subjects = list(dict.fromkeys(check.subject for check in checks))
    rows = []
    for subject in subjects:
        row = [subject]
        for metric in metrics:
            found = cells[subject, metric]
            row += [percent(found.theory), percent(found.simulated), _z(found, report)]
        rows.append(tuple(row))
    heads = [
        Column(head=(metric if place == 1 else "", word), align="right")
        for metric in metrics
        for place, word in enumerate(("theory", "found", "z"))
    ]
    ends = {
        i for i, subject in enumerate(subjects[:-1]) if subject[0] != subjects[i + 1][0]
    }  # between use-cases
    return Grid(
        title=title,
        columns=(Column(head=("", "Use-case, arm")), *heads),
        rows=tuple(rows),
        section_ends=frozenset(ends),
        notes=_legend(checks, report),
    )


def _identities(report: WorldReport) -> Grid:
    """Return a row per statement, summed over the worlds it was looked at in."""
    by_statement: dict[str, list[IdentityCheck]] = {}
    for identity in report.identities:
        by_statement.setdefault(identity.statement, []).append(identity)
    rows = [
        (
            statement,
            count(sum(found.compared for found in worlds)),
            ("" if all(found.passed for found in worlds) else "*")
            + count(sum(found.differences for found in worlds)),
        )
        for statement, worlds in by_statement.items()
    ]
    return Grid(
        title="Without tolerance",
        columns=(
            Column(head="What must hold"),
            Column(head="Compared", align="right"),
            Column(head="Differ", align="right"),
        ),
        rows=tuple(rows),
        notes=("* broken; of Little's areas the difference is in microseconds",)
        if any(row[2].startswith("*") for row in rows)
        else (),
    )


def _how(report: WorldReport) -> Prose:
    return Prose(
        title="How to read this",
        lines=(
            f"Each queue was simulated {report.replications} times for a week, from empty, the "
            "first day not looked at; its standard errors come from the spread between these "
            "replications, since waits of one run are alike, and z from Student's t",
            "Rates without congestion: issues are independent of each other, and the error is "
            "linearised over them; arrivals: chi-square and Kolmogorov-Smirnov tests as normal "
            "quantiles, too good a fit counts, too",
            f"A right simulator fails in at most {100 * report.false_alarm:g} % of seeds: the "
            f"limit of |z| is Bonferroni's for {len(report.checks)} comparisons. What knows no "
            "tolerance could fail by chance only where two events share a microsecond",
            "Recursion: each customer begins when the first agent is free, computed customer by "
            "customer, without events; it shares with the simulation the draws alone. Little's "
            "areas come from clocks, the sums from waits and draws, in whole microseconds",
            f"Seed {report.seed}; texts are scored by beta laws, so that no model is needed"
            + ("" if report.long else "; --long makes standard errors a third as large"),
        ),
    )
