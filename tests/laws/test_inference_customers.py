"""Laws of the inference with customers as units, and its coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from abkit.analysis.comparison import ArmPair, compare
from abkit.analysis.design_effect import (
    CustomerMoments,
    arm_design_effects,
    design_effect,
    intraclass_correlation,
    linearised_variance,
)
from abkit.analysis.score_test import score_inference

Customers = list[tuple[int, int]]  # y successes of m trials each

customers = st.lists(
    st.integers(1, 6).flatmap(lambda m: st.tuples(st.integers(0, m), st.just(m))),
    min_size=2,
    max_size=40,
)


def moments(customers: Customers) -> CustomerMoments:
    return CustomerMoments.from_groups((y, m, 1) for y, m in customers)


@given(customers)
def test_doubling_every_contact_doubles_the_design_effect(own: Customers) -> None:
    """And changes neither the effective counts nor the variance: no information was added."""
    once, twice = moments(own), moments([(2 * y, 2 * m) for y, m in own])
    assert linearised_variance(once) == pytest.approx(linearised_variance(twice))
    if design_effect(once) is not None:
        assert design_effect(twice) == pytest.approx(2 * design_effect(once))


@given(customers)
def test_doubling_every_customer_keeps_the_design_effect(own: Customers) -> None:
    once, twice = moments(own), moments(own * 2)
    assert design_effect(once) == pytest.approx(design_effect(twice))
    assert intraclass_correlation(once) == pytest.approx(intraclass_correlation(twice))


@given(customers)
def test_failures_have_the_design_effect_of_successes(own: Customers) -> None:
    there, back = moments(own), moments([(m - y, m) for y, m in own])
    assert design_effect(there) == pytest.approx(design_effect(back))
    assert linearised_variance(there) == pytest.approx(linearised_variance(back))


@given(customers, customers)
def test_effective_trials_lie_between_one_and_all(control: Customers, treatment: Customers) -> None:
    pair = ArmPair(moments(control), moments(treatment))
    for arm, effect in zip(pair, arm_design_effects(*pair), strict=True):
        assert effect >= 1
        assert arm.trials / effect >= 1


@given(st.lists(st.booleans(), min_size=1), st.lists(st.booleans(), min_size=1))
def test_equals_the_plain_test_when_nobody_repeats(
    control: list[bool], treatment: list[bool]
) -> None:
    pair = ArmPair(*(moments([(int(y), 1) for y in arm]) for arm in (control, treatment)))
    (found,) = compare([pair], confidence_level=0.95)
    plain = score_inference((sum(treatment), len(treatment)), (sum(control), len(control)))
    assert found.p_value == float(plain.p_value)
    assert found.difference.ci_lower == float(plain.difference_lower)
    assert found.relative.ci_upper == float(plain.ratio_upper) - 1


@given(customers, customers)
def test_p_value_and_intervals_agree_with_repeating_customers(
    control: Customers, treatment: Customers
) -> None:
    (found,) = compare([ArmPair(moments(control), moments(treatment))], confidence_level=0.95)
    shown = found.p_value < 1 - 0.95
    for effect in (found.difference, found.relative):
        assert shown == (effect.ci_lower > 0 or effect.ci_upper < 0)


def grouped(cells: np.ndarray) -> CustomerMoments:
    """Return customers counted by 7 m + y."""
    return CustomerMoments.from_groups(
        (int(i % 7), int(i // 7), int(cells[i])) for i in np.flatnonzero(cells)
    )


def simulated_pairs(
    rng: np.random.Generator, n: int, sizes: tuple[int, int], rates: tuple[float, float]
) -> list[ArmPair]:
    """Return experiments with up to 6 contacts a customer and correlation 1/3 within one."""
    arms = []
    for k, p in zip(sizes, rates, strict=True):
        m = np.minimum(rng.geometric(0.45, (n, k)), 6)
        y = rng.binomial(m, rng.beta(2 * p, 2 * (1 - p), (n, k)))
        cells = np.array([np.bincount(row, minlength=49) for row in 7 * m + y])
        arms.append([grouped(row) for row in cells])
    return [ArmPair(*pair) for pair in zip(*arms, strict=True)]


def coverage(sizes: tuple[int, int], rates: tuple[float, float], n: int) -> tuple[float, ...]:
    """Return the shares of difference intervals, ratio intervals and tests that are right."""
    rng = np.random.default_rng([*sizes, int(1000 * rates[0])])
    found = compare(simulated_pairs(rng, n, sizes, rates), confidence_level=0.95)
    true = (rates[1] - rates[0], rates[1] / rates[0] - 1)
    shares = [
        np.mean([effect.ci_lower <= value <= effect.ci_upper for effect in effects])
        for effects, value in (
            ([row.difference for row in found], true[0]),
            ([row.relative for row in found], true[1]),
        )
    ]
    return (*shares, float(np.mean([row.p_value < 0.05 for row in found])))


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(200, 200), (600, 200), (1000, 1000)])
@pytest.mark.parametrize(
    "rates", [(0.5, 0.55), (0.3, 0.3), (0.08, 0.12), (0.03, 0.03), (0.9, 0.85)]
)
def test_intervals_cover_the_truth_19_times_of_20(
    sizes: tuple[int, int], rates: tuple[float, float]
) -> None:
    """Over 10,000 experiments between .94 and .96; at no effect, 4 to 6 % are called one.

    At 200 customers and a rate of .03 an arm has 13 successes, from 8 customers.
    """
    difference, ratio, shown = coverage(sizes, rates, 10_000)
    assert 0.94 <= difference <= 0.96
    assert 0.94 <= ratio <= 0.96
    if rates[0] == rates[1]:
        assert 0.04 <= shown <= 0.06


def test_ignoring_the_repeats_would_not_cover() -> None:
    """The plain interval on the same contacts misses the truth far more often than 1 in 20."""
    rng = np.random.default_rng(5)
    pairs = simulated_pairs(rng, 400, (300, 300), (0.5, 0.5))
    x = {arm: np.array([getattr(p, arm).successes for p in pairs]) for arm in ArmPair._fields}
    n = {arm: np.array([getattr(p, arm).trials for p in pairs]) for arm in ArmPair._fields}
    plain = score_inference((x["treatment"], n["treatment"]), (x["control"], n["control"]))
    ours = compare(pairs, confidence_level=0.95)
    assert np.mean(plain.p_value < 0.05) > 0.09
    bound = special.bdtri(400 * 0.05, 400, 0.001)  # binomial band at 1 in 1,000
    assert np.mean([row.p_value < 0.05 for row in ours]) < max(bound, 0.085)
