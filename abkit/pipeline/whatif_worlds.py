"""Variants of the text check, each simulated with everybody treated, on the same draws."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from abkit.core.measured import Interval
from abkit.core.metrics import TABLE_3
from abkit.core.whatif import ALL, VALUE, Difference
from abkit.pipeline.whatif_models import Classifier
from abkit.simulations.draws import Indices
from abkit.simulations.launch import PER, with_check
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import Outcomes, outcome_sums
from abkit.simulations.paired import PairedDifference, difference_of_ratios, paired_difference
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario

LEVEL: Final = 0.95
# A smaller difference makes none in practice: points, and value per 1,000 contacts.
MARGINS: Final = MappingProxyType({"AR": 0.002, "PRR": 0.005, "24RR": 0.001, "value": 10.0})
_EXACT: Final = 10**6  # values are summed as integers, in millionths
_COUNTED: Final = {
    "automated": "automated",
    "positive": "positive",
    "repeat": "repeated",
    "escalated": "escalated",
}


class Worlds:
    """Simulated worlds of one scenario, seed and replication; each is made once."""

    def __init__(
        self, world: Scenario, *, control: str, treatment: str, weeks: int, seed: int,
        weights: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.world, self.treatment = world, treatment
        self.weeks, self.seed, self.weights = weeks, seed, weights
        self._control = control
        self._made: dict[tuple[str, str, int, str, float], Outcomes] = {}
        self._nobody: Outcomes | None = None

    def nobody_treated(self, model: Classifier) -> Outcomes:
        """Return the world in which everybody is in control, whichever model it has."""
        if self._nobody is None:
            self._nobody = self._play(one_arm(self.world, self._control), model)
        return self._nobody

    def treated(self, model: Classifier, policy: Policy, threshold: float) -> Outcomes:
        """Return the world in which everybody is treated so."""
        key = (model.loss, model.calibrator, model.seed, policy, threshold)
        if key not in self._made:
            checked = with_check(self.world, self.treatment, policy=policy, threshold=threshold)
            self._made[key] = self._play(one_arm(checked, self.treatment), model)
        return self._made[key]

    def _play(self, world: Scenario, model: Classifier) -> Outcomes:
        # with everybody in one arm, that arm's own threshold decides
        return outcome_sums(
            world, model.supply, threshold=model.threshold, weeks=self.weeks, seed=self.seed
        )

    def own_threshold(self, model: Classifier) -> float:
        """Return where a model flags: its plug-in threshold, unless the arm states its own."""
        return self.world.arms[self.treatment].flags_from(model.threshold)

    def compared(
        self, a: Sequence[Outcomes], b: Sequence[Outcomes], quantity: str, case: str
    ) -> Difference:
        """Return b - a for each training, as the result keeps it."""
        found = [self.difference(*pair, quantity, case) for pair in zip(a, b, strict=True)]
        return difference(found, margin=MARGINS[quantity], confidence_level=LEVEL)

    def difference(self, a: Outcomes, b: Outcomes, quantity: str, case: str) -> PairedDifference:
        """Return b - a in a metric, or in value per 1,000 contacts."""
        use_case = None if case == ALL else case
        if quantity != VALUE:
            return paired_difference(a, b, quantity, use_case=use_case)
        members = a.members(use_case)
        one, other = self._values(a)[members], self._values(b)[members]
        contacts = a.counts["contacts"][members], b.counts["contacts"][members]
        found = difference_of_ratios(one, contacts[0], other, contacts[1])
        return _times(found, PER / _EXACT)

    def _values(self, of: Outcomes) -> Indices:
        values = np.zeros(of.use_case.size, dtype=np.int64)
        for name, weight in self.weights.items():
            values += round(weight * _EXACT) * of.counts[_COUNTED[name]].astype(np.int64)
        return values


def _times(found: PairedDifference, factor: float) -> PairedDifference:
    scaled = {
        name: None if (value := getattr(found, name)) is None else value * factor
        for name in PairedDifference.__slots__
    }
    return PairedDifference(**scaled)


def difference(
    found: Sequence[PairedDifference], *, margin: float, confidence_level: float
) -> Difference:
    """Return what several trainings show, beside what an A/B test of one of them would.

    The test has each customer in one of two arms of equal size: its variance is twice that of two
    worlds of all customers with draws of their own.
    """
    z = float(ndtri((1 + confidence_level) / 2))
    by_seed = tuple(_interval(one.difference, one.standard_error, z) for one in found)
    estimate = float(np.mean([one.estimate for one in by_seed]))
    error = float(np.mean([one.standard_error or 0.0 for one in found]))
    unpaired = float(np.mean([one.unpaired_standard_error or 0.0 for one in found]))
    of_test = math.sqrt(2) * unpaired
    power = None
    if of_test > 0:
        ratio, limit = estimate / of_test, float(ndtri(0.975))
        power = float(ndtr(ratio - limit) + ndtr(-ratio - limit))
    return Difference(
        by_seed=by_seed,
        mean=_interval(estimate, error, z),
        margin=margin,
        experiment_error=of_test or None,
        power=power,
    )


def _interval(estimate: float | None, error: float | None, z: float) -> Interval:
    middle, wide = estimate or 0.0, z * (error or 0.0)
    return Interval(estimate=middle, ci_lower=middle - wide, ci_upper=middle + wide)


def shares(found: Sequence[Outcomes], case: str) -> dict[str, float | None]:
    """Return flags, their precision, and the metrics, means over trainings; None: undefined."""
    use_case = None if case == ALL else case
    names = ("flagged", "precision", "changed", "incremental_precision", *TABLE_3)
    told: dict[str, float | None] = {}
    for name in names:
        rates = [rate for of in found if (rate := of.rate(name, use_case)) is not None]
        told[name] = float(np.mean(rates)) if rates else None
    return told
