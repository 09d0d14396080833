"""How long a customer waits for an agent before abandoning: three laws.

Each gives its quantile function, to draw from, and its survival function.
"""

import math
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from abkit.simulations.clock import Floats, Microseconds, whole_microseconds
from abkit.simulations.sections import NonNegative, Positive, Section

YEAR_S: Final = 31_536_000  # as good as never


class Exponential(Section):
    """Customers who give up at the same rate however long they have waited."""

    law: Literal["exponential"] = "exponential"
    """Which law it is."""
    mean_s: Annotated[Positive, Field(le=YEAR_S)]
    """Mean, seconds; at most a year, as good as never."""

    def quantile(self, u: Floats) -> Microseconds:
        """Return -mean log(1 - u)."""
        return whole_microseconds(-self.mean_s * np.log1p(-u))

    def survival(self, seconds: float) -> float:
        """Return P(patience > t) = exp(-t / mean)."""
        return math.exp(-seconds / self.mean_s)


class Weibull(Section):
    """Customers who give up ever later (shape below 1) or ever sooner (above 1)."""

    law: Literal["weibull"]
    """Which law it is."""
    mean_s: Annotated[Positive, Field(le=YEAR_S)]
    """Mean, seconds; at most a year, as good as never."""
    shape: Annotated[Positive, Field(ge=0.2, le=10)]
    """Shape, dimensionless; 1: exponential."""

    @property
    def scale_s(self) -> float:
        """The scale: mean / Gamma(1 + 1 / shape)."""
        return self.mean_s / math.gamma(1 + 1 / self.shape)

    def quantile(self, u: Floats) -> Microseconds:
        """Return scale (-log(1 - u))^(1 / shape)."""
        return whole_microseconds(self.scale_s * (-np.log1p(-u)) ** (1 / self.shape))

    def survival(self, seconds: float) -> float:
        """Return P(patience > t) = exp(-(t / scale)^shape), t > 0."""
        exponent = self.shape * math.log(seconds / self.scale_s)
        return math.exp(-math.exp(min(exponent, 700.0)))  # beyond, 0 all the same


Moment = Annotated[Positive, Field(le=YEAR_S)]
Rate = Annotated[NonNegative, Field(le=1e6)]


class Hazard(Section):
    """Customers who give up at a rate that changes in steps with the time waited.

    With hazard 0 after the last step, those who have waited until then never give up.
    """

    law: Literal["hazard"]
    """Which law it is."""
    until_s: Annotated[tuple[Moment, ...], Field(max_length=1_000)]
    """Ends of the steps, seconds waited, increasing; the last step has no end."""
    per_s: Annotated[tuple[Rate, ...], Field(max_length=1_001)]
    """Rate of giving up in each step, per second; one more than the ends."""

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        ends, rates = len(self.until_s), len(self.per_s)
        if rates != ends + 1:
            raise ValueError(
                f"`per_s` has {rates} entries and `until_s` {ends}; expected one more rate than "
                "ends, for the step without an end"
            )
        for earlier, later in pairwise(self.until_s):
            if later <= earlier:
                raise ValueError(f"`until_s` goes from {earlier:g} to {later:g}; expected a rise")
        return self

    @property
    def _starts(self) -> Floats:
        """When each step begins, seconds, shape (k,)."""
        return np.array([0.0, *self.until_s])

    @property
    def _cumulative(self) -> Floats:
        """Cumulative hazard H at the begin of each step, shape (k,)."""
        return np.concatenate(([0.0], np.cumsum(np.diff(self._starts) * self.per_s[:-1])))

    def quantile(self, u: Floats) -> Microseconds:
        """Return the t with H(t) = -log(1 - u), exactly; `NEVER` if H stays below that.

        In the step that begins at s with rate h: t = s + (-log(1 - u) - H(s)) / h.
        """
        target = -np.log1p(-u)
        step = np.searchsorted(self._cumulative[1:], target, side="left")
        beyond, rate = target - self._cumulative[step], np.array(self.per_s)[step]
        ever = rate > 0
        within = np.full(u.size, np.inf)
        with np.errstate(over="ignore"):  # a rate next to 0: as good as never
            np.divide(beyond, rate, out=within, where=ever)
        return whole_microseconds(self._starts[step] + within)

    def survival(self, seconds: float) -> float:
        """Return P(patience > t) = exp(-H(t))."""
        step = int(np.searchsorted(self._starts, seconds, side="right")) - 1
        beyond = self.per_s[step] * (seconds - self._starts[step])
        return math.exp(-float(self._cumulative[step] + beyond))
