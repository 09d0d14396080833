"""Pooling over use-cases: a published example, statsmodels, and one use-case alone."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects

from abkit.analysis.constrained import Tables
from abkit.analysis.pooled import (
    PooledEffect,
    cochran_mantel_haenszel_statistic,
    heterogeneity,
    mantel_haenszel_weights,
    pooled_effect,
)
from abkit.analysis.score_test import score_inference
from abkit.analysis.stratified_score import stratified_difference_interval


def tables(*rows: tuple[float, float, float, float]) -> Tables:
    """Each row is x1, n1, x0, n0."""
    return Tables(*np.array(rows, float).reshape(-1, 4).T)


TOLBUTAMIDE = tables((8, 106, 5, 120), (22, 98, 16, 85))


def test_published_example() -> None:
    """Rothman, Greenland and Lash (2008), Modern Epidemiology, table 15-1: tolbutamide."""
    found = pooled_effect(TOLBUTAMIDE, confidence_level=0.90)
    assert found.difference[0] == pytest.approx(0.0349, abs=5e-5)
    assert found.ratio[0] == pytest.approx(1.3256, abs=5e-5)
    assert found.p_value == pytest.approx(0.2750, abs=5e-5)
    assert found.q == pytest.approx(0.0017, abs=1e-3)  # there: with other variances


def test_published_stratified_interval() -> None:
    """The documented example of R's metalite.ae 0.1.3, `rate_compare`, which weighs by sizes."""
    stratum = np.array([*range(1, 5)] * 12 + [1, 3, 3, 1] + [*range(1, 5)] * 37)
    treated = np.repeat([False, True], 100)
    response = np.repeat([0, 1, 0, 1], [80, 20, 40, 60])
    counts = [
        (response[rows].sum(), rows.sum())
        for k in range(1, 5)
        for arm in (True, False)
        for rows in ((stratum == k) & (treated == arm),)
    ]
    t = tables(*((*counts[i], *counts[i + 1]) for i in range(0, 8, 2)))
    found = stratified_difference_interval(t, t.n1 + t.n0, float(stats.norm.isf(0.025)))
    assert found == pytest.approx((0.2684383, 0.5172779), abs=2e-6)


def likeliest(x1: float, n1: float, x0: float, n0: float, other: Any) -> tuple[float, float]:
    """Return (p1, p0) with p1 = other(p0), the likelihood searched numerically."""

    def cost(p0: float) -> float:
        p1 = other(p0)
        if not 0 <= p1 <= 1:
            return math.inf
        return -float(special.xlogy(x1, p1) + special.xlogy(n1 - x1, 1 - p1)
                      + special.xlogy(x0, p0) + special.xlogy(n0 - x0, 1 - p0))  # fmt: skip

    grid = np.linspace(0, 1, 4001)
    best = grid[np.argmin([cost(p) for p in grid])]
    low, high = max(0.0, best - 3e-4), min(1.0, best + 3e-4)
    found = optimize.minimize_scalar(cost, bounds=(low, high), options={"xatol": 1e-13})
    return other(found.x), found.x


def searched(t: Tables, scale: str, level: float, inside: float) -> list[float]:
    """Return both bounds by scipy's root finder over the likelihoods maximised numerically."""
    weights = t.n1 * t.n0 / (t.n1 + t.n0)

    def chi(effect: float) -> float:
        excess = variance = 0.0
        for w, x1, n1, x0, n0 in zip(weights, t.x1, t.n1, t.x0, t.n0, strict=True):
            factor = effect if scale == "ratio" else 1.0
            other = (lambda p: p * effect) if scale == "ratio" else (lambda p: p + effect)
            p1, p0 = likeliest(x1, n1, x0, n0, other)
            gap = x1 / n1 - factor * x0 / n0 - (0.0 if scale == "ratio" else effect)
            spread = p1 * (1 - p1) / n1 + factor**2 * p0 * (1 - p0) / n0
            excess += w * gap
            variance += w**2 * spread * (n1 + n0) / (n1 + n0 - 1)
        return excess**2 / variance - stats.chi2.ppf(level, 1)

    least, most = (0.05, 20.0) if scale == "ratio" else (-0.95, 0.95)
    return [optimize.brentq(chi, *ends, xtol=1e-9) for ends in ((least, inside), (inside, most))]


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(
    "t", [TOLBUTAMIDE, tables((9, 11, 3, 30), (2.5, 7.25, 4, 6.5)), tables((3, 40, 0, 9))]
)
def test_intervals_equal_a_numerical_search(t: Tables, level: float) -> None:
    found = pooled_effect(t, confidence_level=level)
    assert found.difference[1:] == pytest.approx(
        searched(t, "difference", level, found.difference[0]), abs=2e-5
    )
    if math.isfinite(found.ratio[0]):
        assert found.ratio[1:] == pytest.approx(
            searched(t, "ratio", level, found.ratio[0]), rel=1e-4
        )


def agrees(found: PooledEffect, level: float) -> bool:
    """Return whether both intervals hold no effect just where the test does not reject it."""
    if abs(found.p_value - (1 - level)) < 1e-9:
        return True
    shown = found.p_value < 1 - level
    numbers = (*found.difference[1:], *found.ratio[1:], found.p_value)
    return (
        not any(math.isnan(number) for number in numbers)
        and -1 <= found.difference[1] <= found.difference[0] <= found.difference[2] <= 1
        and shown == (not found.difference[1] <= 0 <= found.difference[2])
        and shown == (not found.ratio[1] <= 1 <= found.ratio[2])
    )


def disagreements(draws: int, *, seed: int, level: float = 0.95) -> list[Tables]:
    """Return the random pairs of tables, extreme ones too, where p-value and intervals differ."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        n1, n0 = rng.integers(1, 60, (2, 2))
        x1, x0 = rng.binomial(n1, rng.beta(0.4, 0.4, 2)), rng.binomial(n0, rng.beta(0.4, 0.4, 2))
        t = Tables(*(part.astype(float) for part in (x1, n1, x0, n0)))
        if not agrees(pooled_effect(t, confidence_level=level), level):
            found.append(t)
    return found


def test_p_value_and_both_intervals_agree() -> None:
    assert disagreements(200, seed=1) == []


@pytest.mark.slow
def test_p_value_and_both_intervals_agree_20_000_times() -> None:
    assert disagreements(20_000, seed=2) == []


@pytest.mark.parametrize("t", [
    tables((25, 33, 4, 17), (34, 50, 17, 25), (28, 50, 15, 25), (52, 67, 22, 33)),
    tables((17, 31, 24, 63), (34, 78, 11, 35)),
])  # fmt: skip
def test_variances_from_the_data_would_contradict_the_test(t: Tables) -> None:
    """With Sato's variance p = .0485 stood beside an interval that held 0; or p = .053, without.

    The first is the example of incoherence in the validation of Laud's ratesci (2025).
    """
    assert agrees(pooled_effect(t), 0.95)
    assert abs(pooled_effect(t).p_value - 0.05) < 0.004


def random_strata(seed: int, s: int = 4) -> Tables:
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(30, 400, (2, s))
    p = rng.uniform(0.1, 0.7, s)
    return tables(*zip(rng.binomial(n1, p + 0.1), n1, rng.binomial(n0, p), n0, strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_test_and_ratio_equal_statsmodels(seed: int) -> None:
    t = random_strata(seed)
    strata = [
        np.array([[x1, n1 - x1], [x0, n0 - x0]])
        for x1, n1, x0, n0 in zip(t.x1, t.n1, t.x0, t.n0, strict=True)
    ]
    theirs = StratifiedTable(strata)
    found = pooled_effect(t)
    test = theirs.test_null_odds(correction=False)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-9)
    assert cochran_mantel_haenszel_statistic(t) ** 2 == pytest.approx(test.statistic, rel=1e-9)
    assert found.ratio[0] == pytest.approx(theirs.riskratio_pooled, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_widths_by_simulation(seed: int) -> None:
    """Redrawn from the fitted rates, the estimates spread as the intervals say (4 SD bands)."""
    t = random_strata(seed, s=3)
    rng = np.random.default_rng(seed + 100)
    draws = 4_000
    x1 = rng.binomial(t.n1.astype(int), t.x1 / t.n1, (draws, 3))
    x0 = rng.binomial(t.n0.astype(int), t.x0 / t.n0, (draws, 3))
    total = t.n1 + t.n0
    weight = t.n1 * t.n0 / total
    differences = ((x1 / t.n1 - x0 / t.n0) * weight).sum(1) / weight.sum()
    logs = np.log((x1 * t.n0 / total).sum(1) / (x0 * t.n1 / total).sum(1))
    found = pooled_effect(t)
    z = stats.norm.isf(0.025)
    half = (found.difference[2] - found.difference[1]) / 2 / z
    log_half = math.log(found.ratio[2] / found.ratio[1]) / 2 / z
    # rates differ in their effects, so the model variance is near, not equal, to the spread
    assert differences.std() == pytest.approx(half, rel=4 / math.sqrt(2 * draws) + 0.03)
    assert logs.std() == pytest.approx(log_half, rel=4 / math.sqrt(2 * draws) + 0.03)


def test_one_use_case_alone_is_the_score_test() -> None:
    """CMH is Miettinen-Nurminen then; the difference is the plain one."""
    found = pooled_effect(tables((56, 70, 48, 80)))
    alone = score_inference((56, 70), (48, 80))
    assert found.p_value == pytest.approx(float(alone.p_value), rel=1e-12)
    assert found.difference[0] == pytest.approx(0.2)
    assert found.ratio[0] == pytest.approx(4 / 3)
    assert (found.q, found.q_df, found.q_p_value) == (0.0, 0, None)


@pytest.mark.parametrize("table", [(30, 100, 60, 300), (80, 400, 45, 50), (1, 9, 30, 40),
                                   (0, 9, 0, 4), (7, 7, 5, 5), (0, 8, 6, 6), (2.5, 9.5, 0, 1)]
)  # fmt: skip
def test_one_use_case_has_the_intervals_of_its_row(
    table: tuple[float, float, float, float],
) -> None:
    x1, n1, x0, n0 = table
    found, row = pooled_effect(tables(table)), score_inference((x1, n1), (x0, n0))
    assert found.difference[1:] == pytest.approx(
        (float(row.difference_lower), float(row.difference_upper)), abs=1e-9
    )
    assert found.ratio[1:] == pytest.approx(
        (float(row.ratio_lower), float(row.ratio_upper)), rel=1e-9
    )


def test_counting_failures_turns_the_difference_round() -> None:
    for seed in range(4):
        t = random_strata(seed, s=2)
        there = pooled_effect(t)
        back = pooled_effect(Tables(t.n1 - t.x1, t.n1, t.n0 - t.x0, t.n0))
        assert there.difference == pytest.approx(
            [-value for value in (back.difference[0], *back.difference[:0:-1])], abs=1e-9
        )
        assert there.p_value == pytest.approx(back.p_value)


def test_identical_use_cases_pool_to_themselves() -> None:
    found = pooled_effect(tables(*[(30, 100, 20, 110)] * 3))
    assert found.difference[0] == pytest.approx(30 / 100 - 20 / 110)
    assert found.q == pytest.approx(0, abs=1e-12)
    assert found.q_p_value == pytest.approx(1)


def test_exchanging_the_arms() -> None:
    t = random_strata(3)
    there, back = pooled_effect(t), pooled_effect(t.swapped)
    assert there.difference[0] == pytest.approx(-back.difference[0])
    assert there.difference[1] == pytest.approx(-back.difference[2])
    assert there.ratio[2] == pytest.approx(1 / back.ratio[1])
    assert there.p_value == pytest.approx(back.p_value)
    assert there.q == pytest.approx(back.q)


def test_heterogeneity_tends_to_cochrans_q() -> None:
    """In large samples, statsmodels' inverse-variance Q."""
    t = tables((30_500, 100_000, 30_000, 100_000), (9_000, 90_000, 8_000, 80_000),
               (33_600, 70_000, 32_000, 70_000))  # fmt: skip
    p1, p0 = t.x1 / t.n1, t.x0 / t.n0
    variance = p1 * (1 - p1) / t.n1 + p0 * (1 - p0) / t.n0
    theirs = combine_effects(p1 - p0, variance, method_re="dl")
    q, df = heterogeneity(t, float(np.average(p1 - p0, weights=1 / variance)))
    assert df == 2
    assert q == pytest.approx(theirs.q, rel=0.01)


def test_heterogeneity_keeps_its_level() -> None:
    """With one true difference, Q exceeds its 5 % point in 5 % of 4,000 experiments (4 SD)."""
    rng = np.random.default_rng(6)
    n = np.array([300, 500, 200])
    p0, draws = np.array([0.1, 0.5, 0.3]), 4_000
    x1, x0 = rng.binomial(n, p0 + 0.05, (draws, 3)), rng.binomial(n, p0, (draws, 3))
    p_values = np.array(
        [
            special.chdtrc(df, q)
            for i in range(draws)
            for t in (Tables(*(part.astype(float) for part in (x1[i], n, x0[i], n))),)
            for q, df in (
                heterogeneity(
                    t,
                    float(
                        np.average(t.x1 / t.n1 - t.x0 / t.n0, weights=mantel_haenszel_weights(t))
                    ),
                ),
            )
        ]
    )
    rate = (p_values < 0.05).mean()
    assert rate == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / draws))


def test_nothing_happened_anywhere() -> None:
    found = pooled_effect(tables((0, 10, 0, 20), (0, 5, 0, 5)))
    assert found.difference[0] == 0
    assert -0.5 < found.difference[1] < -0.1 < 0.1 < found.difference[2] < 0.5
    assert math.isnan(found.ratio[0])
    assert found.ratio[1:] == (0, math.inf)
    assert (found.p_value, found.q, found.q_df) == (1, 0, 0)


def test_everything_succeeded_everywhere() -> None:
    """One use-case has the intervals of its own row; two equal ones are twice as sure."""
    one = pooled_effect(tables((600, 600, 620, 620)))
    row = score_inference((600, 600), (620, 620))
    assert one.difference == pytest.approx(
        (0, float(row.difference_lower), float(row.difference_upper))
    )
    assert one.ratio == pytest.approx((1, float(row.ratio_lower), float(row.ratio_upper)))
    two = pooled_effect(tables((600, 600, 620, 620), (600, 600, 620, 620)))
    for narrow, wide in ((two.difference, one.difference), (two.ratio, one.ratio)):
        assert wide[1] < narrow[1] < narrow[0] < narrow[2] < wide[2]
        assert narrow[2] - narrow[1] == pytest.approx((wide[2] - wide[1]) / 2, rel=0.01)
    assert two.p_value == 1


def test_all_against_none() -> None:
    """Both scales agree with the test, which is certain, though no arm varies."""
    found = pooled_effect(tables((10, 10, 0, 20), (7, 7, 0, 5)))
    assert found.difference[0] == pytest.approx(1)
    assert 0 < found.difference[1] < 0.95
    assert found.difference[2] == pytest.approx(1)
    assert (found.ratio[0], found.ratio[2]) == (math.inf, math.inf)
    assert 1 < found.ratio[1] < math.inf
    assert found.p_value < 1e-6


def test_use_cases_that_do_not_vary_are_not_merged() -> None:
    """All succeed in one use-case, none in the other: merged, 10/11 would stand against 1/11."""
    found = pooled_effect(tables((10, 10, 1, 1), (0, 1, 0, 10)))
    assert found.difference[1] < found.difference[0] == 0 < found.difference[2]
    assert found.ratio[1] < found.ratio[0] == 1 < found.ratio[2]
    assert found.p_value == 1


@pytest.mark.parametrize("df", [1.0, 12.0, math.inf])
def test_no_success_in_one_arm(df: float) -> None:
    for table in (((3, 10, 0, 20), (1, 5, 0, 5)), ((9, 10, 0, 20), (4, 5, 0, 5))):
        found = pooled_effect(tables(*table), df=df)
        assert (found.ratio[0], found.ratio[2]) == (math.inf, math.inf)
        assert (found.ratio[1] > 1) == (found.p_value < 0.05)
        assert found.difference[1] < found.difference[0] < found.difference[2] <= 1
        back = pooled_effect(tables(*table).swapped, df=df)
        assert back.ratio == pytest.approx(
            (0, 0, 1 / found.ratio[1] if found.ratio[1] else math.inf)
        )


def test_empty_arms_are_left_out() -> None:
    alone = pooled_effect(tables((3, 10, 2, 20)))
    assert pooled_effect(tables((3, 10, 2, 20), (0, 0, 5, 5))) == alone
    nothing = pooled_effect(tables((0, 0, 5, 5)))
    assert nothing.difference[1:] == (-1, 1)
    assert nothing.p_value == 1
