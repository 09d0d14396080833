"""The second half of the bank's February, predicted from the first and set beside what came."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from abkit.core import checks
from abkit.core.progress import SILENT, Progress
from abkit.core.rng import rng_for
from abkit.pipeline.bank_calls import Calls, Floats, read_bank_calls
from abkit.pipeline.bank_fit import (
    DAYS,
    KINDS,
    BankFit,
    bootstrap_days,
    days_of,
    fit_bank,
    hourly_counts,
)
from abkit.pipeline.bank_measures import (
    SCALARS,
    Mask,
    abandoned_by_hour,
    at_work_by_queue,
    measures,
)
from abkit.pipeline.bank_world import RepeatFit, bank_scenario, simulate_calls, solve_repeats
from abkit.simulations.scenario import Scenario

LEVEL: Final = 0.9  # of the prediction intervals
VARIANT_RUNS: Final = 20
SHOWN: Final = ("calls", "waited", "mean_wait", "abandoned", "repeat")  # of the variants


@dataclass(frozen=True, slots=True)
class Range:
    """Simulated values: median and the interval that holds `LEVEL` of them."""

    median: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Return whether the interval holds the value."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measure: what it was where the world was fitted, as predicted, as observed."""

    name: str
    fitted: float
    chance: Range  # of the fitted world
    uncertain: Range  # ... and of worlds fitted to days drawn again
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLine:
    """One open hour of a kind of days, over those of the half."""

    kind: str  # of `KINDS`
    hour: int
    calls: Line  # mean per day
    inside: int  # days whose count lies in its interval
    days: int
    abandoned: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The fitted world with a part of the second half's own."""

    name: str
    medians: Mapping[str, float]  # of `SHOWN`


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPrediction:
    """Predicted and observed, side by side; shares in [0, 1]."""

    replications: int
    seed: int
    fit: BankFit
    repeat: RepeatFit
    counted_share: float  # of the first half's calls, in the hours that are compared
    closed_share: float  # of simulated contacts, in closed hours
    lines: tuple[Line, ...]
    hours: tuple[HourLine, ...]
    hours_inside: tuple[float, float]  # share of all hours: chance; with the fit's uncertainty
    days_inside: tuple[int, int, int]  # days whose total lies inside: chance; uncertain; of
    variants: tuple[Variant, ...]
    at_work: tuple[float, float]  # mean while one waits; while four or more wait: of the first half

    @property
    def observed(self) -> dict[str, float]:
        """Return what the second half showed, of `SHOWN`."""
        return {line.name: line.observed for line in self.lines if line.name in SHOWN}

    def to_markdown(self) -> str:
        """Return the page docs/bank-1999.md."""
        from abkit.pipeline.bank_page import page

        return page(self)


@dataclass(frozen=True, slots=True)
class _Runs:
    """What is kept of simulated fortnights."""

    scalars: dict[str, Floats]  # (n,) each
    counts: Floats  # (n, 14, 24)
    abandoned: Floats  # (n, 3, 24), by kind of day
    closed_share: float


def predict_bank(
    folder: Path, *, replications: int = 200, seed: int = 1, progress: Progress = SILENT
) -> BankPrediction:
    """Fit the world to 1-14 February and compare it with 15-28 February 1999.

    Two intervals: of chance in the fitted world, from replications of it; and of chance and fit,
    from as many worlds, each fitted to days drawn again (repeats as solved once), each simulated
    once.

    Args:
        folder: Of the bank's calls.
        replications: Simulated fortnights of each kind, at least 20.
        seed: Of every draw.
        progress: Counts the fortnights.

    Raises:
        ConfigError: `replications` is too small.
        DataError: The file cannot be used.
    """
    checks.at_least("replications", replications, 20)
    calls = read_bank_calls(folder)
    first, second = calls.days(0, DAYS), calls.days(DAYS, 2 * DAYS)
    fit = fit_bank(first)
    repeat = solve_repeats(fit, first, seed=seed)
    opened, n = fit.opened, replications
    chance = _simulated([bank_scenario(fit, repeat)], n, opened, seed, progress)
    again = _fitted_again(first, repeat, n, seed)
    uncertain = _simulated(again, n, opened, seed, progress, first=n)
    return BankPrediction(
        replications=n,
        seed=seed,
        fit=fit,
        repeat=repeat,
        counted_share=float(opened[first.day % 7, first.hour].mean()),
        closed_share=chance.closed_share,
        lines=tuple(_scalar_lines(first, second, opened, chance, uncertain)),
        hours=tuple(_hour_lines(first, second, opened, chance, uncertain)),
        hours_inside=_hours_inside(chance, uncertain, second, opened),
        days_inside=_days_inside(chance, uncertain, second, opened),
        variants=tuple(_variants(fit, repeat, second, seed, progress)),
        at_work=at_work_by_queue(first, opened),
    )


def _fitted_again(calls: Calls, repeat: RepeatFit, n: int, seed: int) -> Iterator[Scenario]:
    """Yield worlds fitted to days drawn again."""
    for number in range(n):
        days = bootstrap_days(rng_for(seed, "bank days", number))
        yield bank_scenario(fit_bank(calls, days=days), repeat)


def _simulated(
    worlds: Sequence[Scenario] | Iterator[Scenario], n: int, opened: Mask, seed: int,
    progress: Progress, *, first: int = 0,
) -> _Runs:  # fmt: skip
    """Simulate `n` fortnights: of one world, or one of each."""
    one = worlds[0] if isinstance(worlds, Sequence) else None
    source = iter(worlds)
    scalars, counts, abandoned, closed = [], [], [], []
    for number in progress.track(range(n), description="Simulating fortnights", total=n):
        world = one or next(source)
        calls = simulate_calls(world, seed=seed, replication=first + number)
        scalars.append(measures(calls, opened))
        counts.append(hourly_counts(calls))
        abandoned.append(abandoned_by_hour(calls, opened))
        closed.append(1 - float(opened[calls.day % 7, calls.hour].mean()))
    return _Runs(
        {name: np.array([one[name] for one in scalars]) for name in SCALARS},
        np.array(counts),
        np.array(abandoned),
        float(np.mean(closed)),
    )


def _range(values: Floats) -> Range:
    low, median, high = np.quantile(values, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return Range(float(median), float(low), float(high))


def _scalar_lines(
    first: Calls, second: Calls, opened: Mask, chance: _Runs, uncertain: _Runs
) -> Iterator[Line]:
    """Yield the measures of the fortnight."""
    fitted, observed = measures(first, opened), measures(second, opened)
    for name in SCALARS:
        yield Line(
            name=name,
            fitted=fitted[name],
            chance=_range(chance.scalars[name]),
            uncertain=_range(uncertain.scalars[name]),
            observed=observed[name],
        )


def _hour_lines(
    first: Calls, second: Calls, opened: Mask, chance: _Runs, uncertain: _Runs
) -> Iterator[HourLine]:
    """Yield the open hours of each kind of days."""
    before, after = hourly_counts(first), hourly_counts(second)
    left_before, left_after = (abandoned_by_hour(calls, opened) for calls in (first, second))
    low, high = np.quantile(uncertain.counts, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    for at, (kind, weekdays) in enumerate(KINDS.items()):
        days = days_of(weekdays)
        for hour in np.flatnonzero(opened[weekdays[0]]):
            means = [runs.counts[:, days, hour].mean(axis=1) for runs in (chance, uncertain)]
            held = (low <= after) & (after <= high)
            yield HourLine(
                kind=kind,
                hour=int(hour),
                calls=Line(
                    name="calls", fitted=float(before[days, hour].mean()),
                    chance=_range(means[0]), uncertain=_range(means[1]),
                    observed=float(after[days, hour].mean()),
                ),
                inside=int(held[days, hour].sum()),
                days=len(days),
                abandoned=Line(
                    name="abandoned", fitted=float(left_before[at, hour]),
                    chance=_range(chance.abandoned[:, at, hour]),
                    uncertain=_range(uncertain.abandoned[:, at, hour]),
                    observed=float(left_after[at, hour]),
                ),
            )  # fmt: skip


def _hours_inside(
    chance: _Runs, uncertain: _Runs, calls: Calls, opened: Mask
) -> tuple[float, float]:
    """Return the shares of single open hours whose observed count lies in its interval."""
    counts, days = hourly_counts(calls), np.tile(opened, (2, 1))
    found = []
    for runs in (chance, uncertain):
        low, high = np.quantile(runs.counts, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        found.append(float(((low <= counts) & (counts <= high))[days].mean()))
    return found[0], found[1]


def _days_inside(
    chance: _Runs, uncertain: _Runs, calls: Calls, opened: Mask
) -> tuple[int, int, int]:
    """Return how many days' totals lie in their intervals, and of how many."""
    days = np.tile(opened, (2, 1))
    totals = (hourly_counts(calls) * days).sum(axis=1)
    found = []
    for runs in (chance, uncertain):
        simulated = (runs.counts * days).sum(axis=2)
        low, high = np.quantile(simulated, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        found.append(int(((low <= totals) & (totals <= high))[days.any(axis=1)].sum()))
    return found[0], found[1], int(days.any(axis=1).sum())


def _variants(
    fit: BankFit, repeat: RepeatFit, second: Calls, seed: int, progress: Progress
) -> Iterator[Variant]:
    """Yield the fitted world with parts of the second half's own, one at a time and together."""
    own = fit_bank(second)
    service = replace(fit, service_mean_s=own.service_mean_s, service_log_sd=own.service_log_sd)
    arrivals = replace(fit, totals=own.totals, day_factor_cv=own.day_factor_cv)
    own_repeat = solve_repeats(own, second, seed=seed)
    worlds = {
        "fitted to the first half": (fit, repeat),
        "with the second half's handle times": (service, repeat),
        "with its arrivals": (arrivals, repeat),
        "with its agents": (replace(fit, heads=own.heads), repeat),
        "with its patience": (replace(fit, patience=own.patience), repeat),
        "with its repeats": (fit, own_repeat),
        "with all of these": (own, own_repeat),
    }
    for name, (parameters, repeats) in worlds.items():
        world = bank_scenario(parameters, repeats)
        runs = _simulated([world], VARIANT_RUNS, fit.opened, seed, progress)
        yield Variant(
            name=name, medians={key: float(np.median(runs.scalars[key])) for key in SHOWN}
        )
