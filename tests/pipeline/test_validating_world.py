"""The battery as a whole: it passes, repeats bit for bit, and says what it compared."""

import json

import pytest

from abkit.core.errors import ConfigError
from abkit.core.world_checks import WorldReport
from abkit.pipeline import validating_world
from abkit.pipeline.validate_z import z_limit
from abkit.pipeline.validating_world import FALSE_ALARM, validate_world


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> WorldReport:
    """The whole battery with few replications."""
    for name, value in (("REPLICATIONS", 4), ("OUTCOME_RUNS", 1), ("FACTOR_RUNS", 10)):
        monkeypatch.setattr(validating_world, name, value)
    return validate_world(seed=5)


def test_a_small_battery(small: WorldReport) -> None:
    assert small.passed
    assert small.replications == 4
    assert small.z_limit == z_limit(len(small.checks), FALSE_ALARM)
    systems = {check.subject for check in small.group("queue")}
    assert len(systems) == 6
    assert len(small.group("arrivals")) == 7
    assert len(small.group("flags")) == 18
    for group in ("first", "every"):  # 3 use-cases, 5 arms, 3 metrics
        assert len({(c.subject, c.quantity) for c in small.group(group)}) == 45
    assert len(small.identities) == 9 + 9 + 8 + 6 + 1
    facts = json.loads(small.to_json())
    assert facts["passed"] is True
    assert [row["passed"] for row in facts["checks"]] == [True] * len(small.checks)
    assert facts["contacts"] > 500_000
    assert small.to_pandas().shape[0] == len(small.checks)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_refuses_seeds(seed: int) -> None:
    with pytest.raises(ConfigError, match="`seed` is"):
        validate_world(seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_battery_passes(seed: int) -> None:
    report = validate_world(seed=seed)
    assert report.passed, [c for c in report.checks if not report.within(c)]


@pytest.mark.slow
def test_the_battery_repeats_bit_for_bit(
    small: WorldReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert validate_world(seed=5) == small
    assert validate_world(seed=6) != small
