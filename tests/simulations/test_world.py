"""`simulate_contacts` at its edges, and the default scenario's load."""

from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from abkit.core.contacts import CONTACT_SCHEMA
from abkit.core.errors import ConfigError
from abkit.simulations import contact_log, issues
from abkit.simulations.arrivals import first_contacts, hourly_counts
from abkit.simulations.contact_log import _identifiers
from abkit.simulations.policies import Policy
from abkit.simulations.world import check_size, simulate_contacts, simulate_parts

from .fakes import CONTROL, beta_supply, default_scenario

SUPPLY = beta_supply()


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"weeks": 0}, "`weeks` is 0; expected at least 1"),
        ({"weeks": 521}, "`weeks` is 521; expected at most 520"),
        ({"seed": -1}, "`seed` is -1"),
        ({"seed": 2**63}, "`seed` is 9223372036854775808; expected less than 2.63"),
        ({"replication": -1}, "`replication` is -1"),
        ({"threshold": float("nan")}, "`threshold` is nan; expected a finite number"),
    ],
)
def test_refusals(change: dict[str, float], fact: str) -> None:
    arguments = {"threshold": 0.5, "weeks": 1, "seed": 1} | change
    with pytest.raises(ConfigError, match=fact):
        simulate_contacts(default_scenario(), SUPPLY, **arguments)  # type: ignore[arg-type]


def test_more_customers_than_identifiers_are_refused() -> None:
    scenario = default_scenario({"arrivals.first_contacts_per_week": 2e5})
    fact = r"`weeks` is 500 and .* is 200000: about 1e\+08 customers; expected at most 100000000"
    with pytest.raises(ConfigError, match=fact):
        check_size(scenario, weeks=500, seed=1)
    check_size(scenario, weeks=499, seed=1)
    wild = {"first_contacts_per_week": 8e7, "day_factor_cv": 10.0}  # the factors decide
    arrivals = scenario.arrivals.model_copy(update=wild)
    with pytest.raises(ConfigError, match="customers came in 8 days; expected at most 100000000"):
        for replication in range(200):
            counts = hourly_counts(arrivals, days=8, seed=1, replication=replication)
            if counts.sum() > 10**8:
                first_contacts(arrivals, days=8, seed=1, replication=replication)


def test_extreme_scenario_is_simulated() -> None:
    """As many arms as may be, the widest laws, a day factor that is all but constant."""
    scenario = default_scenario(
        {
            "arrivals.first_contacts_per_week": 2_000.0,
            "arrivals.day_factor_cv": 1e-200,
            "arms": {f"arm {i}": CONTROL for i in range(127)},
            "bot": {"mean_s": 86_400, "cv": 10},
            "agents.service": {"mean_s": 86_400, "cv": 10},
            "agents.patience": {"mean_s": 31_536_000},
            "repeat_delay": {"median_h": 168, "sigma": 0.1},
        }
    )
    log = simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=2**63 - 1).to_pandas()
    assert log["arm"].nunique() == 127
    assert (log["ended_at"] >= log["started_at"]).all()


def test_many_arms_of_every_policy() -> None:
    """The largest number of arms, each of which believes by its own policy and threshold."""
    policies = get_args(Policy)
    arms = {
        f"arm {i}": {"policy": policies[i % 4], "weight": 1, "threshold": 0.2 + 0.6 * (i % 3) / 2}
        for i in range(127)
    }
    volume = {"arrivals.first_contacts_per_week": 20_000.0, "agents.heads": "unlimited"}
    scenario = default_scenario({"arms": arms} | volume)
    log = simulate_contacts(scenario, SUPPLY, threshold=0.9, weeks=1, seed=1).to_pandas()
    number = log["arm"].astype(str).str.removeprefix("arm ").astype(int)
    menu, typed = log["menu_reason"].astype(str), log["text"].notna()
    flagged = typed & (log["score"] >= 0.2 + 0.6 * (number % 3) / 2)
    assert (log["flagged"][typed] == flagged[typed]).all()
    overruled = menu.mask((menu == "defective") & typed & ~flagged, "others")
    expected = [menu, menu.mask(flagged, "defective"), overruled.mask(flagged, "defective")]
    for i, believed in enumerate([*expected, overruled]):
        members = number % 4 == i
        assert members.sum() > 3_000
        assert (log["assigned_reason"].astype(str) == believed)[members].all()


def test_nobody_comes() -> None:
    scenario = default_scenario({"arrivals.first_contacts_per_week": 1e-9})
    log = simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=1)
    assert log.num_rows == 0
    assert log.schema == CONTACT_SCHEMA


def test_texts_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """One array of strings holds no more than 2 GiB; in pieces the log is the same."""
    scenario = default_scenario({"arrivals.first_contacts_per_week": 2_000.0})
    whole = simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=1)
    monkeypatch.setattr(contact_log, "_PIECE", 1_000)
    pieces = simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=1)
    assert whole["text"].num_chunks == 1
    assert pieces["text"].num_chunks == -(-whole.num_rows // 1_000)
    assert pieces == whole


def test_too_many_contacts_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_log, "_MAX_CONTACTS", 100)
    scenario = default_scenario({"arrivals.first_contacts_per_week": 2_000.0})
    with pytest.raises(ConfigError, match="came to be in a few days; expected at most 100"):
        simulate_contacts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=1)


def test_identifiers() -> None:
    made = _identifiers(np.array([0, 12_345_678]), np.array([1, 99]))
    assert made["contact_id"].to_pylist() == ["c00000000-01", "c12345678-99"]
    assert made["customer_id"].to_pylist() == ["u00000000", "u12345678"]
    assert made["issue_id"].to_pylist() == ["i00000000", "i12345678"]
    assert made["attempt"].type == pa.int16()


def test_default_scenario_is_busy_but_not_overrun() -> None:
    """Two weeks: about 150 k counted first contacts, load about .9 in the day, 3 to 8 % abandon."""
    scenario = default_scenario()
    log = simulate_contacts(scenario, SUPPLY, threshold=0.4, weeks=2, seed=1).to_pandas()
    first = log[(log["attempt"] == 1) & log["counted"]]
    assert len(first) == pytest.approx(150_000, rel=4 * 0.1 / np.sqrt(14))  # day factor, CV .1
    asked = log[log["wait_s"].notna()]
    assert 0.03 < (asked["outcome"] == "abandoned_queue").mean() < 0.08
    served = asked[asked["outcome"] == "resolved_by_agent"]
    hours = np.array(scenario.agents.by_hour())
    busy_h = len(served) * scenario.agents.service.mean_s / 3600
    on_duty_h = 2 * hours.sum() + hours[:24].sum()
    assert 0.80 < busy_h / on_duty_h < 0.95
    assert 5 < served["wait_s"].mean() < 60


def test_parts_and_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole days per part, customers piece by piece: the same rows in the same order."""
    scenario = default_scenario({"arrivals.first_contacts_per_week": 3_000.0})
    options = {"threshold": 0.5, "weeks": 1, "seed": 1}
    whole = simulate_contacts(scenario, SUPPLY, **options)
    monkeypatch.setattr(contact_log, "_PART", 700)
    monkeypatch.setattr(issues, "_PIECE", 101)  # no multiple of what a counter makes
    parts = list(simulate_parts(scenario, SUPPLY, **options))
    assert len(parts) > 2
    assert pa.concat_tables(parts).equals(whole)
    days = [set(pc.floor_temporal(part["started_at"], unit="day").to_pylist()) for part in parts]
    assert sum(map(len, days)) == len(set().union(*days)) == 8
    assert min(part.num_rows for part in parts) >= 350


def test_a_world_without_customers_has_one_empty_part() -> None:
    scenario = default_scenario({"arrivals.first_contacts_per_week": 1e-6})
    (part,) = simulate_parts(scenario, SUPPLY, threshold=0.5, weeks=1, seed=1)
    assert part.num_rows == 0
