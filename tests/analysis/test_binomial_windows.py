"""The part of a binomial that matters equals scipy's, and says what it leaves out."""

import numpy as np
import pytest
from scipy import stats

from abkit.analysis.binomial_windows import binomial_window


@pytest.mark.parametrize(
    ("trials", "rate"),
    [(1, 0.5), (1, 1e-12), (50, 0.1), (200, 0.95), (4500, 0.02), (10**6, 0.5), (10**6, 1e-6)],
)
def test_equals_scipy(trials: int, rate: float) -> None:
    window = binomial_window(trials, rate)
    x = window.first + np.arange(len(window.weights))
    assert window.weights == pytest.approx(stats.binom.pmf(x, trials, rate), rel=1e-8, abs=1e-20)
    tails = stats.binom.cdf(x[0] - 1, trials, rate) + stats.binom.sf(x[-1], trials, rate)
    assert window.omitted == pytest.approx(tails, rel=1e-6, abs=1e-18)
    assert window.omitted <= 4e-11
    assert window.weights.sum() + window.omitted == pytest.approx(1, abs=1e-12)


def test_leaves_out_as_much_as_it_may() -> None:
    window = binomial_window(4500, 0.1)
    assert len(window.weights) < 300
    for end in (window.weights[0], window.weights[-1]):
        assert end > 1e-12  # one more success fewer would lose more than 2e-11


def test_a_huge_arm_is_quick() -> None:
    window = binomial_window(10**9, 0.5)
    assert window.first + len(window.weights) / 2 == pytest.approx(5e8, abs=1)
    assert len(window.weights) == pytest.approx(13 * np.sqrt(10**9) / 2, rel=0.05)
