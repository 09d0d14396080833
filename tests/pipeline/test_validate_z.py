"""Distances from theory on the normal scale: against scipy's own tests, and under the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from abkit.pipeline.validate_z import Against, z_limit

AGAINST = Against(group="queue", subject="made up")


def test_replications_are_students_t() -> None:
    """The same two-sided p-value as `scipy.stats.ttest_1samp`; the sign of the distance."""
    estimates = np.array([4.1, 3.7, 5.2, 4.4, 4.9, 3.9])
    for theory in (3.0, 4.3, 5.5):
        check = AGAINST.replications("x", theory, estimates)
        p = stats.ttest_1samp(estimates, theory).pvalue
        assert 2 * stats.norm.sf(abs(check.z)) == pytest.approx(p)
        assert math.copysign(1, check.z) == math.copysign(1, estimates.mean() - theory)
        assert check.standard_error == pytest.approx(stats.sem(estimates))


def test_replications_without_spread() -> None:
    same = np.full(5, 0.25)
    assert AGAINST.replications("x", 0.25, same).z == 0
    assert AGAINST.replications("x", 0.3, same).z < -30


@pytest.mark.parametrize("statistic", [3.0, 10.0, 18.0, 40.0])
def test_chi_square_counts_both_tails(statistic: float) -> None:
    z = AGAINST.chi_square("x", statistic, 10).z
    upper = stats.chi2.sf(statistic, 10)
    assert stats.norm.sf(z) == pytest.approx(upper, rel=1e-6) or statistic < 9
    assert (z < 0) == (statistic < stats.chi2.median(10))


def test_distribution_is_kolmogorov_smirnov() -> None:
    rng = np.random.default_rng(1)
    for power in (1.0, 1.05, 0.9):
        values = rng.random(5_000) ** power
        check = AGAINST.distribution("x", values)
        peer = stats.kstest(values, "uniform", method="asymp")
        assert check.simulated == pytest.approx(peer.statistic)
        assert min(stats.norm.sf(check.z), stats.norm.cdf(check.z)) == pytest.approx(
            min(peer.pvalue, 1 - peer.pvalue), abs=1e-6
        )
    assert AGAINST.distribution("x", (np.arange(5_000) + 0.5) / 5_000).z < -6  # too even


def test_mean_of_the_largest_gap() -> None:
    gaps = [AGAINST.distribution("x", np.random.default_rng(s).random(1_000)) for s in range(400)]
    mean = np.mean([gap.simulated for gap in gaps])
    assert mean == pytest.approx(gaps[0].theory, rel=0.03)


def test_known_error() -> None:
    assert AGAINST.known_error("x", 0.5, 0.53, 0.01).z == pytest.approx(3)
    assert math.isnan(AGAINST.known_error("x", 0.5, 0.5, 0.0).z)  # nothing was shown


def test_limit_is_bonferronis() -> None:
    assert z_limit(1, 0.05) == pytest.approx(1.959964, abs=1e-6)
    assert z_limit(136, 0.005) == pytest.approx(stats.norm.isf(0.005 / 272))


@pytest.mark.slow
def test_every_distance_is_standard_normal_under_the_truth() -> None:
    """Where theory is right |z| > 2 happens in 4.55 % of cases: 4 SD of 2,000 are 1.9 points."""
    rng, n = np.random.default_rng(2), 2_000
    made = (
        lambda: AGAINST.replications("x", 1.0, rng.normal(1.0, 0.3, size=60)),
        lambda: AGAINST.chi_square("x", float(rng.chisquare(132)), 132),
        lambda: AGAINST.distribution("x", rng.random(3_000)),
    )
    for make in made:
        share = np.mean([abs(make().z) > 2 for _ in range(n)])
        assert share == pytest.approx(0.0455, abs=0.019)
