"""Queues with a known law, simulated as any scenario is, against theory."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.progress import Progress
from abkit.core.world_checks import TheoryCheck
from abkit.pipeline.validate_scenarios import changed
from abkit.pipeline.validate_z import Against
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.clock import DAY, HOUR, SECOND, Floats
from abkit.simulations.queueing_theory import (
    Queue,
    markovian_queue,
    mean_in_system,
    single_server_wait,
)
from abkit.simulations.retraced import times
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

GROUP: Final = "queue"
END: Final = 8 * DAY  # a week and its tail; the first day, which begins empty, is not looked at
APART: Final = 1_000  # replications of one system, at most: no two systems share a draw

_ENDLESS: Final = {"law": "hazard", "until_s": [], "per_s": [0.0]}
_SINE: Final = tuple(100 + 50 * math.sin(2 * math.pi * (hour + 0.5) / 24) for hour in range(24))
_TIMES_OF_DAY: Final = (0, 6, 12, 18)  # h
_DAYS: Final = range(1, 8)

Expected = Mapping[str, tuple[float, str | None]]  # by quantity: theory's number and its unit
Measure = Callable[[pa.Table, int], list[float]]  # of a log and the agents: in that order


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A scenario, what theory says of it, and how the same is read off a log."""

    name: str
    scenario: Scenario
    agents: int
    expected: Expected
    measure: Measure


def check_queues(*, replications: int, seed: int, progress: Progress) -> tuple[
    list[TheoryCheck], int
]:  # fmt: skip
    """Return every quantity of every system against theory, and the contacts simulated."""
    checks: list[TheoryCheck] = []
    contacts, supply = 0, beta_supply(per_cell=1)  # nobody types: any texts will do
    chosen = systems()
    runs = ((number, r) for number in range(len(chosen)) for r in range(replications))
    found: dict[str, list[list[float]]] = {system.name: [] for system in chosen}
    total = len(chosen) * replications
    for number, replication in progress.track(runs, description="Queues", total=total):
        system = chosen[number]
        log = simulate_contacts(
            system.scenario, supply, threshold=1.0, weeks=1, seed=seed,
            replication=number * APART + replication,
        )  # fmt: skip
        contacts += log.num_rows
        found[system.name].append(system.measure(log, system.agents))
    for system in chosen:
        against = Against(group=GROUP, subject=system.name)
        estimates = np.array(found[system.name])  # (replications, quantities)
        checks += [
            against.replications(quantity, theory, estimates[:, column], unit=unit)
            for column, (quantity, (theory, unit)) in enumerate(system.expected.items())
        ]
    return checks, contacts


def systems() -> list[System]:
    """Return the systems: Erlang-C, two of Erlang-A, one of Pollaczek-Khinchine, two unlimited."""
    return [
        _erlang(load=8, agents=10, patience=math.inf),
        _erlang(load=20, agents=20, patience=2.0),
        _erlang(load=12, agents=8, patience=0.25),
        _single_server(),
        _time_varying(),
        _insensitive(),
    ]


def _erlang(*, load: float, agents: int, patience: float, service_s: float = 720.0) -> System:
    """Return M/M/c, or M/M/c+M; patience in mean services."""
    endless = math.isinf(patience)
    theory = markovian_queue(
        arrival_rate=load / service_s, service_rate=1 / service_s,
        abandon_rate=1 / (patience * service_s), agents=agents,
    )  # fmt: skip
    law = _ENDLESS if endless else {"law": "exponential", "mean_s": patience * service_s}
    lasting = "" if endless else f", patience {patience:g}"
    return System(
        name=f"M/M/{agents}{'' if endless else '+M'}, load {load:g}{lasting}",
        scenario=_scenario(
            load * 3_600 / service_s, agents, patience=law,
            service={"law": "exponential", "mean_s": service_s},
        ),
        agents=agents,
        expected=_expected(theory, abandons=not endless),
        measure=_with_losses if not endless else _without_losses,
    )  # fmt: skip


def _single_server(load: float = 0.6, service_s: float = 30.0, cv: float = 1.2) -> System:
    """Return M/G/1 with log-normal service."""
    wait = single_server_wait(load=load, mean_service=service_s, service_cv=cv)
    theory = Queue(p_wait=load, p_abandon=0.0, mean_wait=wait, occupancy=load)
    return System(
        name=f"M/G/1, load {load:g}, service's CV {cv:g}",
        scenario=_scenario(
            load * 3_600 / service_s, 1, patience=_ENDLESS,
            service={"law": "log_normal", "mean_s": service_s, "cv": cv},
        ),
        agents=1,
        expected=_expected(theory, abandons=False),
        measure=_without_losses,
    )  # fmt: skip


def _time_varying() -> System:
    """Return M_t/M/infinity: hourly rates 100 + 50 sin(2 pi t / 24), a mean stay of an hour."""
    means = mean_in_system(np.array(_SINE * 8), step=1.0, mean_stay=1.0)
    at = {hour: means[[24 * day + hour - 1 for day in _DAYS]].mean() for hour in _TIMES_OF_DAY}
    return System(
        name="M_t/M/\u221e, 100 + 50 sin(2\u03c0t/24)/h, stay 1 h",
        scenario=_scenario(
            float(np.mean(_SINE)), "unlimited", patience=_ENDLESS,
            service={"law": "exponential", "mean_s": 3_600.0}, profile=_SINE,
        ),
        agents=0,
        expected={f"mean number at {h} h": (float(m), None) for h, m in at.items()},
        measure=_number_by_time_of_day,
    )  # fmt: skip


def _insensitive(per_hour: float = 60.0, service_s: float = 120.0, cv: float = 1.2) -> System:
    """Return M/G/infinity with log-normal service: Poisson, whatever the law of service is."""
    load = per_hour * service_s / 3_600
    below_five = math.exp(-load) * sum(load**n / math.factorial(n) for n in range(5))
    return System(
        name=f"M/G/\u221e, load {load:g}, service's CV {cv:g}",
        scenario=_scenario(
            per_hour, "unlimited", patience=_ENDLESS,
            service={"law": "log_normal", "mean_s": service_s, "cv": cv},
        ),
        agents=0,
        expected={
            "mean number": (load, None),
            "P(0)": (math.exp(-load), None),
            "P(5 or more)": (1 - below_five, None),
        },
        measure=_shares_of_numbers,
    )  # fmt: skip


def _scenario(
    per_hour: float, heads: int | str, *, service: Mapping[str, Any], patience: Mapping[str, Any],
    profile: tuple[float, ...] = (1.0,) * 24,
) -> Scenario:  # fmt: skip
    return changed(
        "erlang",
        {
            "arrivals.first_contacts_per_week": 168 * per_hour,
            "arrivals.hour_weights": profile,
            "agents.heads": heads,
            "agents.service": service,
            "agents.patience": patience,
        },
    )


def _expected(theory: Queue, *, abandons: bool) -> Expected:
    lost = {"P(abandon)": (theory.p_abandon, None)} if abandons else {}
    return {
        "P(wait)": (theory.p_wait, None),
        **lost,
        "E[W]": (theory.mean_wait, "s"),
        "occupancy": (theory.occupancy, None),
    }


def _with_losses(log: pa.Table, agents: int) -> list[float]:
    """Return P(wait), P(abandon), E[W] in seconds, and the share of agents' time spent serving.

    Contacts join at their start, since there is no bot. Waits are of those who join after the
    first day; the agents' time is that of all days but the first.
    """
    start, end = times(log, "started_at"), times(log, "ended_at")
    wait_s = log["wait_s"].to_numpy()
    outcome = pc.cast(log["outcome"], pa.string())
    served = pc.equal(outcome, "resolved_by_agent").to_numpy()
    lost = pc.equal(outcome, "abandoned_queue").to_numpy()
    begin = start + np.rint(wait_s * SECOND).astype(np.int64)
    busy = np.minimum(end, END) - np.clip(begin, DAY, END)
    later = start >= DAY
    return [
        float((wait_s[later] > 0).mean()),
        float(lost[later].mean()),
        float(wait_s[later].mean()),
        float(np.maximum(busy, 0)[served].sum()) / (agents * (END - DAY)),
    ]


def _without_losses(log: pa.Table, agents: int) -> list[float]:
    p_wait, _, mean_wait, occupancy = _with_losses(log, agents)
    return [p_wait, mean_wait, occupancy]


def _number_by_time_of_day(log: pa.Table, _: int) -> list[float]:
    return [
        float(_numbers(log, [day * DAY + hour * HOUR for day in _DAYS]).mean())
        for hour in _TIMES_OF_DAY
    ]


def _shares_of_numbers(log: pa.Table, _: int) -> list[float]:
    """Return the mean number in the system, how often it is 0, and 5 or more: every half hour."""
    numbers = _numbers(log, list(range(DAY, END, HOUR // 2)))
    return [float(numbers.mean()), float((numbers == 0).mean()), float((numbers >= 5).mean())]


def _numbers(log: pa.Table, moments: list[int]) -> Floats:
    """Return how many are in the system at each moment: begun, not ended."""
    begun = np.searchsorted(times(log, "started_at"), moments, side="right")
    ended = np.searchsorted(np.sort(times(log, "ended_at")), moments, side="right")
    return (begun - ended).astype(float)
