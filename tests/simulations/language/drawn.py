"""Sets that several tests look at; drawn once."""

import functools

import numpy as np

from abkit.simulations.language.sets import TextSet, golden_set, logged_history

OTHER_REASONS = np.array([0.08, 0.19, 0.28, 0.45])


def prior_with(defective_share: float) -> tuple[float, ...]:
    return (defective_share, *((1 - defective_share) * OTHER_REASONS).tolist())


SERVED = prior_with(0.2385)
PAPER = prior_with(0.42)


@functools.cache
def history(prior: tuple[float, ...] = SERVED, n: int = 20_000) -> TextSet:
    return logged_history(n, prior=prior, seed=1)


@functools.cache
def golden(prior: tuple[float, ...] = SERVED, n: int = 6_000) -> TextSet:
    return golden_set(n, prior=prior, seed=1, purpose="report")
