"""What a scenario means before anything is drawn: contacts, and the agents' load by hour."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from abkit.core.reasons import REASONS
from abkit.simulations.clock import HOUR, HOURS_PER_WEEK, SECOND, Floats
from abkit.simulations.closed_form import cell_weights, rejection_repeat
from abkit.simulations.durations import RepeatDelay
from abkit.simulations.scenario import LEVELS, Arm, Scenario

_HOURS: Final = 25  # a repeat starts at most 24 h later, so in one of these hours
_STEPS: Final = 400  # midpoints of delays, and of moments within an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedLoad:
    """Expected values of a week in balance, by hour of the week, Monday first, UTC."""

    first: Floats  # first contacts, shape (168,)
    contacts: Floats  # repeats included
    requests: Floats  # for an agent
    work: Floats  # agents' hours that the requests ask for
    heads: Floats  # mean agents on duty; infinity: unlimited
    unattended: Floats  # share of the hour in which nobody is on duty


def expected_load(scenario: Scenario) -> ExpectedLoad:
    """Return what comes to the bot and its agents.

    As if every arm believed the menu, so that no classifier is needed, and as if nobody
    abandoned the queue. With F first contacts by hour, D the law of the delay in hours, q and g
    the shares of a stratum's contacts that repeat and that ask for an agent, all contacts are
    F + q D * F + (q D)^2 * F + ..., `max_attempts` terms, `*` a circular convolution over the week
    (as a product of discrete Fourier transforms). How long a contact lasts before its repeat, and
    before its work, is left out.
    """
    first = scenario.arrivals.hourly_means()
    shape = np.fft.fft(np.pad(_delay_hours(scenario.repeat_delay), (0, HOURS_PER_WEEK - _HOURS)))
    contacts, requests = np.zeros(HOURS_PER_WEEK), np.zeros(HOURS_PER_WEEK)
    for weight, repeats, asks in _strata(scenario):
        powers = (repeats * shape)[:, None] ** np.arange(scenario.customers.max_attempts)
        all_of_it = np.fft.ifft(np.fft.fft(first) * powers.sum(axis=1)).real * weight
        contacts += all_of_it
        requests += all_of_it * asks
    heads = np.array(scenario.agents.steps(), dtype=float).reshape(HOURS_PER_WEEK, -1)
    return ExpectedLoad(
        first=first,
        contacts=np.maximum(contacts, 0),
        requests=np.maximum(requests, 0),
        work=np.maximum(requests, 0) * scenario.agents.service.mean_s * SECOND / HOUR,
        heads=heads.mean(axis=1),
        unattended=(heads == 0).mean(axis=1),
    )


def _strata(scenario: Scenario) -> list[tuple[float, float, float]]:
    """Return share of first contacts, P(repeats) and P(asks for an agent) of each stratum."""
    shared, found = scenario.customers, list[tuple[float, float, float]]()
    menu = Arm(policy="menu", weight=1)
    believing = scenario.model_copy(update={"arms": {"menu": menu}})
    offered = 1 - shared.asks_at_once
    for name, case in scenario.use_cases.items():
        cells = cell_weights(believing, name, "menu", np.zeros((len(REASONS), LEVELS)))
        accepts = case.acceptance.values()
        asks = shared.asks_at_once + offered * (1 - accepts) * shared.asks_after_rejecting
        repeats = shared.asks_at_once * shared.repeat_if_served + offered * (
            accepts * case.repeat.values() + (1 - accepts) * rejection_repeat(scenario)
        )
        strata = cells.reshape(-1, cells.shape[-1])  # by reason and level
        weights = strata.sum(axis=1)
        found += [
            (case.share * float(w), float(cell @ repeats / w), float(cell @ asks / w))
            for cell, w in zip(strata, weights, strict=True)
            if w > 0
        ]
    return found


def _delay_hours(law: RepeatDelay) -> Floats:
    """Return P(a repeat starts so many whole hours of the clock later), shape (25,).

    The contact before it ends at any moment of its hour, all alike.
    """
    middle = (np.arange(_STEPS) + 0.5) / _STEPS
    delay = law.quantile(middle) / HOUR
    hours = np.floor(delay[:, None] + middle).astype(np.int64)
    counts: Floats = (
        np.bincount(np.minimum(hours.ravel(), _HOURS - 1), minlength=_HOURS) / hours.size
    )
    return counts
