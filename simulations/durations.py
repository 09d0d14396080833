"""Durations by their inverse distribution functions: sections of a scenario that can be drawn from.

`scipy.special`, because `scipy.stats` takes a second to import.
"""

from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from abkit.simulations.clock import (
    HOUR,
    REPEAT_WINDOW,
    SECOND,
    Floats,
    Microseconds,
    whole_microseconds,
)
from abkit.simulations.sections import NonNegative, Positive, Section


class Duration(Protocol):
    """A law of durations."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return the duration that a share `u` does not exceed, shape (n,)."""
        ...


class LogNormal(Section):
    """A positive duration by mean and coefficient of variation."""

    mean_s: Positive
    cv: NonNegative

    def quantile(self, u: Floats) -> Microseconds:
        """Return exp(mu + sigma ndtri(u)): sigma^2 = log(1 + cv^2), mu = log mean - sigma^2 / 2."""
        variance = np.log1p(self.cv**2)
        centre = np.log(self.mean_s) - variance / 2
        return whole_microseconds(np.exp(centre + np.sqrt(variance) * ndtri(u)))


class Exponential(Section):
    """A positive duration by its mean."""

    mean_s: Positive

    def quantile(self, u: Floats) -> Microseconds:
        """Return -mean log(1 - u)."""
        return whole_microseconds(-self.mean_s * np.log1p(-u))


class RepeatDelay(Section):
    """End of a contact to the start of its repeat: log-normal, cut to (0, 24 h]."""

    median_h: Positive  # before the cut
    sigma: Positive  # of the logarithm, before the cut

    def quantile(self, u: Floats) -> Microseconds:
        """Return the quantile u F(24 h) of the uncut law F, at least one microsecond.

        So the probability of a repeat is exactly that of a repeat within 24 hours.
        """
        median_s = self.median_h * HOUR / SECOND
        within = ndtr(np.log(REPEAT_WINDOW / SECOND / median_s) / self.sigma)
        delay = whole_microseconds(median_s * np.exp(self.sigma * ndtri(u * within)))
        return np.clip(delay, 1, REPEAT_WINDOW)
