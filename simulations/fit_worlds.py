"""All customers in control against all in treatment, on the same draws: effects as simulated.

Both worlds hold the same customers with the same arrivals, patience and texts, so differences are
counted customer by customer, which takes most of the chance out of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from abkit.core.progress import SILENT, Progress
from abkit.simulations.clock import Floats
from abkit.simulations.fit_moments import Contacts, delta
from abkit.simulations.fit_targets import Reading
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import simulate_contacts

SETTLE_DAYS: Final = 3  # before the end: issues that begin later might still go on after it
_COLUMNS: Final = [
    "customer_id", "attempt", "use_case", "started_at", "resolution", "automated", "response",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDelta:
    """All-treatment minus all-control in one use-case and metric, by the reading."""

    control: float
    treatment: float
    delta: float
    standard_error: float  # of the delta
    customers: int


def simulated_deltas(
    scenario: Scenario,
    supply: ScoredSupply,
    threshold: float,
    *,
    reading: Reading,
    contacts: Contacts = "first",
    weeks: int,
    seed: int,
    arms: tuple[str, str] = ("control", "treatment"),
    progress: Progress = SILENT,
) -> dict[tuple[str, str], SimulatedDelta]:
    """Return each use-case's and metric's effect between two worlds with one arm each.

    Counted are the issues that begin at least `SETTLE_DAYS` before the end, with `first` their
    first contacts, with `all` every contact. With unlimited agents customers are independent and
    the standard error is theirs; in a queue they are not, and it is that of the days on which
    issues began, or the customers' where that is larger.

    Args:
        scenario: Its agents decide whether there is a queue.
        supply: Texts' scores.
        threshold: A text is flagged when its score is at least this.
        reading: Deltas in points or relative to control.
        contacts: Which contacts count.
        weeks: Simulated weeks.
        seed: Of every draw.
        arms: Control and treatment.
        progress: Shown by simulated day.
    """
    before, after = (
        _customer_sums(
            simulate_contacts(
                _alone(scenario, arm), supply, threshold=threshold, weeks=weeks, seed=seed,
                progress=progress,
            ),
            contacts, days=7 * weeks - SETTLE_DAYS,
        )
        for arm in arms
    )  # fmt: skip
    independent = scenario.agents.heads == "unlimited"
    return {
        (case, metric): _delta(before[case], after[case], metric, reading, independent)
        for case in scenario.use_cases
        if case in before and case in after
        for metric in METRICS
    }


def unlimited(scenario: Scenario) -> Scenario:
    """Return the scenario without a queue."""
    agents = scenario.agents.model_copy(update={"heads": "unlimited"})
    return scenario.model_copy(update={"agents": agents})


def _alone(scenario: Scenario, arm: str) -> Scenario:
    """Return the world that sends everybody to one arm."""
    arms = {
        name: given.model_copy(update={"weight": float(name == arm)})
        for name, given in scenario.arms.items()
    }
    return scenario.model_copy(update={"arms": arms})


# successes and trials of a metric, columns of `_customer_sums`
METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "AR": ("automated", "contacts"),
    "PRR": ("positive", "answers"),
    "24RR": ("repeated", "contacts"),
}


def _customer_sums(log: pa.Table, contacts: Contacts, *, days: int) -> dict[str, pd.DataFrame]:
    """Return each use-case's counts by customer, of issues that begin in the first `days` days.

    A repeat always follows within 24 h, so a contact was repeated where the next one is there.
    """
    rows = log.select(_COLUMNS).to_pandas().sort_values(["customer_id", "attempt"])
    customer = rows["customer_id"].to_numpy()
    answered = (rows["resolution"].notna() & rows["response"].notna()).to_numpy()
    day = rows["started_at"].dt.floor("D").to_numpy()
    counts = {
        "contacts": np.ones(len(rows), dtype=int),
        "automated": rows["automated"].to_numpy().astype(int),
        "answers": answered.astype(int),
        "positive": (answered & (rows["response"] == "positive").to_numpy()).astype(int),
        "repeated": np.append(customer[1:] == customer[:-1], False).astype(int),
    }
    first = np.flatnonzero(rows["attempt"].to_numpy() == 1)
    sums = pd.DataFrame(
        {
            name: values[first] if contacts == "first" else np.add.reduceat(values, first)
            for name, values in counts.items()
        }
    )
    sums["day"], sums["customer"] = day[first], customer[first]
    kept = sums[sums["day"] < day.min() + np.timedelta64(days, "D")]
    cases = rows["use_case"].astype(str).to_numpy()[first][kept.index]
    return {str(case): part for case, part in kept.groupby(cases)}


def _delta(
    control: pd.DataFrame, treatment: pd.DataFrame, metric: str, reading: Reading, independent: bool
) -> SimulatedDelta:
    """Return one effect; its standard error linearises both ratios, customer by customer."""
    same = np.array_equal(control["customer"].to_numpy(), treatment["customer"].to_numpy())
    assert same, "two worlds of one seed hold the same customers"
    over, under = METRICS[metric]
    rates, residuals = [], []
    for world in (control, treatment):
        x, n = (world[name].to_numpy(dtype=float) for name in (over, under))
        rate = x.sum() / n.sum()
        rates.append(float(rate))
        residuals.append((x - rate * n) / n.sum())
    before, after = rates
    scale = (1.0, 1.0) if reading == "points" else (after / before**2, 1 / before)
    moved: Floats = scale[1] * residuals[1] - scale[0] * residuals[0]
    error = _standard_error(moved)
    if not independent:
        by_day = pd.Series(moved).groupby(control["day"].to_numpy()).sum().to_numpy()
        error = max(error, _standard_error(np.asarray(by_day, dtype=float)))
    return SimulatedDelta(
        control=before,
        treatment=after,
        delta=delta(reading, before, after),
        standard_error=error,
        customers=len(control),
    )


def _standard_error(parts: Floats) -> float:
    """Return the standard error of a sum of independent parts that sum to 0."""
    return float(np.sqrt(np.square(parts).sum() * parts.size / (parts.size - 1)))
