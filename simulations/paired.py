"""The difference of two worlds with the same customers, and how exact it is."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError, unknown_choice
from abkit.simulations.clock import Floats
from abkit.simulations.outcome_sums import RATES, Outcomes

Counts = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """A rate in two worlds, proportions; None where a world has nothing to divide by."""

    rate_a: float | None
    rate_b: float | None
    difference: float | None  # b - a
    standard_error: float | None  # of the difference on the same draws
    unpaired_standard_error: float | None  # ... of two worlds with draws of their own

    @property
    def variance_reduction(self) -> float | None:
        """Return how many times the variance would be larger with independent draws.

        None where the worlds do not differ at all: there is nothing left to reduce.
        """
        if not self.standard_error or self.unpaired_standard_error is None:
            return None
        return (self.unpaired_standard_error / self.standard_error) ** 2


def paired_difference(
    a: Outcomes, b: Outcomes, rate: str, *, use_case: str | None = None
) -> PairedDifference:
    """Return how much a rate of world `b` lies above that of world `a`, with its standard error.

    A world's rate is p = sum y_i / sum m_i over customers i, its linearised residual
    e_i = (y_i - p m_i) / sum m. With R residuals in each world:

    - paired: sqrt(sum (e_bi - e_ai)^2), what the common draws leave;
    - unpaired: sqrt(sum e_ai^2 + sum e_bi^2), as if each world had draws of its own.

    Customers are taken to be independent of each other. With unlimited agents they are; where they
    share a queue, one who is served sooner in world b lets others be served sooner, too: then the
    standard error leaves out what the queue adds, and only the spread over replications tells how
    exact a difference is.

    Args:
        a: One world.
        b: Another world of the same customers.
        rate: One of `RATES`.
        use_case: Over its customers; None: over all.

    Raises:
        ConfigError: There is no such rate or use-case, or the worlds have other customers.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 2.11 and 6.4, for ratios of sums.
    """
    if rate not in RATES:
        raise unknown_choice("rate", rate, list(RATES))
    if use_case is not None and use_case not in a.use_cases:
        raise unknown_choice("use_case", use_case, a.use_cases)
    if not np.array_equal(a.use_case, b.use_case):
        raise ConfigError(
            f"the worlds have {a.use_case.size} and {b.use_case.size} customers, who are not the "
            "same; a paired difference needs worlds of one scenario, seed and replication"
        )
    members = a.members(use_case)
    of, per = RATES[rate]
    sums = [world.counts[name][members] for world in (a, b) for name in (of, per)]
    return difference_of_ratios(*sums)


def difference_of_ratios(
    successes_a: Counts, trials_a: Counts, successes_b: Counts, trials_b: Counts
) -> PairedDifference:
    """Return the difference of two ratios of sums over the same customers; shape (customers,) each.

    See `paired_difference`.
    """
    rate_a, error_a = _linearised(successes_a, trials_a)
    rate_b, error_b = _linearised(successes_b, trials_b)
    if rate_a is None or rate_b is None:
        return PairedDifference(
            rate_a=rate_a, rate_b=rate_b, difference=None, standard_error=None,
            unpaired_standard_error=None,
        )  # fmt: skip
    return PairedDifference(
        rate_a=rate_a,
        rate_b=rate_b,
        difference=rate_b - rate_a,
        standard_error=math.sqrt(np.sum((error_b - error_a) ** 2)),
        unpaired_standard_error=math.sqrt(np.sum(error_a**2) + np.sum(error_b**2)),
    )


def _linearised(successes: Counts, trials: Counts) -> tuple[float | None, Floats]:
    """Return the ratio of sums and each customer's residual; None without a trial."""
    total = int(trials.sum(dtype=np.int64))
    if not total:
        return None, np.empty(0)
    rate = int(successes.sum(dtype=np.int64)) / total
    return rate, (successes - rate * trials) / total
