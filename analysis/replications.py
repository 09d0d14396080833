"""Statistics over independent replications: the mean, its interval, and how many are enough."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.analysis.quantiles import critical_value

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanInterval:
    """The mean of replications and its interval; None where there are too few."""

    n: int
    mean: float | None
    ci_lower: float | None
    ci_upper: float | None
    sd: float | None


def mean_interval(
    values: Floats, *, confidence_level: float = 0.95, first_stage: int | None = None
) -> MeanInterval:
    """Return mean +- t sd / sqrt(n) of independent replications, shape (n,).

    Args:
        values: One number per replication.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        first_stage: How many replications, the first ones, decided the number of all by
            `enough_replications`; None: it was given. The interval then has the first stage's
            standard deviation and degrees of freedom, with which it covers exactly where values are
            normal; the deviation of all would depend on when it was stopped.

    Returns:
        `sd` is that of all values in either case.
    """
    n = values.size
    if n < 2:
        return MeanInterval(
            n=n, mean=float(values[0]) if n else None, ci_lower=None, ci_upper=None, sd=None
        )
    mean, stage = float(values.mean()), values if first_stage is None else values[:first_stage]
    half = _half_width(float(stage.std(ddof=1)), stage.size, n, confidence_level)
    return MeanInterval(
        n=n,
        mean=mean,
        ci_lower=mean - half,
        ci_upper=mean + half,
        sd=float(values.std(ddof=1)),
    )


def enough_replications(
    first_stage: Floats, half_width: float, *, confidence_level: float = 0.95
) -> int:
    """Return how many replications make an interval that narrow, by Stein's two stages.

    N = max(n0, ceil((t s / d)^2)), s the standard deviation of the n0 values of the first stage and
    t Student's quantile with n0 - 1 degrees of freedom. The interval mean_N +- t s / sqrt(N) is
    then no wider than asked and covers with at least the nominal probability where values are
    normal, since the mean of a normal sample does not depend on its standard deviation. A rule
    that looks at the interval after each replication stops too early too often instead.

    Several rows may share the largest of their N: means depend on no row's deviation.

    Args:
        first_stage: Values of the first stage, shape (n0,), n0 >= 2.
        half_width: The aim d > 0, in the unit of the values.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Source: Stein (1945), A two-sample test for a linear hypothesis whose power is independent of
    the variance, Annals of Mathematical Statistics 16, 243-258.
    """
    n = first_stage.size
    alone = _half_width(float(first_stage.std(ddof=1)), n, 1, confidence_level)
    return max(n, math.ceil((alone / half_width) ** 2))


def _half_width(sd: float, stage: int, n: int, confidence_level: float) -> float:
    """Return t sd / sqrt(n), t with the degrees of freedom of a stage of that size."""
    return float(critical_value(confidence_level, stage - 1)) * sd / math.sqrt(n)
