"""Scenario values, what follows from them, and how wrong ones are refused."""

from pathlib import Path

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.simulations.scenario import menu_error_by_level
from abkit.simulations.scenario_files import load_scenario, packaged_scenarios, parse_scenario

from .fakes import CONTROL, changed, default_scenario

shares = st.floats(0, 1)

MANY = {f"arm {i}": CONTROL for i in range(128)}


@given(m=shares, slope=shares)
def test_menu_error_laws(m: float, slope: float) -> None:
    """Mean over levels is m, each level is a share, errors rise with hardness."""
    by_level = menu_error_by_level(m, slope)
    assert by_level.mean() == pytest.approx(m, abs=1e-12)
    assert (by_level >= -1e-15).all()
    assert (by_level <= 1 + 1e-15).all()
    assert (np.diff(by_level) >= -1e-15).all()


def test_menu_error_fixed_points() -> None:
    assert menu_error_by_level(0.0, 1.0).tolist() == [0] * 5
    assert menu_error_by_level(1.0, 1.0).tolist() == [1] * 5
    # m = .5, slope = 1: .5 + .25 (-.8, -.4, 0, .4, .8)
    assert menu_error_by_level(0.5, 1.0) == pytest.approx([0.3, 0.4, 0.5, 0.6, 0.7])


def test_default_scenario_says_what_the_design_says() -> None:
    scenario = load_scenario("returns-bot-points")
    assert 2 * scenario.arrivals.first_contacts_per_week == 150_000
    assert {name: case.share for name, case in scenario.use_cases.items()} == {
        "A": 0.45, "B": 0.35, "C": 0.20,
    }  # fmt: skip
    rest = 1 - 0.2385  # .45 x .21 + .35 x .20 + .20 x .37 = .2385
    expected = [0.2385, 0.08 * rest, 0.19 * rest, 0.28 * rest, 0.45 * rest]
    assert scenario.served_prior() == pytest.approx(expected, abs=1e-12)
    assert scenario.use_cases["C"].menu_error == 1
    assert scenario.use_cases["C"].menu_false_claim == 0


def test_hourly_means_add_up_to_the_weekly_volume() -> None:
    arrivals = default_scenario().arrivals
    means = arrivals.hourly_means()
    assert means.shape == (168,)
    assert means.sum() == pytest.approx(75_000)
    monday, tuesday = means[:24], means[24:48]
    assert monday / tuesday == pytest.approx(np.full(24, 1.10 / 1.05))


def test_scenario_survives_its_own_file(tmp_path: Path) -> None:
    scenario = default_scenario({"agents.heads": "unlimited"})
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(scenario.model_dump(mode="json")), encoding="utf-8")
    assert load_scenario(path) == scenario


@pytest.mark.parametrize("name", packaged_scenarios())
def test_every_default_has_a_unit_or_a_source(name: str) -> None:
    """Each value's line, or the header above its section, carries a comment."""
    root = Path(__file__).parents[2]
    text = (root / "simulations" / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line
        key = line.split("=")[0].strip()
        bare = "=" in line and "#" not in line and not line.startswith("[")
        described = "#" in section or key in {"name", "description"} or "arms." in section
        assert not bare or described or key == "hour_weights", line


def test_scenario_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        default_scenario().name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "fact", "hint"),
    [
        ({"use_cases.A.menu_eror": 0.2}, "unknown key `use_cases.A.menu_eror`", "`menu_error`"),
        ({"agents.paitence": {}}, "unknown key `agents.paitence`", "`patience`"),
        ({"agents.heads.mondai": [1]}, "unknown key `agents.heads.mondai`", "`monday`"),
        ({"customers.text_rate": 1.5}, "`customers.text_rate` is `1.5`; expected less than", None),
        ({"customers.text_rate": "0.9"}, "`customers.text_rate` is `0.9`; expected a valid", None),
        ({"customers.text_rate": float("nan")}, "`customers.text_rate` is `nan`", None),
        ({"bot.mean_s": -1.0}, "`bot.mean_s` is `-1.0`; expected greater than or equal to 0", None),
        ({"use_cases.A.share": 0.5}, "the shares of `use_cases` sum to 1.05; expected 1", None),
        ({"other_reasons.missing": 0.5}, "`other_reasons`: the shares sum to 1.42", None),
        ({"arms.control.policy": "none"}, "`arms.control.policy` is `none`; expected 'menu'", None),
        ({"agents.heads": "unlimted"}, "`agents.heads` is `unlimted`; expected 'unlimited'", None),
        ({"name": ""}, "`name` is ``; expected at least 1 character", None),
        ({"agents.heads": 5.5}, "`agents.heads` is `5.5`; expected 'unlimited', a whole", None),
        (
            {"agents.heads.friday": [1] * 23},
            "`agents.heads.friday` has 23 entries; expected at least 24",
            None,
        ),
        (
            {"agents.heads.friday": [1] * 25},
            "`agents.heads.friday` has 25 entries; expected at most 24",
            None,
        ),
        ({"agents.heads.friday": [10**9] * 24}, "`agents.heads.friday.0` is `1000000000`", None),
        ({"arrivals.hour_weights": [0.0] * 24}, "`arrivals`: `hour_weights` are all 0", None),
        ({"arrivals.hour_weights": [1e-200] * 24}, "`arrivals`: `hour_weights` are all 0 or", None),
        ({"arrivals.hour_weights": [1e308] * 24}, "`arrivals.hour_weights.0` is `1e+308`", None),
        (
            {"arrivals.first_contacts_per_week": 1e300},
            "`arrivals.first_contacts_per_week` is",
            None,
        ),
        ({"arrivals.day_factor_cv": 1e200}, "`arrivals.day_factor_cv` is `1e+200`", None),
        ({"bot.cv": 1e200}, "`bot.cv` is `1e+200`; expected less than or equal to 10", None),
        ({"agents.service.mean_s": 1e300}, "`agents.service.mean_s` is `1e+300`", None),
        ({"agents.patience.mean_s": 1e300}, "`agents.patience.mean_s` is `1e+300`", None),
        ({"repeat_delay.median_h": 1e6}, "`repeat_delay.median_h` is `1000000.0`; expected", None),
        ({"arms": {}}, "`arms` has 0 entries; expected at least 1", None),
        ({"arms": MANY}, "`arms` has 128 entries; expected at most 127", None),
        ({"arms.control.weight": 1e308}, "`arms.control.weight` is `1e+308`", None),
        ({"customers.max_attempts": 0}, "`customers.max_attempts` is `0`", None),
    ],
)
def test_refusals(changes: dict[str, object], fact: str, hint: str | None) -> None:
    values = changed(load_scenario("returns-bot-points").model_dump(mode="json"), changes)
    with pytest.raises(ConfigError) as caught:
        parse_scenario(values, source="mine.toml")
    assert str(caught.value).startswith(f"mine.toml: {fact}")
    assert hint is None or hint in str(caught.value.hint)


def test_nobody_ever_on_duty_is_refused() -> None:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    with pytest.raises(ConfigError, match="no agent is ever on duty"):
        default_scenario({"agents.heads": {day: [0] * 24 for day in days}})


def test_missing_key_and_several_problems() -> None:
    values = load_scenario("returns-bot-points").model_dump(mode="json")
    del values["bot"], values["arrivals"]
    with pytest.raises(ConfigError, match=r"key `arrivals` is missing \(and 1 more\)"):
        parse_scenario(values)


def test_many_use_cases_are_refused() -> None:
    values = load_scenario("returns-bot-points").model_dump(mode="json")
    case = values["use_cases"]["A"] | {"share": 1 / 128}
    values["use_cases"] = {f"U{i}": case for i in range(128)}
    with pytest.raises(ConfigError, match="`use_cases` has 128 entries; expected at most 127"):
        parse_scenario(values)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder; expected a TOML file or a packaged"):
        load_scenario(tmp_path)
    with pytest.raises(ConfigError, match="`scenario` is `returns-bot-point`") as caught:
        load_scenario("returns-bot-point")
    assert caught.value.hint == "did you mean `returns-bot-points`?"
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.toml` is not valid TOML"):
        load_scenario(broken)
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"broken\.toml` cannot be read"):
        load_scenario(broken)
