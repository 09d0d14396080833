"""Which threshold is best for what, in closed form over all thresholds, checked by simulation."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize

from abkit.core.whatif_thresholds import (
    Answer,
    CaseThresholds,
    Curve,
    Gain,
    Range,
    Simulated,
    ThresholdAnswer,
)
from abkit.model.prior_shift import moved
from abkit.pipeline.whatif_models import Classifier
from abkit.pipeline.whatif_surface import (
    SIGN,
    Question,
    Surface,
    gains_in,
    surface,
    with_harm_in,
)
from abkit.pipeline.whatif_worlds import Worlds
from abkit.simulations.closed_form import closed_form
from abkit.simulations.harm import (
    harm_gap,
    most_harm,
)
from abkit.simulations.launch import QUANTITIES, rule
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario

Floats = npt.NDArray[np.float64]

NEARLY: Final = 0.02  # of the best gain: what is lost in practice by no one's reckoning
CHECKED_AT: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def case_thresholds(
    asked: Question, worlds: Worlds, model: Classifier, policy: Policy, case: str, grid: Floats,
    in_use: float,
) -> CaseThresholds:  # fmt: skip
    """Return the curves, the answers and the bands of one use-case."""
    given = {
        "in use": in_use,
        "served": _served(asked, model, case, grid),
        "rule": rule_threshold(asked.world, case, model.prior),
    }
    extra = [threshold for threshold in given.values() if threshold is not None]
    thresholds = np.unique([*grid, *extra, *CHECKED_AT])
    found = surface(asked, model, case, thresholds)
    at = int(np.searchsorted(thresholds, in_use))
    simulated = [
        simulated_gains(worlds, model, policy, float(threshold), case) for threshold in CHECKED_AT
    ]
    wanted: tuple[Answer, ...] = ("AR", "PRR", "24RR", "value")
    answers = [_best(worlds, model, policy, case, found, quantity) for quantity in wanted]
    given["safest"] = found.safest()
    names: tuple[Answer, ...] = ("safest", "in use", "served", "rule")
    answers += [
        ThresholdAnswer(
            answer=name, threshold=given[name], flat=None, band=None,
            gains=_gains_at(worlds, model, policy, case, found, given[name]),
        )
        for name in names
    ]  # fmt: skip
    ends = np.array([found.own, *found.gains.reshape(-1, *found.own.shape)])
    pays, never = break_even(asked, model, case, in_use)
    return CaseThresholds(
        use_case=case,
        harm=harm_gap(asked.world, case),
        harms=found.harms,
        recall=float(found.recalls[1, at]),
        recall_range=Range(low=float(found.recalls[0, at]), high=float(found.recalls[2, at])),
        n_positive=model.n_positive,
        thresholds=_plain(thresholds),
        curves={
            quantity: Curve(
                form=_plain(found.own[:, q]),
                low=_plain(ends[..., q].min(axis=0)),
                high=_plain(ends[..., q].max(axis=0)),
            )
            for q, quantity in enumerate(QUANTITIES)
        },
        simulated=tuple(simulated),
        answers=tuple(answers),
        break_even=pays,
        never_pays=never,
    )


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _best(
    worlds: Worlds, model: Classifier, policy: Policy, case: str, found: Surface, quantity: Answer,
) -> ThresholdAnswer:  # fmt: skip
    """Return the best threshold for a quantity, and those that are as good.

    As good: the gain is below the best one by no more than 2 % of it, or the Monte-Carlo error of
    the simulated gain, whichever is more; the range is the unbroken one around the best.
    """
    best = found.best(found.own, quantity)
    threshold = float(found.thresholds[best])
    gains = _gains_at(worlds, model, policy, case, found, threshold)
    sign = SIGN.get(quantity, 1.0)
    curve = sign * found.own[:, QUANTITIES.index(quantity)]
    close = curve >= curve[best] - max(NEARLY * abs(curve[best]), gains[quantity].standard_error)
    low, high = best, best
    while low > 0 and close[low - 1]:
        low -= 1
    while high + 1 < len(curve) and close[high + 1]:
        high += 1
    return ThresholdAnswer(
        answer=quantity,
        threshold=threshold,
        flat=Range(low=float(found.thresholds[low]), high=float(found.thresholds[high])),
        band=found.best_range(quantity),
        gains=gains,
    )


def _gains_at(
    worlds: Worlds, model: Classifier, policy: Policy, case: str, found: Surface,
    threshold: float | None,
) -> dict[str, Gain]:  # fmt: skip
    """Return the gains at one of the surface's thresholds, in closed form and simulated."""
    if threshold is None:
        return {}
    at = int(np.searchsorted(found.thresholds, threshold))
    world = simulated_gains(worlds, model, policy, threshold, case)
    own_harm, own_recall = _own_assumptions(found, at)
    return {
        quantity: Gain(
            form=float(found.own[at, q]),
            band=_range([found.own[at, q], *found.gains[:, :, at, q].ravel()]),
            harm_band=_range([found.own[at, q], *own_recall[:, q]]),
            recall_band=_range([found.own[at, q], *own_harm[:, q]]),
            simulated=world.gains[quantity],
            standard_error=world.standard_errors[quantity],
        )
        for q, quantity in enumerate(QUANTITIES)
    }


def _own_assumptions(found: Surface, at: int) -> tuple[Floats, Floats]:
    """Return gains over recalls at the assumed harm nearest the own, and over harms at own recall.

    Shapes (recalls, quantities) and (harms, quantities).
    """
    distance = np.abs(found.gains[:, 1, at] - found.own[at]).sum(axis=1)
    return found.gains[int(np.argmin(distance)), :, at], found.gains[:, 1, at]


def _range(values: Sequence[float]) -> Range:
    return Range(low=float(min(values)), high=float(max(values)))


def simulated_gains(
    worlds: Worlds, model: Classifier, policy: Policy, threshold: float, case: str
) -> Simulated:
    """Return what a launch brings in the simulated world, with its Monte-Carlo error."""
    before, after = worlds.nobody_treated(model), worlds.treated(model, policy, threshold)
    found = {name: worlds.difference(before, after, name, case) for name in QUANTITIES}
    return Simulated(
        threshold=threshold,
        gains={name: one.difference or 0.0 for name, one in found.items()},
        standard_errors={name: one.standard_error or 0.0 for name, one in found.items()},
    )


def _served(asked: Question, model: Classifier, case: str, grid: Floats) -> float | None:
    """Return the lowest threshold that meets the target precision in the served use-case."""
    for threshold in grid:
        flags = closed_form(asked.world, model.supply, float(threshold))[case].flags
        if flags.precision >= asked.target_precision:
            return float(threshold)
    return None


def rule_threshold(world: Scenario, case: str, prior: float) -> float | None:
    """Return the score from which theory flags for AR, if scores are calibrated at `prior`.

    The probability that `rule` demands among customers whose menu says something else, moved to
    the share of LABEL 0 that the scores were calibrated at.
    """
    named = rule(world, case)
    return None if named is None else moved(named[0], named[1], prior)


def break_even(
    asked: Question, model: Classifier, case: str, in_use: float
) -> tuple[dict[str, float | None], tuple[str, ...]]:
    """Return the harm from which a launch no longer pays, by quantity, and what never pays.

    Gains fall as the harm grows, so a change of sign is found by Brent's method.
    """
    flags, most = model.supply.flag_rates(in_use)[None], most_harm(asked.world, case)

    def gain(gap: float, q: int) -> float:
        world = with_harm_in(asked.world, case, gap)
        made = float(gains_in(asked, world, case, flags, np.zeros(1))[0, q])
        return SIGN.get(QUANTITIES[q], 1.0) * made

    found: dict[str, float | None] = {}
    never = []
    for q, quantity in enumerate(QUANTITIES):
        found[quantity] = None
        if gain(0.0, q) <= 0:
            never.append(quantity)
        elif gain(most, q) < 0:
            found[quantity] = float(optimize.brentq(gain, 0.0, most, args=(q,), xtol=1e-6))
    return found, tuple(never)
