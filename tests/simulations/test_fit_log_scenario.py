"""What is taken from a log and what keeps its prior: orders, sums, names, the file."""

import tomllib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abkit.core.fitted_log import LogEstimate
from abkit.simulations.fit_log import LogFit
from abkit.simulations.fit_log_arrivals import ArrivalFit
from abkit.simulations.fit_log_scenario import Settled, settle
from abkit.simulations.fit_log_writing import log_text
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario

from .fakes import default_scenario


def told(value: float, error: float = 0.01) -> LogEstimate:
    return LogEstimate(value=value, standard_error=error, lower=0.0, upper=1.0, by="test")


def log_fit(estimates: dict[str, LogEstimate], **changes: Any) -> LogFit:
    arrivals = ArrivalFit(
        estimates={}, weekday_means=np.full(7, 1_000.0), hours=np.full(24, 1 / 24),
        by_weekday=None, days=14,
    )  # fmt: skip
    shares = {
        f"use_cases.{name}.share": told(p) for name, p in zip("ABC", (0.5, 0.3, 0.2), strict=True)
    }
    values: dict[str, Any] = {
        "estimates": shares | estimates, "text_check": (), "arrivals": arrivals,
        "heads": (np.full(168, 60.4), np.full(168, 900.0)), "few_labels": (),
    }  # fmt: skip
    return LogFit(**(values | changes))


def settled(
    estimates: dict[str, LogEstimate], base: Scenario | None = None, **changes: Any
) -> Settled:
    return settle(
        log_fit(estimates, **changes), base or default_scenario(), name="new",
        resolutions=[None] * 5,
    )  # fmt: skip


def test_only_what_the_log_knows_better_is_taken() -> None:
    """The logit's standard error is error / (p (1 - p)): .5 at an error of .12 and p = .4."""
    found = settled(
        {
            "use_cases.A.acceptance.fn": told(0.4, 0.119),
            "use_cases.B.acceptance.fn": told(0.4, 0.121),
        }
    )
    scenario = found.scenario()
    assert scenario.use_cases["A"].acceptance.fn == 0.4
    assert scenario.use_cases["B"].acceptance.fn == 0.3971
    kept = {name: p.kept for name, p in found.parameters.items()}
    assert kept["use_cases.A.acceptance.fn"] == "log"
    assert kept["use_cases.B.acceptance.fn"] == "prior"
    assert kept["use_cases.C.acceptance.fn"] == "prior"
    assert found.parameters["use_cases.A.acceptance.fn"].moved == pytest.approx(-0.3905, abs=1e-3)
    assert found.parameters["use_cases.B.acceptance.fn"].moved is None


def test_a_wrong_resolution_never_helps() -> None:
    """Two of the log share their weighted mean; a prior gives way to the log."""
    found = settled(
        {
            "use_cases.A.acceptance.tp": told(0.5, 0.02),
            "use_cases.A.acceptance.fn": told(0.6, 0.04),
            "use_cases.A.repeat.tn": told(0.1, 0.005),  # the prior of fp is .08
        }
    )
    case = found.scenario().use_cases["A"]
    assert case.acceptance.tp == case.acceptance.fn == pytest.approx(0.52)
    assert case.repeat.fp == case.repeat.tn == 0.1
    kept = {name: p.kept for name, p in found.parameters.items() if p.kept != "prior"}
    assert kept["use_cases.A.acceptance.tp"] == kept["use_cases.A.acceptance.fn"] == "bound"
    assert kept["use_cases.A.repeat.fp"] == "bound"
    assert kept["use_cases.A.repeat.tn"] == "log"


def test_shares_sum_to_one_and_a_use_case_may_be_absent() -> None:
    fit = log_fit({})
    estimates = {
        "use_cases.A.share": told(2 / 3), "use_cases.B.share": told(1 / 3),
        "other_reasons.missing": told(1 / 7), "other_reasons.quality": told(1 / 7),
        "other_reasons.preference": told(2 / 7), "other_reasons.others": told(3 / 7),
    }  # fmt: skip
    found = settle(
        replace(fit, estimates=estimates), default_scenario(), name="x", resolutions=[None] * 5
    )
    scenario = found.scenario()
    assert [case.share for case in scenario.use_cases.values()] == [0.666667, 0.333333, 0.0]
    assert scenario.other_reasons.shares().sum() == pytest.approx(1, abs=1e-12)


def test_names_of_use_cases_may_hold_dots() -> None:
    values = default_scenario().model_dump()
    values["use_cases"] = {'v1.2 "new"': values["use_cases"]["A"] | {"share": 1.0}}
    base = parse_scenario(values)
    name = 'use_cases.v1.2 "new".acceptance.fn'
    shares = {'use_cases.v1.2 "new".share': told(1.0, 0.0), name: told(0.3)}
    found = settle(replace(log_fit({}), estimates=shares), base, name="x", resolutions=[None] * 5)
    fitted = found.scenario()
    assert fitted.use_cases['v1.2 "new"'].acceptance.fn == 0.3
    text = log_text(fitted, found.parameters, header=["of a\nlog"])
    assert "fn = 0.3 # log 0.3 +- 0.01: test, was 0.4477" in text
    assert parse_scenario(tomllib.loads(text)) == fitted


def test_the_file_means_the_scenario_and_says_what_each_number_rests_on() -> None:
    found = settled({"customers.text_rate": told(0.8), "bot.mean_s": told(70.0, 1.0)})
    fitted = found.scenario()
    text = log_text(fitted, found.parameters, header=["fitted"])
    assert parse_scenario(tomllib.loads(text)) == fitted
    lines = text.splitlines()
    assert lines[0] == "# fitted"
    assert "text_rate = 0.8 # log 0.8 +- 0.01: test, was 0.9" in lines
    assert "mean_s = 70.0 # log 70 +- 1: test, was 90" in lines
    assert "asks_at_once = 0.1 # prior" in lines
    assert max(map(len, lines)) < 300


def test_agents_hours_and_days() -> None:
    heads = np.full(168, 60.6)
    heads[167] = np.nan
    hours = np.tile(np.arange(24.0), (7, 1))
    arrivals = replace(log_fit({}).arrivals, by_weekday=hours)
    found = settled({}, heads=(heads, np.full(168, 900.0)), arrivals=arrivals)
    scenario = found.scenario()
    assert scenario.agents.by_hour()[:3] == (61, 61, 61)
    assert scenario.agents.by_hour()[167] == default_scenario().agents.by_hour()[167]
    assert scenario.arrivals.hourly_means()[24 + 5] == pytest.approx(5 * 7_000 / (7 * 276))
    assert any("hours differ by weekday" in note for note in found.notes)
    assert settled({}, heads=None).scenario().agents.heads == "unlimited"


def test_a_weekday_that_was_not_seen_keeps_its_proportion() -> None:
    means = np.array([1_100.0, 1_050.0, 1_000.0, 1_000.0, 980.0, np.nan, np.nan])
    arrivals = replace(log_fit({}).arrivals, weekday_means=means)
    found = settled({}, arrivals=arrivals)
    weights = found.scenario().arrivals.weekday_weights
    assert weights is not None
    assert weights[5:] == pytest.approx((920, 950), abs=0.01)
    assert any("no whole saturday, sunday" in note for note in found.notes)


def test_cells_of_wrong_other_reasons_are_counted_in_tn() -> None:
    base = default_scenario({"use_cases.A.acceptance.wrong": 0.3})
    found = settled({"use_cases.A.acceptance.tn": told(0.66)}, base)
    assert found.scenario().use_cases["A"].acceptance.values()[4] == 0.66
    assert "use_cases.A.acceptance.wrong" in dict(found.held)


def test_resolutions_are_the_logs() -> None:
    found = settle(
        log_fit({}), default_scenario(), name="x", resolutions=["swap", None, None, None, None]
    )
    assert found.scenario().resolutions.names()[:2] == ("swap", "send_missing_part")
