"""The simulated chatbot told as a story: one SimPy process per contact, one `if` per decision.

It shares with the production path the keyed uniforms, the inverse distribution functions and the
scenario; everything else (order of decisions, queue, clock, log) is written a second time, plainly.
Slow; only for comparison.
"""

import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import simpy

from abkit.core.reasons import REASONS
from abkit.core.rng import uniforms
from abkit.simulations.arrivals import first_contacts
from abkit.simulations.clock import DAY, SECOND, WEEK
from abkit.simulations.scenario import Arm, Cells, Scenario, UseCase, menu_error_by_level
from abkit.simulations.staffing import Agents, Roster, Shift, Shifts
from abkit.simulations.supply import ScoredSupply

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTE = 60 * SECOND
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
Process = Generator[simpy.Event, Any, None]


class Desk:
    """Agents on duty and the line before them; a leaving agent finishes the contact at hand."""

    def __init__(self, env: simpy.Environment, agents: Agents) -> None:
        self.env = env
        self.agents = agents
        self.heads = self.heads_at(0)
        self.busy = 0
        self.line: deque[simpy.Event] = deque()
        env.process(self.keep_roster())

    def heads_at(self, minute: int) -> float:
        heads = self.agents.heads
        if heads == "unlimited":
            return math.inf
        if isinstance(heads, int):
            return heads
        day, of_day = divmod(minute % (7 * 24 * 60), 24 * 60)
        if isinstance(heads, Roster):
            return getattr(heads, DAYS[day])[of_day // 60]
        return sum(on_duty(shift, day, of_day) for shift in heads.shifts)

    def keep_roster(self) -> Process:
        minute, step = 0, 1 if isinstance(self.agents.heads, Shifts) else 60
        while True:
            yield self.env.timeout(step * MINUTE)
            minute += step
            self.heads = self.heads_at(minute)
            self.call_next()

    def call_next(self) -> None:
        while self.line and self.busy < self.heads:
            self.busy += 1
            self.line.popleft().succeed()

    def join(self) -> simpy.Event:
        turn = self.env.event()
        self.line.append(turn)
        self.call_next()
        return turn

    def leave(self) -> None:
        self.busy -= 1
        self.call_next()


def on_duty(shift: Shift, day: int, minute: int) -> int:
    """Return the shift's heads on a weekday, 0 Monday, at a minute of it."""
    start, end = (60 * int(t[:2]) + int(t[3:]) for t in (shift.start, shift.end))
    if start < end:
        there = DAYS[day] in shift.days and start <= minute < end
    else:  # past midnight
        there = (DAYS[day] in shift.days and minute >= start) or (
            DAYS[day - 1] in shift.days and minute < end
        )
    return shift.heads if there else 0


@dataclass
class ReferenceModel:
    """One replication; `run` returns the log as one dictionary per contact."""

    scenario: Scenario
    supply: ScoredSupply
    threshold: float
    weeks: int
    seed: int
    replication: int
    rows: list[dict[str, Any]] = field(default_factory=list)

    def run(self) -> list[dict[str, Any]]:
        self.env = simpy.Environment()
        self.desk = Desk(self.env, self.scenario.agents)
        self.horizon = self.weeks * WEEK + DAY
        arrivals = first_contacts(
            self.scenario.arrivals,
            days=self.weeks * 7 + 1,
            seed=self.seed,
            replication=self.replication,
        )
        self.n = arrivals.size
        self.stream = cache(self._stream)
        for place in range(self.scenario.agents.backlog):
            self.env.process(self.wait_from_the_start(place))
        contacts = [
            self.env.process(self.contact(customer, 1, int(after)))
            for customer, after in enumerate(arrivals)
        ]
        self.env.run(until=self.env.all_of(contacts))
        return sorted(self.rows, key=lambda row: (row["started_at"], row["contact_id"]))

    def _stream(self, purpose: str, attempt: int) -> np.ndarray:
        return uniforms(self.seed, self.replication, purpose, attempt, self.n)

    def wait_from_the_start(self, place: int) -> Process:
        """A customer of the backlog: no row in the log, no repeat."""
        agents, n = self.scenario.agents, self.scenario.agents.backlog
        patience, service = (
            int(law.quantile(uniforms(self.seed, self.replication, f"backlog {what}", 0, n))[place])
            for what, law in (("patience", agents.patience), ("service", agents.service))
        )
        turn = self.desk.join()
        yield turn | self.env.timeout(patience)
        if turn.triggered:
            yield self.env.timeout(service)
            self.desk.leave()
        else:
            self.desk.line.remove(turn)

    def contact(self, customer: int, attempt: int, after: int) -> Process:
        """One contact from its start to its end; it waits for its own repeat, if there is one."""
        yield self.env.timeout(after)
        if self.env.now >= self.horizon:
            return
        s = self.scenario

        def u(purpose: str, number: int = attempt) -> float:
            return float(self.stream(purpose, number)[customer])

        def spell(purpose: str, law: Any) -> int:
            return int(law.quantile(np.array([u(purpose)]))[0])

        case_name = pick(u("use-case", 0), [c.share for c in s.use_cases.values()], s.use_cases)
        case = s.use_cases[case_name]
        reason = pick(u("true reason", 0), s.reason_shares(case_name), range(5))
        level = int(u("hardness", 0) * 5)
        weights = np.array([arm.weight for arm in s.arms.values()])
        arm = pick(u("arm", 0), weights / weights.sum(), s.arms)
        row: dict[str, Any] = dict.fromkeys(("text", "score", "flagged", "resolution", "accepted"))
        row |= {"response": None, "wait_s": None, "automated": False}
        row |= {
            "contact_id": f"c{customer:08d}-{attempt:02d}",
            "customer_id": f"u{customer:08d}",
            "issue_id": f"i{customer:08d}",
            "attempt": attempt,
            "use_case": case_name,
            "arm": arm,
            "started_at": MONDAY + timedelta(microseconds=self.env.now),
            "counted": self.env.now < self.weeks * WEEK,
            "true_reason": REASONS[reason],
            "true_hardness": level,
        }
        self.rows.append(row)
        menu = self.choose_in_menu(case, reason, level, u("menu"), u("menu other"))
        if u("gives text") < s.customers.text_rate:
            self.read_text(row, reason, level, s.arms[arm], u("text"))
        believed = self.believe(s.arms[arm].policy, menu, row["flagged"])
        row |= {"menu_reason": REASONS[menu], "assigned_reason": REASONS[believed]}
        cell = self.cell(reason, believed)

        offered = u("asks at once") >= s.customers.asks_at_once
        accepted = offered and u("accepts") < probability(case.acceptance, cell)
        if offered:
            row |= {"resolution": s.resolutions.names()[believed], "accepted": accepted}
            if u("responds") < s.customers.response_rate:
                eps = s.customers.positive_if_rejected
                p = probability(case.positive, cell) if accepted else eps
                row["response"] = "positive" if u("answers positively") < p else "negative"
        yield self.env.timeout(spell("bot time", s.bot))

        if accepted:
            row |= {"automated": True, "outcome": "resolved_by_bot"}
            p_repeat = probability(case.repeat, cell)
        elif offered and u("asks after rejecting") >= s.customers.asks_after_rejecting:
            row["outcome"] = "left_silently"
            p_repeat = s.customers.repeat_if_silent
        else:
            joined = self.env.now
            turn = self.desk.join()
            yield turn | self.env.timeout(spell("patience", s.agents.patience))
            row["wait_s"] = (self.env.now - joined) / SECOND
            if turn.triggered:
                row["outcome"] = "resolved_by_agent"
                yield self.env.timeout(spell("service", s.agents.service))
                self.desk.leave()
                p_repeat = s.customers.repeat_if_served
            else:
                self.desk.line.remove(turn)
                row["outcome"] = "abandoned_queue"
                p_repeat = s.customers.repeat_if_abandoned
        row["ended_at"] = MONDAY + timedelta(microseconds=self.env.now)
        if attempt < s.customers.max_attempts and u("repeats") < p_repeat:
            delay = spell("repeat delay", s.repeat_delay)
            yield self.env.process(self.contact(customer, attempt + 1, delay))

    def choose_in_menu(
        self, case: UseCase, reason: int, level: int, u: float, u_other: float
    ) -> int:
        slope = self.scenario.customers.hardness_slope
        if reason == 0:
            if u >= menu_error_by_level(case.menu_error, slope)[level]:
                return 0
        else:
            claim = menu_error_by_level(case.menu_false_claim, slope)[level]
            confusion = menu_error_by_level(self.scenario.customers.menu_confusion, slope)[level]
            if u < claim:
                return 0
            if u >= claim + (1 - claim) * confusion:
                return reason
        shares = np.array([0, *self.scenario.other_reasons.shares()])
        shares[reason] = 0
        return int(pick(u_other, shares / shares.sum(), range(5)))

    def believe(self, policy: str, menu: int, flagged: bool | None) -> int:
        """Return the reason that the bot acts on; `flagged` is None without text."""
        if policy == "menu" or flagged is None:
            return menu
        if policy == "menu_or_text":
            return 0 if flagged or menu == 0 else menu
        overruled = REASONS.index("others") if menu == 0 else menu
        if policy == "text_over_menu":
            return 0 if flagged else overruled
        assert policy == "menu_and_text"
        return 0 if menu == 0 and flagged else overruled

    def cell(self, reason: int, believed: int) -> str:
        names = self.scenario.resolutions.names()
        fits = names[believed] == names[reason]
        if reason == 0:
            return "tp" if fits else "fn"
        if fits:
            return "tn"
        return "fp" if believed == 0 else "wrong"

    def read_text(self, row: dict[str, Any], reason: int, level: int, arm: Arm, u: float) -> None:
        supply = self.supply
        candidates = np.flatnonzero((supply.reason == reason) & (supply.level == level))
        text = int(candidates[int(u * candidates.size)])
        row["text"] = supply.texts[text].as_py()
        row["score"] = float(supply.scores[text])
        row["flagged"] = row["score"] >= (
            self.threshold if arm.threshold is None else arm.threshold
        )


def probability(cells: Cells, cell: str) -> float:
    value = getattr(cells, cell)
    return float(cells.tn if value is None else value)


def pick(u: float, shares: Any, values: Any) -> Any:
    """Return the value in whose share of (0, 1) `u` lies."""
    values, cumulative = list(values), np.cumsum(shares)
    return values[min(int((u >= cumulative).sum()), len(values) - 1)]
