"""Pooling over use-cases: a published example, statsmodels, and one use-case alone."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects

from abkit.analysis.constrained import Tables
from abkit.analysis.pooled import (
    cochran_mantel_haenszel_statistic,
    heterogeneity,
    mantel_haenszel_weights,
    pooled_effect,
)
from abkit.analysis.score_test import score_inference
from abkit.analysis.stratified_score import (
    stratified_difference_interval,
    stratified_ratio_interval,
)


def tables(*rows: tuple[float, float, float, float]) -> Tables:
    """Each row is x1, n1, x0, n0."""
    return Tables(*np.array(rows, float).reshape(-1, 4).T)


TOLBUTAMIDE = tables((8, 106, 5, 120), (22, 98, 16, 85))


def test_published_example() -> None:
    """Rothman, Greenland and Lash (2008), Modern Epidemiology, table 15-1: tolbutamide, 90 %."""
    found = pooled_effect(TOLBUTAMIDE, confidence_level=0.90)
    assert found.difference == pytest.approx((0.0349, -0.0176, 0.0874), abs=5e-5)
    assert found.ratio == pytest.approx((1.3256, 0.8658, 2.0296), abs=5e-5)
    assert found.p_value == pytest.approx(0.2750, abs=5e-5)
    assert found.q == pytest.approx(0.0017, abs=1e-3)  # there: with other variances


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
def test_variances_by_simulation(seed: int) -> None:
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


@pytest.mark.parametrize("table", [(30, 100, 60, 300), (80, 400, 45, 50), (1, 9, 30, 40)])
def test_variances_of_one_use_case_are_walds_and_katzs(
    table: tuple[float, float, float, float],
) -> None:
    """Sato's and Greenland-Robins' variances reduce to the textbook ones, exactly."""
    x1, n1, x0, n0 = table
    p1, p0, z = x1 / n1, x0 / n0, stats.norm.isf(0.025)
    found = pooled_effect(tables(table))
    half = z * math.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    assert found.difference[1] == pytest.approx(max(-1, p1 - p0 - half), rel=1e-10)
    log_half = z * math.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
    assert found.ratio[2] == pytest.approx(p1 / p0 * math.exp(log_half), rel=1e-10)


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
            pooled_effect(Tables(*(part.astype(float) for part in (x1[i], n, x0[i], n)))).q_p_value
            for i in range(draws)
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


@pytest.mark.parametrize("seed", range(4))
def test_stratified_score_intervals_agree_with_the_test(seed: int) -> None:
    """Where both exist they are near the closed forms, and hold no effect as the test says."""
    t = random_strata(seed)
    weights, z = mantel_haenszel_weights(t), float(stats.norm.isf(0.025))
    found = pooled_effect(t)
    difference = stratified_difference_interval(t, weights, z)
    ratio = stratified_ratio_interval(t, weights, z)
    assert difference == pytest.approx(found.difference[1:], abs=0.01)
    assert ratio == pytest.approx(found.ratio[1:], rel=0.03)
    shown = found.p_value < 0.05
    assert (not difference[0] <= 0 <= difference[1]) == shown
    assert (not ratio[0] <= 1 <= ratio[1]) == shown


def test_empty_arms_are_left_out() -> None:
    alone = pooled_effect(tables((3, 10, 2, 20)))
    assert pooled_effect(tables((3, 10, 2, 20), (0, 0, 5, 5))) == alone
    nothing = pooled_effect(tables((0, 0, 5, 5)))
    assert nothing.difference[1:] == (-1, 1)
    assert nothing.p_value == 1
