"""Power in closed form against statsmodels, a table of sample sizes, and its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from abkit.analysis.power import power_of_difference
from abkit.core.errors import ConfigError

# Rates of the closed form for Table 3 read as points, and the units per arm for 80 % power
# (two-sided 5 %, unpooled): a sample-size formula solved independently of this one.
SIZES = [
    (0.607491, 0.628789, 8_165), (0.504281, 0.536082, 3_871), (0.081690, 0.075189, 26_846),
    (0.621283, 0.642284, 8_276), (0.538096, 0.547796, 41_397), (0.081997, 0.075196, 24_577),
    (0.525415, 0.565210, 2_454), (0.308637, 0.437135, 218), (0.099316, 0.089112, 12_862),
]  # fmt: skip


@pytest.mark.parametrize(("p0", "p1", "n"), SIZES)
def test_sizes_for_80_per_cent(p0: float, p1: float, n: int) -> None:
    assert power_of_difference(p0, p1 - p0, n, n, alpha=0.05) == pytest.approx(0.80, abs=2e-3)


def test_statsmodels_agrees() -> None:
    p0, p1, n0, n1 = 0.3, 0.34, 900, 1300
    effect = (p1 - p0) / np.sqrt(p0 * (1 - p0) / n0 + p1 * (1 - p1) / n1) / np.sqrt(n0)
    expected = NormalIndPower(ddof=0).power(effect, n0, 0.05, ratio=np.inf)
    assert power_of_difference(p0, p1 - p0, n0, n1, alpha=0.05) == pytest.approx(expected, abs=1e-9)


def test_simulation_agrees() -> None:
    rng = np.random.default_rng(5)
    p0, d, n, runs = 0.08, -0.0065, 20_000, 20_000
    x, y = rng.binomial(n, p0, runs) / n, rng.binomial(n, p0 + d, runs) / n
    z = (y - x) / np.sqrt((x * (1 - x) + y * (1 - y)) / n)
    found = np.mean(np.abs(z) > stats.norm.ppf(0.975))
    expected = power_of_difference(p0, d, n, n, alpha=0.05)
    assert expected is not None
    assert found == pytest.approx(expected, abs=4 * np.sqrt(0.25 / runs))


@given(st.floats(0.05, 0.95), st.floats(-0.04, 0.04), st.integers(10, 10**6))
def test_laws(p0: float, d: float, n: int) -> None:
    power = power_of_difference(p0, d, n, n, alpha=0.05)
    more = power_of_difference(p0, d, 2 * n, 2 * n, alpha=0.05)
    mirrored = power_of_difference(1 - p0, -d, n, n, alpha=0.05)
    assert power is not None
    assert more is not None
    assert 0.05 - 1e-9 <= power <= more + 1e-9
    assert mirrored == pytest.approx(power)


def test_edges() -> None:
    assert power_of_difference(0.5, 0.0, 10, 10, alpha=0.05) == pytest.approx(0.05)
    assert power_of_difference(0.9, 0.2, 10, 10, alpha=0.05) is None
    assert power_of_difference(0.0, 1.0, 10, 10, alpha=0.05) == 1.0
    with pytest.raises(ConfigError, match="`n_control` is 0"):
        power_of_difference(0.5, 0.1, 0, 10, alpha=0.05)
