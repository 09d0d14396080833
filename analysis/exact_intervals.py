"""Exact tails and intervals for one proportion: from an endless supply, and from a finite one.

`scipy.special` only: importing scipy.stats would cost more than a second.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core import checks
from abkit.core.errors import ConfigError

Floats = npt.NDArray[np.float64]


def binomial_tails(successes: int, trials: int, share: float) -> tuple[float, float]:
    """Return P(X <= successes) and P(X >= successes) for X binomial(trials, share)."""
    # incomplete beta functions, because `special.bdtr` is NaN from 2^31 trials on
    failures = trials - successes
    below = float(special.betaincc(successes + 1, failures, share)) if failures else 1.0
    above = float(special.betainc(successes, failures + 1, share)) if successes else 1.0
    return below, above


def clopper_pearson_interval(
    successes: int, trials: int, *, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return the shares that neither one-sided binomial test at half the error rejects.

    Raises:
        ConfigError: Not 0 <= successes <= trials with trials >= 1, or a level outside (0, 1).

    References:
        Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    checks.level("confidence_level", confidence_level)
    _check_counts(successes, trials)
    tail = (1 - confidence_level) / 2
    failures = trials - successes
    lower = special.betaincinv(successes, failures + 1, tail) if successes else 0.0
    upper = special.betainccinv(successes + 1, failures, tail) if failures else 1.0
    return float(lower), float(upper)


def hypergeometric_tails(
    successes: int, trials: int, *, positives: int, population: int
) -> tuple[float, float]:
    """Return P(X <= successes) and P(X >= successes), X the positives among `trials` drawn.

    `trials` of `population` are drawn without replacement, `positives` of which are positive. The
    probabilities come from their ratios, scaled by their sum: no factorial, no cancellation.
    """
    first, last = max(0, trials - (population - positives)), min(trials, positives)
    if successes < first:
        return 0.0, 1.0
    if successes > last:
        return 1.0, 0.0
    x = np.arange(first, last, dtype=float)  # step from x to x + 1
    steps = np.log(positives - x) + np.log(trials - x)
    steps -= np.log(x + 1) + np.log(population - positives - trials + x + 1)
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    weights: Floats = np.exp(logs - logs.max())
    cut, whole = successes - first, weights.sum()
    return float(weights[: cut + 1].sum() / whole), float(weights[cut:].sum() / whole)


def hypergeometric_interval(
    successes: int, trials: int, *, population: int, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return the exact interval for the share of positives in a finite population.

    From the smallest to the largest number of positives that neither one-sided hypergeometric test
    at half the error rejects, divided by `population`. Both tails are monotone in that number, so
    bisection finds the ends. Drawing everybody leaves no doubt: both ends are successes / trials.

    Raises:
        ConfigError: Counts or level outside their domains, or `trials` > `population`.

    References:
        Buonaccorsi (1987), The American Statistician 41, 215-218.
    """
    checks.level("confidence_level", confidence_level)
    _check_counts(successes, trials)
    if trials > population:
        raise ConfigError(f"{trials} were sampled from a population of {population}")
    tail = (1 - confidence_level) / 2
    least, most = successes, population - (trials - successes)

    def too_few(positives: int) -> bool:
        return hypergeometric_tails(
            successes, trials, positives=positives, population=population
        )[1] <= tail  # fmt: skip

    def still_enough(positives: int) -> bool:
        return hypergeometric_tails(
            successes, trials, positives=positives, population=population
        )[0] > tail  # fmt: skip

    lower = _first_false(too_few, least, most)
    upper = _first_false(still_enough, lower, most + 1) - 1
    return lower / population, upper / population


def _first_false(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the first integer in [low, high] where `holds` fails; it holds first, then never."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            low = middle + 1
        else:
            high = middle
    return low


def _check_counts(successes: int, trials: int) -> None:
    """Raise `ConfigError` unless 0 <= successes <= trials and trials >= 1."""
    if not (trials >= 1 and 0 <= successes <= trials):
        raise ConfigError(
            f"{successes} of {trials} is no proportion; expected 0 <= K <= N and N >= 1"
        )
