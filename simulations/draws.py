"""Keyed draws of one replication.

Element i of a stream is customer i's uniform, keyed by (seed, replication, purpose, attempt): no
draw depends on arms, policies, scores or the order of events, so two worlds that differ in one
of these share everything else.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.rng import rng_for
from abkit.simulations.clock import Floats

Indices = npt.NDArray[np.int64]

_PER_COUNT: Final = 4  # uniforms that Philox makes at each value of its counter


@dataclass(frozen=True, slots=True)
class Draws:
    """The uniforms of one replication."""

    seed: int
    replication: int

    def of(self, purpose: str, attempt: int, customers: Indices) -> Floats:
        """Return the uniforms of `customers`, increasing indices, for one purpose and attempt.

        They are elements of `uniforms(seed, replication, purpose, attempt, ...)`; those before the
        first customer are skipped, not drawn, so that the customers may come in pieces.
        """
        if not customers.size:
            return np.empty(0)
        first, end = int(customers[0]), int(customers[-1]) + 1
        start = first - first % _PER_COUNT
        rng = rng_for(self.seed, self.replication, purpose, attempt)
        if start:
            rng.bit_generator.advance(start // _PER_COUNT)  # type: ignore[attr-defined]
        stream = rng.random(end - start)
        np.maximum(stream, 2.0**-54, out=stream)  # as `uniforms`: never 0
        if end - first == customers.size:
            return stream[first - start :]
        return stream[customers - start]


def choose(u: Floats, shares: Floats) -> npt.NDArray[np.int8]:
    """Return the category of each uniform: how many cumulative shares lie at or below it."""
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, u, side="right").astype(np.int8)
