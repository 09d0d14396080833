"""How often something happened in simulated experiments, against how often it was promised to."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.analysis.exact_intervals import clopper_pearson_interval
from abkit.core.validity_report import GradedShare

_DEVIATIONS: Final = 4  # beyond them 1 share in 16,000 lies by chance

Floats = npt.NDArray[np.float64]


def graded_share(
    count: int, experiments: int, *, promised: float, at_most: bool = False
) -> GradedShare:
    """Return a share of experiments with its exact 95 % limits and the band round the promise.

    Args:
        count: Experiments in which it happened.
        experiments: Of so many, >= 1.
        promised: The share that was promised, in [0, 1].
        at_most: Whether less than promised is fine, too.
    """
    lower, upper = clopper_pearson_interval(count, experiments)
    half = _DEVIATIONS * math.sqrt(promised * (1 - promised) / experiments)
    return GradedShare(
        count=count,
        experiments=experiments,
        promised=promised,
        ci_lower=lower,
        ci_upper=upper,
        band_lower=0.0 if at_most else max(0.0, promised - half),
        band_upper=min(1.0, promised + half),
    )


def difference_of_sums(
    control: Sequence[tuple[int, int]], treatment: Sequence[tuple[int, int]]
) -> tuple[float, float, float]:
    """Return the difference and the ratio of two rates over many experiments, and an error.

    Args:
        control: Successes and trials of each experiment, at least two experiments.
        treatment: The same of the other arm, in the same order: arms that share agents are not
            independent, so the error is taken from the experiments' differences.

    Returns:
        p1 - p0 with p = sum of successes / sum of trials; its linearised standard error,
        sd(e) / sqrt(n) for e_i = (y1_i - p1 m1_i) / mean(m1) - (y0_i - p0 m0_i) / mean(m0);
        p1 / p0.
    """
    rates, residuals = [], []
    for arm in (treatment, control):
        y, m = np.array(arm, float).T
        rate = float(y.sum() / m.sum())
        rates.append(rate)
        residuals.append((y - rate * m) / m.mean())
    error = float(np.std(residuals[0] - residuals[1], ddof=1) / math.sqrt(len(control)))
    return rates[0] - rates[1], error, rates[0] / rates[1]
