"""Where a text check's threshold should stand, by use-case, and what that rests on. Facts only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# The threshold that is best for a metric or the value function; the one whose value is highest at
# the worst of all assumed harms and recalls; the one in use; the lowest one
# that meets the target precision in the served world; the one that theory names for AR.
Answer = Literal["AR", "PRR", "24RR", "value", "safest", "in use", "served", "rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From the lowest to the highest."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What a launch brings, everybody treated minus nobody; per 1,000 contacts where it is value.

    `form` is exact for unlimited agents. `simulated` is one world with the scenario's own agents.
    """

    form: float
    band: Range  # of `form` over all assumed harms and recalls
    harm_band: Range  # ... over the harms alone
    recall_band: Range  # ... over the recalls alone
    simulated: float
    standard_error: float  # of `simulated`: Monte Carlo, as far as customers are independent


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdAnswer:
    """One threshold, and what it brings."""

    answer: Answer
    threshold: float | None  # None: no threshold does that
    flat: Range | None  # thresholds as good as the best one; None: not a best one
    band: Range | None  # of the best threshold over all assumed harms and recalls
    gains: Mapping[str, Gain]  # by metric and `value`; empty without a threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A quantity by threshold: what a launch brings."""

    form: tuple[float, ...]
    low: tuple[float, ...]  # over all assumed harms and recalls
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One simulated world at one threshold."""

    threshold: float
    gains: Mapping[str, float]
    standard_errors: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseThresholds:
    """One use-case by threshold, the baseline's model and policy."""

    use_case: str
    harm: float  # the scenario's own: acceptance of what fits minus that of a wrong LABEL 0
    harms: tuple[float, ...]  # assumed
    recall: float  # of the served texts, at the threshold in use
    recall_range: Range  # assumed, at the threshold in use
    n_positive: int  # LABEL 0 texts that a golden set knows the recall from
    thresholds: tuple[float, ...]  # shape (t,)
    curves: Mapping[str, Curve]  # by metric and `value`
    simulated: tuple[Simulated, ...]
    answers: tuple[ThresholdAnswer, ...]
    # the harm at which the threshold in use no longer pays; None: it pays at every harm
    break_even: Mapping[str, float | None]
    never_pays: tuple[str, ...]  # quantities that the threshold in use harms at any harm

    def of(self, answer: Answer) -> ThresholdAnswer:
        """Return one answer."""
        return next(one for one in self.answers if one.answer == answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossThresholds:
    """One loss in one use-case or in all, over its trainings; gains are per 1,000 contacts."""

    loss: str
    use_case: str
    best: Range  # the threshold that is best for the value function, over trainings
    band: Range  # ... over all assumed harms and recalls as well
    gain_at_best: Range  # in value, over trainings
    gain_in_use: Range  # ... at the threshold for the target precision
    regret: Mapping[str, Range]  # by calibrator: AR that the rule's threshold loses to AR's best


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaCheck:
    """The closed form beside the simulation, over all simulated thresholds and use-cases."""

    n: int
    largest_gap: Mapping[str, float]  # by metric: |form - simulated| of what a launch brings
    standard_error: Mapping[str, float]  # of the simulation, where the gap is largest
    largest_z: Mapping[str, float]
