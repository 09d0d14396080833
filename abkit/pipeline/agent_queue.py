"""What became of those who asked for an agent, in a simulated log."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.simulated import AgentQueue

_MICROSECONDS: Final = 1_000_000  # in a second; the log's waits are whole ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """Counted contacts of some part of a log that asked for an agent; whole numbers add up."""

    asked: int = 0
    waited: int = 0
    abandoned: int = 0
    total_us: int = 0  # of all waits, microseconds

    def facts(self) -> AgentQueue:
        """Return the queue of the whole log."""
        mean = self.total_us / self.asked / _MICROSECONDS if self.asked else None
        return AgentQueue(
            asked=self.asked, waited=self.waited, abandoned=self.abandoned, mean_wait_s=mean
        )


def waited(log: pa.Table) -> Waited:
    """Return the counted contacts that asked for an agent, who waited, who abandoned."""
    asked = log.select(["counted", "wait_s", "outcome"]).filter(
        pc.and_(log["counted"], pc.is_valid(log["wait_s"]))
    )
    waits = np.rint(asked["wait_s"].to_numpy() * _MICROSECONDS).astype(np.int64)
    abandoned = pc.equal(asked["outcome"].cast(pa.string()), "abandoned_queue").to_numpy()
    return Waited(
        asked=asked.num_rows,
        waited=int((waits > 0).sum()),
        abandoned=int(abandoned.sum()),
        total_us=int(waits.sum()),
    )
