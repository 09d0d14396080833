"""The simulated chatbot told as a story: one SimPy process per contact, one `if` per decision.

It shares with the production path the keyed uniforms, the inverse distribution functions and the
scenario; everything else (order of decisions, queue, clock, log) is written a second time, plainly.
Slow; only for comparison.
"""

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
from abkit.simulations.clock import DAY, HOUR, SECOND, WEEK
from abkit.simulations.scenario import Scenario, UseCase, menu_error_by_level
from abkit.simulations.supply import ScoredSupply

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
Process = Generator[simpy.Event, Any, None]


class Desk:
    """Agents on duty and the line before them; a leaving agent finishes the contact at hand."""

    def __init__(self, env: simpy.Environment, heads_by_hour: tuple[float, ...]) -> None:
        self.env = env
        self.heads_by_hour = heads_by_hour
        self.heads = heads_by_hour[0]
        self.busy = 0
        self.line: deque[simpy.Event] = deque()
        env.process(self.keep_roster())

    def keep_roster(self) -> Process:
        hour = 0
        while True:
            yield self.env.timeout(HOUR)
            hour = (hour + 1) % len(self.heads_by_hour)
            self.heads = self.heads_by_hour[hour]
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
        self.desk = Desk(self.env, self.scenario.agents.by_hour())
        self.horizon = self.weeks * WEEK + DAY
        arrivals = first_contacts(
            self.scenario.arrivals,
            days=self.weeks * 7 + 1,
            seed=self.seed,
            replication=self.replication,
        )
        self.n = arrivals.size
        self.stream = cache(self._stream)
        contacts = [
            self.env.process(self.contact(customer, 1, int(after)))
            for customer, after in enumerate(arrivals)
        ]
        self.env.run(until=self.env.all_of(contacts))
        return sorted(self.rows, key=lambda row: (row["started_at"], row["contact_id"]))

    def _stream(self, purpose: str, attempt: int) -> np.ndarray:
        return uniforms(self.seed, self.replication, purpose, attempt, self.n)

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
        believed = menu
        if u("gives text") < s.customers.text_rate:
            self.read_text(row, reason, level, u("text"))
            if row["flagged"] and s.arms[arm].policy == "menu_or_text":
                believed = 0
        row |= {"menu_reason": REASONS[menu], "assigned_reason": REASONS[believed]}
        cell = (
            ("tp" if believed == 0 else "fn") if reason == 0 else ("fp" if believed == 0 else "tn")
        )

        offered = u("asks at once") >= s.customers.asks_at_once
        accepted = offered and u("accepts") < getattr(case.acceptance, cell)
        if offered:
            row |= {"resolution": s.resolutions.names()[believed], "accepted": accepted}
            if u("responds") < s.customers.response_rate:
                eps = s.customers.positive_if_rejected
                p = getattr(case.positive, cell) if accepted else eps
                row["response"] = "positive" if u("answers positively") < p else "negative"
        yield self.env.timeout(spell("bot time", s.bot))

        if accepted:
            row |= {"automated": True, "outcome": "resolved_by_bot"}
            p_repeat = getattr(case.repeat, cell)
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

    def read_text(self, row: dict[str, Any], reason: int, level: int, u: float) -> None:
        supply = self.supply
        candidates = np.flatnonzero((supply.reason == reason) & (supply.level == level))
        text = int(candidates[int(u * candidates.size)])
        row["text"] = supply.texts[text].as_py()
        row["score"] = float(supply.scores[text])
        row["flagged"] = row["score"] >= self.threshold


def pick(u: float, shares: Any, values: Any) -> Any:
    """Return the value in whose share of (0, 1) `u` lies."""
    values, cumulative = list(values), np.cumsum(shares)
    return values[min(int((u >= cumulative).sum()), len(values) - 1)]
