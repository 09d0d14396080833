"""Laws of the score test and its intervals: symmetry, duality, agreement, limits."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from abkit.analysis.constrained import (
    Tables,
    deviation_at_difference,
    deviation_at_ratio,
    proportions_at_difference,
    proportions_at_ratio,
)
from abkit.analysis.score_test import score_inference

Arm = tuple[float, float]


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    """Successes and trials, both extremes likely, fractions now and then."""
    n = draw(st.one_of(st.integers(1, 60), st.integers(1, 10**6)))
    x = draw(st.one_of(st.just(0), st.just(n), st.integers(0, n)))
    shrink = draw(st.sampled_from([1.0, 1.0, 1.37]))
    return (x / shrink, n / shrink) if n / shrink >= 1 else (x, n)


levels = st.sampled_from([0.5, 0.9, 0.95, 0.999])
freedoms = st.sampled_from([np.inf, 7.0, 300.0])


@settings(max_examples=300, deadline=None)
@given(a=arms(), b=arms(), level=levels, df=freedoms)
def test_bounds_are_numbers_in_order_around_the_estimate(
    a: Arm, b: Arm, level: float, df: float
) -> None:
    r = score_inference(a, b, confidence_level=level, df=df)
    assert -1 <= r.difference_lower <= r.difference + 1e-12
    assert r.difference - 1e-12 <= r.difference_upper <= 1
    assert 0 <= r.ratio_lower <= r.ratio_upper
    if not np.isnan(r.ratio):
        assert r.ratio_lower <= r.ratio * (1 + 1e-9)
        assert r.ratio <= r.ratio_upper * (1 + 1e-9)
    assert 0 <= r.p_value <= 1


@settings(max_examples=200, deadline=None)
@given(a=arms(), b=arms(), level=levels)
def test_exchanging_the_arms_negates_and_inverts(a: Arm, b: Arm, level: float) -> None:
    there = score_inference(a, b, confidence_level=level)
    back = score_inference(b, a, confidence_level=level)
    assert there.p_value == back.p_value
    assert there.difference_lower == -back.difference_upper
    assert there.difference_upper == -back.difference_lower
    with np.errstate(divide="ignore"):
        assert there.ratio_lower == pytest.approx(1 / back.ratio_upper, rel=1e-12)
        assert there.ratio_upper == pytest.approx(1 / back.ratio_lower, rel=1e-12)


@settings(max_examples=200, deadline=None)
@given(a=arms(), b=arms(), level=levels)
def test_counting_failures_instead_negates_the_difference(a: Arm, b: Arm, level: float) -> None:
    there = score_inference(a, b, confidence_level=level)
    failures = [(n - x, n) for x, n in (a, b)]
    back = score_inference(*failures, confidence_level=level)
    assert there.p_value == pytest.approx(float(back.p_value), rel=1e-8)
    assert there.difference_lower == pytest.approx(-float(back.difference_upper), abs=1e-7)


@settings(max_examples=300, deadline=None)
@given(a=arms(), b=arms(), level=levels)
@example(a=(3.0, 3.0), b=(1e6, 1e6), level=0.999)
def test_p_value_at_each_bound_is_the_error_level(a: Arm, b: Arm, level: float) -> None:
    """Duality, at every finite interior bound, on both scales."""
    r = score_inference(a, b, confidence_level=level)
    tables = Tables(*(np.array([v], float) for v in (*a, *b)))
    z = stats.norm.isf((1 - level) / 2)
    for bound, side in ((r.difference_lower, 1), (r.difference_upper, -1)):
        if -1 < bound < 1:
            deviation = deviation_at_difference(tables, np.array([float(bound)]))
            gap = float(r.difference - bound) - side * z * deviation[0]
            assert abs(gap) < 1e-6 * max(deviation[0], 1e-9) + 1e-12
    for bound, side in ((r.ratio_lower, 1), (r.ratio_upper, -1)):
        if 0 < bound < np.inf:
            share = np.array([float(bound / (1 + bound))])
            gap = a[0] / a[1] * (1 - share) - b[0] / b[1] * share
            deviation = deviation_at_ratio(tables, share)
            assert abs(gap - side * z * deviation)[0] < 1e-6 * max(deviation[0], 1e-9) + 1e-12


def random_counts(n: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(20240101)
    n1, n0 = np.exp(rng.uniform(0, np.log(5e5), (2, n))).astype(int)
    p1 = rng.beta(0.4, 0.4, n)
    p0 = np.where(rng.random(n) < 0.5, p1 + rng.normal(0, 1, n) / np.sqrt(n1 + n0), rng.random(n))
    x1, x0 = rng.binomial(n1, p1), rng.binomial(n0, np.clip(p0, 0, 1))
    return x1, n1, x0, n0


@pytest.mark.parametrize("df", [np.inf, 12.0])
def test_p_value_and_both_intervals_agree_about_no_effect(df: float) -> None:
    """On 10,000 tables: all three exclude no effect, or none does."""
    x1, n1, x0, n0 = random_counts(10_000)
    r = score_inference((x1, n1), (x0, n0), df=df)
    shown = r.p_value < 1 - 0.95
    by_difference = (r.difference_lower > 0) | (r.difference_upper < 0)
    by_ratio = (r.ratio_lower > 1) | (r.ratio_upper < 1)
    assert 2_000 < shown.sum() < 8_000
    assert (shown == by_difference).all()
    assert (shown == by_ratio).all()
    for name in ("difference_lower", "difference_upper", "ratio_lower", "ratio_upper", "p_value"):
        assert not np.isnan(getattr(r, name)).any()


def test_agreement_holds_exactly_at_the_boundary() -> None:
    """With the level put on the p-value itself, and one float to either side of it."""
    x1, n1, x0, n0 = random_counts(400)
    p_values = score_inference((x1, n1), (x0, n0)).p_value
    for i in np.flatnonzero((p_values > 1e-6) & (p_values < 0.999)):
        middle = 1 - float(p_values[i])
        for level in (np.nextafter(middle, 0), middle, np.nextafter(middle, 1)):
            r = score_inference((x1[i], n1[i]), (x0[i], n0[i]), confidence_level=level)
            shown = r.p_value < 1 - level
            assert shown == ((r.difference_lower > 0) | (r.difference_upper < 0))
            assert shown == ((r.ratio_lower > 1) | (r.ratio_upper < 1))


def test_tends_to_walds_interval() -> None:
    n1, n0 = 4e8, 7e8
    p1, p0 = 0.31, 0.29
    r = score_inference((p1 * n1, n1), (p0 * n0, n0))
    z = stats.norm.isf(0.025)
    half = z * np.sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    assert float(r.difference_lower) == pytest.approx(p1 - p0 - half, abs=2e-4 * half)
    assert float(r.difference_upper) == pytest.approx(p1 - p0 + half, abs=2e-4 * half)
    log_half = z * np.sqrt((1 - p1) / (p1 * n1) + (1 - p0) / (p0 * n0))
    assert np.log(r.ratio_upper / (p1 / p0)) == pytest.approx(log_half, rel=2e-4)


@settings(max_examples=300, deadline=None)
@given(a=arms(), b=arms(), d=st.floats(-0.999, 0.999), ratio=st.floats(1e-3, 1e3))
def test_closed_forms_maximise_the_likelihood(a: Arm, b: Arm, d: float, ratio: float) -> None:
    """No neighbour on the constraint is likelier."""
    tables = Tables(*(np.array([v], float) for v in (*a, *b)))

    def log_likelihood(p1: float, p0: float) -> float:
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = [
                count * np.log(p)
                for (x, n), rate in ((a, p1), (b, p0))
                for count, p in ((x, rate), (n - x, 1 - rate))
                if count > 0
            ]
        return float(np.sum(terms))

    p1, p0 = (float(p[0]) for p in proportions_at_difference(tables, np.array([d])))
    assert p1 - p0 == pytest.approx(d, abs=1e-15)
    best = log_likelihood(p1, p0)
    for step in (-1e-3, -1e-5, 1e-5, 1e-3):
        other = p0 + step
        if max(0, -d) <= other <= min(1, 1 - d):
            assert log_likelihood(other + d, other) <= best + 1e-8 * max(1, abs(best))
    share = ratio / (1 + ratio)
    p1, p0 = (float(p[0]) for p in proportions_at_ratio(tables, np.array([share])))
    assert p1 == pytest.approx(ratio * p0, rel=1e-9, abs=1e-300)
    best = log_likelihood(p1, p0)
    for factor in (0.999, 0.99999, 1.00001, 1.001):
        if p0 * factor <= 1 and p1 * factor <= 1:
            assert log_likelihood(p1 * factor, p0 * factor) <= best + 1e-8 * max(1, abs(best))
