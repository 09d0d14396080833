"""A fast stream of choices from one keyed generator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 1 << 14


def _stream(rng: np.random.Generator) -> Iterator[float]:
    while True:  # drawn in blocks: one Python call into numpy costs as much as forty uniforms
        yield from rng.random(_BLOCK).tolist()


class Draws:
    """Uniform choices, each taking the next element of one stream."""

    __slots__ = ("uniform",)

    def __init__(self, rng: np.random.Generator) -> None:
        self.uniform = _stream(rng).__next__

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.uniform() < probability

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`, each equally likely."""
        return options[int(self.uniform() * len(options))]

    def skewed(self, options: Sequence[T]) -> T:
        """Return one of `options`, the earlier the likelier: P(first k of n) = (k / n)^(4/5)."""
        return options[int(self.uniform() ** 1.25 * len(options))]

    def below(self, n: int) -> int:
        """Return an integer in [0, n), each equally likely."""
        return int(self.uniform() * n)

    def weighted(self, cumulative: Sequence[float]) -> int:
        """Return index i with probability cumulative[i] - cumulative[i - 1]; the last must be 1."""
        u = self.uniform()
        i = 0
        while u >= cumulative[i]:
            i += 1
        return i
