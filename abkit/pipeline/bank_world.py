"""The scenario `bank-1999` from fitted parameters: its text, and the repeats solved for."""

import tomllib
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from abkit.core.reasons import REASONS
from abkit.pipeline.bank_calls import Calls, Floats, see_as_calls
from abkit.pipeline.bank_fit import DAYS, OUTLIER, SHORT_S, UNTIL_S, BankFit
from abkit.pipeline.bank_measures import measures
from abkit.pipeline.bank_template import TEMPLATE
from abkit.simulations.fit_calls import first_contacts
from abkit.simulations.scenario import LEVELS, Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.staffing import WEEKDAYS
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import simulate_contacts

NAME: Final = "bank-1999"
CLOSED_HEADS: Final = 3  # in closed hours: so that repeats that fall there are served at once
MOST_REPEATS: Final = 0.95
_ROUNDS: Final = 8
_REPLICATIONS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatFit:
    """How contacts are repeated, whether or not the bank's computer could tell."""

    if_served: float
    if_abandoned: float
    median_h: float  # of the delay, before the cut to 24 h
    sigma: float  # of its logarithm


START: Final = RepeatFit(if_served=0.5, if_abandoned=0.65, median_h=0.8, sigma=1.8)


def scenario_text(fit: BankFit, repeat: RepeatFit) -> str:
    """Return the scenario as TOML, every number with its source."""
    first = first_profile(fit, repeat)
    heads = np.where(fit.opened, fit.heads, CLOSED_HEADS)
    hazard = fit.patience
    return TEMPLATE.format(
        name=NAME,
        outliers=_outliers(fit),
        first_contacts=round(float(first.sum())),
        day_factor_cv=f"{fit.day_factor_cv:.3f}",
        hours="\n".join(map(_row, WEEKDAYS, first)),
        service_mean=f"{fit.service_mean_s:.1f}",
        service_cv=f"{fit.service_cv:.3f}",
        log_sd=f"{fit.service_log_sd:.3f}",
        short_s=f"{SHORT_S:g}",
        short=f"{100 * fit.short_share:.1f}",
        until_s=", ".join(f"{end:g}" for end in UNTIL_S),
        per_s=", ".join(f"{rate:.6f}" for rate in hazard.per_s),
        abandoned=", ".join(map(str, hazard.abandoned)),
        closed=CLOSED_HEADS,
        heads="\n".join(
            f"{day} = [{', '.join(map(str, row))}]"
            for day, row in zip(WEEKDAYS, heads, strict=True)
        ),
        regular=f"{fit.regular_share:.3f}",
        others=f"{1 - float(f'{fit.regular_share:.3f}'):.3f}",
        if_served=f"{repeat.if_served:.3f}",
        if_abandoned=f"{repeat.if_abandoned:.3f}",
        median_h=f"{repeat.median_h:.3f}",
        sigma=f"{repeat.sigma:.3f}",
    )


def bank_scenario(fit: BankFit, repeat: RepeatFit) -> Scenario:
    """Return the scenario, validated, with numbers as its file rounds them."""
    return parse_scenario(tomllib.loads(scenario_text(fit, repeat)), source=NAME)


def first_profile(fit: BankFit, repeat: RepeatFit) -> Floats:
    """Return expected first contacts by hour of the week, shape (7, 24).

    In open hours as many contacts abandon as did over all; in closed hours none, by the agents
    put there.
    """
    left = np.where(fit.opened, fit.abandoned_share, 0.0)
    rate = repeat.if_served + (repeat.if_abandoned - repeat.if_served) * left
    first = first_contacts(
        fit.totals.ravel(), rate.ravel(), median_h=repeat.median_h, sigma=repeat.sigma
    )
    return first.reshape(7, 24)


def simulate_calls(scenario: Scenario, *, seed: int, replication: int) -> Calls:
    """Return two simulated weeks as the bank's computer would have seen them."""
    log = simulate_contacts(
        scenario, silent_supply(), threshold=2.0, weeks=DAYS // 7, seed=seed,
        replication=replication,
    )  # fmt: skip
    return see_as_calls(log)


def silent_supply() -> ScoredSupply:
    """Return a supply for a world in which nobody types: one text for each cell, never read."""
    n = len(REASONS) * LEVELS
    reason, level = np.divmod(np.arange(n, dtype=np.int8), np.int8(LEVELS))
    return ScoredSupply(pa.array([""] * n), reason, level, np.zeros(n))


def solve_repeats(fit: BankFit, calls: Calls, *, seed: int = 1) -> RepeatFit:
    """Return the repeats that, seen as the bank saw them, look like the log's.

    The bank identified a caller only if he waited, so that it saw few of the repeats, and the gap
    between two that it saw may hold others. Solved for by simulation, on the same random numbers
    in every round: repeat shares after service and after abandoning (24 h), and median and 90th
    percentile of the gaps on the same day. The law's one hump cannot hold the next morning's
    repeats as well; the wider it is, the more of them it puts into the night.
    """
    target = measures(calls, fit.opened)
    found = START
    for _ in range(_ROUNDS):
        world = bank_scenario(fit, found)
        runs = [simulate_calls(world, seed=seed, replication=r) for r in range(_REPLICATIONS)]
        seen = [measures(run, fit.opened) for run in runs]
        mean = {name: float(np.mean([one[name] for one in seen])) for name in target}
        widths = [np.log(one["same_day_p90"] / one["same_day_gap"]) for one in (target, mean)]
        after_service, after_abandoning = (
            target[name] / mean[name] for name in ("repeat_served", "repeat_abandoned")
        )
        found = RepeatFit(
            if_served=min(found.if_served * after_service, MOST_REPEATS),
            if_abandoned=min(found.if_abandoned * after_abandoning, MOST_REPEATS),
            median_h=found.median_h * target["same_day_gap"] / mean["same_day_gap"],
            sigma=float(found.sigma * widths[0] / widths[1]),
        )
    return RepeatFit(  # as the file rounds them
        if_served=round(found.if_served, 3),
        if_abandoned=round(found.if_abandoned, 3),
        median_h=round(found.median_h, 3),
        sigma=round(found.sigma, 3),
    )


def _row(day: str, hours: Floats) -> str:
    """Return 24 numbers in two lines."""
    words = [f"{mean:.1f}" if mean else "0" for mean in hours]
    halves = (", ".join(words[at : at + 12]) for at in (0, 12))
    return f"{day} = [\n  " + ",\n  ".join(halves) + ",\n]"


def _outliers(fit: BankFit) -> str:
    said = [f"{calls} calls at {hour} h on {day + 1} February" for day, hour, calls in fit.left_out]
    if not said:
        return "no hour"
    return ", ".join(said) + f" (above {OUTLIER:g} medians)"
