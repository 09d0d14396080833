"""Two binomial proportions with a fixed difference or ratio: likelihood maximised, closed form.

Both functions return the standard deviation that the Miettinen-Nurminen statistics divide by,
sqrt((p1 (1 - p1) / n1 + weight * p0 (1 - p0) / n0) N / (N - 1)), at the constrained maximum.
Counts may be fractions: the likelihood x log p + (n - x) log(1 - p) does not need integers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Flat arrays of 2x2 tables, shape (n,): x1 of n1 in treatment, x0 of n0 in control."""

    x1: Floats
    n1: Floats
    x0: Floats
    n0: Floats

    @property
    def swapped(self) -> "Tables":
        """Return the tables with the arms exchanged."""
        return Tables(self.x0, self.n0, self.x1, self.n1)

    @property
    def mirrored(self) -> "Tables":
        """Return the failures of the other arm: p1 becomes 1 - p0, p1 - p0 stays."""
        return Tables(self.n0 - self.x0, self.n0, self.n1 - self.x1, self.n1)

    @property
    def correction(self) -> Floats:
        """Return N / (N - 1), the factor that makes the variance unbiased under no effect."""
        total = self.n1 + self.n0
        return total / (total - 1)


def proportions_at_difference(tables: Tables, difference: Floats) -> tuple[Floats, Floats]:
    """Return (p1, p0), the likeliest pair with p1 - p0 = `difference`, each of shape (n,).

    p0 is the middle root of a cubic. Exchanging the arms and counting failures instead of successes
    (both turn the pair round) bring every table into the form where small numbers are computed as
    such: a difference >= 0, and the empty cell, if there is one, at x0.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, appendix 1;
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454.
    """
    swapped = difference < 0
    t = _chosen(swapped, tables.swapped, tables)
    d = np.abs(difference)
    many = t.x1 + t.x0 > (t.n1 + t.n0) / 2
    mirrored = (t.x0 > 0) & ((t.x1 == t.n1) | many)
    low = _lower_proportion(_chosen(mirrored, t.mirrored, t), d)
    high = np.minimum(low + d, 1.0)
    low, high = np.where(mirrored, 1 - high, low), np.where(mirrored, 1 - low, high)
    return np.where(swapped, low, high), np.where(swapped, high, low)


def _chosen(where: npt.NDArray[np.bool_], first: Tables, second: Tables) -> Tables:
    """Return `first` where the condition holds, else `second`."""
    pairs = zip(
        (first.x1, first.n1, first.x0, first.n0),
        (second.x1, second.n1, second.x0, second.n0),
        strict=True,
    )
    return Tables(*(np.where(where, one, other) for one, other in pairs))


def _lower_proportion(t: Tables, d: Floats) -> Floats:
    """Return p0 for differences `d` in [0, 1]: a root of p^3 + k2 p^2 + k1 p + k0 in [0, 1 - d]."""
    total, e = t.n1 + t.n0, 1 - d
    k2 = ((t.n1 + 2 * t.n0) * d - total - t.x1 - t.x0) / total
    near_none = (t.n0 * d - total - 2 * t.x0) * d + t.x1 + t.x0
    near_all = (t.n0 * e + total + 2 * t.x0 - 2 * t.n0) * e + t.x1 - t.n1 - t.x0  # the same number
    k1 = np.where(d < 0.5, near_none, near_all) / total
    k0 = t.x0 * d * e / total
    with np.errstate(divide="ignore", invalid="ignore"):
        # without successes in the lower arm the cubic is p times a quadratic
        bare = 2 * np.maximum(k1, 0.0) / (np.sqrt(np.maximum(k2**2 - 4 * k1, 0.0)) - k2)
        p = np.where(t.x0 == 0, np.nan_to_num(bare), _middle_root(k2, k1, k0))
        for _ in range(2):  # the arc cosine loses half the digits where two roots nearly meet
            p = np.clip(p, 0.0, e)
            value, slope = ((p + k2) * p + k1) * p + k0, (3 * p + 2 * k2) * p + k1
            p = np.where((t.x0 > 0) & (slope < 0), p - value / slope, p)
    return np.clip(p, 0.0, e)


def _middle_root(k2: Floats, k1: Floats, k0: Floats) -> Floats:
    """Return the middle of three real roots of a cubic, in trigonometric form."""
    q = k2**3 / 27 - k1 * k2 / 6 + k0 / 2
    r = np.copysign(np.sqrt(np.maximum(k2**2 / 9 - k1 / 3, 0.0)), q)
    cosine = np.nan_to_num(np.clip(q / r**3, -1.0, 1.0), nan=1.0)
    root: Floats = 2 * r * np.cos((np.pi + np.arccos(cosine)) / 3) - k2 / 3
    return root


def proportions_at_ratio(tables: Tables, share: Floats) -> tuple[Floats, Floats]:
    """Return (p1, p0), the likeliest pair with p1 : p0 = `share` : 1 - `share`, of shape (n,)."""
    (p1, p0), _ = _outcomes_at_ratio(tables, share)
    return p1, p0


def _outcomes_at_ratio(
    tables: Tables, share: Floats
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return (p1, p0) of `proportions_at_ratio` and (1 - p1, 1 - p0), to full precision each.

    `share` in [0, 1] is ratio / (1 + ratio): every ratio from 0 to infinity lies in a bounded
    interval, and exchanging the arms is share -> 1 - share. The smaller root of a quadratic; both
    it and its distance from 1 are written without cancellation.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, equation 12.
    """
    x1, n1, x0, n0, u, v = tables.x1, tables.n1, tables.x0, tables.n0, share, 1 - share
    events = x1 + x0
    # (n1 + n0) u v s^2 - half s + events = 0 for s = p1/u = p0/v; `root` without cancellation
    half = (n1 + x0) * u + (n0 + x1) * v
    gap = (n1 + x0) * u - (n0 + x1) * v
    root = np.sqrt(gap**2 + 4 * u * v * (n1 - x1) * (n0 - x0))
    whole = half + root
    # root - gap and root + gap, of which one loses all digits: the other times it is `product`
    product, larger = 4 * u * v * (n1 - x1) * (n0 - x0), root + np.abs(gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        smaller = np.where(larger > 0, product / larger, 0.0)
    minus, plus = np.where(gap > 0, smaller, larger), np.where(gap > 0, larger, smaller)
    successes = 2 * events * u / whole, 2 * events * v / whole
    failures = (minus + 2 * (n1 - x1) * u) / whole, (plus + 2 * (n0 - x0) * v) / whole
    return _shares(successes), _shares(failures)


def _shares(pair: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return np.clip(pair[0], 0.0, 1.0), np.clip(pair[1], 0.0, 1.0)


def deviation_at_difference(tables: Tables, difference: Floats) -> Floats:
    """Return the standard deviation of p1_hat - p0_hat if the true difference is `difference`."""
    p1, p0 = proportions_at_difference(tables, difference)
    variance = p1 * (1 - p1) / tables.n1 + p0 * (1 - p0) / tables.n0
    return np.sqrt(variance * tables.correction)


def deviation_at_ratio(tables: Tables, share: Floats) -> Floats:
    """Return the deviation of (1 - u) p1_hat - u p0_hat, u the `share`, if that is true."""
    (p1, p0), (q1, q0) = _outcomes_at_ratio(tables, share)
    variance = (1 - share) ** 2 * p1 * q1 / tables.n1 + share**2 * p0 * q0 / tables.n0
    return np.sqrt(variance * tables.correction)
