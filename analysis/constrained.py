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
    def correction(self) -> Floats:
        """Return N / (N - 1), the factor that makes the variance unbiased under no effect."""
        total = self.n1 + self.n0
        return total / (total - 1)


def proportions_at_difference(tables: Tables, difference: Floats) -> tuple[Floats, Floats]:
    """Return (p1, p0), the likeliest pair with p1 - p0 = `difference`, each of shape (n,).

    p0 is the middle root of a cubic (trigonometric form), then polished by Newton's method on it:
    the arc cosine alone loses half the digits where two roots nearly meet.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, appendix 1;
        Farrington and Manning (1990), Statistics in Medicine 9, 1447-1454.
    """
    x1, n1, x0, n0, d = tables.x1, tables.n1, tables.x0, tables.n0, difference
    total, events = n1 + n0, x1 + x0
    k2 = ((n1 + 2 * n0) * d - total - events) / total  # p^3 + k2 p^2 + k1 p + k0 = 0
    k1 = ((n0 * d - total - 2 * x0) * d + events) / total
    k0 = x0 * d * (1 - d) / total
    q = k2**3 / 27 - k1 * k2 / 6 + k0 / 2
    r = np.copysign(np.sqrt(np.maximum(k2**2 / 9 - k1 / 3, 0.0)), q)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.nan_to_num(np.clip(q / r**3, -1.0, 1.0), nan=1.0)
        p = 2 * r * np.cos((np.pi + np.arccos(cosine)) / 3) - k2 / 3
        low, high = np.maximum(0.0, -d), np.minimum(1.0, 1 - d)
        for _ in range(2):
            p = np.clip(p, low, high)
            value, slope = ((p + k2) * p + k1) * p + k0, (3 * p + 2 * k2) * p + k1
            p = np.where(slope != 0, p - value / slope, p)
    p0 = np.clip(p, low, high)
    return np.clip(p0 + d, 0.0, 1.0), p0


def proportions_at_ratio(tables: Tables, share: Floats) -> tuple[Floats, Floats]:
    """Return (p1, p0), the likeliest pair with p1 : p0 = `share` : 1 - `share`, of shape (n,).

    `share` in [0, 1] is ratio / (1 + ratio): every ratio from 0 to infinity lies in a bounded
    interval, and exchanging the arms is share -> 1 - share. The smaller root of a quadratic,
    written without cancellation.

    References:
        Miettinen and Nurminen (1985), Statistics in Medicine 4, 213-226, equation 12.
    """
    x1, n1, x0, n0, u, v = tables.x1, tables.n1, tables.x0, tables.n0, share, 1 - share
    total, events = n1 + n0, x1 + x0
    half = (n1 + x0) * u + (n0 + x1) * v  # total u v s^2 - half s + events = 0, s = p1/u = p0/v
    root = np.sqrt(np.maximum(half**2 - 4 * total * events * u * v, 0.0))
    scale = 2 * events / (half + root)
    return np.clip(scale * u, 0.0, 1.0), np.clip(scale * v, 0.0, 1.0)


def deviation_at_difference(tables: Tables, difference: Floats) -> Floats:
    """Return the standard deviation of p1_hat - p0_hat if the true difference is `difference`."""
    p1, p0 = proportions_at_difference(tables, difference)
    variance = p1 * (1 - p1) / tables.n1 + p0 * (1 - p0) / tables.n0
    return np.sqrt(variance * tables.correction)


def deviation_at_ratio(tables: Tables, share: Floats) -> Floats:
    """Return the deviation of (1 - u) p1_hat - u p0_hat, u the `share`, if that is true."""
    p1, p0 = proportions_at_ratio(tables, share)
    variance = (1 - share) ** 2 * p1 * (1 - p1) / tables.n1 + share**2 * p0 * (1 - p0) / tables.n0
    return np.sqrt(variance * tables.correction)
