"""Score intervals over several use-cases; they exist where a variance from the data would be 0.

Both invert one statistic: the weighted sum of the use-cases' deviations from a common effect over
its standard deviation if that effect were true. At no effect it is Cochran-Mantel-Haenszel's, so
both intervals agree with that test about no effect.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from abkit.analysis.constrained import Tables, deviation_at_difference, deviation_at_ratio
from abkit.analysis.root_finding import falling_roots

Floats = npt.NDArray[np.float64]


def stratified_difference_interval(
    tables: Tables, weights: Floats, critical: float
) -> tuple[float, float]:
    """Return the common differences that the stratified score test does not reject.

    Args:
        tables: Shape (s,), no empty arm.
        weights: Mantel-Haenszel's n1 n0 / N, shape (s,).
        critical: Two-sided critical value.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, section 4.
    """
    lower = _difference_lower(tables, weights, critical)
    return lower, -_difference_lower(tables.swapped, weights, critical)


def stratified_ratio_interval(
    tables: Tables, weights: Floats, critical: float
) -> tuple[float, float]:
    """Return the common ratios, in [0, inf], that the stratified score test does not reject.

    Arguments as for the difference.
    """
    lower = _ratio_lower(tables, weights, critical)
    reciprocal = _ratio_lower(tables.swapped, weights, critical)
    return lower, 1 / reciprocal if reciprocal > 0 else np.inf


def _difference_lower(tables: Tables, weights: Floats, critical: float) -> float:
    share = weights / weights.sum()
    estimate = float(share @ (tables.x1 / tables.n1 - tables.x0 / tables.n0))

    def excess(d: float) -> float:
        deviation = deviation_at_difference(tables, np.full_like(share, d))
        return estimate - d - critical * _norm(share * deviation)

    return _lower_root(excess, estimate, least=-1.0, no_effect=0.0)


def _ratio_lower(tables: Tables, weights: Floats, critical: float) -> float:
    """Return the lower bound, found as the share u = ratio / (1 + ratio)."""
    rate1 = float(weights @ (tables.x1 / tables.n1))
    rate0 = float(weights @ (tables.x0 / tables.n0))
    if rate1 == 0:
        return 0.0  # a ratio of 0 can never be excluded

    def excess(u: float) -> float:
        deviation = deviation_at_ratio(tables, np.full_like(weights, u))
        return rate1 * (1 - u) - rate0 * u - critical * _norm(weights * deviation)

    root = _lower_root(excess, rate1 / (rate1 + rate0), least=0.0, no_effect=0.5)
    return root / (1 - root) if root < 1 else np.inf


def _lower_root(
    excess: Callable[[float], float], estimate: float, *, least: float, no_effect: float
) -> float:
    """Return where `excess` falls through 0 below the estimate, on the test's side of no effect."""
    start, end = least, estimate
    if estimate > no_effect:
        start, end = (no_effect, estimate) if excess(no_effect) > 0 else (least, no_effect)
    root = falling_roots(
        lambda points: np.array([excess(float(point)) for point in points]),
        np.array([start]),
        np.array([end]),
    )
    return float(root[0])


def _norm(values: Floats) -> float:
    return float(np.sqrt(values @ values))
