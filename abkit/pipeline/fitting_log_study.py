"""Does a fit to a control log recover a world that is known? Fifty simulated logs say.

`python -m abkit.pipeline.fitting_log_study` in the project's root makes the second part of
docs/fit-scenario.md again (two minutes).
"""

import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats

from abkit.core import checks
from abkit.core.fitted_log import LogEstimate
from abkit.core.fitted_log_study import LogStudy, RecoveredParameter
from abkit.core.progress import SILENT, Progress
from abkit.core.rng import rng_for
from abkit.core.store import atomic_write
from abkit.pipeline.fitting_log_page import HEADING, page
from abkit.pipeline.fitting_log_world import BASE, flag_truths, known_world, truths
from abkit.pipeline.validate_scenarios import THRESHOLD
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.fit_log import LogFit, case_counts, fit_log
from abkit.simulations.fit_log_mixture import fit_mixture
from abkit.simulations.fit_log_rows import NEEDED, ControlLog, control_log
from abkit.simulations.fit_log_scenario import settle
from abkit.simulations.fit_log_times import ENOUGH_S
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

LOGS: Final = 50
LABELS: Final = 1_000
WEEKS: Final = 2
SEED: Final = 1
PAGE: Final = Path("docs", "fit-scenario.md")
_LEVEL: Final = 0.95


@dataclass(slots=True)
class _Tally:
    """What is kept of every fit."""

    estimates: dict[str, list[LogEstimate]] = field(default_factory=lambda: defaultdict(list))
    alone: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kept_prior: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    heads_off: list[float] = field(default_factory=list)  # fitted less true, by hour
    heads_told: list[bool] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)
    bound: int = 0


def study_recovery(
    logs: int = LOGS, *, labels: int = LABELS, seed: int = SEED, progress: Progress = SILENT
) -> LogStudy:
    """Simulate control logs of a known world, fit each, and compare.

    Scores are drawn from beta laws in place of a model's, and are not calibrated.

    Args:
        logs: How many, each of two weeks; at least 2.
        labels: Contacts of each that get their true reason as a label, at random.
        seed: Of every draw.
        progress: Shown by log.

    Raises:
        ConfigError: `logs` or `labels` is too small.
    """
    checks.at_least("logs", logs, 2)
    checks.at_least("labels", labels, 100)
    world, base, tally = known_world(), load_scenario(BASE), _Tally()
    for replication in progress.track(range(logs), description="Logs", total=logs):
        table = simulated_log(world, seed=seed, replication=replication)
        given = drawn_labels(table, labels, seed=seed, replication=replication)
        _add(tally, control_log(table, given), base, world)
        _add_labels_alone(tally, table, given, base)
    return _summary(tally, world, base, logs=logs, labels=labels, seed=seed)


def simulated_log(world: Scenario, *, seed: int, replication: int) -> pd.DataFrame:
    """Return a control log as a user would have it, and the true reasons to label with."""
    columns = [*NEEDED, "score", "true_reason"]
    log = simulate_contacts(
        world, beta_supply(), threshold=THRESHOLD, weeks=WEEKS, seed=seed, replication=replication
    )
    frame: pd.DataFrame = log.select(columns).to_pandas()
    return frame


def drawn_labels(table: pd.DataFrame, n: int, *, seed: int, replication: int) -> dict[str, str]:
    """Return the true reasons of `n` contacts drawn at random."""
    rng = rng_for(seed, "golden labels", replication)
    rows = table.iloc[rng.choice(len(table), n, replace=False)]
    return dict(zip(rows["contact_id"], rows["true_reason"].astype(str), strict=True))


def _add(tally: _Tally, log: ControlLog, base: Scenario, world: Scenario) -> None:
    """Keep one fit: estimates, what kept its prior, how far off the agents are."""
    fit = fit_log(log, base, threshold=THRESHOLD)
    for key, estimate in fit.estimates.items():
        tally.estimates[key].append(estimate)
    _add_flag_rates(tally, fit)
    settled = settle(fit, base, name="fitted", resolutions=[None] * 5)
    for key, parameter in settled.parameters.items():
        tally.kept_prior[key] += parameter.kept == "prior"
        tally.bound += parameter.kept == "bound"
    fitted = settled.scenario()
    off = np.subtract(fitted.agents.by_hour(), world.agents.by_hour())
    tally.heads_off += off.tolist()
    queued = np.zeros(off.size) if fit.heads is None else fit.heads[1]
    tally.heads_told += (queued >= ENOUGH_S).tolist()
    tally.contacts.append(log.issue.size)


def _add_flag_rates(tally: _Tally, fit: LogFit) -> None:
    for check in fit.text_check:
        for name, rate in (("recall", check.recall), ("false flags", check.false_flags)):
            if rate is not None:
                tally.estimates[f"use_cases.{check.use_case}.{name}"].append(rate)


def _add_labels_alone(
    tally: _Tally, table: pd.DataFrame, given: dict[str, str], base: Scenario
) -> None:
    """Keep the standard errors that labelled first contacts alone would give."""
    first = set(table.loc[table["attempt"] == 1, "contact_id"])
    log = control_log(table, {name: label for name, label in given.items() if name in first})
    for code, case in enumerate(log.use_cases):
        counts, _ = case_counts(log, code, base.customers.max_attempts, THRESHOLD)
        for name, estimate in fit_mixture(counts.only_labelled()).estimates().items():
            tally.alone[f"use_cases.{case}.{name}"].append(estimate.standard_error or 0.0)


def _summary(
    tally: _Tally, world: Scenario, base: Scenario, *, logs: int, labels: int, seed: int
) -> LogStudy:
    truth = truths(world) | flag_truths(world)
    before = truths(base)
    groups: dict[str, list[str]] = defaultdict(list)
    for key, estimates in tally.estimates.items():
        if any(estimate.standard_error != 0 for estimate in estimates):  # else nothing is estimated
            groups[_group(key)].append(key)
    rows = tuple(_row(name, keys, tally, truth, before) for name, keys in groups.items())
    worst = min(stats.binom.cdf(row.held, row.intervals, _LEVEL) for row in rows)
    z = max(abs(row.bias_z) for row in rows if row.bias_z is not None)
    off, told = np.array(tally.heads_off), np.array(tally.heads_told)
    seen = set(tally.estimates)
    return LogStudy(
        logs=logs,
        labels=labels,
        weeks=WEEKS,
        seed=seed,
        contacts=float(np.mean(tally.contacts)),
        parameters=rows,
        never_seen=tuple(key for key in tally.kept_prior if key not in seen),
        bound=tally.bound,
        heads_told=float(told.mean()),
        heads_exact=float((off[told] == 0).mean()),
        heads_near=float((np.abs(off[told]) <= 1).mean()),
        heads_below=float((off[~told] <= 0).mean()) if not told.all() else 1.0,
        lowest_p=float(min(1.0, worst * len(rows))),
        bias_p=float(min(1.0, 2 * stats.t.sf(z, logs - 1) * len(rows))),
    )


def _group(key: str) -> str:
    """Return the row a key stands in: like weights share one."""
    return key.rpartition(".")[0] if key.startswith("arrivals.") and key[-1].isdigit() else key


def _row(
    name: str, keys: list[str], tally: _Tally, truth: dict[str, float], base: dict[str, float]
) -> RecoveredParameter:
    """Compare one parameter's estimates, or like ones', with the truth."""
    pairs = [(e, truth[key]) for key in keys for e in tally.estimates[key]]
    held = [
        e.lower <= t <= e.upper for e, t in pairs if e.lower is not None and e.upper is not None
    ]
    one = len(keys) == 1
    values = np.array([e.value for e, _ in pairs])
    spread = float(values.std(ddof=1)) if one else None
    errors = [e.standard_error for e, _ in pairs if e.standard_error is not None]
    alone = tally.alone.get(name)
    return RecoveredParameter(
        name=name,
        truth=truth[name] if one else None,
        base=base.get(name) if one else None,
        mean=float(values.mean()) if one else None,
        spread=spread,
        error=float(np.mean(errors)) if one and errors else None,
        labels_alone=float(np.mean(alone)) if alone else None,
        held=sum(held),
        intervals=len(held),
        kept_prior=max(tally.kept_prior.get(key, 0) for key in keys),
        bias_z=float((values.mean() - truth[name]) / (spread / np.sqrt(values.size)))
        if one and spread
        else None,
    )


def remake(root: Path = Path(), logs: int = LOGS) -> None:
    """Write the study into the page below `root`, from its heading to the end."""
    path = root / PAGE
    text = path.read_text(encoding="utf-8") if path.exists() else "# Fitting a scenario\n\n"
    before = text.partition(HEADING)[0].rstrip("\n")
    with atomic_write(path) as file:
        file.write(f"{before}\n\n{page(study_recovery(logs))}".encode())


if __name__ == "__main__":
    remake(logs=int(sys.argv[1]) if len(sys.argv) > 1 else LOGS)
