"""Peers' intervals for a ratio: published values, other implementations, laws."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats._delta_method import NonlinearDeltaCov
from statsmodels.stats.proportion import confint_proportions_2indep

from abkit.analysis.fieller import Mean
from abkit.analysis.fieller import fieller_interval as means_interval
from abkit.analysis.ratio_intervals import (
    delta_interval,
    fieller_interval,
    katz_interval,
    pooled_log_interval,
    walter_interval,
)
from abkit.analysis.two_proportions import Bounds
from abkit.core.errors import ConfigError

Arm = tuple[int, int]
Interval = Callable[..., Bounds]
LOGARITHMIC = [katz_interval, walter_interval, pooled_log_interval]
ALL = [*LOGARITHMIC, delta_interval, fieller_interval]

# The trial of epinephrine by Perondi et al. in Fagerland, Lydersen and Laake (2017), Statistical
# Analysis of Contingency Tables, chapter 4, with the digits that the book's R package prints;
# Fagerland, Lydersen and Laake (2015), Stat. Methods Med. Res. 24, table 5, gives Katz's as
# 0.91 to 54
PERONDI = ((7, 34), (1, 34))
PERONDI_INTERVALS = {katz_interval: (0.9096, 53.8695), walter_interval: (0.9241, 27.0523)}

# Output of tea-tasting 1.14.0, Proportion(method="norm", correction=False), from its aggregates
TEA_TASTING = [
    ((90, 300), (120, 1200), (2.1925104656269956, 4.104883484524784)),
    ((56, 70), (48, 80), (1.0771806844383431, 1.6503988638681688)),
    ((5, 56), (2, 29), (0.2898006956254028, 5.783630449657555)),
]


@pytest.mark.parametrize(("interval", "published"), PERONDI_INTERVALS.items())
def test_perondi(interval: Interval, published: tuple[float, float]) -> None:
    assert interval(*PERONDI) == pytest.approx(published, abs=5.1e-5)


@pytest.mark.parametrize(("treatment", "control", "printed"), TEA_TASTING)
def test_pooled_log_is_tea_tastings(
    treatment: Arm, control: Arm, printed: tuple[float, float]
) -> None:
    assert pooled_log_interval(treatment, control) == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(
    ("treatment", "control", "printed", "tolerance"),
    [
        ((900_000, 3_000_000), (1_200_000, 12_000_000), (2.9927322566254, 3.0072677433675), 1e-9),
        ((20_000, 1_000_000), (10_000, 1_000_000), (1.9523119860762, 2.0476880139238), 1e-6),
    ],
)
def test_delta_is_gbstats(
    treatment: Arm, control: Arm, printed: tuple[float, float], tolerance: float
) -> None:
    """Output of gbstats 0.8.0, TwoSidedTTest, relative; at these sizes its t is normal."""
    assert delta_interval(treatment, control) == pytest.approx(printed, rel=tolerance)


def random_tables(n: int) -> np.ndarray:
    rng = np.random.default_rng(6)
    n1, n0 = rng.integers(5, 400, (2, n))
    x1, x0 = (rng.binomial(m - 2, rng.random(n)) + 1 for m in (n1, n0))  # no empty cell
    return np.stack([x1, n1, x0, n0], axis=1)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    ("interval", "method"), [(katz_interval, "log"), (walter_interval, "log-adjusted")]
)
def test_logarithmic_equal_statsmodels(interval: Interval, method: str, level: float) -> None:
    for x1, n1, x0, n0 in random_tables(40):
        reference = confint_proportions_2indep(
            x1, n1, x0, n0, method=method, compare="ratio", alpha=1 - level
        )
        found = interval((x1, n1), (x0, n0), confidence_level=level)
        assert found == pytest.approx(reference, rel=1e-12)


def test_delta_equals_a_numeric_delta_method() -> None:
    for x1, n1, x0, n0 in random_tables(20):
        rates = np.array([x1 / n1, x0 / n0])
        covariance = np.diag(rates * (1 - rates) / [n1, n0])
        numeric = NonlinearDeltaCov(lambda p: np.array([p[0] / p[1]]), rates, covariance)
        half = stats.norm.isf(0.025) * numeric.se_vectorized()[0]
        ratio = rates[0] / rates[1]
        found = delta_interval((x1, n1), (x0, n0))
        assert found == pytest.approx((ratio - half, ratio + half), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_fieller_bounds_solve_its_equation(level: float) -> None:
    """Found again by bisection, on either side of the estimate, where there is a bound."""
    z = stats.norm.isf((1 - level) / 2)
    ends = 0
    for x1, n1, x0, n0 in random_tables(60):
        p1, p0 = x1 / n1, x0 / n0
        v1, v0 = p1 * (1 - p1) / n1, p0 * (1 - p0) / n0

        def excess(u: float, p1=p1, p0=p0, v1=v1, v0=v0) -> float:
            """With u = r / (1 + r), so that an infinite ratio is 1."""
            return (p1 * (1 - u) - p0 * u) ** 2 - z**2 * (v1 * (1 - u) ** 2 + v0 * u**2)

        found = fieller_interval((x1, n1), (x0, n0), confidence_level=level)
        middle = p1 / (p1 + p0)
        for bound, end in ((float(found.lower), 0.0), (float(found.upper), 1.0)):
            if excess(end) <= 0:
                assert bound == (0 if end == 0 else np.inf)
            else:
                ends += 1
                u = optimize.brentq(excess, middle, end, xtol=1e-15, rtol=1e-14)
                assert bound == pytest.approx(u / (1 - u), rel=1e-8)
    assert ends > 60


def test_fieller_equals_that_of_means() -> None:
    """The same set, found for one pair of means at a time, and over negative ratios, too."""
    for x1, n1, x0, n0 in random_tables(200):
        means = [Mean(x / n, x / n * (1 - x / n) / n) for x, n in ((x1, n1), (x0, n0))]
        lower, upper = means_interval(*means, critical=stats.norm.isf(0.025))
        found = fieller_interval((x1, n1), (x0, n0))
        assert found == pytest.approx((max(0, lower), upper), rel=1e-9)


@pytest.mark.parametrize(
    ("table", "bounds"),
    [
        ((0, 9, 0, 7), (0, np.inf)),  # nothing is known
        ((0, 9, 7, 7), (0, 0)),  # treatment's rate taken as known to be 0, as Wald does
        ((9, 9, 0, 7), (np.inf, np.inf)),
    ],
)
def test_fieller_without_an_end(table: tuple[int, ...], bounds: tuple[float, float]) -> None:
    x1, n1, x0, n0 = table
    assert tuple(map(float, fieller_interval((x1, n1), (x0, n0)))) == bounds


arms = st.integers(3, 500).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


@pytest.mark.parametrize("interval", [*LOGARITHMIC, fieller_interval])
@given(a=arms, b=arms, level=st.floats(0.5, 0.999))
def test_exchanging_the_arms_inverts(interval: Interval, a: Arm, b: Arm, level: float) -> None:
    lower, upper = interval(a, b, confidence_level=level)
    back = interval(b, a, confidence_level=level)
    with np.errstate(divide="ignore"):
        assert back == pytest.approx((1 / upper, np.divide(1, lower)), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("interval", ALL)
@given(a=arms, b=arms, level=st.floats(0.5, 0.999))
def test_round_the_estimate_and_nested(interval: Interval, a: Arm, b: Arm, level: float) -> None:
    lower, upper = interval(a, b, confidence_level=level)
    ratio = a[0] / a[1] / (b[0] / b[1])
    if interval is not walter_interval:  # that one is round a shrunken estimate
        assert lower <= ratio * (1 + 1e-12)
        assert ratio <= upper * (1 + 1e-12)
    narrower = interval(a, b, confidence_level=level / 2)
    assert lower <= narrower.lower * (1 + 1e-12) + 1e-12
    assert narrower.upper <= upper * (1 + 1e-12)


@pytest.mark.parametrize("interval", [delta_interval, katz_interval])
def test_undefined_without_successes_in_control(interval: Interval) -> None:
    assert np.isnan(interval((3, 9), (0, 9)).lower)


def test_walter_is_always_defined() -> None:
    found = walter_interval(([0, 0, 9, 9], 9), ([0, 9, 0, 9], 9))
    assert (found.lower > 0).all()
    assert np.isfinite(found.upper).all()


@pytest.mark.parametrize("interval", ALL)
def test_impossible_input_is_refused(interval: Interval) -> None:
    with pytest.raises(ConfigError, match="`control` has 4 successes in 3 trials"):
        interval((1, 2), (4, 3))
    with pytest.raises(ConfigError, match="confidence_level"):
        interval((1, 2), (1, 2), confidence_level=1)
