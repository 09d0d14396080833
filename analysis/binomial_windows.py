"""The part of a binomial distribution that matters, for enumerations."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_TAIL: Final = 2e-11  # left out on either side at most: two arms lose less than 1e-10


@dataclass(frozen=True, slots=True)
class BinomialWindow:
    """The probabilities of `first`, `first` + 1, ... successes, and what all others have."""

    first: int
    weights: npt.NDArray[np.float64]
    omitted: float


def binomial_window(trials: int, rate: float) -> BinomialWindow:
    """Return the binomial probabilities but for tails of at most 2e-11 on either side.

    From the ratios P(x + 1) / P(x) = (n - x) / (x + 1) p / (1 - p), scaled by their sum: no
    factorial of a large number. Ten standard deviations and 60 either side of the mode hold all
    but 1e-20.

    Args:
        trials: n >= 1.
        rate: p, strictly between 0 and 1.
    """
    mode = min(trials, math.floor((trials + 1) * rate))
    half = 60 + math.ceil(10 * math.sqrt(trials * rate * (1 - rate)))
    first, last = max(0, mode - half), min(trials, mode + half)
    x = np.arange(first, last, dtype=float)
    steps = np.log(trials - x) - np.log(x + 1) + (math.log(rate) - math.log1p(-rate))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    below = int(np.searchsorted(np.cumsum(weights), _TAIL, side="right"))
    above = int(np.searchsorted(np.cumsum(weights[::-1]), _TAIL, side="right"))
    kept = weights[below : len(weights) - above]
    omitted = float(weights[:below].sum() + weights[len(weights) - above :].sum())
    return BinomialWindow(first + below, kept, omitted)
