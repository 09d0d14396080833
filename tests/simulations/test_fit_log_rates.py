"""Shares from a log: another implementation, laws, the ends of the scale."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from abkit.simulations.fit_log_rates import on_log, share_of, shares_of, weighted_mean


def test_independent_contacts_have_the_binomial_error() -> None:
    """And 0 of 25, the hard case of Agresti (2013), 1.4.3, has an interval inside (0, 1)."""
    yes = np.arange(25) < 10
    estimate = share_of(yes, np.ones(25, dtype=bool), np.arange(25), by="contacts")
    assert estimate is not None
    assert estimate.value == 0.4
    assert estimate.standard_error == pytest.approx(math.sqrt(0.24 / 25))
    assert estimate.by == "25 contacts"
    none = share_of(~np.ones(25, dtype=bool), np.ones(25, dtype=bool), np.arange(25), by="of them")
    assert none is not None
    assert (none.value, none.standard_error) == (0, 0)
    assert 0 < none.lower < none.upper < 0.25


def test_errors_are_those_of_a_clustered_regression() -> None:
    """Statsmodels: the binomial GLM of a constant, sandwich by customer without correction."""
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(300), rng.integers(1, 6, 300))
    yes = rng.random(unit.size) < rng.beta(2, 3, 300)[unit]
    estimate = share_of(yes, np.ones(unit.size, dtype=bool), unit, by="contacts")
    assert estimate is not None
    fit = sm.GLM(yes.astype(float), np.ones(unit.size), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False}
    )
    p = estimate.value
    assert estimate.standard_error == pytest.approx(float(fit.bse[0]) * p * (1 - p), rel=1e-6)
    assert estimate.standard_error > 1.1 * math.sqrt(p * (1 - p) / unit.size)


def test_nobody_to_count() -> None:
    nobody = np.zeros(3, dtype=bool)
    assert share_of(nobody, nobody, np.arange(3), by="contacts") is None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200))
def test_kinds_share_everything(codes: list[int]) -> None:
    found = shares_of(np.array(codes), 4, by="contacts")
    assert sum(estimate.value for estimate in found) == pytest.approx(1)
    for estimate in found:
        assert estimate.lower < estimate.value + 1e-9 or estimate.value == 0
        assert estimate.upper > estimate.value - 1e-9 or estimate.value == 1
        assert 0 < estimate.lower < estimate.upper < 1


def test_intervals_of_durations_are_of_their_logarithm() -> None:
    estimate = on_log(100.0, 0.1, by="calls")
    assert estimate.standard_error == pytest.approx(10)
    assert estimate.lower * estimate.upper == pytest.approx(100.0**2)
    assert estimate.upper == pytest.approx(100 * math.exp(0.1959964))


def test_the_surer_value_weighs_more() -> None:
    assert weighted_mean(np.array([1.0, 2.0]), np.array([1.0, 0.5])) == pytest.approx(1.8)
