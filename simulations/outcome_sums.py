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
from abkit.simulations.draws import Indices
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import Codes, ScoredSupply
from abkit.simulations.world import Played, play

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
    customers, timeline = played.customers, played.timeline
    counted = timeline.exists & (timeline.start < weeks * WEEK)
    who = played.issues.contacts.customer
    wait = np.zeros(customers.arrival.size, dtype=np.int64)
    waited = counted & (timeline.wait > 0)
    np.add.at(wait, who[waited], timeline.wait[waited])
    return Outcomes(
        use_cases=tuple(scenario.use_cases),
        arms=tuple(scenario.arms),
        use_case=customers.use_case,
        arm=customers.arm,
        counts=_counts(played, counted),
        wait=wait,
    )


def _counts(played: Played, counted: Mask) -> dict[str, PerCustomer]:
    """Return each count by customer, over the counted contacts."""
    contacts, timeline = played.issues.contacts, played.timeline
    who, n = contacts.customer, played.customers.arrival.size

    def by_customer(which: Mask) -> PerCustomer:
        return _tally(who[counted & which], n)

    mature = _mature(played)
    flagged = played.bot.flagged(contacts.text_row, played.customers.arm[who])
    changed = flagged & (contacts.believed == DEFECTIVE) & (contacts.menu != DEFECTIVE)
    true = played.customers.reason[who] == DEFECTIVE
    return {
        "contacts": by_customer(counted),
        "automated": by_customer(contacts.accepted),
        "responses": by_customer(contacts.responded),
        "positive": by_customer(contacts.positive),
        "mature": by_customer(mature),
        "repeated": by_customer(mature & _repeated(played)),
        "escalated": by_customer(contacts.escalated),
        "abandoned": by_customer(contacts.escalated & ~timeline.served),
        "texts": by_customer(contacts.text_row >= 0),
        "flagged": by_customer(flagged),
        "true_flagged": by_customer(flagged & true),
        "changed": by_customer(changed),
        "true_changed": by_customer(changed & true),
    }


def _tally(who: Indices, n: int) -> PerCustomer:
    """Return how often each of n customers occurs."""
    return np.bincount(who, minlength=n).astype(np.int8)


def _mature(played: Played) -> Mask:
    """Return which contacts ended at least 24 h before the last start of the log."""
    timeline = played.timeline
    last = timeline.start[timeline.exists].max(initial=0)
    mature: Mask = timeline.end + DAY <= last
    return mature


def _repeated(played: Played) -> Mask:
    """Return which contacts were followed within 24 h by another of their issue."""
    timeline, parent = played.timeline, played.issues.parent
    rows = np.flatnonzero(timeline.exists & (parent >= 0))
    before = parent[rows]
    gap = timeline.start[rows] - timeline.end[before]
    repeated = np.zeros(parent.size, dtype=bool)
    repeated[before[(gap > 0) & (gap <= DAY)]] = True
    return repeated
