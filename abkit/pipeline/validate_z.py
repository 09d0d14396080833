"""Distances from theory, each brought to the scale of a standard normal."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special, stats

from abkit.core.world_checks import TheoryCheck
from abkit.simulations.clock import Floats

_SMALLEST: Final = 1e-300  # a probability below it counts as this one: z stays finite, 37


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What several checks share: to which group and which system they belong."""

    group: str
    subject: str

    def replications(
        self, quantity: str, theory: float, estimates: Floats, *, unit: str | None = None
    ) -> TheoryCheck:
        """Compare the mean of independent estimates, shape (r,), r >= 2, with their expectation.

        t = (mean - theory) / (SD / sqrt r); z has the same tail as t with r - 1 degrees of
        freedom. The spread between replications holds whatever correlation there is inside one.
        """
        mean, n = float(estimates.mean()), estimates.size
        error = float(estimates.std(ddof=1)) / math.sqrt(n)
        away = mean - theory
        t = away / error if error > 0 else (0.0 if away == 0 else math.copysign(math.inf, away))
        return self._check(
            quantity, theory, mean, error, z=_two_sided(float(stats.t.sf(abs(t), n - 1)), away),
            unit=unit,
        )  # fmt: skip

    def known_error(
        self, quantity: str, theory: float, simulated: float, error: float
    ) -> TheoryCheck:
        """Compare a number with its expectation by a standard error that independence gives."""
        z = (simulated - theory) / error if error > 0 else math.nan
        return self._check(quantity, theory, simulated, error, z=z)

    def chi_square(self, quantity: str, statistic: float, df: int) -> TheoryCheck:
        """Compare a chi-square statistic with its degrees of freedom; too good a fit fails, too."""
        upper, lower = float(stats.chi2.sf(statistic, df)), float(stats.chi2.cdf(statistic, df))
        z = _two_sided(min(upper, lower), 1 if upper < lower else -1)
        return self._check(quantity, df, statistic, None, z=z)

    def distribution(self, quantity: str, uniforms: Floats) -> TheoryCheck:
        """Compare values with the uniform law on (0, 1) by Kolmogorov-Smirnov, shape (n,).

        The largest gap between the two distribution functions against its limiting law, whose mean
        is sqrt(pi / 2) log 2 / sqrt n; n should be 1,000 or more.
        """
        ordered, n = np.sort(uniforms), uniforms.size
        steps = np.arange(n + 1) / n
        gap = float(max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max()))
        scaled = gap * math.sqrt(n)
        upper = float(special.kolmogorov(scaled))
        lower = float(stats.kstwobign.cdf(scaled))
        z = _two_sided(min(upper, lower), 1 if upper < lower else -1)
        mean = math.sqrt(math.pi / 2) * math.log(2) / math.sqrt(n)
        return self._check(quantity, mean, gap, None, z=z)

    def _check(
        self, quantity: str, theory: float, simulated: float, error: float | None, *, z: float,
        unit: str | None = None,
    ) -> TheoryCheck:  # fmt: skip
        return TheoryCheck(
            group=self.group, subject=self.subject, quantity=quantity, unit=unit,
            theory=float(theory), simulated=float(simulated),
            standard_error=None if error is None else float(error), z=float(z),
        )  # fmt: skip


def z_limit(comparisons: int, family_alpha: float) -> float:
    """Return the |z| that one of so many right comparisons exceeds with `family_alpha` at most.

    Bonferroni: it holds however the comparisons depend on each other.
    """
    return float(special.ndtri(1 - family_alpha / comparisons / 2))


def _two_sided(tail: float, sign: float) -> float:
    """Return the z whose tail beyond it has the probability `tail`."""
    return math.copysign(max(0.0, float(-special.ndtri(max(tail, _SMALLEST)))), sign)
