"""Expected contacts and load: sums by hand, the delay by quadrature, a simulated week."""

import numpy as np
import pytest
from scipy import integrate, stats

from abkit.simulations.expected_load import expected_load
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

from .fakes import two_point_supply

ONE_HOUR = [0] * 10 + [1] + [0] * 13
MONDAY = [1, 0, 0, 0, 0, 0, 0]


def erlang(**changes: object) -> Scenario:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_scenario("erlang", dotted)


def test_erlang_by_hand() -> None:
    load = expected_load(erlang())
    assert load.contacts == pytest.approx(np.full(168, 400.0))
    assert load.work / load.heads == pytest.approx(np.ones(168))  # 400 x 180 s = 20 h, 20 agents
    assert not load.unattended.any()


def test_attempts_add_up() -> None:
    load = expected_load(erlang(customers__repeat_if_served=0.4, customers__max_attempts=3))
    assert load.contacts.sum() == pytest.approx(67_200 * (1 + 0.4 + 0.16))
    assert load.first.sum() == pytest.approx(67_200)


def test_repeats_come_when_the_delay_says() -> None:
    """One hour of first contacts; hour k later: P(U + D in [k, k + 1)), by quadrature."""
    world = erlang(
        arrivals__hour_weights=ONE_HOUR, arrivals__weekday_weights=MONDAY,
        customers__repeat_if_served=0.5, customers__max_attempts=2,
    )  # fmt: skip
    law = stats.lognorm(s=1.4, scale=3.0)

    def within(hours: float) -> float:
        return float(law.cdf(min(max(hours, 0.0), 24.0)) / law.cdf(24.0))

    expected = [
        integrate.quad(lambda u, k=k: within(k + 1 - u) - within(k - u), 0, 1)[0] for k in range(25)
    ]
    found = expected_load(world).contacts[10:35] / 67_200
    assert found[1:] == pytest.approx(0.5 * np.array(expected)[1:], abs=2e-4)
    assert found[0] == pytest.approx(1 + 0.5 * expected[0], abs=2e-4)
    assert sum(expected) == pytest.approx(1)


def test_a_simulated_week_agrees() -> None:
    """The second of two weeks; menu in both arms, agents unlimited: Poisson but for repeats."""
    world = load_scenario(
        "returns-bot-points",
        {
            "agents.heads": "unlimited", "arms.treatment.policy": "menu",
            "arrivals.day_factor_cv": 0.0, "arrivals.first_contacts_per_week": 40_000,
        },
    )  # fmt: skip
    load = expected_load(world)
    supply = two_point_supply(recall=0.8, false_flag_rate=0.05)
    log = simulate_contacts(world, supply, threshold=0.5, weeks=2, seed=3).to_pandas()
    start = np.datetime64("2024-01-08", "us")
    week = log[(log["started_at"].dt.tz_localize(None) >= start) & log["counted"]]
    hour = (week["started_at"].dt.tz_localize(None) - start) // np.timedelta64(1, "h")
    counts = np.bincount(hour, minlength=168)
    asked = week["wait_s"].notna().sum()
    chi_square = ((counts - load.contacts) ** 2 / load.contacts).sum()
    assert chi_square < stats.chi2.isf(1e-4, 168)
    assert abs(asked - load.requests.sum()) < 5 * np.sqrt(1.3 * load.requests.sum())
    assert abs(counts.sum() - load.contacts.sum()) < 5 * np.sqrt(1.3 * load.contacts.sum())


def test_minutes_without_agents_are_seen() -> None:
    shifts = [
        {"days": ["monday"], "start": "08:30", "end": "24:00", "heads": 400},
    ]
    load = expected_load(erlang(agents__heads={"shifts": shifts}))
    assert load.unattended[:10] == pytest.approx([1] * 8 + [0.5, 0])
    assert load.heads[8] == 200
