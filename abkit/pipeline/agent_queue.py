"""What became of those who asked for an agent, in a simulated log."""

import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.simulated import AgentQueue


def agent_queue(log: pa.Table) -> AgentQueue:
    """Return the counted contacts that asked for an agent, who waited, who abandoned."""
    asked = log.filter(pc.and_(log["counted"], pc.is_valid(log["wait_s"])))
    waits = asked["wait_s"].to_numpy()
    abandoned = pc.equal(asked["outcome"].cast(pa.string()), "abandoned_queue").to_numpy()
    n = asked.num_rows
    return AgentQueue(
        asked=n,
        waited=int((waits > 0).sum()),
        abandoned=int(abandoned.sum()),
        mean_wait_s=float(waits.mean()) if n else None,
    )
