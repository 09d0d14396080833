"""The table of a sweep: a delta that is not defined has no interval."""

from abkit.core.arms import Effect
from abkit.render.numbers import MISSING
from abkit.render.swept import _effect


def test_an_undefined_delta_has_no_interval() -> None:
    assert _effect(Effect(estimate=None, ci_lower=-1, ci_upper=1)) == (MISSING,)
    assert _effect(Effect(estimate=0.02, ci_lower=0.01, ci_upper=0.03)) == (
        "+2.00", "[+1.00, +3.00]",
    )  # fmt: skip
