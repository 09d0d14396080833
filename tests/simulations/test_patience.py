"""Laws of patience against scipy.stats, and the hazard in steps against numeric integration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from abkit.simulations.clock import NEVER, SECOND
from abkit.simulations.patience import Exponential, Hazard, Weibull

U = np.linspace(1e-9, 1 - 1e-9, 10_001)
MIDDLES = (np.arange(100_000) + 0.5) / 100_000


def test_exponential() -> None:
    law = stats.expon(scale=300.0)
    durations = Exponential(mean_s=300.0).quantile(U)
    np.testing.assert_allclose(durations / SECOND, law.ppf(U), rtol=1e-9, atol=0.51 / SECOND)
    assert Exponential(mean_s=300.0).survival(420.0) == pytest.approx(law.sf(420.0))


@pytest.mark.parametrize(("mean_s", "shape"), [(300.0, 0.5), (120.0, 1.0), (60.0, 2.5)])
def test_weibull(mean_s: float, shape: float) -> None:
    """scipy's by its own scale; the mean is what was asked for."""
    patience = Weibull(law="weibull", mean_s=mean_s, shape=shape)
    law = stats.weibull_min(shape, scale=patience.scale_s)
    assert law.mean() == pytest.approx(mean_s)
    durations = patience.quantile(U) / SECOND
    np.testing.assert_allclose(durations, law.ppf(U), rtol=1e-9, atol=0.51 / SECOND)
    middles = patience.quantile(MIDDLES) / SECOND
    assert stats.kstest(middles, law.cdf).statistic < 1e-4  # several round to 0 microseconds
    assert middles.mean() == pytest.approx(mean_s, rel=1e-3)
    assert patience.survival(90.0) == pytest.approx(law.sf(90.0))


def test_weibull_of_shape_1_is_exponential() -> None:
    same = Weibull(law="weibull", mean_s=299.0, shape=1.0).quantile(U)
    assert np.abs(same - Exponential(mean_s=299.0).quantile(U)).max() <= 1


# Kaplan-Meier hazards of an anonymous bank's callers, February 1999: a peak in the first seconds
BANK = Hazard(law="hazard", until_s=(5, 15, 45, 60), per_s=(0.001, 0.0046, 0.002, 0.003, 0.002))


def test_hazard_against_numeric_integration() -> None:
    """1 - exp(-integral of the hazard up to the quantile) gives the share back."""

    def rate(t: float) -> float:
        return next(
            (h for end, h in zip(BANK.until_s, BANK.per_s, strict=False) if t < end), BANK.per_s[-1]
        )

    for u in (0.001, 0.02, 0.05, 0.1, 0.12, 0.25, 0.5, 0.9, 0.999):
        t = BANK.quantile(np.array([u]))[0] / SECOND
        area, _ = integrate.quad(rate, 0, t, points=[p for p in BANK.until_s if p < t], limit=200)
        assert 1 - np.exp(-area) == pytest.approx(u, abs=1e-8)
        assert BANK.survival(t) == pytest.approx(1 - u, abs=1e-8)


def test_hazard_of_one_step_is_exponential() -> None:
    hazard = Hazard(law="hazard", until_s=(), per_s=(1 / 300,))
    assert np.abs(hazard.quantile(U) - Exponential(mean_s=300.0).quantile(U)).max() <= 1


def test_piecewise_exponential_distribution() -> None:
    """Kolmogorov-Smirnov: before the end of the first step one law, after it another."""
    hazard = Hazard(law="hazard", until_s=(60.0,), per_s=(0.01, 0.001))

    def cdf(t: np.ndarray) -> np.ndarray:
        return 1 - np.exp(-np.where(t < 60, 0.01 * t, 0.6 + 0.001 * (t - 60)))

    assert stats.kstest(hazard.quantile(MIDDLES) / SECOND, cdf).statistic < 1e-5
    # mean = (1 - e^-.6) / .01 + e^-.6 / .001, the area under the survival function
    mean = (1 - np.exp(-0.6)) / 0.01 + np.exp(-0.6) / 0.001
    assert (hazard.quantile(MIDDLES) / SECOND).mean() == pytest.approx(mean, rel=1e-3)


def test_nobody_gives_up_in_a_step_of_hazard_0_and_some_never_do() -> None:
    hazard = Hazard(law="hazard", until_s=(10.0, 100.0, 200.0), per_s=(0.01, 0.0, 0.01, 0.0))
    durations = hazard.quantile(MIDDLES)
    assert not ((durations > 10.001 * SECOND) & (durations < 100 * SECOND)).any()
    never = durations == NEVER
    assert never.mean() == pytest.approx(np.exp(-0.1 - 1.0), abs=1e-4)
    assert durations[~never].max() <= 200 * SECOND
    assert hazard.survival(1e12) == pytest.approx(np.exp(-1.1))
    nobody = Hazard(law="hazard", until_s=(), per_s=(0.0,))
    assert (nobody.quantile(U) == NEVER).all()


@given(
    steps=st.lists(
        st.tuples(st.floats(0.01, 1e4), st.floats(0, 1) | st.sampled_from([0.0, 1e6, 1e-300])),
        max_size=6,
    ),
    last=st.floats(0, 1),
)
def test_quantiles_rise_and_undo_survival(steps: list[tuple[float, float]], last: float) -> None:
    ends = np.cumsum([length for length, _ in steps]).tolist()
    hazard = Hazard(law="hazard", until_s=tuple(ends), per_s=(*(h for _, h in steps), last))
    durations = hazard.quantile(U[::100])
    assert (np.diff(durations, prepend=0) >= 0).all()
    assert durations[-1] <= NEVER
    for u, t in zip(U[::100], durations, strict=True):
        around = [hazard.survival(max(t + d, 0) / SECOND) for d in (-1, 1)]
        assert t == NEVER or around[1] - 1e-9 <= 1 - u <= around[0] + 1e-9


@pytest.mark.parametrize(
    ("law", "values", "fact"),
    [
        (Exponential, {"mean_s": 1e300}, "less than or equal to 31536000"),
        (Weibull, {"law": "weibull", "mean_s": 1.0, "shape": 0.1}, "greater than or equal to 0.2"),
        (Hazard, {"law": "hazard", "until_s": (1.0,), "per_s": (1.0,)}, "one more rate than ends"),
        (Hazard, {"law": "hazard", "until_s": (), "per_s": ()}, "one more rate than ends"),
        (Hazard, {"law": "hazard", "until_s": (2.0, 2.0), "per_s": (1.0,) * 3}, "from 2 to 2;"),
        (Hazard, {"law": "hazard", "until_s": (), "per_s": (-1.0,)}, "greater than or equal to 0"),
    ],
)
def test_refusals(law: type[Hazard], values: dict[str, object], fact: str) -> None:
    with pytest.raises(ValueError, match=fact):
        law(**values)
