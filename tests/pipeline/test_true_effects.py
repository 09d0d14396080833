"""The truth beside Table 3: placebo, closed form, several arms, what the A/B interval holds."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abkit.core.arms import Effect
from abkit.core.metrics import TABLE_3
from abkit.core.simulated import SimulationResult
from abkit.core.true_effects import TrueEffect
from abkit.pipeline.simulating import simulate
from abkit.pipeline.true_rates import count_rates
from abkit.simulations.closed_form import closed_form
from abkit.simulations.global_effects import global_effects
from abkit.simulations.one_arm import one_arm
from abkit.simulations.world import simulate_contacts

from ..simulations.fakes import CONTROL, TREATMENT, beta_supply, default_scenario

SUPPLY = beta_supply()
ASKED: dict[str, Any] = {"threshold": 0.4, "weeks": 1, "seed": 1}
SMALL = {"arrivals.first_contacts_per_week": 4_000.0}
PLACES = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}


def test_effects_are_the_difference_of_two_logs() -> None:
    """Counted from the logs of the two worlds by other code."""
    scenario = default_scenario(
        SMALL | {"arms": {"control": CONTROL, "one": TREATMENT, "two": TREATMENT | {"weight": 3}}}
    )
    found = list(global_effects(scenario, SUPPLY, ["one", "two"], **ASKED))
    order = [(arm, case, m) for arm in ("one", "two") for case in "ABC" for m in TABLE_3]
    assert [(one.arm, one.use_case, one.metric) for one in found] == order
    counts = {}
    for arm in scenario.arms:
        counts |= count_rates(simulate_contacts(one_arm(scenario, arm), SUPPLY, **ASKED))
    for one in found:
        before, after = (
            np.divide(*counts[one.use_case, one.metric, arm]) for arm in ("control", one.arm)
        )
        assert (one.worlds.rate_a, one.worlds.rate_b) == (before, after)
        assert one.worlds.difference == after - before
    half = len(found) // 2
    assert [one.worlds for one in found[:half]] == [one.worlds for one in found[half:]]


def test_effects_are_the_closed_forms_where_nobody_waits() -> None:
    scenario = default_scenario(
        {"arrivals.first_contacts_per_week": 40_000.0, "agents.heads": "unlimited"}
    )
    form = closed_form(scenario, SUPPLY, 0.4)
    for one in global_effects(scenario, SUPPLY, ["treatment"], **ASKED):
        arms = form[one.use_case].arms
        exact = getattr(arms["treatment"].every - arms["control"].every, PLACES[one.metric])
        # in the first days fewer contacts are repeats than ever after
        assert abs(one.worlds.difference - exact) < 4 * one.worlds.standard_error + 2e-4


def effect(**changes: Any) -> TrueEffect:
    shown = Effect(estimate=0.02, ci_lower=0.01, ci_upper=0.03)
    known = TrueEffect(
        treatment="treatment", use_case="A", metric="AR", all_control=0.6, all_treatment=0.63,
        effect=0.03, standard_error=0.001, variance_reduction=17.0, shown=shown,
    )  # fmt: skip
    return replace(known, **changes)


@pytest.mark.parametrize(
    ("changes", "held"),
    [
        ({}, True), ({"effect": 0.031}, False), ({"effect": 0.009}, False),
        ({"effect": None}, None),
        ({"shown": Effect(estimate=None, ci_lower=-1, ci_upper=1)}, None),
        ({"shown": Effect(estimate=0.0, ci_lower=-math.inf, ci_upper=math.inf)}, True),
    ],
)  # fmt: skip
def test_held(changes: dict[str, Any], held: bool | None) -> None:
    one = effect(**changes)
    assert one.held is held
    assert one.to_dict()["held"] is held
    unbounded = Effect(estimate=0.0, ci_lower=-math.inf, ci_upper=math.inf)
    assert effect(shown=unbounded).to_dict()["shown"]["ci_lower"] is None


NOBODY_TYPES = """
base = "returns-bot-points"
name = "nobody types"
[arrivals]
first_contacts_per_week = 3_000
[customers]
text_rate = 0.0
[arms.third]
policy = "menu"
weight = 1
"""


@pytest.fixture(scope="module")
def placebo(tmp_path_factory: pytest.TempPathFactory) -> SimulationResult:
    folder = tmp_path_factory.mktemp("placebo")
    (folder / "nobody.toml").write_text(NOBODY_TYPES)
    return simulate(scenario=folder / "nobody.toml", weeks=1, runs=folder / "runs")


def test_a_placebo_is_exactly_nothing(placebo: SimulationResult) -> None:
    assert len(placebo.truth) == 18
    for one in placebo.truth:
        assert one.effect == one.standard_error == 0
        assert one.variance_reduction is None
        assert one.held == (one.shown.ci_lower <= 0 <= one.shown.ci_upper)


def test_the_truth_stands_beside_its_row(placebo: SimulationResult) -> None:
    rows = [
        (table.treatment, case, row.metric, row.difference)
        for table in placebo.tables
        for case, row in table.rows()
    ]
    truth = [(one.treatment, one.use_case, one.metric, one.shown) for one in placebo.truth]
    assert truth == rows
    written = placebo.to_dict()["simulation"]["truth"]
    assert written == [one.to_dict() for one in placebo.truth]
    text = placebo.to_markdown()
    assert text.count("The truth: everybody in control, everybody in") == 2
    assert text.count("0.00 without a sign is exactly 0") == 1
    assert "share the agents' queue" not in text


def test_a_tiny_world_has_no_row_too_many(tmp_path: Path) -> None:
    tiny = NOBODY_TYPES.partition("[arms")[0].replace("3_000", "10")
    (tmp_path / "tiny.toml").write_text(tiny)
    result = simulate(scenario=tmp_path / "tiny.toml", weeks=1, runs=tmp_path / "runs")
    rows = sum(1 for table in result.tables for _ in table.rows())
    assert len(result.truth) == rows
