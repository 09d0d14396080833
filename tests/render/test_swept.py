"""The table of a sweep: a delta that is not defined has no interval."""

from abkit.core.arms import Effect
from abkit.core.true_effects import TrueEffect
from abkit.render.numbers import MISSING
from abkit.render.swept import _effect


def test_an_undefined_delta_has_no_interval() -> None:
    assert _effect(Effect(estimate=None, ci_lower=-1, ci_upper=1)) == (MISSING,)
    assert _effect(Effect(estimate=0.02, ci_lower=0.01, ci_upper=0.03)) == (
        "+2.00", "[+1.00, +3.00]",
    )  # fmt: skip


def test_the_truth_stands_below_the_interval() -> None:
    effect = Effect(estimate=0.02, ci_lower=0.01, ci_upper=0.03)
    truth = TrueEffect(
        treatment="treatment", use_case="A", metric="AR", all_control=0.6, all_treatment=0.63,
        effect=0.03, standard_error=0.001, variance_reduction=17.0, shown=effect,
    )  # fmt: skip
    assert _effect(effect, truth) == ("+2.00", "[+1.00, +3.00]", "true +3.00")
