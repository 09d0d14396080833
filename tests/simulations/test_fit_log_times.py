"""Durations and agents from a log: other implementations, planted truths, a queue by hand."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from scipy import stats

from abkit.core.errors import DataError
from abkit.simulations.clock import SECOND
from abkit.simulations.fit_log_rows import ControlLog
from abkit.simulations.fit_log_times import fit_bot, fit_heads, fit_patience, fit_service
from abkit.simulations.staffing import Agents


def log(n: int, **columns: Any) -> ControlLog:
    """A log of n contacts, of which only these columns matter."""
    values: dict[str, Any] = {f.name: np.zeros(n, dtype=np.int64) for f in fields(ControlLog)}
    values |= {"origin": 0, "use_cases": ("A",), "wait_s": np.zeros(n)}
    for name in ("served", "asked"):
        values[name] = np.zeros(n, dtype=bool)
    return ControlLog(**(values | columns))


def agents(**changes: Any) -> Agents:
    usual = {"service": {"mean_s": 1.0, "cv": 1.0}, "patience": {"mean_s": 1.0}, "heads": 1}
    return Agents.model_validate(usual | changes)


def log_normal(rng: np.random.Generator, mean: float, cv: float, n: int) -> np.ndarray:
    variance = np.log1p(cv**2)
    return rng.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), n)


def micro(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * SECOND).astype(np.int64)


def test_bot_is_scipys_log_normal() -> None:
    seconds = log_normal(np.random.default_rng(1), 90, 0.5, 4_000)
    found = fit_bot(log(4_000, end=micro(seconds)))
    shape, _, scale = stats.lognorm.fit(seconds, floc=0)
    assert found["bot.mean_s"].value == pytest.approx(scale * np.exp(shape**2 / 2), rel=1e-3)
    assert found["bot.cv"].value == pytest.approx(np.sqrt(np.expm1(shape**2)), rel=1e-3)
    assert found["bot.mean_s"].standard_error == pytest.approx(0.73, rel=0.05)  # 90 .516 / sqrt n


def test_a_bot_that_takes_no_time() -> None:
    assert fit_bot(log(100)) == {}


@pytest.mark.parametrize("law", ["log_normal", "exponential"])
def test_service_is_told_from_its_sum_with_the_bot(law: str) -> None:
    rng, n, z = np.random.default_rng(2), 3_000, []
    pool = agents(service={"law": law, "mean_s": 1.0} | ({"cv": 1.0} if law[0] == "l" else {}))
    for _ in range(12):
        bot = log_normal(rng, 200, 0.5, 2 * n)
        service = log_normal(rng, 300, 0.7, n) if law[0] == "l" else rng.exponential(300, n)
        wait = rng.exponential(50, n)
        lasted = bot + np.append(service + wait, np.zeros(n))
        served = np.arange(2 * n) < n
        rows = log(2 * n, end=micro(lasted), wait_s=np.append(wait, np.zeros(n)), served=served)
        found = fit_service(rows, pool, fit_bot(rows))
        truth = {"agents.service.mean_s": 300, "agents.service.cv": 0.7}
        z += [(e.value - truth[k]) / e.standard_error for k, e in found.items()]
    assert np.abs(z).max() < 4
    assert abs(np.mean(z)) * np.sqrt(len(z)) < 2.5
    assert 0.6 < np.std(z) < 1.5


def test_service_without_a_bot_is_a_plain_log_normal() -> None:
    seconds = log_normal(np.random.default_rng(3), 600, 0.8, 2_000)
    rows = log(2_000, end=micro(seconds), served=np.ones(2_000, dtype=bool))
    found = fit_service(rows, agents(), {})
    shape, _, scale = stats.lognorm.fit(seconds, floc=0)
    assert found["agents.service.mean_s"].value == pytest.approx(
        scale * np.exp(shape**2 / 2), rel=1e-3
    )


def test_contacts_with_an_agent_that_last_no_longer() -> None:
    n = 100
    rows = log(2 * n, end=micro(np.repeat([10.0, 60.0], n)), served=np.arange(2 * n) < n)
    with pytest.raises(DataError, match="no longer than the bot"):
        fit_service(rows, agents(), fit_bot(rows))


def waited(seed: int, patience: np.ndarray) -> tuple[ControlLog, np.ndarray, np.ndarray]:
    n = patience.size
    offered = np.random.default_rng(seed).exponential(200, n)
    wait, left = np.minimum(patience, offered), patience < offered
    return log(n, wait_s=wait, served=~left, asked=np.ones(n, dtype=bool)), wait, left


def test_patience_is_scipys_censored_fit() -> None:
    rng = np.random.default_rng(4)
    rows, wait, left = waited(5, rng.exponential(240, 3_000))
    censored = stats.CensoredData.right_censored(wait, ~left)
    found = fit_patience(rows, agents())["agents.patience.mean_s"]
    assert found.value == pytest.approx(stats.expon.fit(censored, floc=0)[1], rel=1e-3)
    assert found.standard_error == pytest.approx(found.value / np.sqrt(left.sum()))
    rows, wait, left = waited(6, 300 * rng.weibull(1.7, 3_000))
    pool = agents(patience={"law": "weibull", "mean_s": 100.0, "shape": 1.0})
    both = fit_patience(rows, pool)
    shape, _, scale = stats.weibull_min.fit(stats.CensoredData.right_censored(wait, ~left), floc=0)
    assert both["agents.patience.shape"].value == pytest.approx(shape, rel=2e-3)
    mean = stats.weibull_min(shape, scale=scale).mean()
    assert both["agents.patience.mean_s"].value == pytest.approx(mean, rel=2e-3)
    assert abs(both["agents.patience.shape"].value - 1.7) < 4 * float(
        both["agents.patience.shape"].standard_error or 0
    )


@pytest.mark.parametrize("law", [{}, {"law": "weibull", "shape": 1.0}])
def test_waits_of_nothing_tell_of_no_patience(law: dict[str, Any]) -> None:
    rows = log(100, wait_s=np.zeros(100), asked=np.ones(100, dtype=bool))
    assert fit_patience(rows, agents(patience={"mean_s": 100.0} | law)) == {}


def test_patience_in_steps_follows_the_base() -> None:
    rows, wait, left = waited(7, np.random.default_rng(9).exponential(240, 3_000))
    pool = agents(patience={"law": "hazard", "until_s": [60.0], "per_s": [0.1, 0.1]})
    found = fit_patience(rows, pool)
    early = left & (wait <= 60)
    assert found["agents.patience.per_s.0"].value == pytest.approx(
        early.sum() / np.minimum(wait, 60).sum()
    )


def test_too_few_who_abandon_tell_nothing() -> None:
    rows, _, _ = waited(8, np.full(100, 1e6))
    assert fit_patience(rows, agents()) == {}


def test_agents_at_work_while_somebody_waits() -> None:
    """Two agents busy from 0 to 1,800 s, a third customer waits from 600 to 1,800 s."""
    start = np.array([0.0, 0.0, 600.0])
    wait = np.array([0.0, 0.0, 1_200.0])
    end = np.array([1_800.0, 1_800.0, 3_000.0])
    rows = log(
        3, start=micro(start), end=micro(end), wait_s=wait, served=np.ones(3, dtype=bool),
        asked=np.ones(3, dtype=bool),
    )  # fmt: skip
    found = fit_heads(rows, {})
    assert found is not None
    heads, queued = found
    assert (heads[0], queued[0]) == (2, 1_200)
    assert np.isnan(heads[1:]).all()
    assert fit_heads(log(3), {}) is None
