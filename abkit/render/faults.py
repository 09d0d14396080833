"""The gate graded: what it says in healthy worlds, and of each planted fault."""

from typing import Final

from abkit.core.faults_report import FaultRow, FaultsReport, Rate, Shift
from abkit.render import markup
from abkit.render.checks import code
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import count, percent, signed

_OFTEN: Final = 0.5  # noticed in fewer replications: the gate is no help
_PAGE: Final = (
    "# What the checks see\n\n"
    "A simulated world can be broken on purpose. Here each fault is planted in the same "
    "replications of one small experiment, analysed as anybody's log is, and compared with the "
    "same world without it: which checks speak up, how far the deltas move, and what is neither "
    "seen nor harmless. Printed by `abkit validate --faults` (`make faults`).\n"
)
_UNSEEN: Final = Prose(
    title="What no log can show",
    lines=(
        "Repeats that come through a channel nobody logs leave no trace: 24RR is too low in both "
        "arms, its delta too small in proportion. Where only one arm's are lost, the loss reads "
        "as an effect. Only another source helps: the phone's log, a sample of customers asked.",
        "Answers that depend on the arm show as a response rate that differs, once enough are "
        "missing; which ones are missing, no log says. The worst case of PRR holds all the same.",
        "A drift of what customers bring strikes both arms alike, so that the delta stays right "
        "for the days that it was measured on; the warning is about the weeks to come.",
        "A loss of contacts whatever they are about shows in the sample ratio, once it is some "
        "three standard deviations of the arms' sizes; a smaller one hides in them.",
    ),
)


def blocks(report: FaultsReport) -> list[Block]:
    """Return everything that `abkit validate --faults` prints."""
    return [_header(report), _healthy(report), _faults(report), _summary(report), _UNSEEN]


def page(report: FaultsReport) -> str:
    """Return docs/faults.md."""
    return _PAGE + "\n" + "\n".join(map(markup.to_markdown, blocks(report)))


def _header(report: FaultsReport) -> Prose:
    sizes = sorted({row.failed.of for row in report.rows})
    return Prose(
        title="Faults planted on purpose",
        lines=(
            f"{report.weeks} weeks of scenario {report.scenario}, seed {report.seed}, smaller "
            f"({count(report.contacts)} contacts) and with unlimited agents",
            f"{report.failed.of:,} healthy replications, "
            f"{', '.join(map(str, sizes))} with each fault",
            "the same replications with every fault: a false alarm in one shows in all rows",
        ),
    )


def _healthy(report: FaultsReport) -> Grid:
    rates = [
        ("any check fails", report.failed), ("any fails or warns", report.noticed),
        *((code(name), rate) for name, rate in report.codes),
    ]  # fmt: skip
    return Grid(
        title="Healthy worlds: false alarms",
        columns=(
            Column(head="Check"), Column(head="Replications", align="right"),
            Column(head="%", align="right"), Column(head="95 % interval", align="right"),
        ),
        rows=tuple(
            (name, f"{rate.count} of {rate.of}", percent(rate.share, 1), _interval(rate))
            for name, rate in rates
        ),
        notes=("Checks that are not listed never spoke up. Interval: Wilson's.",),
    )  # fmt: skip


def _faults(report: FaultsReport) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    ends = set()
    for i, row in enumerate(report.rows):
        first = i == 0 or report.rows[i - 1].fault != row.fault
        if first and i:
            ends.add(len(rows) - 1)
        rows.append(
            (
                row.fault if first else "",
                f"{100 * row.strength:g}",
                percent(row.failed.share, 0),
                (percent(row.noticed.share, 0), _interval(row.noticed, 0)),
                *((_shift(shift), f"\u00b1{percent(shift.error)}") for shift in row.shifts),
            )
        )
    metrics = [shift.metric for shift in report.rows[0].shifts]
    spread = ", ".join(
        f"{shift.metric} {percent(shift.sound_sd)}" for shift in report.rows[0].shifts
    )
    return Grid(
        title="With a fault: how often a check fails, or at least warns; how far deltas move",
        columns=(
            Column(head="Fault"),
            Column(head=("Struck", "%"), align="right"),
            Column(head=("Fails", "%"), align="right"),
            Column(head=("Noticed %", "95 %"), align="right"),
            *(Column(head=("Shift of", f"\u0394{name}"), align="right") for name in metrics),
        ),
        rows=tuple(rows),
        section_ends=frozenset(ends),
        notes=(
            *dict.fromkeys(f"{row.fault}: that share {row.words}." for row in report.rows),
            "Shift: of the delta over all use-cases, points, against the same replication without "
            "the fault; below it its Monte-Carlo error. * more than half the delta's own standard "
            f"deviation ({spread}), and more than chance (p below .003): it harms. Not so where "
            "the world drifts (texts, reasons): there the effect itself changes, and the estimate "
            "with it.",
        ),
    )


def _shift(shift: Shift) -> str:
    return signed(shift.mean) + ("*" if shift.large else "")


def _interval(rate: Rate, digits: int = 1) -> str:
    return f"[{percent(rate.ci_lower, digits)}, {percent(rate.ci_upper, digits)}]"


def _summary(report: FaultsReport) -> Prose:
    """Say by which checks each fault shows, and which ones harm without being noticed."""
    lines = [f"{_named(row)}: {_by(row)}" for row in report.rows]
    hidden = [row for row in report.rows if row.harmful and row.noticed.share < _OFTEN]
    if hidden:
        names = ", ".join(_named(row) for row in hidden)
        lines.append(
            f"NOT SEEN AND HARMFUL (noticed in fewer than half of the replications): {names}"
        )
    else:
        lines.append("Whatever harms here is noticed in at least half of the replications.")
    return Prose(title="Which checks speak up", lines=tuple(lines))


def _named(row: FaultRow) -> str:
    return f"{row.fault} {100 * row.strength:g} %"


def _by(row: FaultRow) -> str:
    if not row.codes:
        return "none"
    return ", ".join(f"{code(name)} {percent(n / row.noticed.of, 0)} %" for name, n in row.codes)
