"""Keyed draws of one replication.

Element i of a stream is customer i's uniform, keyed by (seed, replication, purpose, attempt): no
draw depends on arms, policies, scores or the order of events, so two worlds that differ in one
of these share everything else.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.core.rng import uniforms
from abkit.simulations.clock import Floats

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Draws:
    """The uniforms of one replication."""

    seed: int
    replication: int

    def of(self, purpose: str, attempt: int, customers: Indices) -> Floats:
        """Return the uniforms of `customers`, increasing indices, for one purpose and attempt."""
        if not customers.size:
            return np.empty(0)
        stream = uniforms(self.seed, self.replication, purpose, attempt, int(customers[-1]) + 1)
        return stream if stream.size == customers.size else stream[customers]


def choose(u: Floats, shares: Floats) -> npt.NDArray[np.int8]:
    """Return the category of each uniform: how many cumulative shares lie at or below it."""
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, u, side="right").astype(np.int8)
