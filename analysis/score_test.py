"""Miettinen-Nurminen: the score test of no effect, and both intervals that invert it."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.analysis.constrained import Tables, deviation_at_difference, deviation_at_ratio
from abkit.analysis.quantiles import critical_value, two_sided_p
from abkit.analysis.root_finding import falling_roots
from abkit.core import checks
from abkit.core.errors import ConfigError

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreInference:
    """Treatment against control; arrays of the broadcast shape of the counts.

    `difference` and `ratio` are NaN where they are undefined (an arm without trials; 0 / 0), the
    bounds and the p-value never are.
    """

    difference: Floats
    difference_lower: Floats  # in [-1, 1]
    difference_upper: Floats
    ratio: Floats
    ratio_lower: Floats  # in [0, inf]
    ratio_upper: Floats
    p_value: Floats


def score_statistic(
    treatment: tuple[npt.ArrayLike, npt.ArrayLike], control: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Floats:
    """Return the Miettinen-Nurminen statistic of no effect, 0 where the arms do not vary.

    Z = (p1 - p0) / sqrt(p (1 - p) (1/n1 + 1/n0) N / (N - 1)), p the pooled proportion. Z^2 is
    Pearson's chi-square times (N - 1) / N.

    Args:
        treatment: Successes and trials, any broadcastable shapes, fractions allowed.
        control: The same for the control arm.

    Raises:
        ConfigError: A pair breaks 0 <= successes <= trials, or 0 < trials < 1.
    """
    tables, shape = _tables(treatment, control)
    return _no_effect_statistic(tables).reshape(shape)


def score_inference(
    treatment: tuple[npt.ArrayLike, npt.ArrayLike],
    control: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    confidence_level: float = 0.95,
    df: npt.ArrayLike = math.inf,
) -> ScoreInference:
    """Test no effect and invert the test, on the scales of the difference and of the ratio.

    The two statistics coincide at no effect, so the p-value, the difference interval and the ratio
    interval always agree about it. An interval is the connected set round the estimate: the bound
    is searched on the side of no effect where the p-value puts it.

    Args:
        treatment: Successes and trials, any broadcastable shapes. Divided by a design effect they
            are fractions, which is allowed.
        control: The same for the control arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        df: Degrees of freedom of the reference, broadcastable; infinite is the normal one.

    Returns:
        Estimates, bounds and p-values; with an empty arm everything is possible: [-1, 1],
        [0, inf], p = 1.

    Raises:
        ConfigError: A count or the level lies outside its domain.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226.
    """
    checks.level("confidence_level", confidence_level)
    tables, shape = _tables(treatment, control)
    freedom = np.broadcast_to(np.asarray(df, float), shape).ravel()
    p_value = two_sided_p(_no_effect_statistic(tables), freedom)
    shown = p_value < 1 - confidence_level
    critical = critical_value(confidence_level, freedom)
    empty = (tables.n1 == 0) | (tables.n0 == 0)
    safe = _without_empty_arms(tables, empty)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate1, rate0 = tables.x1 / tables.n1, tables.x0 / tables.n0
        arrays = {
            "difference": rate1 - rate0,
            "difference_lower": np.where(empty, -1, _difference_lower(safe, critical, shown)),
            "difference_upper": np.where(
                empty, 1, -_difference_lower(safe.swapped, critical, shown)
            ),
            "ratio": rate1 / rate0,
            "ratio_lower": np.where(empty, 0, _ratio_lower(safe, critical, shown)),
            "ratio_upper": np.where(empty, np.inf, 1 / _ratio_lower(safe.swapped, critical, shown)),
            "p_value": p_value,
        }
    return ScoreInference(**{name: value.reshape(shape) for name, value in arrays.items()})


def _tables(
    treatment: tuple[npt.ArrayLike, npt.ArrayLike], control: tuple[npt.ArrayLike, npt.ArrayLike]
) -> tuple[Tables, tuple[int, ...]]:
    """Return the counts as flat arrays, and the shape they came in."""
    arrays = np.broadcast_arrays(*(np.asarray(part, float) for part in (*treatment, *control)))
    x1, n1, x0, n0 = (array.ravel() for array in arrays)
    for arm, x, n in (("treatment", x1, n1), ("control", x0, n0)):
        good = (x >= 0) & (x <= n) & ((n >= 1) | (n == 0)) & np.isfinite(n)  # NaN is not good
        if not good.all():
            i = int(np.argmin(good))
            raise ConfigError(
                f"`{arm}` has {x[i]:g} successes in {n[i]:g} trials; expected "
                "0 <= successes <= trials, with 0 or at least 1 trials"
            )
    return Tables(x1, n1, x0, n0), arrays[0].shape


def _without_empty_arms(tables: Tables, empty: Booleans) -> Tables:
    """Return `tables` with 1 of 2 in every cell where an arm is empty, so that bounds exist."""
    x1, n1, x0, n0 = (
        np.where(empty, filler, part)
        for filler, part in ((1, tables.x1), (2, tables.n1), (1, tables.x0), (2, tables.n0))
    )
    return Tables(x1, n1, x0, n0)


def _no_effect_statistic(tables: Tables) -> Floats:
    """Return Z of no effect, 0 where an arm is empty or neither arm varies; shape (n,)."""
    x1, n1, x0, n0 = tables.x1, tables.n1, tables.x0, tables.n0
    total, events = n1 + n0, x1 + x0
    with np.errstate(divide="ignore", invalid="ignore"):
        # (x1 n0 - x0 n1) is exact for integers below 2^26, so equal rates give exactly 0
        numerator = (x1 * n0 - x0 * n1) * np.sqrt(total - 1)
        statistic = numerator / np.sqrt(events * (total - events) * (n1 * n0))
    return np.where(np.isfinite(statistic), statistic, 0.0)


def _difference_lower(tables: Tables, critical: Floats, shown: Booleans) -> Floats:
    """Return the lower bound for p1 - p0: the root of p1_hat - p0_hat - d - c sd(d) in d."""
    estimate = tables.x1 / tables.n1 - tables.x0 / tables.n0
    start, end = _bracket(estimate, shown, least=-1.0, no_effect=0.0)
    root = falling_roots(
        lambda d: estimate - d - critical * deviation_at_difference(tables, d), start, end
    )
    return np.where(shown & (estimate > 0), np.maximum(root, 5e-324), root)


def _ratio_lower(tables: Tables, critical: Floats, shown: Booleans) -> Floats:
    """Return the lower bound for p1 / p0, found as the share u = ratio / (1 + ratio)."""
    rate1, rate0 = tables.x1 / tables.n1, tables.x0 / tables.n0
    none = tables.x1 == 0  # then a ratio of 0 can never be excluded
    share = np.divide(rate1, rate1 + rate0, where=~none, out=np.zeros_like(rate1))
    start, end = _bracket(share, shown, least=0.0, no_effect=0.5)
    root = falling_roots(
        lambda u: rate1 * (1 - u) - rate0 * u - critical * deviation_at_ratio(tables, u),
        start,
        end,
    )
    root = np.where(none, 0.0, root)
    lower = np.divide(root, 1 - root, where=root < 1, out=np.full_like(root, np.inf))
    beyond = shown & (share > 0.5)
    return np.where(beyond, np.maximum(lower, np.nextafter(1.0, 2.0)), lower)


def _bracket(
    estimate: Floats, shown: Booleans, *, least: float, no_effect: float
) -> tuple[Floats, Floats]:
    """Return where to look for a lower bound, so that it agrees with the test of no effect."""
    above = estimate > no_effect
    start = np.where(above & shown, no_effect, least)
    return start, np.where(above & ~shown, no_effect, estimate)
