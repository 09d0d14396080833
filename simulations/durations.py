"""Durations by their inverse distribution functions: sections of a scenario that can be drawn from.

`scipy.special`, because `scipy.stats` takes a second to import. Laws of patience: `patience`.
"""

from typing import Annotated, Literal, Protocol

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
from abkit.simulations.sections import NonNegative, Positive, Section, Variation


class Duration(Protocol):
    """A law of durations."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return the duration that a share `u` does not exceed, shape (n,)."""
        ...


class LogNormal(Section):
    """A positive duration by mean and coefficient of variation."""

    law: Literal["log_normal"] = "log_normal"
    """Which law it is."""
    mean_s: Annotated[Positive, Field(le=86_400)]
    """Mean, seconds; at most a day."""
    cv: Variation
    """Coefficient of variation, dimensionless; 0: all the same."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return exp(mu + sigma ndtri(u)): sigma^2 = log(1 + cv^2), mu = log mean - sigma^2 / 2."""
        variance = np.log1p(self.cv**2)
        centre = np.log(self.mean_s) - variance / 2
        return whole_microseconds(np.exp(centre + np.sqrt(variance) * ndtri(u)))


class BotTime(LogNormal):
    """The conversation with the bot: log-normal, or no time at all."""

    mean_s: Annotated[NonNegative, Field(le=86_400)]
    """Mean, seconds; at most a day; 0: there is no bot to talk to."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return the log-normal quantile, or 0 throughout."""
        if self.mean_s == 0:
            return np.zeros(u.size, dtype=np.int64)
        return super().quantile(u)


class ExponentialService(Section):
    """A service time without memory, as queueing theory likes it."""

    law: Literal["exponential"] = "exponential"
    """Which law it is."""
    mean_s: Annotated[Positive, Field(le=86_400)]
    """Mean, seconds; at most a day."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return -mean log(1 - u)."""
        return whole_microseconds(-self.mean_s * np.log1p(-u))


class RepeatDelay(Section):
    """End of a contact to the start of its repeat: log-normal, cut to (0, 24 h]."""

    # a week at most, and a spread, so that F(24 h) never vanishes
    median_h: Annotated[Positive, Field(ge=1e-9, le=168)]
    """Median before the cut, hours; at most a week."""
    sigma: Annotated[Positive, Field(ge=0.1, le=10)]
    """Standard deviation of the logarithm before the cut, dimensionless."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return the quantile u F(24 h) of the uncut law F, at least one microsecond.

        So the probability of a repeat is exactly that of a repeat within 24 hours.
        """
        median_s = self.median_h * HOUR / SECOND
        within = ndtr(np.log(REPEAT_WINDOW / SECOND / median_s) / self.sigma)
        delay = whole_microseconds(median_s * np.exp(self.sigma * ndtri(u * within)))
        return np.clip(delay, 1, REPEAT_WINDOW)
