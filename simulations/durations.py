"""Durations by their inverse distribution functions: sections of a scenario that can be drawn from.

`scipy.special`, because `scipy.stats` takes a second to import.
"""

from typing import Annotated, Protocol

import numpy as np
from pydantic import Field
from scipy.special import ndtr, ndtri

from abkit.simulations.clock import (
    HOUR,
    REPEAT_WINDOW,
    SECOND,
    Floats,
    Microseconds,
    whole_microseconds,
)
from abkit.simulations.sections import Positive, Section, Variation


class Duration(Protocol):
    """A law of durations."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return the duration that a share `u` does not exceed, shape (n,)."""
        ...


class LogNormal(Section):
    """A positive duration by mean and coefficient of variation."""

    mean_s: Annotated[Positive, Field(le=86_400)]  # at most a day
    cv: Variation

    def quantile(self, u: Floats) -> Microseconds:
        """Return exp(mu + sigma ndtri(u)): sigma^2 = log(1 + cv^2), mu = log mean - sigma^2 / 2."""
        variance = np.log1p(self.cv**2)
        centre = np.log(self.mean_s) - variance / 2
        return whole_microseconds(np.exp(centre + np.sqrt(variance) * ndtri(u)))


class Exponential(Section):
    """A positive duration by its mean."""

    mean_s: Annotated[Positive, Field(le=31_536_000)]  # at most a year: as good as never

    def quantile(self, u: Floats) -> Microseconds:
        """Return -mean log(1 - u)."""
        return whole_microseconds(-self.mean_s * np.log1p(-u))


class RepeatDelay(Section):
    """End of a contact to the start of its repeat: log-normal, cut to (0, 24 h]."""

    # before the cut; a week at most, and a spread, so that F(24 h) never vanishes
    median_h: Annotated[Positive, Field(ge=1e-9, le=168)]
    sigma: Annotated[Positive, Field(ge=0.1, le=10)]  # of the logarithm

    def quantile(self, u: Floats) -> Microseconds:
        """Return the quantile u F(24 h) of the uncut law F, at least one microsecond.

        So the probability of a repeat is exactly that of a repeat within 24 hours.
        """
        median_s = self.median_h * HOUR / SECOND
        within = ndtr(np.log(REPEAT_WINDOW / SECOND / median_s) / self.sigma)
        delay = whole_microseconds(median_s * np.exp(self.sigma * ndtri(u * within)))
        return np.clip(delay, 1, REPEAT_WINDOW)
