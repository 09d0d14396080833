"""First contacts are a Poisson process with the stated rate, exactly."""

import numpy as np
import pytest
from scipy import stats

from abkit.simulations.arrivals import first_contacts, hourly_counts
from abkit.simulations.clock import HOUR
from abkit.simulations.scenario import Arrivals

WEIGHTS = (0.0, 0.0, 1.0, 40.0, *(3.0,) * 10, *(8.0,) * 10)  # closed hours and a jump by 40


def arrivals(per_week: float = 20_000, cv: float = 0.0) -> Arrivals:
    return Arrivals(
        first_contacts_per_week=per_week,
        day_factor_cv=cv,
        weekday_weights=(1.5, 1.0, 1.0, 1.0, 1.0, 0.5, 0.0),
        hour_weights=WEIGHTS,
    )


def test_counts_by_hour_of_the_week() -> None:
    """Chi-square against the expected count of every open hour; closed hours exactly empty."""
    law = arrivals()
    total = np.zeros(168)
    for replication in range(20):
        counts = hourly_counts(law, days=14, seed=1, replication=replication)
        total += counts.reshape(2, 168).sum(axis=0)
    expected = 40 * law.hourly_means()
    open_hours = expected > 0
    assert open_hours.sum() == 6 * 22
    assert (total[~open_hours] == 0).all()
    chi2 = ((total - expected)[open_hours] ** 2 / expected[open_hours]).sum()
    assert 1e-4 < stats.chi2.sf(chi2, open_hours.sum()) < 1 - 1e-4


def test_uniform_within_the_hour() -> None:
    times = first_contacts(arrivals(), days=14, seed=2, replication=0)
    within = times % HOUR / HOUR
    assert stats.kstest(within, "uniform").pvalue > 1e-4
    hours = times // HOUR
    assert (np.diff(hours) >= 0).all()
    assert (np.bincount(hours, minlength=336) == hourly_counts(
        arrivals(), days=14, seed=2, replication=0
    )).all()  # fmt: skip


def test_rescaled_gaps_are_standard_exponential() -> None:
    """Integrated rate between neighbours is Exp(1), across jumps and closed hours; no memory."""
    law = arrivals()
    times = np.sort(first_contacts(law, days=7, seed=3, replication=0))
    cumulative = np.concatenate(([0.0], np.cumsum(law.hourly_means())))
    gaps = np.diff(np.interp(times / HOUR, np.arange(169), cumulative))
    assert stats.kstest(gaps, "expon").pvalue > 1e-4
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 4 / np.sqrt(gaps.size)


def test_dispersion_of_daily_counts() -> None:
    """Var / mean is 1 without a day factor, 1 + cv^2 mean with one; within a day it is shared."""
    for cv in (0.0, 0.1):
        law = arrivals(7_000, cv)
        day = np.array(
            [
                hourly_counts(law, days=1, seed=4, replication=r)
                for r in range(4_000)
            ]
        )  # fmt: skip
        mean = law.hourly_means()[:24].sum()
        total = day.sum(axis=1)
        assert abs(total.mean() - mean) < 4 * total.std() / np.sqrt(4_000)
        ratio = total.var(ddof=1) / mean
        expected = 1 + cv**2 * mean
        assert abs(ratio / expected - 1) < 4 * np.sqrt(2 / 4_000) * 1.1
        a, b = day[:, 3], day[:, 20]
        covariance = cv**2 * a.mean() * b.mean()
        error = np.std((a - a.mean()) * (b - b.mean())) / np.sqrt(4_000)
        assert abs(np.cov(a, b)[0, 1] - covariance) < 4 * error


def test_a_longer_run_begins_with_the_same_customers() -> None:
    short = first_contacts(arrivals(cv=0.1), days=8, seed=5, replication=1)
    long = first_contacts(arrivals(cv=0.1), days=15, seed=5, replication=1)
    assert (long[: short.size] == short).all()
    assert long.size > 1.7 * short.size


@pytest.mark.parametrize("key", [(6, 1), (5, 2)])
def test_other_seeds_and_replications_differ(key: tuple[int, int]) -> None:
    seed, replication = key
    a = first_contacts(arrivals(), days=7, seed=5, replication=1)
    b = first_contacts(arrivals(), days=7, seed=seed, replication=replication)
    assert a.size != b.size or (a != b).any()
