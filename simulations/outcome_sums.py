"""What became of each customer of a simulated world, counted without making its contact log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import DEFECTIVE
from abkit.simulations.clock import DAY, WEEK, Microseconds
from abkit.simulations.conversation import Mask
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import Codes, ScoredSupply
from abkit.simulations.world import Played, play

_PIECE: Final = 2**17  # contacts at a time
PerCustomer = npt.NDArray[np.int8]  # a customer's contacts have two digits

# rate: what is counted, and of what
RATES: Final[dict[str, tuple[str, str]]] = {
    AR.name: ("automated", "contacts"),
    PRR.name: ("positive", "responses"),
    REPEAT_RATE.name: ("repeated", "mature"),
    "escalation": ("escalated", "contacts"),
    "abandonment": ("abandoned", "contacts"),
    "abandonment_of_escalated": ("abandoned", "escalated"),
    "flagged": ("flagged", "texts"),
    "precision": ("true_flagged", "flagged"),
    "changed": ("changed", "contacts"),
    "incremental_precision": ("true_changed", "changed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Counts over the counted contacts of each customer; every array has shape (customers,).

    Worlds that differ in arms, policies, thresholds, scores or agents alone have the same
    customers: their arrays align. Who first comes in the tail has zeros.

    Attributes:
        use_cases: Names behind the codes.
        arms: Names behind the codes.
        use_case: Code of each customer's use-case.
        arm: Code of each customer's arm.
        counts: By name: `contacts`; `automated`; `responses` to an offer, `positive` ones;
            `mature` contacts, of them `repeated`, both as DESIGN defines them; `escalated`: asked
            for an agent, `abandoned` the queue; contacts with `texts`, `flagged` ones,
            `true_flagged`: LABEL 0 indeed; `changed`: flags that were believed where the menu said
            something else, `true_changed`: LABEL 0 indeed.
        wait: In the agents' queue, microseconds.
    """

    use_cases: tuple[str, ...]
    arms: tuple[str, ...]
    use_case: Codes
    arm: Codes
    counts: Mapping[str, PerCustomer]
    wait: Microseconds

    @property
    def successes(self) -> dict[str, PerCustomer]:
        """Return the numerator of each of `RATES`."""
        return {rate: self.counts[of] for rate, (of, _) in RATES.items()}

    @property
    def trials(self) -> dict[str, PerCustomer]:
        """Return the denominator of each of `RATES`."""
        return {rate: self.counts[per] for rate, (_, per) in RATES.items()}

    def members(self, use_case: str | None = None, arm: str | None = None) -> Mask:
        """Return who is in a use-case, an arm, or both; None: any."""
        found = np.ones(self.use_case.size, dtype=bool)
        if use_case is not None:
            found &= self.use_case == self.use_cases.index(use_case)
        if arm is not None:
            found &= self.arm == self.arms.index(arm)
        return found

    def total(self, count: str, use_case: str | None = None, arm: str | None = None) -> int:
        """Return a count over the customers of a use-case, an arm, or both."""
        return int(self.counts[count][self.members(use_case, arm)].sum(dtype=np.int64))

    def rate(self, name: str, use_case: str | None = None, arm: str | None = None) -> float | None:
        """Return one of `RATES` over those customers; None: nothing to divide by."""
        of, per = RATES[name]
        trials = self.total(per, use_case, arm)
        return self.total(of, use_case, arm) / trials if trials else None


def outcome_sums(
    scenario: Scenario,
    supply: ScoredSupply,
    *,
    threshold: float,
    weeks: int,
    seed: int,
    replication: int = 0,
    progress: Progress = SILENT,
) -> Outcomes:
    """Return the counts of one simulated experiment by customer.

    They are those of the log that `simulate_contacts` makes of the same arguments, which see: the
    cut-off is the last start in the log, and repeats are looked for in all its rows.

    Raises:
        ConfigError: As `simulate_contacts`.
    """
    played = play(
        scenario, supply, threshold=threshold, weeks=weeks, seed=seed, replication=replication,
        progress=progress,
    )  # fmt: skip
    customers = played.customers
    counts, wait = _counted(played, until=weeks * WEEK)
    return Outcomes(
        use_cases=tuple(scenario.use_cases),
        arms=tuple(scenario.arms),
        use_case=customers.use_case,
        arm=customers.arm,
        counts=counts,
        wait=wait,
    )


def _counted(played: Played, *, until: int) -> tuple[dict[str, PerCustomer], Microseconds]:
    """Return each count, and the wait, by customer, over the contacts that start before `until`."""
    issues, timeline = played.issues, played.timeline
    n = played.customers.arrival.size
    last = int(timeline.start[timeline.exists].max(initial=0))
    repeated = repeated_contacts(played)
    counts: dict[str, PerCustomer] = {}
    wait = np.zeros(n, dtype=np.int64)
    for attempt in issues.by_attempt():
        for at in range(attempt.start, max(attempt.stop, 1), _PIECE):
            rows = slice(at, min(at + _PIECE, attempt.stop))
            who = issues.contacts.customer[rows]  # nobody twice, so that += adds for each
            counted = timeline.exists[rows] & (timeline.start[rows] < until)
            mature = timeline.end[rows] + DAY <= last
            facts = _facts(played, rows) | {"mature": mature, "repeated": mature & repeated[rows]}
            for name, which in facts.items():
                counts.setdefault(name, np.zeros(n, dtype=np.int8))[who] += counted & which
            wait[who] += np.where(counted & (timeline.wait[rows] > 0), timeline.wait[rows], 0)
    return counts, wait


def _facts(played: Played, rows: slice) -> dict[str, Mask]:
    """Return what is counted of some contacts, but for what their issue's other contacts tell."""
    contacts, who = played.issues.contacts, played.issues.contacts.customer[rows]
    text_row, escalated = contacts.text_row[rows], contacts.escalated[rows]
    flagged = played.bot.flagged(text_row, played.customers.arm[who])
    believed, menu = contacts.believed[rows], contacts.menu[rows]
    changed = flagged & (believed == DEFECTIVE) & (menu != DEFECTIVE)
    true = played.customers.reason[who] == DEFECTIVE
    return {
        "contacts": np.ones(who.size, dtype=bool),
        "automated": contacts.accepted[rows],
        "responses": contacts.responded[rows],
        "positive": contacts.positive[rows],
        "escalated": escalated,
        "abandoned": escalated & ~played.timeline.served[rows],
        "texts": text_row >= 0,
        "flagged": flagged,
        "true_flagged": flagged & true,
        "changed": changed,
        "true_changed": changed & true,
    }


def repeated_contacts(played: Played) -> Mask:
    """Return which contacts were followed within 24 h by another of their issue."""
    timeline, parent = played.timeline, played.issues.parent
    rows = np.flatnonzero(timeline.exists & (parent >= 0))
    before = parent[rows]
    gap = timeline.start[rows] - timeline.end[before]
    repeated = np.zeros(parent.size, dtype=bool)
    repeated[before[(gap > 0) & (gap <= DAY)]] = True
    return repeated
