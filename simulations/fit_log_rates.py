"""Shares counted in a log, whose contacts are not independent: one customer comes several times."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from abkit.core.fitted_log import LogEstimate
from abkit.simulations.clock import Floats
from abkit.simulations.draws import Indices

Mask = npt.NDArray[np.bool_]
Z = 1.959963984540054


def share_of(yes: Mask, among: Mask, unit: Indices, *, by: str) -> LogEstimate | None:
    """Return the share of `yes` among the contacts `among`; None where there are none.

    With y of n, p = y / n; its variance is linearised over units, D times the binomial one. The
    interval is that of logit p~ = log((y + 1/2) / (n - y + 1/2)) with variance
    D (1 / (y + 1/2) + 1 / (n - y + 1/2)), which stays inside (0, 1) where y is 0 or n.

    Args:
        yes: Shape (n,).
        among: Which contacts count, shape (n,).
        unit: Customer or issue of each, shape (n,), from 0 on.
        by: What the estimate rests on, in words.

    References:
        Agresti (2013), Categorical Data Analysis, 3.1; Cochran (1977), Sampling Techniques, 9.
    """
    n = int(among.sum())
    if not n:
        return None
    hits = yes[among].astype(float)
    y = hits.sum()
    p = y / n
    residuals = np.bincount(unit[among], weights=hits - p)
    effect = (residuals**2).sum() / (n * p * (1 - p)) if 0 < p < 1 else 1.0
    logit = np.log((y + 0.5) / (n - y + 0.5))
    error = np.sqrt(effect * (1 / (y + 0.5) + 1 / (n - y + 0.5)))
    return LogEstimate(
        value=float(p),
        standard_error=float(np.sqrt(effect * p * (1 - p) / n)),
        lower=float(expit(logit - Z * error)),
        upper=float(expit(logit + Z * error)),
        by=f"{n:,} {by}",
    )


def shares_of(codes: Indices, kinds: int, *, by: str) -> list[LogEstimate]:
    """Return the share of each kind among independent draws, codes 0 to `kinds` - 1."""
    everybody, unit = np.ones(codes.size, dtype=bool), np.arange(codes.size)
    found = [share_of(codes == kind, everybody, unit, by=by) for kind in range(kinds)]
    return [estimate for estimate in found if estimate is not None]


def on_log(value: float, error: float, *, by: str, quantile: float = Z) -> LogEstimate:
    """Return an estimate above 0 whose interval is symmetric for its logarithm.

    `error` is the logarithm's standard error; `quantile` 1.96, or Student's.
    """
    return LogEstimate(
        value=value,
        standard_error=value * error,
        lower=float(value * np.exp(-quantile * error)),
        upper=float(value * np.exp(quantile * error)),
        by=by,
    )


def weighted_mean(values: Floats, errors: Floats) -> float:
    """Return the mean with weights 1 / error^2."""
    weights = 1 / np.square(errors)
    return float((weights * values).sum() / weights.sum())
