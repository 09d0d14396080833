"""Arrivals from starts: a regression, cut days, the variation of days, hours by weekday."""

import numpy as np
import pytest
import statsmodels.api as sm

from abkit.core.errors import DataError
from abkit.simulations.clock import DAY, HOUR
from abkit.simulations.fit_log_arrivals import fit_arrivals


def starts(counts: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """Contacts spread over their hours; counts by day and hour."""
    hour = np.repeat(np.arange(counts.size), counts.ravel())
    within = np.random.default_rng(seed).integers(0, HOUR, hour.size)
    return (hour * HOUR + within).astype(np.int64)


def drawn(days: int, *, cv: float = 0.0, seed: int = 2, mean: float = 60.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    factor = rng.gamma(cv**-2, cv**2, days) if cv else np.ones(days)
    weekday = np.array([1.4, 1.2, 1.0, 1.0, 0.9, 0.8, 0.7])[np.arange(days) % 7]
    hours = 1 + np.sin(np.arange(24) / 4) ** 2
    return rng.poisson(mean * np.outer(weekday * factor, hours / hours.mean()))


def test_profile_is_a_poisson_regression() -> None:
    """Log-linear in weekday and hour, 15 days, so that one weekday was seen three times."""
    counts = drawn(15)
    fit = fit_arrivals(starts(counts), prior_cv=0.0)
    day, hour = np.divmod(np.arange(15 * 24), 24)
    design = np.hstack([np.eye(7)[day % 7], np.eye(24)[hour][:, 1:]])
    model = sm.GLM(counts.ravel(), design, family=sm.families.Poisson()).fit()
    predicted = np.asarray(model.predict(design)).reshape(15, 24)
    assert fit.weekday_means == pytest.approx(predicted[:7].sum(axis=1), rel=1e-6)
    assert fit.hours == pytest.approx(predicted[0] / predicted[0].sum(), rel=1e-6)
    assert fit.days == 15
    week = fit.estimates["first_contacts_per_week"]
    assert week.value == pytest.approx(predicted[:7].sum())


def test_days_cut_at_either_end_are_left_out() -> None:
    counts = drawn(15)
    counts[0, :9], counts[14, 15:] = 0, 0
    fit = fit_arrivals(starts(counts), prior_cv=0.1)
    assert fit.days == 13
    whole = fit_arrivals(starts(drawn(15)), prior_cv=0.1)
    assert fit.weekday_means[1:] == pytest.approx(whole.weekday_means[1:])


def test_an_early_closing_day_is_whole() -> None:
    counts = drawn(14)
    counts[:, :8] = 0
    assert fit_arrivals(starts(counts), prior_cv=0.1).days == 14


def test_one_week_tells_nothing_of_the_variation_of_days() -> None:
    counts = drawn(7)
    fit = fit_arrivals(starts(counts), prior_cv=0.2)
    assert "day_factor_cv" not in fit.estimates
    week = fit.estimates["first_contacts_per_week"]
    assert week.standard_error > 0.07 * week.value  # .2 / sqrt(7), and Poisson's part
    surer = fit_arrivals(starts(counts), prior_cv=0.0).estimates["first_contacts_per_week"]
    assert surer.standard_error == pytest.approx(np.sqrt(counts.sum()), rel=1e-9)


def test_variation_of_days() -> None:
    """Three weeks by hand, and intervals that hold the truth in 100 samples of two weeks."""
    totals = np.array([100, 100, 100, 100, 100, 100, 100, 130, 100, 100, 100, 100, 100, 100])
    counts = np.zeros((14, 24), dtype=int)
    counts[:, 0], counts[:, 23] = totals - 1, 1
    found = fit_arrivals(starts(counts), prior_cv=0.1).estimates["day_factor_cv"]
    m = np.array([115.0, *[100.0] * 6])
    assert found.value == pytest.approx(np.sqrt(max(0.0, (450 - m.sum()) / (m**2).sum())))
    held, found_cv = 0, []
    for seed in range(100):
        sample = drawn(14, cv=0.15, seed=seed)
        estimate = fit_arrivals(starts(sample), prior_cv=0.1).estimates["day_factor_cv"]
        held += estimate.lower <= 0.15 <= estimate.upper
        found_cv.append(estimate.value**2)
    assert held >= 88
    assert np.mean(found_cv) == pytest.approx(0.15**2, rel=0.15)


def test_hours_that_differ_by_weekday_are_told() -> None:
    counts = drawn(14)
    assert fit_arrivals(starts(counts), prior_cv=0.1).by_weekday is None
    counts[5::7, 12:] = 0  # closed on Saturday afternoons
    fit = fit_arrivals(starts(counts), prior_cv=0.1)
    assert fit.by_weekday is not None
    assert fit.by_weekday[0] == pytest.approx((counts[0] + counts[7]) / 2)
    assert (fit.by_weekday[5, 12:] == 0).all()


def test_a_closed_weekday_and_a_weekday_not_seen() -> None:
    counts = drawn(14)
    counts[6::7] = 0
    fit = fit_arrivals(starts(counts), prior_cv=0.1)
    assert fit.estimates["weekday_weights.6"].value == 0
    short = fit_arrivals(starts(drawn(5)), prior_cv=0.1)
    assert np.isnan(short.weekday_means[5:]).all()
    assert "weekday_weights.6" not in short.estimates


def test_less_than_two_days() -> None:
    with pytest.raises(DataError, match="fewer than two whole days"):
        fit_arrivals(np.arange(5) * HOUR + DAY, prior_cv=0.1)
