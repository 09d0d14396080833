"""The score test and its intervals against published values and another implementation."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats import proportion

from abkit.analysis.score_test import score_inference, score_statistic
from abkit.core.errors import ConfigError

Arm = tuple[float, float]

# treatment, control, interval, decimals as printed
PUBLISHED_DIFFERENCES = {
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 6, case (d)
    "newcombe d": ((5, 56), (0, 29), (-0.0326, 0.1933), 4),
    # Fagerland, Lydersen and Laake (2017), Statistical Analysis of Contingency Tables, table 4.5
    "fagerland": ((0, 16), (15, 72), (-0.3164, -0.0056), 4),
    # reference values computed outside this project
    "newcombe a": ((56, 70), (48, 80), (0.05283, 0.33817), 5),
    "borderline": ((150, 1000), (120, 1000), (0.0000398, 0.0601034), 7),
    "unequal arms": ((90, 300), (120, 1200), (0.14777, 0.25654), 5),
}
PUBLISHED_RATIOS = {
    # Fagerland, Lydersen and Laake (2017), section 4.7: 24 h survival after adrenaline
    "fagerland 2017": ((7, 34), (1, 34), (1.2086, 43.0330), 4),
    # Fagerland, Lydersen and Laake (2015), Stat. Methods Med. Res. 24, 224-254, table 9
    "fagerland 2015 a": ((24, 73), (53, 65), (0.280, 0.560), 3),
    "fagerland 2015 b": ((29, 55), (11, 11), (0.397, 0.742), 3),
    "fagerland 2015 c": ((7, 18), (1, 18), (1.296, 42.544), 3),
}


@pytest.mark.parametrize(
    ("treatment", "control", "published", "decimals"),
    PUBLISHED_DIFFERENCES.values(),
    ids=PUBLISHED_DIFFERENCES,
)
def test_published_differences(treatment: Arm, control: Arm, published: Arm, decimals: int) -> None:
    result = score_inference(treatment, control)
    found = (float(result.difference_lower), float(result.difference_upper))
    assert found == pytest.approx(published, abs=0.51 * 10**-decimals)


@pytest.mark.parametrize(
    ("treatment", "control", "published", "decimals"),
    PUBLISHED_RATIOS.values(),
    ids=PUBLISHED_RATIOS,
)
def test_published_ratios(treatment: Arm, control: Arm, published: Arm, decimals: int) -> None:
    result = score_inference(treatment, control)
    found = (float(result.ratio_lower), float(result.ratio_upper))
    assert found == pytest.approx(published, abs=0.51 * 10**-decimals)


def likeliest(
    arms: tuple[Arm, Arm], p1_of: Callable[[float], float], low: float, high: float
) -> Arm:
    """Maximise the likelihood over p0 by the sign of its slope: no cubic, no quadratic."""
    (x1, n1), (x0, n0) = arms

    def slope(p0: float) -> float:
        p1, step = p1_of(p0), 1e-7
        rate = (p1_of(p0 + step) - p1) / step  # dp1 / dp0: 1, or the ratio
        own = (x0 / p0 if x0 else 0) - ((n0 - x0) / (1 - p0) if x0 < n0 else 0)
        return own + rate * ((x1 / p1 if x1 else 0) - ((n1 - x1) / (1 - p1) if x1 < n1 else 0))

    edge = 1e-13 * (high - low)
    if slope(low + edge) <= 0:
        return p1_of(low), low
    if slope(high - edge) >= 0:
        return p1_of(high), high
    p0 = optimize.brentq(slope, low + edge, high - edge, xtol=1e-15, rtol=1e-14)
    return p1_of(p0), p0


def statistic_at_difference(arms: tuple[Arm, Arm], d: float) -> float:
    (x1, n1), (x0, n0) = arms
    p1, p0 = likeliest(arms, lambda p: p + d, max(0.0, -d), min(1.0, 1 - d))
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
    return (x1 / n1 - x0 / n0 - d) / math.sqrt(variance)


def statistic_at_ratio(arms: tuple[Arm, Arm], ratio: float) -> float:
    (x1, n1), (x0, n0) = arms
    p1, p0 = likeliest(arms, lambda p: p * ratio, 0.0, min(1.0, 1 / ratio))
    variance = (p1 * (1 - p1) / n1 + ratio**2 * p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
    return (x1 / n1 - ratio * x0 / n0) / math.sqrt(variance)


def random_tables(n: int, *, seed: int, largest: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n1, n0 = np.exp(rng.uniform(np.log(3), np.log(largest), (2, n))).astype(int)
    p1, p0 = rng.beta(0.5, 0.5, (2, n))
    return np.stack([rng.binomial(n1, p1), n1, rng.binomial(n0, p0), n0], axis=1)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_bounds_solve_the_score_equation_of_a_numeric_maximiser(level: float) -> None:
    z = stats.norm.isf((1 - level) / 2)
    for x1, n1, x0, n0 in random_tables(60, seed=4):
        arms = ((x1, n1), (x0, n0))
        result = score_inference(*arms, confidence_level=level)
        for bound, sign in ((result.difference_lower, 1), (result.difference_upper, -1)):
            if -1 < bound < 1:
                assert statistic_at_difference(arms, float(bound)) == pytest.approx(
                    sign * z, abs=1e-5
                )
        for bound, sign in ((result.ratio_lower, 1), (result.ratio_upper, -1)):
            if 0 < bound < np.inf:
                assert statistic_at_ratio(arms, float(bound)) == pytest.approx(sign * z, abs=1e-5)


def test_ratio_interval_and_p_value_equal_statsmodels() -> None:
    """Its score interval for a *difference* is wrong (issue 10269) and no reference."""
    for x1, n1, x0, n0 in random_tables(25, seed=8):
        if min(x1, x0) == 0 or x1 == n1 or x0 == n0:
            continue
        result = score_inference((x1, n1), (x0, n0))
        low, high = proportion.confint_proportions_2indep(
            x1, n1, x0, n0, method="score", compare="ratio", correction=True
        )
        assert float(result.ratio_lower) == pytest.approx(low, rel=1e-5)
        assert float(result.ratio_upper) == pytest.approx(high, rel=1e-5)
        test = proportion.test_proportions_2indep(
            x1, n1, x0, n0, method="score", compare="ratio", correction=True
        )
        assert float(result.p_value) == pytest.approx(test.pvalue, rel=1e-9)


def test_statistic_is_pearsons_with_n_minus_1() -> None:
    for x1, n1, x0, n0 in random_tables(50, seed=2):
        if 0 < x1 + x0 < n1 + n0:
            pearson = stats.chi2_contingency(
                [[x1, n1 - x1], [x0, n0 - x0]], correction=False
            ).statistic
            z = float(score_statistic((x1, n1), (x0, n0)))
            assert z**2 == pytest.approx(pearson * (n1 + n0 - 1) / (n1 + n0), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize(("n1", "n0"), [(1, 1), (10, 20), (34, 15), (3, 10**6), (10**6, 10**6)])
def test_zero_cells_have_their_closed_form(n1: int, n0: int, level: float) -> None:
    """With no success at all, the statistic at d > 0 is -sqrt(d n1 (N-1)/N / (1-d))."""
    scale = stats.norm.isf((1 - level) / 2) ** 2 * (n1 + n0) / (n1 + n0 - 1)
    none = score_inference((0, n1), (0, n0), confidence_level=level)
    assert float(none.difference_upper) == pytest.approx(scale / n1 / (1 + scale / n1))
    assert float(none.difference_lower) == pytest.approx(-scale / n0 / (1 + scale / n0))
    assert (float(none.ratio_lower), float(none.ratio_upper)) == (0, np.inf)
    assert np.isnan(none.ratio)
    assert float(none.p_value) == 1
    full = score_inference((n1, n1), (n0, n0), confidence_level=level)
    assert float(full.ratio_upper) == pytest.approx(1 + scale / n0)  # Z^2 = (ratio - 1) n0 / scale
    assert float(full.ratio_lower) == pytest.approx(1 / (1 + scale / n1))


@pytest.mark.parametrize("table", [(0, 7, 9, 9), (9, 9, 0, 7), (0, 1, 1, 1), (0, 5, 3, 9)])
def test_full_separation_reaches_the_end_of_the_scale(table: tuple[int, int, int, int]) -> None:
    x1, n1, x0, n0 = table
    result = score_inference((x1, n1), (x0, n0))
    if x1 == n1 and x0 == 0:
        assert float(result.difference_upper) == 1
        assert float(result.ratio_upper) == np.inf
    if x1 == 0 and x0 == n0:
        assert float(result.difference_lower) == -1
    if x1 == 0:
        assert float(result.ratio_lower) == 0
    assert -1 <= float(result.difference_lower) <= float(result.difference_upper) <= 1


def test_empty_arm_leaves_everything_possible() -> None:
    result = score_inference(([0, 3, 0], [0, 5, 0]), ([3, 0, 0], [5, 0, 0]))
    assert result.difference_lower.tolist() == [-1] * 3
    assert result.difference_upper.tolist() == [1] * 3
    assert result.ratio_lower.tolist() == [0] * 3
    assert result.ratio_upper.tolist() == [np.inf] * 3
    assert result.p_value.tolist() == [1] * 3
    assert np.isnan(result.difference).all()


def test_student_reference_widens_and_tends_to_the_normal() -> None:
    normal = score_inference((56, 70), (48, 80))
    few, many = (score_inference((56, 70), (48, 80), df=df) for df in (10, 1e9))
    assert float(few.difference_lower) < float(normal.difference_lower)
    assert float(few.ratio_upper) > float(normal.ratio_upper)
    assert float(many.difference_lower) == pytest.approx(float(normal.difference_lower), abs=1e-8)
    z = float(score_statistic((56, 70), (48, 80)))
    assert float(few.p_value) == pytest.approx(2 * stats.t.sf(abs(z), 10), rel=1e-10)
    assert float(normal.p_value) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)


def test_shapes_broadcast() -> None:
    result = score_inference((np.arange(4)[:, None], 10), ([1, 2, 3], 12))
    assert result.difference_lower.shape == (4, 3)
    alone = score_inference((2, 10), (3, 12))
    assert float(result.ratio_upper[2, 2]) == float(alone.ratio_upper)


@pytest.mark.parametrize(
    ("treatment", "message"),
    [
        ((11, 10), "`treatment` has 11 successes in 10 trials"),
        ((-1, 10), "-1 successes"),
        ((math.nan, 10), "nan successes"),
        ((0, 0.5), "0.5 trials"),
        ((1, math.inf), "inf trials"),
    ],
)
def test_impossible_counts_are_refused(treatment: Arm, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        score_inference(treatment, (3, 10))


@pytest.mark.parametrize("level", [0, 1, 95, math.nan])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ConfigError, match="confidence_level"):
        score_inference((1, 2), (1, 2), confidence_level=level)
