"""The truth beside an A/B test: what a launch would change in the simulated world. Facts only."""

from dataclasses import asdict, dataclass
from typing import Any

from abkit.core.arms import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEffect:
    """One metric in one use-case, with everybody in control and everybody in treatment.

    Both worlds have the experiment's customers and random numbers; rates are proportions, None
    where there is nothing to divide by.
    """

    treatment: str
    use_case: str
    metric: str
    all_control: float | None  # rate with everybody in control
    all_treatment: float | None
    effect: float | None  # all_treatment - all_control
    standard_error: float | None  # of the effect, over customers, as if they shared no queue
    variance_reduction: float | None  # against worlds with draws of their own; None: no difference
    shown: Effect  # by the A/B test: treatment - control of its Table 3

    @property
    def held(self) -> bool | None:
        """Return whether the A/B test's interval holds the effect; None: one is undefined."""
        if self.effect is None or self.shown.estimate is None:
            return None
        return self.shown.ci_lower <= self.effect <= self.shown.ci_upper

    def to_dict(self) -> dict[str, Any]:
        """Return every fact; an unbounded interval's end is None."""
        return asdict(self) | {"shown": self.shown.to_dict(), "held": self.held}
