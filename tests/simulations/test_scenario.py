"""Scenario values, what follows from them, and how wrong ones are refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.simulations.durations import LogNormal
from abkit.simulations.patience import Exponential, Weibull
from abkit.simulations.scenario import Scenario, menu_error_by_level
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
        described = "#" in section or key in {"base", "name", "description"} or "arms." in section
        assert not bare or described or key == "hour_weights", line


def test_optional_keys_at_their_default_are_not_written() -> None:
    """So that what was written before they came keeps its digest; laws are always named."""
    written = default_scenario().model_dump(mode="json")
    assert "backlog" not in written["agents"]
    assert "threshold" not in written["arms"]["treatment"]
    assert "wrong" not in written["use_cases"]["A"]["acceptance"]
    assert written["agents"]["patience"] == {"law": "exponential", "mean_s": 300.0}
    other = default_scenario(
        {
            "agents.backlog": 3,
            "arms.treatment.threshold": 0.0,
            "use_cases.A.acceptance.wrong": 0.0,
            "agents.service": {"law": "exponential", "mean_s": 5.0},
        }
    )
    assert other.agents.backlog == 3
    assert other.arms["treatment"].flags_from(0.4) == 0
    assert other.arms["control"].flags_from(0.4) == 0.4
    assert parse_scenario(other.model_dump(mode="json")) == other


def test_what_the_fifth_cell_is_without_a_value() -> None:
    cells = default_scenario().use_cases["A"].acceptance
    assert cells.values().tolist() == [cells.tp, cells.fn, cells.fp, cells.tn, cells.tn]


def test_cells_go_by_what_is_offered() -> None:
    """(tp, fn, fp, tn, wrong) are 0 to 4; where two reasons get the same, either belief fits."""
    assert default_scenario().cells().tolist() == [
        [0, 1, 1, 1, 1], [2, 3, 4, 4, 4], [2, 4, 3, 4, 4], [2, 4, 4, 3, 4], [2, 4, 4, 4, 3],
    ]  # fmt: skip
    same = default_scenario(
        {"resolutions.quality": "send_missing_part", "resolutions.others": "replacement"}
    )
    assert same.cells().tolist() == [
        [0, 1, 1, 1, 0], [2, 3, 3, 4, 4], [2, 3, 3, 4, 4], [2, 4, 4, 3, 4], [3, 4, 4, 4, 3],
    ]  # fmt: skip


def test_every_key_is_described_in_the_json_schema() -> None:
    schema = Scenario.model_json_schema()
    sections = schema["$defs"] | {"Scenario": schema}
    assert {"Agents", "Weibull", "Shift", "Arm", "Cells"} < set(sections)
    keys = [
        (name, key)
        for name, section in sections.items()
        for key, value in section["properties"].items()
        if "description" not in value and "description" not in refers_to(value, sections)
        if name not in ("Resolutions", "Roster", "HoursByWeekday")  # keys that say it all
    ]
    assert keys == []


def refers_to(value: dict[str, Any], sections: dict[str, Any]) -> dict[str, Any]:
    """Return the section behind a reference, or behind a table's values."""
    table = value.get("additionalProperties", {})
    reference = value.get("$ref") or table.get("$ref", "")
    found: dict[str, Any] = sections.get(reference.rpartition("/")[2], {})
    return found


def test_placebo_is_the_returns_bot_but_for_one_threshold() -> None:
    points, placebo = (load_scenario(n) for n in ("returns-bot-points", "placebo"))
    assert placebo.arms["treatment"].threshold == 2
    same = {"name", "description", "arms"}
    assert placebo.model_dump(exclude=same) == points.model_dump(exclude=same)
    assert placebo.arms["control"] == points.arms["control"]


def test_erlang_states_the_queue_of_the_domain_model() -> None:
    """M/M/20+M with arrival rate 20, patience 2 in units of the mean service."""
    erlang = load_scenario("erlang")
    service = erlang.agents.service.mean_s
    per_s = erlang.arrivals.hourly_means() / 3600
    assert per_s * service == pytest.approx(np.full(168, 20.0))
    assert erlang.agents.patience == Exponential(mean_s=2 * service)
    assert erlang.agents.steps() == (20,) * 168
    assert erlang.least_requests_per_week() == erlang.arrivals.first_contacts_per_week


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_may_state_what_differs_from_a_packaged_one(tmp_path: Path) -> None:
    base = 'base = "returns-bot-points"\n'
    points = load_scenario("returns-bot-points")
    assert load_scenario(write(tmp_path / "same.toml", base)) == points
    text = (
        base
        + """
        [use_cases.A]
        menu_error = 0.2
        [arms.third]
        policy = "menu_and_text"
        weight = 1
        [agents]
        backlog = 7
        heads = { shifts = [
            { days = ["monday"], start = "08:00", end = "20:00", heads = 200 },
        ] }
        patience = { law = "weibull", mean_s = 300, shape = 0.7 }
        service = { mean_s = 600 }
    """
    )
    mine = load_scenario(write(tmp_path / "mine.toml", text))
    assert list(mine.arms) == ["control", "treatment", "third"]
    assert mine.use_cases["A"] == points.use_cases["A"].model_copy(update={"menu_error": 0.2})
    assert mine.agents.service == LogNormal(mean_s=600, cv=1.0)  # the same law: merged
    assert mine.agents.patience == Weibull(law="weibull", mean_s=300, shape=0.7)
    assert mine.agents.by_hour()[7:9] == (0, 200)
    unknown = write(tmp_path / "unknown.toml", 'base = "returns-bot-point"')
    with pytest.raises(ConfigError, match="`base` is `returns-bot-point`") as caught:
        load_scenario(unknown)
    assert caught.value.hint == "did you mean `returns-bot-points`?"


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
        (
            {"customers.text_rate": "0.9"},
            '`customers.text_rate` is `"0.9"`, a text; expected',
            None,
        ),
        ({"customers.text_rate": float("nan")}, "`customers.text_rate` is `nan`", None),
        ({"bot.mean_s": -1.0}, "`bot.mean_s` is `-1.0`; expected greater than or equal to 0", None),
        ({"use_cases.A.share": 0.5}, "`use_cases`: the shares A 0.5 + B 0.35 + C 0.2 = 1.05", None),
        (
            {"other_reasons.missing": 0.5},
            "`other_reasons`: the shares missing 0.5 + quality 0.19 + preference 0.28 + others "
            "0.45 = 1.42; expected 1",
            None,
        ),
        ({"arms.control.policy": "none"}, "`arms.control.policy` is `none`; expected 'menu'", None),
        ({"agents.heads": "unlimted"}, "`agents.heads` is `unlimted`; expected 'unlimited'", None),
        ({"name": ""}, "`name` is ``; expected at least 1 character", None),
        ({"agents.heads": -1}, "`agents.heads` is `-1`; expected greater than or equal to 0", None),
        ({"agents.heads": True}, "`agents.heads` is `True`; expected a valid integer", None),
        ({"agents.backlog": 0.5}, "`agents.backlog` is `0.5`; expected a valid integer", None),
        ({"agents": 5}, "`agents` is `5`; expected a table", None),
        ({"agents.patience": 5}, "`agents.patience` is `5`; expected a table", None),
        (
            {"agents.patience.law": "weibul"},
            "`agents.patience.law` is `weibul`; expected one of `exponential`, `weibull`, `hazard`",
            "`weibull`",
        ),
        ({"agents.service.law": "weibull"}, "`agents.service.law` is `weibull`; expected", None),
        (
            {"agents.patience": {"law": "weibull", "mean_s": 1.0, "shap": 1.0}},
            "unknown key `agents.patience.shap`",
            "`shape`",
        ),
        ({"arms.control.threshold": float("inf")}, "`arms.control.threshold` is `inf`", None),
        ({"use_cases.A.repeat.wrong": 1.1}, "`use_cases.A.repeat.wrong` is `1.1`", None),
        ({"agents.heads": 5.5}, "`agents.heads` is `5.5`; expected 'unlimited', a whole", None),
        (
            {"agents.heads.friday": [1] * 23},
            "`agents.heads.friday` has 23 entries; expected 24",
            None,
        ),
        (
            {"agents.heads.friday": [1] * 25},
            "`agents.heads.friday` has 25 entries; expected 24",
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
