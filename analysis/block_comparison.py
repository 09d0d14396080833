"""Two arms of blocks compared: whole blocks of time were randomised, so blocks are the units."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from abkit.analysis.comparison import Comparison, noted_effect
from abkit.analysis.score_test import score_inference
from abkit.core.arms import Effect, PerArm, Proportion

Block = tuple[int, int]  # successes, trials
LEAST_BLOCKS: Final = 2  # of an arm: one alone says nothing of how much blocks differ


def block_variance(control: Sequence[Block], treatment: Sequence[Block]) -> tuple[float, float]:
    """Return the variance of the difference of two rates by how much blocks differ, and its df.

    With n = sum m and p = sum y / n of an arm, a block's linearised residual is
    e_b = (y_b - p m_b) / n. With k blocks in an arm V = sum over arms of
    V_a = k / (k - 1) sum e_b^2, with Welch's degrees of freedom V^2 / sum of V_a^2 / (k - 1).

    Blocks of one time of the week are not compared in pairs: over simulated switchbacks that made
    intervals of 24 h blocks wider (half the degrees of freedom) and those of 8 h blocks too short
    (neighbouring blocks are alike). Where a design balances the times of the week this is cautious.

    Args:
        control: Successes and trials of each block, at least two.
        treatment: The same of the treatment arm.

    References:
        Cochran (1977), Sampling Techniques, 3rd edition, section 6.3;
        Welch (1947), Biometrika 34, 28-35.
    """
    own, freedom = [], []
    for blocks in (control, treatment):
        y, m = np.array(blocks, float).T
        k, n = len(blocks), m.sum()
        errors = (y - y.sum() / n * m) / n
        own.append(k / (k - 1) * float(errors @ errors))
        freedom.append(k - 1)
    total = sum(own)
    doubt = sum(v**2 / df for v, df in zip(own, freedom, strict=True))
    return total, total**2 / doubt if doubt else float(sum(freedom))


def compare_blocks(
    control: Sequence[Block], treatment: Sequence[Block], *, confidence_level: float
) -> Comparison:
    """Compare two arms of blocks: Miettinen-Nurminen on counts divided by a design effect.

    The design effect is the variance of the difference over blocks (`block_variance`), by that of
    independent contacts, sum over arms of p (1 - p) / n, and at least 1; it is one for both arms.
    The reference is Student's t.

    Args:
        control: Successes and trials of each block; blocks without a trial are left out.
        treatment: The same of the treatment arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Returns:
        Estimates, intervals and p; with fewer than two blocks with a trial in an arm everything is
        possible: [-1, 1], p = 1.
    """
    used = [[block for block in blocks if block[1]] for blocks in (control, treatment)]
    if min(map(len, used)) < LEAST_BLOCKS:
        return _untold(*used)
    variance, df = block_variance(*used)
    arms = [_sum(blocks) for blocks in used]
    effect = _design_effect(arms, variance)
    x0, n0, x1, n1 = (count / effect for arm in arms for count in (arm.successes, arm.trials))
    score = score_inference((x1, n1), (x0, n0), confidence_level=confidence_level, df=df)
    difference, ratio = (
        [float(getattr(score, f"{scale}{end}")) for end in ("", "_lower", "_upper")]
        for scale in ("difference", "ratio")
    )
    return Comparison(
        control=arms[0],
        treatment=arms[1],
        difference=noted_effect(arms[0], arms[1], *difference),
        relative=noted_effect(arms[0], arms[1], *(value - 1 for value in ratio)),
        p_value=float(score.p_value),
        method="Miettinen-Nurminen score, counts divided by the design effect of blocks, "
        f"t with {df:.0f} df",
        design_effect=PerArm(control=effect, treatment=effect),
        standard_error=math.sqrt(variance),
        intraclass_correlation=PerArm(control=None, treatment=None),
    )


def _sum(blocks: Sequence[Block]) -> Proportion:
    return Proportion(successes=sum(y for y, _ in blocks), trials=sum(m for _, m in blocks))


def _untold(control: Sequence[Block], treatment: Sequence[Block]) -> Comparison:
    """Return what too few blocks show."""
    arms, note = (_sum(control), _sum(treatment)), "fewer than two blocks with a trial in an arm"
    p0, p1 = (arm.rate for arm in arms)
    gap = None if p0 is None or p1 is None else p1 - p0
    return Comparison(
        control=arms[0],
        treatment=arms[1],
        difference=Effect(estimate=gap, ci_lower=-1, ci_upper=1, note=note),
        relative=Effect(
            estimate=gap / p0 if gap is not None and p0 else None,
            ci_lower=-1,
            ci_upper=math.inf,
            note=note,
        ),
        p_value=1.0,
        method=f"none: {note}",
        design_effect=PerArm(control=1.0, treatment=1.0),
        standard_error=None,
        intraclass_correlation=PerArm(control=None, treatment=None),
    )


def _design_effect(arms: Sequence[Proportion], variance: float) -> float:
    """Return what the counts are divided by; an arm keeps at least one contact."""
    plain = sum(arm.successes * (arm.trials - arm.successes) / arm.trials**3 for arm in arms)
    if not plain:
        return 1.0
    return min(max(1.0, variance / plain), float(min(arm.trials for arm in arms)))
