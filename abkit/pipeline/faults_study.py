"""`validate --faults`: what the checks see of faults planted on purpose, and of none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from scipy import stats

from abkit.analysis.analyzing import analyze
from abkit.core import checks
from abkit.core.analyzed import Analysis
from abkit.core.faults_report import FaultRow, FaultsReport, Rate, Shift
from abkit.core.progress import SILENT, Progress
from abkit.pipeline.simulating import DEFAULT_SCENARIO, Experiment, prepare
from abkit.simulations.clock import WEEK
from abkit.simulations.contact_log import make_contact_log
from abkit.simulations.draws import Draws
from abkit.simulations.faults import FAULTS
from abkit.simulations.world import Alter, as_it_is, play

WEEKS: Final = 2
HEALTHY: Final = 4  # healthy replications for each one with a fault: alarms there are rare
CHANGES: Final = {  # a small experiment; nobody waits, so that arms do not touch each other
    "arrivals.first_contacts_per_week": 20_000.0,
    "agents.heads": "unlimited",
}
STRENGTHS: Final[Mapping[str, tuple[float, ...]]] = {
    "sticky": (0.1, 0.5),
    "lost-contacts": (0.02, 0.05),
    "lost-flagged": (0.1, 0.3),
    "lost-arm": (0.005, 0.05),
    "response": (0.1, 0.3),
    "texts": (0.3, 1.0),
    "reasons": (0.03, 0.1),
    "unseen": (0.1, 0.3),
    "unseen-treatment": (0.1, 0.3),
}
_CHANCE: Final = 2 * float(stats.norm.sf(3))  # three standard errors, were they known
Condition = tuple[str, float]


@dataclass(slots=True)
class _Tally:
    """What the replications of one condition showed."""

    failed: int = 0
    noticed: int = 0
    n: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    shifts: dict[str, list[float]] = field(default_factory=dict)

    def add(self, analysis: Analysis) -> None:
        loud = {one.code: one.status for one in analysis.checks if one.status in ("fail", "warn")}
        statuses = {one.status for one in analysis.checks}
        self.n += 1
        self.failed += "fail" in statuses
        self.noticed += bool(loud)
        self.codes.update(loud.keys())


def study_faults(
    replications: int = 50,
    *,
    seed: int = 1,
    strengths: Mapping[str, Iterable[float]] = STRENGTHS,
    changes: Mapping[str, object] = CHANGES,
    progress: Progress = SILENT,
) -> FaultsReport:
    """Plant each fault in the same replications, and see what the gate and the deltas make of it.

    Args:
        replications: With each fault, at least 2; healthy ones are four times as many.
        seed: Of every draw.
        strengths: Shares to plant, by fault.
        changes: Values that replace the default scenario's.
        progress: Shows the replications.

    Raises:
        ConfigError: An argument lies outside its domain.
    """
    checks.at_least("faults", replications, 2)
    made = prepare(
        weeks=WEEKS, scenario=DEFAULT_SCENARIO, seed=seed, model=None, threshold=None, texts=None,
        changes=dict(changes), runs=Path("runs"), progress=progress,
    )  # fmt: skip
    conditions = [(name, share) for name, shares in strengths.items() for share in shares]
    tallies: dict[Condition, _Tally] = {condition: _Tally() for condition in conditions}
    healthy, deltas, contacts = _Tally(), dict[str, list[float]](), []
    rounds = range(HEALTHY * replications)
    for number in progress.track(rounds, description="Replications", total=len(rounds)):
        log = _log(made, number, None)
        sound = analyze(log)
        healthy.add(sound)
        contacts.append(log.num_rows)
        without = _pooled(sound)
        for metric, delta in without.items():
            deltas.setdefault(metric, []).append(delta)
        for condition in conditions if number < replications else ():
            found = analyze(_log(made, number, condition, log))
            tallies[condition].add(found)
            for metric, delta in _pooled(found).items():
                shift = delta - without[metric]
                tallies[condition].shifts.setdefault(metric, []).append(shift)
    spread = {metric: float(np.std(values, ddof=1)) for metric, values in deltas.items()}
    return FaultsReport(
        scenario=made.world.name,
        weeks=WEEKS,
        seed=seed,
        contacts=float(np.mean(contacts)),
        failed=_rate(healthy.failed, healthy.n),
        noticed=_rate(healthy.noticed, healthy.n),
        codes=tuple((code, _rate(n, healthy.n)) for code, n in sorted(healthy.codes.items())),
        rows=tuple(_row(condition, tally, spread) for condition, tally in tallies.items()),
    )


def _log(
    made: Experiment, number: int, condition: Condition | None, sound: pa.Table | None = None
) -> pa.Table:
    """Return a replication's contact log; a fault of the log alone strikes the sound one."""
    if condition is None:
        return _played(made, number)
    name, share = condition
    planted = FAULTS[name]
    if planted.damage is not None and sound is not None:
        return planted.damage(sound, share, Draws(made.seed, number))
    return _played(made, number, condition)


def _played(made: Experiment, number: int, condition: Condition | None = None) -> pa.Table:
    alter: Alter = as_it_is
    if condition is not None:
        name, share = condition
        alter = (FAULTS[name].alter or (lambda _: as_it_is))(share)
    world = play(
        made.world, made.loop.supply, threshold=made.loop.threshold, weeks=made.weeks,
        seed=made.seed, replication=number, alter=alter,
    )  # fmt: skip
    parts = world.bot, world.customers, world.issues, world.timeline
    return make_contact_log(*parts, counted_until=made.weeks * WEEK)


def _pooled(analysis: Analysis) -> dict[str, float]:
    """Return each metric's delta over all use-cases."""
    rows = analysis.table3.pooled
    return {row.metric: row.difference.estimate or 0.0 for row in rows}


def _row(condition: Condition, tally: _Tally, spread: Mapping[str, float]) -> FaultRow:
    name, share = condition
    return FaultRow(
        fault=name,
        strength=share,
        words=FAULTS[name].words,
        drift=FAULTS[name].drift,
        failed=_rate(tally.failed, tally.n),
        noticed=_rate(tally.noticed, tally.n),
        codes=tuple(sorted(tally.codes.items(), key=lambda item: (-item[1], item[0]))),
        shifts=tuple(
            _shift(metric, values, spread[metric]) for metric, values in tally.shifts.items()
        ),
    )


def _shift(metric: str, values: Sequence[float], sound_sd: float) -> Shift:
    """Return the mean of the replications' shifts, and what of it may be chance."""
    error = float(np.std(values, ddof=1) / len(values) ** 0.5)
    return Shift(
        metric=metric,
        mean=float(np.mean(values)),
        error=error,
        chance=float(stats.t.isf(_CHANCE / 2, len(values) - 1)) * error,
        sound_sd=sound_sd,
    )


def _rate(count: int, of: int) -> Rate:
    limits = stats.binomtest(count, of).proportion_ci(method="wilson")
    return Rate(count=count, of=of, ci_lower=float(limits.low), ci_upper=float(limits.high))
