"""Customers as units: design effects, linearised variance, intra-class correlation."""

import itertools
import math

import numpy as np
import pytest
import statsmodels.api as sm

from abkit.analysis.comparison import ArmPair, compare, effective_tables
from abkit.analysis.design_effect import (
    CustomerMoments,
    arm_design_effects,
    design_effect,
    intraclass_correlation,
    linearised_variance,
    reference_df,
)
from abkit.core.arms import PerArm


def moments(outcomes: list[list[int]]) -> CustomerMoments:
    """One list of 0/1 outcomes per customer."""
    return CustomerMoments.from_groups((sum(own), len(own), 1) for own in outcomes)


def clustered(n: int, seed: int, *, p: float = 0.4, most: int = 5) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    shares = rng.beta(2 * p, 2 * (1 - p), n)
    return [rng.binomial(1, q, rng.integers(1, most + 1)).tolist() for q in shares]


@pytest.mark.parametrize("seed", range(5))
def test_standard_error_equals_statsmodels_cluster_robust(seed: int) -> None:
    """OLS on the arm with clusters, uncorrected, times k / (k - 1) in each arm."""
    arms = {0: clustered(60, seed), 1: clustered(80, seed + 50, p=0.6)}
    y, x, who = [], [], []
    for arm, customers in arms.items():
        for i, own in enumerate(customers):
            y += own
            x += [arm] * len(own)
            who += [1000 * arm + i] * len(own)
    fitted = sm.OLS(y, sm.add_constant(x)).fit(
        cov_type="cluster", cov_kwds={"groups": who, "use_correction": False}
    )
    control, treatment = moments(arms[0]), moments(arms[1])
    raw = linearised_variance(control) * 59 / 60 + linearised_variance(treatment) * 79 / 80
    assert math.sqrt(raw) == pytest.approx(fitted.bse[1], rel=1e-10)
    (found,) = compare([ArmPair(control, treatment)], confidence_level=0.95)
    assert found.difference.estimate == pytest.approx(fitted.params[1], rel=1e-10)
    assert found.standard_error == pytest.approx(fitted.bse[1], rel=0.01)


def test_intraclass_correlation_is_over_all_pairs() -> None:
    customers = clustered(40, 3)
    p = sum(map(sum, customers)) / sum(map(len, customers))
    pairs = [(a - p) * (b - p) for own in customers for a, b in itertools.permutations(own, 2)]
    wanted = np.mean(pairs) / (p * (1 - p))
    assert intraclass_correlation(moments(customers)) == pytest.approx(wanted, rel=1e-12)


def test_design_effect_is_the_ratio_of_two_variances() -> None:
    customers = clustered(70, 9)
    y, m = (np.array(part, float) for part in zip(*((sum(c), len(c)) for c in customers),
                                                  strict=True))  # fmt: skip
    p = y.sum() / m.sum()
    linearised = ((y - p * m) ** 2).sum() / m.sum() ** 2
    assert design_effect(moments(customers)) == pytest.approx(linearised / (p * (1 - p) / m.sum()))


def test_published_form_with_equal_clusters() -> None:
    """Donner and Klar (2000), Cluster Randomization Trials, chapter 1: 1 + (m - 1) icc."""
    rng = np.random.default_rng(0)
    customers = [rng.binomial(1, q, 4).tolist() for q in rng.beta(1, 2, 50)]
    own = moments(customers)
    assert design_effect(own) == pytest.approx(1 + 3 * intraclass_correlation(own))


def test_customers_who_never_change_their_mind() -> None:
    """Perfect correlation: the design effect is the cluster size, the correlation 1."""
    own = moments([[1, 1, 1]] * 7 + [[0, 0, 0]] * 5)
    assert design_effect(own) == pytest.approx(3)
    assert intraclass_correlation(own) == pytest.approx(1)
    tables = effective_tables([ArmPair(own, own)])
    assert (tables.x1[0], tables.n1[0]) == pytest.approx((7, 12))


def test_an_arm_without_variation_borrows_the_others() -> None:
    silent, telling = moments([[0, 0]] * 30), moments([[1, 1]] * 10 + [[0, 0]] * 20)
    assert design_effect(silent) is None
    assert arm_design_effects(silent, telling) == pytest.approx((2, 2))
    assert arm_design_effects(silent, silent) == (2, 2)  # the worst case: sum m^2 / sum m
    alone = moments([[0], [0], [0]])
    assert arm_design_effects(alone, telling)[0] == 1  # nobody repeats there


def test_one_customer_or_none() -> None:
    one, none = moments([[1, 0, 1]]), moments([])
    assert design_effect(one) is None
    assert linearised_variance(one) is None
    assert linearised_variance(none) is None
    assert arm_design_effects(one, none) == (3, 1)
    (found,) = compare([ArmPair(one, none)], confidence_level=0.95)
    assert found.standard_error is None
    assert (found.difference.ci_lower, found.difference.ci_upper) == (-1, 1)


def test_reference_is_normal_exactly_when_nobody_repeats() -> None:
    once, twice = moments([[1], [0], [1]]), moments([[1, 0], [0]])
    assert reference_df([(once, 1), (once, 1)]) == math.inf
    # twice: p = 1/3, e = (1/3, -1/3), one of them a repeater; once: no doubt about its variance
    variance = (2 / 9) / 9 + (2 / 3) / 9
    df = 2 * variance**2 / ((1 / 3) ** 4 / 3**4)
    assert df > 3
    assert reference_df([(once, 1), (twice, 1)]) == 3  # customers - arms
    assert reference_df([(moments([[1], [0], [1]] * 400), 1), (twice, 1)]) == pytest.approx(
        2 * ((2 / 9) / 9 + (800 / 3) / 1200**2) ** 2 / ((1 / 3) ** 4 / 3**4)
    )
    (plain,) = compare([ArmPair(once, once)], confidence_level=0.95)
    assert plain.design_effect == PerArm(control=1, treatment=1)
    assert plain.intraclass_correlation == PerArm(control=None, treatment=None)


def test_large_sums_stay_exact() -> None:
    """1e9 contacts: the residual sum is taken in integers, where floats would cancel."""
    n = 10**9
    assert design_effect(CustomerMoments.from_groups([(0, 1, n // 2), (1, 1, n // 2)])) == 1
    once = CustomerMoments.from_groups([(0, 1, n), (1, 1, 1)])
    assert design_effect(once) == 1
