"""The means of two arms compared, as a row of Table 3 shows it."""

import math

from abkit.analysis.comparison import Comparison
from abkit.analysis.means import MeanComparison, MeanMoments, MeanPair, compare_means
from abkit.core.arms import Average, Effect, PerArm


def compare_averages(pair: MeanPair, *, confidence_level: float) -> Comparison:
    """Compare means by Welch's test, linearised over units where they have several values."""
    found = compare_means(*pair, confidence_level=confidence_level)
    difference, relative = mean_effects(pair.control, pair.treatment, found)
    repeating = any(arm.trials > arm.units for arm in pair)
    df = "" if found.df is None else f", t with {found.df:.0f} df"
    return Comparison(
        control=average(pair.control),
        treatment=average(pair.treatment),
        difference=difference,
        relative=relative,
        p_value=found.p_value,
        method=f"Welch, linearised over units{df}" if repeating else f"Welch{df}",
        design_effect=PerArm(control=None, treatment=None),
        standard_error=found.standard_error,
        intraclass_correlation=PerArm(control=None, treatment=None),
    )


def average(moments: MeanMoments) -> Average:
    """Return the sum and the number of values."""
    return Average(total=moments.total, trials=moments.trials)


def mean_effects(
    control: MeanMoments | Average, treatment: MeanMoments | Average, found: MeanComparison
) -> tuple[Effect, Effect]:
    """Return difference and relative effect, each with a note where a number is not finite."""
    arms = {"control": control, "treatment": treatment}
    empty = [name for name, arm in arms.items() if arm.trials == 0]
    unknown = f"no values in {' and '.join(empty)}" if empty else (
        "an arm has fewer than two units, or neither varies"
    )  # fmt: skip
    open_ratio = unknown if empty else (
        "control's mean is not clearly above 0: the ratio has no finite value or bound"
    )  # fmt: skip
    return (
        _effect(found.difference, unknown),
        _effect(tuple(value - 1 for value in found.ratio), open_ratio),
    )


def _effect(values: tuple[float, ...], note: str) -> Effect:
    estimate, lower, upper = values
    return Effect(
        estimate=estimate if math.isfinite(estimate) else None,
        ci_lower=lower,
        ci_upper=upper,
        note=None if all(map(math.isfinite, values)) else note,
    )
