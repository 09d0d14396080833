"""What a launch brings in one use-case: by threshold, assumed harm and assumed recall."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from abkit.core.metrics import REPEAT_RATE
from abkit.core.whatif_thresholds import Range
from abkit.pipeline.whatif_models import Classifier
from abkit.simulations.harm import most_harm, recall_error, with_harm, with_recall_shift
from abkit.simulations.launch import QUANTITIES, VALUE, launch_gains
from abkit.simulations.scenario import Scenario

Floats = npt.NDArray[np.float64]

HARMS: Final = (0.04, 0.08, 0.12, 0.16, 0.20, 0.25, 0.30)  # assumed gaps of acceptance
SIGN: Final = {REPEAT_RATE.name: -1.0}  # of what is better where it is lower


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A scenario, its arms, and what outcomes are worth."""

    world: Scenario  # its treatment arm has the baseline's policy
    control: str
    treatment: str
    weights: Mapping[str, float]
    confidence_level: float
    target_precision: float
    own_threshold: float | None  # the arm's, whatever the model's is


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Gains of a launch in one use-case over assumptions: shape (harms, recalls, t, quantities)."""

    thresholds: Floats  # (t,)
    harms: tuple[float, ...]
    gains: Floats
    own: Floats  # (t, quantities), at the scenario's own harm and the served texts' recall
    recalls: Floats  # (recalls, t)

    def best(self, gains: Floats, quantity: str) -> int:
        """Return which threshold is best for a quantity, of gains (t, quantities)."""
        sign = SIGN.get(quantity, 1.0)
        return int(np.argmax(sign * gains[:, QUANTITIES.index(quantity)]))

    def safest(self) -> float:
        """Return the threshold whose value is highest at the worst of all assumptions."""
        flat = self.gains.reshape(-1, *self.own.shape)[..., QUANTITIES.index(VALUE)]
        return float(self.thresholds[np.argmax(flat.min(axis=0))])

    def best_range(self, quantity: str) -> Range:
        """Return the best thresholds over all assumptions."""
        flat = self.gains.reshape(-1, *self.own.shape)
        best = [float(self.thresholds[self.best(one, quantity)]) for one in (*flat, self.own)]
        return Range(low=min(best), high=max(best))


def surface(asked: Question, model: Classifier, case: str, thresholds: Floats) -> Surface:
    """Return what a launch brings in one use-case, at all thresholds and assumptions.

    The recall is moved, in log-odds, to both ends of the interval in which a golden set of the
    model's size leaves it.
    """
    flags = np.array([model.supply.flag_rates(threshold) for threshold in thresholds])
    recall = flags[:, 0].mean(axis=1)  # levels are equally likely
    z = float(ndtri((1 + asked.confidence_level) / 2))
    error = np.array([recall_error(float(one), model.n_positive) for one in recall])
    shifts = np.array([-z * error, 0 * error, z * error])
    harms = tuple(gap for gap in HARMS if gap < most_harm(asked.world, case))
    moved_flags = [
        [with_recall_shift(one, by) for one, by in zip(flags, shift, strict=True)]
        for shift in shifts
    ]
    return Surface(
        thresholds=thresholds,
        harms=harms,
        gains=np.array(
            [
                [gains_in(asked, with_harm_in(asked.world, case, gap), case, flags, shift)
                 for shift in shifts]
                for gap in harms
            ]
        ),
        own=gains_in(asked, asked.world, case, flags, shifts[1]),
        recalls=np.array(moved_flags)[:, :, 0].mean(axis=2),
    )  # fmt: skip


def with_harm_in(world: Scenario, case: str, gap: float) -> Scenario:
    """Return the world with that harm in one use-case, and the others as they are."""
    only = world.model_copy(update={"use_cases": {case: world.use_cases[case]}})
    changed = with_harm(only, gap).use_cases[case]
    return world.model_copy(update={"use_cases": {**world.use_cases, case: changed}})


def gains_in(asked: Question, world: Scenario, case: str, flags: Floats, shifts: Floats) -> Floats:
    """Return `launch_gains` of a world with the question's arms and weights, shape (t, 4)."""
    return launch_gains(
        world, case, flags=flags, shifts=shifts, weights=asked.weights, control=asked.control,
        treatment=asked.treatment,
    )  # fmt: skip
