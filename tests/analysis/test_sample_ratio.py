"""The sample-ratio check: chi-square over any number of arms, leaks, weights."""

import numpy as np
import pytest
from scipy import stats

from abkit.analysis.sample_ratio import sample_ratio_test
from abkit.core.errors import ConfigError


@pytest.mark.parametrize(
    ("observed", "weights"),
    [
        ({"a": 500, "b": 540}, {"a": 1, "b": 1}),
        ({"a": 330, "b": 700}, {"a": 1, "b": 2}),
        ({"a": 100, "b": 130, "c": 90}, {"a": 0.3, "b": 0.4, "c": 0.3}),
    ],
)
def test_equals_scipy(observed: dict[str, int], weights: dict[str, float]) -> None:
    share = np.array([weights[arm] for arm in observed]) / sum(weights.values())
    counts = np.array(list(observed.values()))
    theirs = stats.chisquare(counts, counts.sum() * share)
    found = sample_ratio_test(observed, weights)
    assert found.statistic == pytest.approx(theirs.statistic)
    assert found.p_value == pytest.approx(theirs.pvalue)


def test_an_arm_of_weight_zero_takes_no_degree_of_freedom() -> None:
    """44,700 : 45,489 : 0 at 50:50:0 is p = .0086; with the empty cell counted it was .0317."""
    found = sample_ratio_test({"a": 44_700, "b": 45_489, "c": 0}, {"a": 0.5, "b": 0.5, "c": 0})
    assert (found.df, found.leaked) == (1, 0)
    assert found.p_value == pytest.approx(0.0086, abs=5e-5)


@pytest.mark.parametrize("weights", [{"a": 1, "b": 1, "c": 0}, {"a": 1, "b": 1}])
def test_a_customer_in_an_arm_meant_to_get_none_is_a_leak(weights: dict[str, float]) -> None:
    found = sample_ratio_test({"a": 5000, "b": 5000, "c": 1}, weights)
    assert (found.leaked, found.p_value) == (1, 0.0)


def test_an_arm_that_got_nobody_counts() -> None:
    assert sample_ratio_test({"a": 100}, {"a": 1, "b": 1}).p_value < 1e-20


def test_too_few_for_the_approximation() -> None:
    assert sample_ratio_test({"a": 4, "b": 5}, {"a": 1, "b": 1}).p_value is None
    assert sample_ratio_test({"a": 5, "b": 5}, {"a": 1, "b": 1}).p_value == 1
    assert sample_ratio_test({}, {"a": 1, "b": 1}).p_value is None
    assert sample_ratio_test({"a": 50}, {"a": 1}).p_value is None


def test_keeps_its_level() -> None:
    """At 1:2 and 3,000 customers, alarms below .05 in 5 % of 20,000 allocations (4 SD)."""
    draws = np.random.default_rng(1).binomial(3000, 1 / 3, 20_000)
    weights = {"a": 1.0, "b": 2.0}
    p_values = {n: sample_ratio_test({"a": n, "b": 3000 - n}, weights).p_value for n in set(draws)}
    rate = np.mean([p_values[n] < 0.05 for n in draws])
    assert rate == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 20_000) + 0.003)


@pytest.mark.parametrize(
    "weights", [{"a": -1, "b": 1}, {"a": 0, "b": 0}, {"a": float("nan")}, {"a": float("inf")}, {}]
)
def test_impossible_allocations_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="allocation"):
        sample_ratio_test({"a": 10, "b": 10}, weights)
