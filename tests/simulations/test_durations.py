"""Quantiles of durations against scipy.stats, and the cut of the repeat delay."""

import numpy as np
import pytest
from scipy import stats

from abkit.simulations.clock import DAY, HOUR, SECOND
from abkit.simulations.durations import BotTime, ExponentialService, LogNormal, RepeatDelay
from abkit.simulations.patience import Exponential

U = np.linspace(1e-9, 1 - 1e-9, 10_001)


@pytest.mark.parametrize(("mean_s", "cv"), [(720.0, 1.0), (90.0, 0.5), (10.0, 3.0)])
def test_lognormal(mean_s: float, cv: float) -> None:
    sigma = np.sqrt(np.log1p(cv**2))
    law = stats.lognorm(sigma, scale=mean_s * np.exp(-(sigma**2) / 2))
    assert law.mean() == pytest.approx(mean_s)
    assert law.std() / law.mean() == pytest.approx(cv)
    durations = LogNormal(mean_s=mean_s, cv=cv).quantile(U)
    assert durations.dtype == np.int64
    np.testing.assert_allclose(durations / SECOND, law.ppf(U), rtol=1e-9, atol=0.51 / SECOND)


def test_lognormal_without_spread_is_constant() -> None:
    assert set(LogNormal(mean_s=5.0, cv=0.0).quantile(U)) == {5 * SECOND}


def test_exponential_service() -> None:
    law = stats.expon(scale=180.0)
    durations = ExponentialService(mean_s=180.0).quantile(U)
    np.testing.assert_allclose(durations / SECOND, law.ppf(U), rtol=1e-9, atol=0.51 / SECOND)


def test_no_bot_takes_no_time() -> None:
    """At any other mean the bot's time is log-normal."""
    assert set(BotTime(mean_s=0.0, cv=0.5).quantile(U)) == {0}
    with_bot = BotTime(mean_s=90.0, cv=0.5).quantile(U)
    assert (with_bot == LogNormal(mean_s=90.0, cv=0.5).quantile(U)).all()


def test_repeat_delay_is_the_conditional_law() -> None:
    """P(delay <= x) = F(x) / F(24 h); the design says that F(24 h) is 93 % at the defaults."""
    law = stats.lognorm(1.4, scale=3.0)  # hours
    assert law.cdf(24) == pytest.approx(0.93, abs=0.005)
    delays = RepeatDelay(median_h=3.0, sigma=1.4).quantile(U)
    np.testing.assert_allclose(law.cdf(delays / HOUR) / law.cdf(24), U, atol=1e-8)


@pytest.mark.parametrize("median_h", [1e-9, 3.0, 168.0])
def test_repeat_delay_stays_within_the_window(median_h: float) -> None:
    delays = RepeatDelay(median_h=median_h, sigma=1.4).quantile(U)
    assert delays.min() >= 1
    assert delays.max() <= DAY


def test_extremes_are_finite() -> None:
    """The longest spells fit into 64 bits; the latest repeats come late, not at once."""
    last = np.array([2.0**-54, 0.5, 1 - 2.0**-53])
    for law in (LogNormal(mean_s=86_400, cv=10), Exponential(mean_s=31_536_000)):
        assert (np.diff(law.quantile(last)) > 0).all()
        assert law.quantile(last)[0] >= 0
    late = RepeatDelay(median_h=168, sigma=0.1).quantile(last)
    assert late[1] > 0.98 * DAY


@pytest.mark.parametrize(
    ("law", "values"),
    [
        (LogNormal, {"mean_s": 1e300, "cv": 1.0}),
        (LogNormal, {"mean_s": 720.0, "cv": 1e200}),
        (Exponential, {"mean_s": 1e300}),
        (RepeatDelay, {"median_h": 1e6, "sigma": 0.1}),
        (RepeatDelay, {"median_h": 3.0, "sigma": 1e-3}),
    ],
)
def test_extremes_are_refused(law: type[LogNormal], values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        law(**values)
