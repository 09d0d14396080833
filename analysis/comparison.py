"""Two arms of customers compared: one path, whether customers repeat or not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from abkit.analysis.constrained import Tables
from abkit.analysis.design_effect import (
    CustomerMoments,
    arm_design_effects,
    intraclass_correlation,
    linearised_variance,
    reference_df,
)
from abkit.analysis.score_test import score_inference
from abkit.core.arms import Effect, PerArm, Proportion
from abkit.core.table3 import Arm

Counts = CustomerMoments | Proportion


class ArmPair(NamedTuple):
    """The same metric in both arms."""

    control: CustomerMoments
    treatment: CustomerMoments


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Treatment against control for one metric in one use-case."""

    control: Arm
    treatment: Arm
    difference: Effect
    relative: Effect
    p_value: float
    method: str
    design_effect: PerArm
    standard_error: float | None
    intraclass_correlation: PerArm


def effective_tables(pairs: Sequence[ArmPair]) -> Tables:
    """Return each arm's counts divided by its design effect, one table per pair."""
    counts = np.array(
        [
            (
                pair.treatment.successes / treatment_effect,
                pair.treatment.trials / treatment_effect,
                pair.control.successes / control_effect,
                pair.control.trials / control_effect,
            )
            for pair in pairs
            for control_effect, treatment_effect in (arm_design_effects(*pair),)
        ]
    ).reshape(-1, 4)
    return Tables(*counts.T)


def compare(pairs: Sequence[ArmPair], *, confidence_level: float) -> list[Comparison]:
    """Compare each pair by Miettinen-Nurminen on counts divided by design effects.

    When nobody repeats in a pair its design effects are 1 and the reference is normal: the plain
    score test. Otherwise the reference is Student's t, see `design_effect.reference_df`.
    """
    tables = effective_tables(pairs)
    freedom = [reference_df((arm, 1.0) for arm in pair) for pair in pairs]
    score = score_inference(
        (tables.x1, tables.n1), (tables.x0, tables.n0),
        confidence_level=confidence_level, df=np.array(freedom),
    )  # fmt: skip
    return [
        Comparison(
            control=proportion(pair.control),
            treatment=proportion(pair.treatment),
            difference=noted_effect(
                *pair,
                float(score.difference[i]),
                float(score.difference_lower[i]),
                float(score.difference_upper[i]),
            ),
            relative=noted_effect(
                *pair,
                float(score.ratio[i]) - 1,
                float(score.ratio_lower[i]) - 1,
                float(score.ratio_upper[i]) - 1,
            ),
            p_value=float(score.p_value[i]),
            method=_method(freedom[i]),
            design_effect=PerArm(control=effects[0], treatment=effects[1]),
            standard_error=_standard_error(pair),
            intraclass_correlation=PerArm(
                control=intraclass_correlation(pair.control),
                treatment=intraclass_correlation(pair.treatment),
            ),
        )
        for i, pair in enumerate(pairs)
        for effects in (arm_design_effects(*pair),)
    ]


def proportion(moments: CustomerMoments) -> Proportion:
    """Return the counts."""
    return Proportion(successes=moments.successes, trials=moments.trials)


def noted_effect(
    control: Counts, treatment: Counts, estimate: float, lower: float, upper: float
) -> Effect:
    """Return the effect, with a note where its estimate or upper bound is not a finite number."""
    note = None
    if not (math.isfinite(estimate) and math.isfinite(upper)):
        arms = {"control": control, "treatment": treatment}
        if empty := [name for name, arm in arms.items() if arm.trials == 0]:
            note = f"no trials in {' and '.join(empty)}"
        elif control.successes == 0:
            both = " and none in treatment" if treatment.successes == 0 else ""
            note = f"no successes in control{both}: the ratio has no finite value or bound"
        else:
            note = "the data put no finite upper bound on the ratio"
    finite_estimate = estimate if math.isfinite(estimate) else None
    return Effect(estimate=finite_estimate, ci_lower=lower, ci_upper=upper, note=note)


def _method(df: float) -> str:
    """Return what was computed."""
    if math.isinf(df):
        return "Miettinen-Nurminen score"
    return f"Miettinen-Nurminen score, counts divided by design effects, t with {df:.0f} df"


def _standard_error(pair: ArmPair) -> float | None:
    """Return the linearised standard error of the difference of rates."""
    variances = [linearised_variance(arm) for arm in pair]
    if any(variance is None for variance in variances):
        return None
    return math.sqrt(sum(variance for variance in variances if variance is not None))
