"""Means of two arms: Welch's test, its intervals, customers with several values."""

import gzip
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans

from abkit.analysis.means import (
    MeanMoments,
    MeanPair,
    compare_means,
    pooled_means,
    variance_of_mean,
)
from abkit.core.errors import ConfigError

# extra hours of sleep under two drugs: Cushny and Peebles (1905), printed by Student (1908)
SLEEP_1 = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
SLEEP_2 = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)


def moments(values: Sequence[float], units: Sequence[int] | None = None) -> MeanMoments:
    """Return the sums over `values`, of one unit each unless `units` says whose they are."""
    x = np.asarray(values, float)
    owner = np.arange(x.size) if units is None else np.asarray(units)
    found, index = np.unique(owner, return_inverse=True)
    mean = math.fsum(x) / x.size if x.size else math.nan
    sums, counts = np.bincount(index, x - mean), np.bincount(index)
    return MeanMoments(
        units=found.size,
        trials=int(counts.sum()),
        total=math.fsum(x),
        residual_squares=float(np.sum(sums**2)),
    )


EMPTY = MeanMoments(units=0, trials=0, total=0.0, residual_squares=0.0)


def test_published_welch_test() -> None:
    """R's documented `t.test(extra ~ group, data = sleep)`, its digits as printed."""
    found = compare_means(moments(SLEEP_2), moments(SLEEP_1))
    assert found.df is not None
    assert found.standard_error is not None
    assert found.difference[0] / found.standard_error == pytest.approx(-1.8608, abs=5e-5)
    assert found.df == pytest.approx(17.776, abs=5e-4)
    assert found.p_value == pytest.approx(0.07939, abs=5e-6)
    assert found.difference[1:] == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_welch_equals_scipy_and_statsmodels(level: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        treatment = rng.gamma(2, 3, rng.integers(2, 40))
        control = rng.gamma(1, 5, rng.integers(2, 40))
        found = compare_means(moments(control), moments(treatment), confidence_level=level)
        theirs = stats.ttest_ind(treatment, control, equal_var=False)
        interval = theirs.confidence_interval(level)
        assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
        assert found.df == pytest.approx(theirs.df, rel=1e-9)
        assert found.difference[1:] == pytest.approx((interval.low, interval.high), rel=1e-8)
        other = CompareMeans.from_data(treatment, control)
        assert found.difference[1:] == pytest.approx(
            other.tconfint_diff(1 - level, usevar="unequal"), rel=1e-8
        )


def test_repeating_units_equal_statsmodels_clustered_errors() -> None:
    """Both use sum of e^2 / n^2 per arm; the small-sample factors differ.

    Ours is k / (k - 1) in each arm; statsmodels' is G / (G - 1) (N - 1) / (N - 2) over both, G all
    units and N all values.
    """
    rng = np.random.default_rng(5)
    unit = rng.integers(0, 60, 400)
    treated = unit % 2
    y = rng.gamma(2, 3, 400) + rng.normal(0, 2, 60)[unit] + treated
    arms = [moments(y[treated == arm], unit[treated == arm]) for arm in (0, 1)]
    model = sm.OLS(y, sm.add_constant(treated.astype(float)))
    found = compare_means(*arms)
    assert found.standard_error is not None
    bare = model.fit(cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False})
    assert found.difference[0] == pytest.approx(bare.params[1])
    plain = sum((variance_of_mean(a) or 0) * (a.units - 1) / a.units for a in arms)
    assert math.sqrt(plain) == pytest.approx(bare.bse[1])
    corrected = model.fit(cov_type="cluster", cov_kwds={"groups": unit})
    units = sum(a.units for a in arms)
    factor = units / (units - 1) * 399 / 398
    assert corrected.bse[1] == pytest.approx(math.sqrt(plain * factor))
    assert found.standard_error == pytest.approx(corrected.bse[1], rel=0.03)


def test_donations_of_a_real_experiment(real_data: Path | None) -> None:
    """Amount given with and without a matching grant: Welch p = .058."""
    if real_data is None:
        return
    with gzip.open(real_data / "ab_match_donation.csv.gz") as file:
        frame = pd.read_csv(file)
    frame = frame.dropna(subset=["treatment", "amount"])
    arms = [moments(frame.loc[frame["treatment"] == arm, "amount"]) for arm in (0, 1)]
    found = compare_means(*arms)
    theirs = stats.ttest_ind(
        *(frame.loc[frame["treatment"] == arm, "amount"] for arm in (1, 0)), equal_var=False
    )
    assert round(found.p_value, 3) == 0.058
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


values = st.lists(st.integers(-20, 50).map(lambda i: i / 8), min_size=0, max_size=8)
levels = st.sampled_from([0.5, 0.8, 0.95, 0.99])


@given(control=values, treatment=values, level=levels)
def test_p_value_and_both_intervals_agree_about_no_effect(
    control: list[float], treatment: list[float], level: float
) -> None:
    found = compare_means(moments(control), moments(treatment), confidence_level=level)
    shown = found.p_value < 1 - level
    assert 0 <= found.p_value <= 1
    estimate, lower, upper = found.difference
    assert not math.isnan(lower)
    assert shown == (not lower <= 0 <= upper)
    assert math.isnan(estimate) or lower <= estimate <= upper
    estimate, lower, upper = found.ratio
    if control and treatment and sum(control) > 0:
        assert lower <= estimate <= upper
        assert shown == (not lower <= 1 <= upper)
    else:
        assert (math.isnan(estimate), lower, upper) == (True, -math.inf, math.inf)


@given(spread=st.integers(1, 40), nudge=st.integers(-3, 3))
def test_they_agree_where_rounding_decides(spread: int, nudge: int) -> None:
    """The level is the p-value's own, a few floats off."""
    arms = moments([1, 1 + spread, 2]), moments([2, 2 + spread / 3, 3])
    found = compare_means(*arms)
    level = 1 - found.p_value
    for _ in range(abs(nudge)):
        level = math.nextafter(level, math.copysign(2, nudge))
    assume(0 < level < 1)
    found = compare_means(*arms, confidence_level=level)
    shown = found.p_value < 1 - level
    assert shown == (not found.difference[1] <= 0 <= found.difference[2])
    assert shown == (not found.ratio[1] <= 1 <= found.ratio[2])


some = st.lists(st.floats(0, 100), min_size=2, max_size=8)


@given(control=some, treatment=some)
def test_swapping_the_labels_mirrors_everything(
    control: list[float], treatment: list[float]
) -> None:
    one = compare_means(moments(control), moments(treatment))
    two = compare_means(moments(treatment), moments(control))
    assert one.p_value == pytest.approx(two.p_value)
    estimate, lower, upper = two.difference
    assert one.difference == pytest.approx((-estimate, -upper, -lower))
    if 0 < one.ratio[1] < math.inf and one.ratio[2] < math.inf:
        estimate, lower, upper = two.ratio
        assert one.ratio == pytest.approx((1 / estimate, 1 / upper, 1 / lower), rel=1e-5)


@given(
    control=st.lists(st.integers(0, 100), min_size=2, max_size=8),
    treatment=st.lists(st.integers(0, 100), min_size=2, max_size=8),
    scale=st.floats(1e-3, 1e3),
    shift=st.integers(-50, 50),
)
def test_units_of_measurement_do_not_matter(
    control: list[int], treatment: list[int], scale: float, shift: int
) -> None:
    """Scaled values scale the difference and leave the ratio; shifted ones leave the difference."""
    plain = compare_means(moments(control), moments(treatment))
    scaled = compare_means(
        moments(np.multiply(control, scale)), moments(np.multiply(treatment, scale))
    )
    assert scaled.p_value == pytest.approx(plain.p_value, abs=1e-9)
    expected = [value * scale for value in plain.difference]
    assert scaled.difference == pytest.approx(expected, abs=1e-9 * scale)
    shifted = compare_means(moments(np.add(control, shift)), moments(np.add(treatment, shift)))
    assert shifted.p_value == pytest.approx(plain.p_value, abs=1e-9)
    assert shifted.difference == pytest.approx(plain.difference, abs=1e-9)


@pytest.mark.parametrize("scale", [-300, -40, 40, 300])
def test_the_ratio_has_no_unit(scale: int) -> None:
    """Powers of two are exact, so that all bits agree."""
    rng = np.random.default_rng(9)
    control, treatment = rng.gamma(2, 3, (2, 30))
    plain = compare_means(moments(control), moments(treatment))
    scaled = compare_means(moments(control * 2.0**scale), moments(treatment * 2.0**scale))
    assert scaled.ratio == pytest.approx(plain.ratio, rel=1e-12)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-12)


NOTHING = (-math.inf, math.inf)


def test_squares_beyond_floats_are_unknown() -> None:
    arm = MeanMoments(units=3, trials=3, total=6.0, residual_squares=math.inf)
    assert variance_of_mean(arm) is None


@pytest.mark.parametrize("control", [[], [3.0]])
@pytest.mark.parametrize("treatment", [[], [5.0], [4.0, 6.0]])
def test_too_few_units_say_nothing(control: list[float], treatment: list[float]) -> None:
    for one, two in ((control, treatment), (treatment, control)):
        found = compare_means(moments(one), moments(two))
        assert (found.p_value, found.df, found.standard_error) == (1.0, None, None)
        assert found.difference[1:] == found.ratio[1:] == NOTHING
        assert math.isnan(found.difference[0]) == (not one or not two)
    assert compare_means(moments([3.0]), moments([5.0])).ratio[0] == pytest.approx(5 / 3)


def test_one_customer_with_many_values_is_one_unit() -> None:
    found = compare_means(moments([1, 2, 3], [7, 7, 7]), moments([4.0, 5.0]))
    assert found.p_value == 1
    assert found.difference[1:] == NOTHING


def test_arms_that_do_not_vary() -> None:
    """A permutation of 4 + 4 units can show 2 / 70 = .029, one of 2 + 2 no more than 2 / 6."""
    many = compare_means(moments([5.0] * 4), moments([6.0] * 4))
    assert many.p_value == pytest.approx(2 / 70)
    assert many.difference == (1, 1, 1)
    assert many.ratio == pytest.approx((1.2, 1.2, 1.2))
    assert (many.df, many.standard_error) == (None, 0)
    few = compare_means(moments([5.0] * 2), moments([6.0] * 2))
    assert few.p_value == pytest.approx(1 / 3)
    assert few.difference == (1, *NOTHING)
    assert few.ratio == (1.2, *NOTHING)
    huge = MeanMoments(units=10**7, trials=10**7, total=0.0, residual_squares=0.0)
    assert compare_means(huge, huge).p_value == 1
    assert compare_means(huge, huge).difference == (0, 0, 0)


@pytest.mark.parametrize(("k1", "k0"), [(2, 3), (3, 3), (5, 4)])
def test_what_a_permutation_can_show_equals_scipy(k1: int, k0: int) -> None:
    treatment, control = np.full(k1, 6.0), np.full(k0, 5.0)
    theirs = stats.permutation_test(
        (treatment, control), lambda a, b: abs(np.mean(a) - np.mean(b)), alternative="greater"
    )
    found = compare_means(moments(control), moments(treatment))
    assert theirs.pvalue <= found.p_value * (1 + 1e-9)
    assert found.p_value <= 2 * theirs.pvalue


def test_rounding_is_no_spread_and_no_difference() -> None:
    """0.1 added thirty times is no float; its residuals are rounding."""
    ten, thirty = moments([0.1] * 10), moments([0.1] * 30)
    noisy = MeanMoments(
        units=30, trials=30, total=sum([0.1] * 30), residual_squares=30 * (4e-17) ** 2
    )
    for arm in (thirty, noisy):
        assert variance_of_mean(arm) == 0
        assert compare_means(ten, arm).p_value == 1


def test_one_constant_arm_is_known_exactly() -> None:
    found = compare_means(moments([0.0] * 9), moments(SLEEP_1))
    theirs = stats.ttest_1samp(SLEEP_1, 0.0)
    assert (found.p_value, found.df) == pytest.approx((theirs.pvalue, theirs.df))
    assert math.isnan(found.ratio[0])


@pytest.mark.parametrize("size", [1e-140, 1e140, 1e155, 1e200])
def test_large_and_small_values_neither_raise_nor_mislead(size: float) -> None:
    with np.errstate(over="ignore"):
        arms = moments(np.array(SLEEP_1) * size), moments((np.array(SLEEP_2) + 1) * size)
    found = compare_means(*arms)
    if size <= 1e140:
        assert found.p_value == pytest.approx(compare_means(
            moments(SLEEP_1), moments(np.array(SLEEP_2) + 1)).p_value)  # fmt: skip
    else:
        assert (found.p_value, found.difference[1:]) == (1.0, NOTHING)


def test_a_level_outside_its_domain() -> None:
    with pytest.raises(ConfigError, match="`confidence_level` is 95"):
        compare_means(EMPTY, EMPTY, confidence_level=95)


def random_pairs(seed: int, cases: int = 3) -> list[MeanPair]:
    """Return use-cases of units with one to many values each."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 60, (cases, 2))
    return [
        MeanPair(*(moments(rng.gamma(2, 3 + case, n), rng.integers(0, n // 2, n)) for n in pair))
        for case, pair in enumerate(sizes)
    ]


def test_pooling_one_use_case_changes_nothing() -> None:
    for pair in (*random_pairs(1), MeanPair(moments([3.0]), moments([5.0]))):
        pooled = pooled_means([pair])
        assert pooled.effect == compare_means(*pair)
        assert (pooled.q, pooled.q_df, pooled.q_p_value) == (0.0, 0, None)


def test_pooled_effect_by_hand() -> None:
    pairs = random_pairs(2)
    n1 = np.array([pair.treatment.trials for pair in pairs])
    n0 = np.array([pair.control.trials for pair in pairs])
    weights = n1 * n0 / (n1 + n0) / np.sum(n1 * n0 / (n1 + n0))
    effects = [compare_means(*pair) for pair in pairs]
    differences = np.array([effect.difference[0] for effect in effects])
    errors = np.array([effect.standard_error for effect in effects])
    pooled = pooled_means(pairs, confidence_level=0.9)
    error = math.sqrt(np.sum(weights**2 * errors**2))
    assert pooled.effect.difference[0] == pytest.approx(np.sum(weights * differences))
    assert pooled.effect.standard_error == pytest.approx(error)
    parts = [
        (w**2 * (variance_of_mean(arm) or 0), arm.units - 1)
        for w, pair in zip(weights, pairs, strict=True)
        for arm in pair
    ]
    df = error**4 / sum(part**2 / freedom for part, freedom in parts)
    assert pooled.effect.df == pytest.approx(df)
    estimate = float(np.sum(weights * differences))
    assert pooled.effect.p_value == pytest.approx(2 * stats.t.sf(abs(estimate) / error, df))
    half = stats.t.ppf(0.95, df) * error
    assert pooled.effect.difference[1:] == pytest.approx((estimate - half, estimate + half))


def test_heterogeneity_is_the_chi_square_of_inverse_variances() -> None:
    """statsmodels' fixed-effect meta-analysis of the same differences."""
    from statsmodels.stats.meta_analysis import combine_effects

    pairs = random_pairs(4)
    effects = [compare_means(*pair) for pair in pairs]
    theirs = combine_effects(
        np.array([effect.difference[0] for effect in effects]),
        np.array([effect.standard_error for effect in effects]) ** 2,
    )
    pooled = pooled_means(pairs)
    assert pooled.q == pytest.approx(theirs.q)
    assert pooled.q_df == 2
    assert pooled.q_p_value == pytest.approx(stats.chi2.sf(theirs.q, 2))


@given(data=st.lists(st.tuples(values, values), max_size=4), level=levels)
def test_pooled_values_agree_about_no_effect(
    data: list[tuple[list[float], list[float]]], level: float
) -> None:
    pairs = [MeanPair(moments(control), moments(treatment)) for control, treatment in data]
    found = pooled_means(pairs, confidence_level=level).effect
    shown = found.p_value < 1 - level
    assert shown == (not found.difference[1] <= 0 <= found.difference[2])
    if not math.isnan(found.ratio[0]):
        assert shown == (not found.ratio[1] <= 1 <= found.ratio[2])


def test_use_cases_that_say_nothing_are_left_out() -> None:
    pairs = random_pairs(7)
    silent = [MeanPair(EMPTY, moments([1.0, 2.0])), MeanPair(moments([4.0]), moments([1.0, 2.0]))]
    assert pooled_means([*silent, *pairs]) == pooled_means(pairs)
    nothing = pooled_means([MeanPair(EMPTY, EMPTY)]).effect
    assert (nothing.p_value, nothing.difference[1:]) == (1.0, NOTHING)
    assert pooled_means([]).effect.p_value == 1


@pytest.mark.slow
@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_coverage_with_repeating_customers(shape: float) -> None:
    """Skewed costs of 200 customers an arm, who share a level: 95 % intervals cover 94 to 96 %."""
    rng = np.random.default_rng(11)
    covered = [0, 0]
    runs = 10_000
    for _ in range(runs):
        arms = []
        for scale in (1.0, 1.2):
            counts = 1 + rng.poisson(0.4, 200)
            level = rng.gamma(4, 0.25, 200)
            sums = scale * level * rng.gamma(shape * counts)
            mean = sums.sum() / counts.sum()
            squares = float(np.sum((sums - mean * counts) ** 2))
            arms.append(MeanMoments(units=200, trials=int(counts.sum()), total=float(sums.sum()),
                                    residual_squares=squares))  # fmt: skip
        found = compare_means(*arms)
        covered[0] += found.difference[1] <= 0.2 * shape <= found.difference[2]
        covered[1] += found.ratio[1] <= 1.2 <= found.ratio[2]
    assert 0.94 <= covered[0] / runs <= 0.96
    assert 0.94 <= covered[1] / runs <= 0.96
