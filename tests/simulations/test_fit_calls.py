"""Estimates from calls: published values, other implementations, laws, and simulated queues."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from abkit.core.errors import DataError
from abkit.simulations.durations import RepeatDelay
from abkit.simulations.fit_calls import (
    at_work_while_waiting,
    cut_log_normal,
    day_factor_cv,
    first_contacts,
    most_at_work,
    patience_hazard,
    usual_mean,
)
from abkit.simulations.patience import Hazard

# Weeks of remission under 6-mercaptopurine, 9 of 21 ended by a relapse
WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = np.arange(21) < 9


def test_one_step_is_the_published_rate() -> None:
    """Gehan (1965); Cox and Oakes (1984), Analysis of Survival Data, table 1.1: 9 of 359 weeks."""
    fit = patience_hazard(np.array(WEEKS, dtype=float), RELAPSED, [])
    assert (fit.abandoned[0], fit.exposure_s[0]) == (9, 359)
    assert fit.per_s[0] == pytest.approx(0.0251, abs=5e-5)
    censored = stats.CensoredData.right_censored(WEEKS, ~RELAPSED)
    assert 1 / fit.per_s[0] == pytest.approx(stats.expon.fit(censored, floc=0)[1], rel=1e-4)


def test_steps_are_a_poisson_regression_with_exposure() -> None:
    """The likelihood is that of counts with a log offset (Laird and Olivier 1981, JASA 76)."""
    waits = np.array(WEEKS, dtype=float)
    fit = patience_hazard(waits, RELAPSED, [8.0, 20.0])
    rows = [
        (piece, min(weeks, end) - begin, left and weeks <= end)
        for weeks, left in zip(WEEKS, RELAPSED, strict=True)
        for piece, (begin, end) in enumerate([(0, 8), (8, 20), (20, np.inf)])
        if weeks > begin
    ]
    piece, exposure, count = (np.array(column) for column in zip(*rows, strict=True))
    model = sm.GLM(
        count.astype(float), np.eye(3)[piece], family=sm.families.Poisson(),
        offset=np.log(exposure),
    ).fit()  # fmt: skip
    assert fit.per_s == pytest.approx(np.exp(model.params), rel=1e-6)
    assert fit.standard_errors() == pytest.approx(np.exp(model.params) * model.bse, rel=1e-4)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.booleans()), min_size=1, max_size=50),
    st.lists(st.integers(1, 400), max_size=4, unique=True),
)
def test_steps_lose_nothing(calls: list[tuple[int, bool]], ends: list[int]) -> None:
    waits, left = (np.array(column) for column in zip(*calls, strict=True))
    ends = [end for end in sorted(ends) if end < waits.max()]
    fit = patience_hazard(waits.astype(float), left, ends)
    assert fit.abandoned.sum() == left.sum()
    assert fit.exposure_s.sum() == waits.sum()


def test_hazard_is_recovered_from_what_service_leaves_of_it() -> None:
    law = Hazard(law="hazard", until_s=(10.0, 60.0), per_s=(0.004, 0.002, 0.001))
    rng = np.random.default_rng(5)
    patience = law.quantile(rng.random(200_000)) / 1e6
    offered = rng.exponential(80, patience.size)
    fit = patience_hazard(np.minimum(patience, offered), patience < offered, law.until_s)
    assert (np.abs(fit.per_s - law.per_s) < 4 * fit.standard_errors()).all()


def test_a_step_that_nobody_reached_is_refused() -> None:
    with pytest.raises(DataError, match="nobody waited longer than 50 s"):
        patience_hazard(np.array([10.0, 50.0]), np.array([True, False]), [20.0, 50.0])


def test_day_factor_of_poisson_days_with_a_gamma_factor() -> None:
    """Var = m + m^2 CV^2: the estimate's own error is about CV / sqrt(2 n) for large m."""
    rng, n = np.random.default_rng(3), 4_000
    totals = rng.poisson(1_500 * rng.gamma(0.13**-2, 0.13**2, size=n))
    assert day_factor_cv(totals) == pytest.approx(0.13, abs=4 * 0.13 / np.sqrt(2 * n))
    assert day_factor_cv([100, 100, 101]) == 0  # less than Poisson


@pytest.mark.parametrize("totals", [[5], [0, 0]])
def test_day_factor_needs_days_and_calls(totals: list[int]) -> None:
    with pytest.raises(DataError, match="expected two and some"):
        day_factor_cv(totals)


def test_an_outlier_is_left_out_of_the_mean() -> None:
    assert usual_mean(np.array([60.0, 70.0, 50.0, 236.0])) == (60.0, 1)
    assert usual_mean(np.array([0.0, 0.0, 9.0])) == (3.0, 0)  # no median to compare with


def test_cut_log_normal_maximises_the_truncated_likelihood() -> None:
    draws = RepeatDelay(median_h=3.0, sigma=1.4).quantile(np.random.default_rng(8).random(4_000))
    hours = draws / 3.6e9
    fit = cut_log_normal(hours, 24.0)
    assert abs(np.log(fit.median / 3.0)) < 4 * fit.log_median_error
    assert abs(fit.sigma - 1.4) < 4 * fit.sigma_error

    def cost(at: np.ndarray) -> float:
        end = (np.log(24) - at[0]) / at[1]
        law = stats.truncnorm(-np.inf, end, loc=at[0], scale=at[1])
        return -float(law.logpdf(np.log(hours)).sum())

    other = optimize.minimize(cost, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-7})
    assert [np.log(fit.median), fit.sigma] == pytest.approx(other.x, abs=1e-4)


def test_without_a_cut_it_is_the_log_normal_and_its_errors() -> None:
    values = np.exp(np.random.default_rng(2).normal(0.3, 0.8, 500))
    fit = cut_log_normal(values, 1e12)
    mu, sigma = np.log(values).mean(), np.log(values).std()
    assert (np.log(fit.median), fit.sigma) == pytest.approx((mu, sigma), rel=1e-5)
    errors = fit.log_median_error, fit.sigma_error
    assert errors == pytest.approx((sigma / 500**0.5, sigma / 1000**0.5), rel=1e-3)


@pytest.mark.parametrize("values", [np.ones(9), np.array([25.0] * 20), np.zeros(20)])
def test_cut_log_normal_refuses_what_it_cannot_see(values: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"all in \(0, 24\]"):
        cut_log_normal(values, 24.0)


def test_agents_at_work_while_somebody_waits() -> None:
    """Two at work for ten minutes with a queue, one without; nobody waits in the second hour."""
    begin, length = np.array([0.0, 0.0, 4_000.0]), np.array([600.0, 3_000.0, 100.0])
    mean, waiting = at_work_while_waiting(
        begin, length, np.array([0.0, 300.0]), np.array([400.0, 300.0]), hours=2
    )
    assert (mean[0], list(waiting)) == (2, [600, 0])
    assert np.isnan(mean[1])
    assert list(most_at_work(begin, length, hours=2)) == [2, 1]


def test_first_contacts_without_repeats_and_around_the_clock() -> None:
    totals = np.random.default_rng(1).uniform(20, 30, 168)
    alone = first_contacts(totals, np.zeros(168), median_h=1.0, sigma=1.5)
    assert alone == pytest.approx(totals)
    first = first_contacts(totals, np.full(168, 0.4), median_h=1.0, sigma=1.5)
    assert first.sum() == pytest.approx(0.6 * totals.sum())


def test_repeats_of_closed_hours_repeat_in_turn() -> None:
    """One open hour a week: of those who come back within the hour, some in the same one."""
    totals = np.zeros(168)
    totals[10] = 100.0
    first = first_contacts(totals, np.full(168, 0.5), median_h=0.5, sigma=1.0)
    assert np.flatnonzero(first).tolist() == [10]
    assert 0 < first[10] < 100


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1e4), min_size=168, max_size=168), st.floats(0, 0.9))
def test_first_contacts_are_never_negative_nor_more_than_all(
    totals: list[float], rate: float
) -> None:
    first = first_contacts(np.array(totals), np.full(168, rate), median_h=2.0, sigma=1.4)
    assert ((first >= 0) & (first <= np.array(totals))).all()
