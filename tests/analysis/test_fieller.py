"""Fieller's interval against published limits, a numeric inversion and its laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from abkit.analysis.fieller import Mean, fieller_interval


def test_published_limits() -> None:
    """Colquhoun's FIELLER program (DC-Stats, its README): 14 / 7, SE 3 and 2, t = 1.812461."""
    found = fieller_interval(Mean(14, 9), Mean(7, 4), critical=1.812461)
    assert found == pytest.approx((1.051413, 4.414296), abs=2e-6)


def test_published_limits_from_two_groups() -> None:
    """GraphPad's calculator, as printed there: means 14 and 7, SD 3 and 2, six values each."""
    groups = Mean(14, 9 / 6), Mean(7, 4 / 6)
    published = {0.9: (1.54, 2.64), 0.95: (1.46, 2.83), 0.99: (1.27, 3.36)}
    for level, limits in published.items():
        critical = float(stats.t.ppf((1 + level) / 2, 10))
        assert fieller_interval(*groups, critical=critical) == pytest.approx(limits, abs=0.0051)


means = st.floats(0.1, 100)
variances = st.floats(0, 100)
criticals = st.floats(0, 5)


def excess(treatment: Mean, control: Mean, critical: float, ratio: float) -> float:
    """How far the test of m1 = r m0 is from its limit; above 0 the ratio is excluded."""
    error = math.sqrt(treatment.variance + ratio**2 * control.variance)
    return abs(treatment.mean - ratio * control.mean) - critical * error


@given(m1=st.floats(-100, 100), m0=means, v1=variances, v0=variances, critical=criticals)
def test_what_lies_inside_is_not_excluded(
    m1: float, m0: float, v1: float, v0: float, critical: float
) -> None:
    arms = Mean(m1, v1), Mean(m0, v0)
    lower, upper = fieller_interval(*arms, critical=critical)
    assert lower <= m1 / m0 <= upper
    low, high = max(lower, m1 / m0 - 1e4), min(upper, m1 / m0 + 1e4)
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        ratio = low + share * (high - low)
        scale = abs(m1) + abs(ratio) * m0 + 1
        assert excess(*arms, critical, ratio) <= 1e-6 * scale


@given(m1=means, m0=st.floats(1, 100), cv1=st.floats(0.01, 1), cv0=st.floats(0.01, 0.3))
def test_bounded_limits_are_where_the_test_is_at_its_limit(
    m1: float, m0: float, cv1: float, cv0: float
) -> None:
    treatment, control = Mean(m1, (m1 * cv1) ** 2), Mean(m0, (m0 * cv0) ** 2)
    lower, upper = fieller_interval(treatment, control, critical=2.0)

    def at(ratio: float) -> float:
        return excess(treatment, control, 2.0, ratio)

    far = 100 * m1 / m0
    assert lower == pytest.approx(optimize.brentq(at, -far, m1 / m0), rel=1e-6, abs=1e-9 * far)
    assert upper == pytest.approx(optimize.brentq(at, m1 / m0, far), rel=1e-6)


def test_a_noisy_control_puts_no_upper_bound_on_the_ratio() -> None:
    lower, upper = fieller_interval(Mean(10, 1), Mean(1, 1), critical=2.0)
    assert upper == math.inf
    assert excess(Mean(10, 1), Mean(1, 1), 2.0, lower) == pytest.approx(0, abs=1e-12)
    assert lower > 1
    lower, upper = fieller_interval(Mean(-10, 1), Mean(1, 1), critical=2.0)
    assert (lower, upper < 0) == (-math.inf, True)
    assert fieller_interval(Mean(1, 1), Mean(1, 1), critical=2.0) == (-math.inf, math.inf)


def test_the_edge_between_bounded_and_unbounded() -> None:
    """At m0 = c sd0 the quadratic is a line: r >= (m1^2 - c^2 v1) / (2 m1 m0)."""
    assert fieller_interval(Mean(3, 1), Mean(2, 1), critical=2.0) == (5 / 12, math.inf)
    assert fieller_interval(Mean(0, 0), Mean(2, 1), critical=2.0) == (-math.inf, math.inf)


@pytest.mark.parametrize("critical", [0.0, 2.0])
def test_known_means_have_a_known_ratio(critical: float) -> None:
    assert fieller_interval(Mean(3, 0), Mean(2, 0), critical=critical) == (1.5, 1.5)
    assert fieller_interval(Mean(0, 0), Mean(2, 0), critical=critical) == (0, 0)


@pytest.mark.parametrize(
    ("treatment", "control", "critical"),
    [
        (Mean(3, 1), Mean(2, 1), math.inf),
        (Mean(3, 0), Mean(2, 0), math.inf),
        (Mean(3, math.nan), Mean(2, 1), 2.0),
        (Mean(1e300, 1), Mean(1e-300, 1), 2.0),
        (Mean(1e200, 1), Mean(1, 1e-4), 2.0),
    ],
)
def test_what_cannot_be_known_or_held_is_all_numbers(
    treatment: Mean, control: Mean, critical: float
) -> None:
    assert fieller_interval(treatment, control, critical=critical) == (-math.inf, math.inf)


@given(m1=means, m0=means)
def test_rounding_keeps_the_estimate_inside(m1: float, m0: float) -> None:
    lower, upper = fieller_interval(Mean(m1, 1e-40), Mean(m0, 1e-40), critical=1.0)
    assert lower <= m1 / m0 <= upper
