"""Two arms of blocks: by numpy and scipy, by laws, and where the truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.block_comparison import block_variance, compare_blocks

CONTROL = [
    (530, 5000),
    (480, 5200),
    (610, 4900),
    (500, 5100),
    (450, 4700),
    (520, 5050),
    (600, 5300),
]
TREATMENT = [
    (420, 5100),
    (500, 4800),
    (390, 5000),
    (470, 5200),
    (510, 4950),
    (400, 4700),
    (460, 5000),
]

blocks = st.lists(
    st.integers(1, 400).flatmap(lambda m: st.tuples(st.integers(0, m), st.just(m))),
    min_size=2, max_size=9,
)  # fmt: skip


def test_variance_and_degrees_of_freedom_by_welch() -> None:
    """Blocks of one size: the difference of two means of rates, as scipy's Welch test has it."""
    rates = [np.array([0.10, 0.14, 0.09, 0.13]), np.array([0.08, 0.12, 0.07, 0.10, 0.06])]
    arms = [[(round(1000 * p), 1000) for p in part] for part in rates]
    variance, df = block_variance(*arms)
    welch = stats.ttest_ind(rates[1], rates[0], equal_var=False)
    assert (rates[1].mean() - rates[0].mean()) / np.sqrt(variance) == pytest.approx(welch.statistic)
    assert df == pytest.approx(welch.df)


def test_interval_by_block_totals_and_student() -> None:
    """Large arms: the score interval is the linearised one with t, to a hundredth of its width."""
    found = compare_blocks(CONTROL, TREATMENT, confidence_level=0.95)
    sides = [np.array(part, float) for part in (CONTROL, TREATMENT)]
    p0, p1 = (part[:, 0].sum() / part[:, 1].sum() for part in sides)
    errors = [
        (part[:, 0] - p * part[:, 1]) / part[:, 1].sum()
        for part, p in zip(sides, (p0, p1), strict=True)
    ]
    se = np.sqrt(sum(7 / 6 * (e**2).sum() for e in errors))
    _, df = block_variance(CONTROL, TREATMENT)
    half = stats.t.ppf(0.975, df) * se
    assert found.difference.estimate == pytest.approx(p1 - p0)
    assert found.standard_error == pytest.approx(se)
    assert found.difference.ci_lower == pytest.approx(p1 - p0 - half, abs=0.02 * half)
    assert found.difference.ci_upper == pytest.approx(p1 - p0 + half, abs=0.02 * half)
    p = 2 * stats.t.sf(abs(p1 - p0) / se, df)
    assert found.p_value == pytest.approx(p, rel=0.1)


@given(blocks, blocks)
def test_swapped_arms_flip_the_signs(control: list, treatment: list) -> None:
    one = compare_blocks(control, treatment, confidence_level=0.9)
    other = compare_blocks(treatment, control, confidence_level=0.9)
    assert other.p_value == pytest.approx(one.p_value)
    assert other.difference.estimate == pytest.approx(-one.difference.estimate)
    assert other.difference.ci_lower == pytest.approx(-one.difference.ci_upper, abs=1e-9)
    assert one.difference.ci_lower - 1e-12 <= one.difference.estimate
    assert (one.p_value < 0.1) == (one.difference.ci_lower > 0 or one.difference.ci_upper < 0)


@given(blocks)
def test_equal_arms_show_nothing(arm: list) -> None:
    found = compare_blocks(arm, arm[::-1], confidence_level=0.95)
    assert found.difference.estimate == 0
    assert found.p_value == pytest.approx(1)


def test_contacts_that_vary_no_more_than_binomially_are_worth_no_more() -> None:
    """The design effect is at least 1: blocks that agree by chance promise nothing."""
    found = compare_blocks([(50, 100)] * 5, [(60, 100)] * 5, confidence_level=0.95)
    assert found.design_effect.control == 1
    assert found.difference.ci_upper - found.difference.ci_lower > 0.05


def test_too_few_blocks_tell_nothing() -> None:
    found = compare_blocks([(1, 2), (1, 3)], [(1, 2), (0, 0)], confidence_level=0.95)
    assert (found.difference.ci_lower, found.difference.ci_upper, found.p_value) == (-1, 1, 1)
    assert found.difference.estimate == pytest.approx(0.1)
    assert found.difference.note == "fewer than two blocks with a trial in an arm"
    empty = compare_blocks([(0, 0)], [(1, 2)], confidence_level=0.95)
    assert empty.difference.estimate is None


@pytest.mark.slow
def test_coverage_where_blocks_differ() -> None:
    """Seven blocks an arm whose rates have an SD of 3 points: 95 % intervals hold the truth."""
    rng, held, n = np.random.default_rng(1), 0, 2_000
    for _ in range(n):
        size = rng.integers(3000, 7000, size=14)
        rate = np.clip(rng.normal(np.repeat([0.11, 0.10], 7), 0.03), 0.01, 1)
        y = rng.binomial(size, rate)
        arms = [list(zip(y[part], size[part], strict=True)) for part in (slice(7), slice(7, 14))]
        found = compare_blocks(*arms, confidence_level=0.95)
        held += found.difference.ci_lower <= -0.01 <= found.difference.ci_upper
    assert abs(held / n - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)


def test_relative_is_the_ratio_less_one() -> None:
    """Large arms: the ratio's interval is the delta method's of its logarithm, with t."""
    found = compare_blocks(CONTROL, TREATMENT, confidence_level=0.95)
    sides = [np.array(part, float) for part in (CONTROL, TREATMENT)]
    rates = [part[:, 0].sum() / part[:, 1].sum() for part in sides]
    assert found.relative.estimate == pytest.approx(rates[1] / rates[0] - 1)
    assert found.design_effect.control is not None
    effect = found.design_effect.control
    spread = sum(effect * (1 - p) / part[:, 0].sum() for part, p in zip(sides, rates, strict=True))
    _, df = block_variance(CONTROL, TREATMENT)
    half = stats.t.ppf(0.975, df) * np.sqrt(spread)
    ends = np.exp(np.log(rates[1] / rates[0]) + np.array([-half, half])) - 1
    np.testing.assert_allclose((found.relative.ci_lower, found.relative.ci_upper), ends, atol=0.01)


def test_an_arm_keeps_at_least_one_contact() -> None:
    """Two contacts against ten: the design effect would leave .6 of a contact."""
    found = compare_blocks([(0, 5), (5, 5)], [(1, 1), (0, 1)], confidence_level=0.95)
    assert found.design_effect.control == found.design_effect.treatment == 2
