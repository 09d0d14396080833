"""Peers' tests of no effect: published values, other implementations, laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import test_proportions_2indep as proportions_test

from abkit.analysis.difference_intervals import pooled_corrected_interval, wald_interval
from abkit.analysis.peer_tests import pooled_z_p_value, unpooled_z_p_value
from abkit.core.errors import ConfigError

Arm = tuple[int, int]

# Fisher's tea, and Ritland et al. (2007), in Fagerland, Lydersen and Laake (2017), Statistical
# Analysis of Contingency Tables, chapter 4, with the digits that the book's R package prints
TEA = ((3, 4), (1, 4))
RITLAND = ((0, 16), (15, 72))


def test_published() -> None:
    assert float(pooled_z_p_value(*TEA)) == pytest.approx(0.15730, abs=5.1e-6)
    assert float(pooled_z_p_value(*TEA, corrected=True)) == pytest.approx(0.47950, abs=5.1e-6)
    assert float(pooled_z_p_value(*RITLAND, corrected=True)) == pytest.approx(0.1016, abs=5.1e-5)
    z = stats.norm.isf(unpooled_z_p_value(*RITLAND) / 2)
    assert float(z) == pytest.approx(4.353, abs=5.1e-4)


@pytest.mark.parametrize(
    ("treatment", "control", "printed"),
    [
        ((90, 300), (120, 1200), 9.886357391762721e-19),
        ((56, 70), (48, 80), 0.013409475178668917),
        ((5, 56), (2, 29), 1.0),
    ],
)
def test_corrected_is_tea_tastings(treatment: Arm, control: Arm, printed: float) -> None:
    """Output of tea-tasting 1.14.0, Proportion(method="norm")."""
    found = pooled_z_p_value(treatment, control, corrected=True)
    assert float(found) == pytest.approx(printed, rel=1e-11)


def test_equal_scipy_and_statsmodels() -> None:
    rng = np.random.default_rng(9)
    for n1, n0 in rng.integers(5, 300, (40, 2)):
        x1, x0 = rng.integers(1, n1), rng.integers(1, n0)
        table = [[x1, n1 - x1], [x0, n0 - x0]]
        for corrected in (False, True):
            reference = stats.chi2_contingency(table, correction=corrected).pvalue
            found = pooled_z_p_value((x1, n1), (x0, n0), corrected=corrected)
            assert float(found) == pytest.approx(reference, rel=1e-9)
        wald = proportions_test(x1, n1, x0, n0, compare="diff", method="wald").pvalue
        assert float(unpooled_z_p_value((x1, n1), (x0, n0))) == pytest.approx(wald, rel=1e-9)


def test_arms_that_do_not_vary() -> None:
    for p_value in (pooled_z_p_value, unpooled_z_p_value):
        assert p_value(([0, 9], 9), ([0, 7], 7)).tolist() == [1, 1]
    assert float(unpooled_z_p_value((9, 9), (0, 7))) == 0


arms = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(a=arms, b=arms)
def test_the_intervals_invert_the_tests(a: Arm, b: Arm) -> None:
    for interval, p in (
        (wald_interval, float(unpooled_z_p_value(a, b))),
        (pooled_corrected_interval, float(pooled_z_p_value(a, b, corrected=True))),
    ):
        lower, upper = interval(a, b)
        if abs(p - 0.05) > 1e-9 and not (lower == upper == 0):
            assert (p < 0.05) == (lower > 0 or upper < 0)


@given(a=arms, b=arms)
def test_symmetric_and_the_correction_is_cautious(a: Arm, b: Arm) -> None:
    for p_value in (pooled_z_p_value, unpooled_z_p_value):
        assert float(p_value(a, b)) == pytest.approx(float(p_value(b, a)), rel=1e-9, abs=1e-300)
    assert pooled_z_p_value(a, b) <= pooled_z_p_value(a, b, corrected=True)


def test_impossible_counts_are_refused() -> None:
    for p_value in (pooled_z_p_value, unpooled_z_p_value):
        with pytest.raises(ConfigError, match="`treatment` has 3 successes in 2 trials"):
            p_value((3, 2), (1, 2))
