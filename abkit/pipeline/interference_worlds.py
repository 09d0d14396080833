"""A simulated world as the counts that the study of interference needs, without its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.analysis.design_effect import CustomerMoments
from abkit.core.metrics import AR, PRR, REPEAT_RATE
from abkit.simulations.clock import DAY, HOUR, WEEK
from abkit.simulations.conversation import Mask
from abkit.simulations.designs import CONTROL
from abkit.simulations.outcome_sums import repeated_contacts
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply
from abkit.simulations.world import Played, play

Counts = npt.NDArray[np.int64]

ABANDONED: Final = "abandoned"
COUNTS: Final = (
    "contacts", "automated", "responses", "positive", "mature", "repeated", "requests",
    "abandoned", "waited_us",
)  # fmt: skip
_BASE: Final = 1_000  # more than a customer's contacts
RATES: Final = {  # what is counted, and of what
    AR.name: ("automated", "contacts"),
    PRR.name: ("positive", "responses"),
    REPEAT_RATE.name: ("repeated", "mature"),
    ABANDONED: ("abandoned", "contacts"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldFacts:
    """Counts over the counted contacts of all use-cases; arms are control, treatment."""

    hours: Counts  # by hour of the contact, arm, and `COUNTS`
    blocks: Counts  # by block of the customer's first contact, arm, and `COUNTS`
    moments: Mapping[str, tuple[CustomerMoments, CustomerMoments]]  # by rate

    def total(self, name: str, arm: int | None = None) -> int:
        """Return a count over an arm, or both."""
        of = self.blocks[..., COUNTS.index(name)]
        return int(of.sum() if arm is None else of[:, arm].sum())

    def rate(self, name: str, arm: int | None = None) -> float:
        """Return one of `RATES` over an arm, or both."""
        of, per = RATES[name]
        return self.total(of, arm) / self.total(per, arm)


def world_facts(
    scenario: Scenario, supply: ScoredSupply, *, block_h: float = 24, **arguments: Any
) -> WorldFacts:
    """Return the counts of one world; arguments as for `play`."""
    played = play(scenario, supply, **arguments)
    weeks = arguments["weeks"]
    contacts, timeline, customers = played.issues.contacts, played.timeline, played.customers
    counted = timeline.exists & (timeline.start < weeks * WEEK)
    who = contacts.customer
    control = list(scenario.arms).index(CONTROL)
    arm = (customers.arm != control).astype(np.int64)
    values = {name: np.where(counted, of, 0) for name, of in _values(played).items()}
    hours = _sums(
        values, (timeline.start // HOUR)[counted], arm[who][counted], counted, weeks * 168
    )
    block = customers.arrival // round(block_h * HOUR)
    n_blocks = round(weeks * 168 / block_h)
    blocks = _sums(values, block[who][counted], arm[who][counted], counted, n_blocks)
    n = customers.arrival.size
    by_customer = {
        name: np.bincount(who, values[name], minlength=n).astype(np.int64)
        for name in {name for names in RATES.values() for name in names}
    }
    moments = {
        rate: (
            _moments(by_customer[of][arm == 0], by_customer[per][arm == 0]),
            _moments(by_customer[of][arm == 1], by_customer[per][arm == 1]),
        )
        for rate, (of, per) in RATES.items()
    }
    return WorldFacts(hours=hours, blocks=blocks, moments=moments)


def _values(played: Played) -> dict[str, npt.NDArray[Any]]:
    """Return each of `COUNTS` for every contact."""
    contacts, timeline = played.issues.contacts, played.timeline
    mature = timeline.end + DAY <= timeline.start[timeline.exists].max(initial=0)
    return {
        "contacts": np.ones(mature.size, dtype=np.int64),
        "automated": contacts.accepted,
        "responses": contacts.responded,
        "positive": contacts.positive,
        "mature": mature,
        "repeated": mature & repeated_contacts(played),
        "requests": contacts.escalated,
        ABANDONED: contacts.escalated & ~timeline.served,
        "waited_us": np.maximum(timeline.wait, 0),
    }


def _sums(
    values: Mapping[str, npt.NDArray[Any]], place: Counts, arm: Counts, counted: Mask, n: int
) -> Counts:
    key = 2 * place + arm
    sums = [
        np.bincount(key, values[name][counted], minlength=2 * n)[: 2 * n] for name in COUNTS
    ]  # floats below 2^53: exact
    return np.stack(sums, axis=-1).astype(np.int64).reshape(n, 2, len(COUNTS))


def _moments(y: Counts, m: Counts) -> CustomerMoments:
    counts = np.bincount(_BASE * m[m > 0] + y[m > 0])  # customers by successes and trials
    kinds = np.flatnonzero(counts)
    return CustomerMoments.from_groups(
        [(int(kind % _BASE), int(kind // _BASE), int(counts[kind])) for kind in kinds]
    )
