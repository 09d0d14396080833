"""What must hold exactly on the log of a congested world: no tolerance, contact by contact."""

import math
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.contacts import OUTCOMES
from abkit.core.progress import Progress
from abkit.core.world_checks import IdentityCheck
from abkit.pipeline.validate_scenarios import DAYS, THRESHOLD, changed
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.clock import TAIL, WEEK, Microseconds
from abkit.simulations.conversation import Mask
from abkit.simulations.draws import Draws
from abkit.simulations.retraced import Retraced, codes, retrace
from abkit.simulations.sample_path import offered_waits
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

Found = tuple[int, int]  # compared, differences

WEEKS: Final = 1

_REPEATS: Final = "a repeat begins its delay after the contact before"
_POLICIES: Final = ("menu", "menu_or_text", "text_over_menu", "menu_and_text")
_NIGHT: Final = {"start": "21:00", "end": "05:30", "heads": 2}
_SHIFTS: Final = (
    {"days": list(DAYS), **_NIGHT},
    {"days": list(DAYS), "start": "05:30", "end": "14:15", "heads": 5},
    {"days": list(DAYS[:5]), "start": "09:00", "end": "17:30", "heads": 4},
    {"days": list(DAYS), "start": "13:45", "end": "21:10", "heads": 4},
)


def check_logs(*, seed: int, progress: Progress) -> tuple[list[IdentityCheck], int]:
    """Return every identity in every congested world, and the contacts simulated."""
    chosen, supply, draws = worlds(), beta_supply(), Draws(seed, 0)
    found, contacts = [], 0
    for name, scenario in progress.track(
        chosen.items(), description="Identities", total=len(chosen)
    ):
        log = simulate_contacts(scenario, supply, threshold=THRESHOLD, weeks=WEEKS, seed=seed)
        contacts += log.num_rows
        found += check_log(log, scenario, draws, subject=name)
    return found, contacts


def worlds() -> dict[str, Scenario]:
    """Return three congested worlds: a roster, shifts past midnight with a backlog, few heads."""
    shared = {
        "arms": {name: {"policy": name, "weight": 1} for name in _POLICIES},
        "arrivals.first_contacts_per_week": 7_500.0,
    }
    hazard = {"law": "hazard", "until_s": [20.0, 90.0, 600.0], "per_s": [0.004, 0.001, 0.003, 0.0]}
    heads = load_scenario("returns-bot-points").model_dump()["agents"]["heads"]
    roster = {day: [math.ceil(n / 11) for n in by_hour] for day, by_hour in heads.items()}
    return {
        "roster": changed("returns-bot-points", shared | {"agents.heads": roster}),
        "shifts and backlog": changed(
            "returns-bot-points",
            shared
            | {
                "agents.heads": {"shifts": _SHIFTS},
                "agents.patience": hazard,
                "agents.backlog": 40,
                "agents.service": {"law": "exponential", "mean_s": 800.0},
            },
        ),
        "M/M/8+G": changed(
            "erlang",
            {
                "arrivals.first_contacts_per_week": 168 * 60.0,
                "agents.heads": 8,
                "agents.service": {"law": "exponential", "mean_s": 540.0},
                "agents.patience": {"law": "weibull", "mean_s": 300.0, "shape": 0.7},
                "agents.backlog": 15,
            },
        ),
    }


def check_log(
    log: pa.Table, scenario: Scenario, draws: Draws, *, subject: str
) -> list[IdentityCheck]:
    """Return every identity in one world.

    Args:
        log: From `simulate_contacts`, one week.
        scenario: What it was simulated from.
        draws: The same seed and replication.
        subject: What the world is called.
    """
    retraced = retrace(log, scenario, draws)
    by_arm = codes(log, "arm", list(scenario.arms))
    statements: Mapping[str, Callable[[], Found]] = {
        "wait and fate of each customer as in the recursion": lambda: _recursion(
            retraced, scenario, draws
        ),
        "a contact lasts bot + wait + service": lambda: _durations(retraced),
        "who abandons waits out the patience, nobody longer": lambda: _patience(retraced),
        _REPEATS: lambda: _repeats(retraced),
        "Little, queue: area = sum of waits": lambda: _little_queue(retraced),
        "Little, each arm: area = sum of contacts' times": lambda: _little_arms(retraced, by_arm),
        "entered = served + abandoned + waiting, at any time": lambda: _conserved(retraced),
        "each contact once, with one way out": lambda: _ways_out(log),
        "counted in its days alone, none begun after the tail": lambda: _in_time(log, retraced),
    }
    return [
        IdentityCheck(subject=subject, statement=statement, compared=found[0], differences=found[1])
        for statement, check in statements.items()
        for found in [check()]
        if scenario.customers.max_attempts > 1 or check is not statements[_REPEATS]
    ]


def _recursion(log: Retraced, scenario: Scenario, draws: Draws) -> Found:
    """Compare each request's wait and fate with the recursion on the same draws."""
    asked = np.flatnonzero(log.escalated)
    asked = asked[np.lexsort((log.wait[asked], log.joined[asked]))]
    service, patience = _backlog(scenario, draws)
    n = service.size
    exact = offered_waits(
        np.concatenate([np.zeros(n, dtype=np.int64), log.joined[asked]]),
        np.concatenate([service, log.service[asked]]),
        np.concatenate([patience, log.patience[asked]]),
        scenario.agents.steps(),
    )
    same = (exact.wait[n:] == log.wait[asked]) & (exact.served[n:] == log.served[asked])
    return asked.size, int((~same).sum())


def _backlog(scenario: Scenario, draws: Draws) -> tuple[Microseconds, Microseconds]:
    """Return service and patience of the customers who wait at time 0."""
    everybody = np.arange(scenario.agents.backlog)
    agents = scenario.agents
    return (
        agents.service.quantile(draws.of("backlog service", 0, everybody)),
        agents.patience.quantile(draws.of("backlog patience", 0, everybody)),
    )


def _durations(log: Retraced) -> Found:
    lasted = log.bot + np.maximum(log.wait, 0) + np.where(log.served, log.service, 0)
    return lasted.size, int((log.end - log.start != lasted).sum())


def _patience(log: Retraced) -> Found:
    asked = log.escalated
    wrong = log.abandoned & (log.wait != log.patience) | log.served & (log.wait > log.patience)
    return int(asked.sum()), int((wrong | (log.abandoned | log.served) & ~asked).sum())


def _repeats(log: Retraced) -> Found:
    """Compare each repeat's start with the end of the contact before plus that contact's delay."""
    order = np.lexsort((log.attempt, log.customer))
    again = np.flatnonzero(log.attempt[order] > 1)
    rows, before = order[again], order[again - 1]
    follows = (log.customer[before] == log.customer[rows]) & (
        log.attempt[before] == log.attempt[rows] - 1
    )
    punctual = log.start[rows] == log.end[before] + log.delay[before]
    return rows.size, int((~(follows & punctual)).sum())


def _little_queue(log: Retraced) -> Found:
    """Compare the area under the queue's length, from clocks alone, with the sum of the waits."""
    asked = log.escalated
    left = log.end - np.where(log.served, log.service, 0)
    return int(asked.sum()), abs(area(log.joined[asked], left[asked]) - int(log.wait[asked].sum()))


def _little_arms(log: Retraced, by_arm: Microseconds) -> Found:
    """Compare the area under the contacts in progress with the sum of their durations."""
    lasted = log.bot + np.maximum(log.wait, 0) + np.where(log.served, log.service, 0)
    off = 0
    for arm in np.unique(by_arm):
        members = by_arm == arm
        off += abs(area(log.start[members], log.end[members]) - int(lasted[members].sum()))
    return by_arm.size, off


def area(entered: Microseconds, left: Microseconds) -> int:
    """Return the integral over time of how many have entered and not left, microseconds."""
    moments = np.concatenate([entered, left])
    order = np.argsort(moments, kind="stable")
    inside = np.cumsum(np.where(order < entered.size, 1, -1))
    return int((np.diff(moments[order]) * inside[:-1]).sum())


def _conserved(log: Retraced) -> Found:
    """Compare, at every moment at which the queue changes, four counts.

    Who has entered, by start and bot; who has been taken or has left, by the end; who waits, by
    the recorded wait. After the last moment nobody waits.
    """
    asked, served, abandoned = log.escalated, log.served, log.abandoned
    joined = log.joined[asked]
    taken, gone = (log.end - log.service)[served], log.end[abandoned]
    moments = np.unique(np.concatenate([joined, taken, gone]))
    waiting = _so_far(joined, moments) - _so_far(joined + log.wait[asked], moments)
    out = _so_far(taken, moments) + _so_far(gone, moments)
    wrong = (_so_far(joined, moments) != out + waiting) | (waiting < 0)
    return moments.size, int(wrong.sum()) + int(waiting[-1:].sum())


def _so_far(times: Microseconds, moments: Microseconds) -> Microseconds:
    return np.searchsorted(np.sort(times), moments, side="right")


def _ways_out(log: pa.Table) -> Found:
    """Compare each contact's outcome with its other columns, and count identifiers used twice."""
    outcome = codes(log, "outcome", OUTCOMES)
    by_bot, by_agent, abandoned, silent = (outcome == code for code in range(len(OUTCOMES)))
    accepted: Mask = log["accepted"].fill_null(False).to_numpy()
    offered, asked = pc.is_valid(log["accepted"]).to_numpy(), pc.is_valid(log["wait_s"]).to_numpy()
    right = (
        (by_bot == accepted)
        & (log["automated"].to_numpy() == by_bot)
        & (asked == (by_agent | abandoned))
        & (offered | asked)
        & (silent <= offered)
        & (pc.is_valid(log["resolution"]).to_numpy() == offered)
        & (pc.is_valid(log["response"]).to_numpy() <= offered)
    )
    twice = log.num_rows - pc.count_distinct(log["contact_id"]).as_py()
    return log.num_rows, int((~right).sum()) + twice


def _in_time(log: pa.Table, retraced: Retraced) -> Found:
    """Compare `counted` with the start, and count contacts that begin after the tail."""
    start, end = retraced.start, WEEKS * WEEK
    wrong = (log["counted"].to_numpy() != (start < end)) | (start < 0) | (start >= end + TAIL)
    return start.size, int(wrong.sum())
