"""The study of interference: its counts against the log, its laws without a queue, its page."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abkit.analysis.block_designs import analyze_blocks
from abkit.analysis.interference import analyze_interference
from abkit.core.errors import ConfigError
from abkit.core.interference_study import InterferenceStudy
from abkit.pipeline import interference_run, interference_study
from abkit.pipeline.interference_run import (
    LOADS,
    Job,
    _blocks_compared,
    _signs,
    at_load,
    make_run,
    stored,
    with_design,
)
from abkit.pipeline.interference_worlds import COUNTS, RATES, world_facts
from abkit.pipeline.true_rates import count_rates
from abkit.pipeline.validity_study import small_world
from abkit.render.figures.interference import draw_interference
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.expected_load import expected_load
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

SUPPLY = beta_supply()
DEFAULT = load_scenario("returns-bot-points")
SMALL = small_world(DEFAULT)
ARGUMENTS: dict[str, Any] = {"threshold": 0.4, "weeks": 2, "seed": 1, "replication": 3}


@pytest.mark.parametrize("design", [{}, {"kind": "switchback", "block_h": 8.0}])
def test_counts_are_those_of_the_log(design: dict[str, Any]) -> None:
    """Sums by hour and by block add up to what pandas counts in the log of the same world."""
    scenario = with_design(SMALL, **design)
    facts = world_facts(scenario, SUPPLY, block_h=design.get("block_h", 24), **ARGUMENTS)
    log = simulate_contacts(scenario, SUPPLY, **ARGUMENTS)
    counted = log.to_pandas().query("counted")
    for a, arm in enumerate(("control", "treatment")):
        for rate, (of, per) in RATES.items():
            if rate == "abandoned":
                continue
            sums = [count_rates(log)[case, rate, arm] for case in "ABC"]
            assert facts.total(of, a) == sum(y for y, _ in sums)
            assert facts.total(per, a) == sum(m for _, m in sums)
            moments = facts.moments[rate][a]
            assert (moments.successes, moments.trials) == (facts.total(of, a), facts.total(per, a))
        mine = counted[counted["arm"] == arm]
        assert facts.total("requests", a) == mine["wait_s"].notna().sum()
        assert facts.total("waited_us", a) == round(mine["wait_s"].sum() * 1e6)
        assert facts.total("abandoned", a) == (mine["outcome"] == "abandoned_queue").sum()
    assert (facts.hours.sum(axis=0) == facts.blocks.sum(axis=0)).all()
    by_hour = counted["started_at"].dt.floor("h").value_counts().sort_index()
    hours = facts.hours[..., COUNTS.index("contacts")].sum(axis=1)
    assert hours[hours > 0].tolist() == by_hour.tolist()


def test_the_study_sees_what_the_analysis_of_a_log_says() -> None:
    """Signs, switchback and saturation: the same numbers from arrays and through SQL."""
    log = simulate_contacts(SMALL, SUPPLY, **ARGUMENTS)
    facts = world_facts(SMALL, SUPPLY, **ARGUMENTS)
    for own, theirs in zip(_signs(facts.hours), analyze_interference(log).signs, strict=True):
        assert (own.code, own.metric) == (theirs.code, theirs.metric)
        assert own.p_value == pytest.approx(theirs.p_value)
        assert own.estimate == pytest.approx(theirs.estimate)
    world = with_design(SMALL, kind="switchback", block_h=24.0)
    found = analyze_blocks(
        simulate_contacts(world, SUPPLY, **ARGUMENTS), design="switchback", block="block"
    )
    facts = world_facts(world, SUPPLY, **ARGUMENTS)
    for _, row in found.together[0].rows():
        one = _blocks_compared(facts, row.metric)
        assert row.difference == one.difference
        assert row.p_value == one.p_value


@pytest.mark.parametrize("load", [load for load in LOADS if load != "unlimited"])
def test_loads_are_what_they_say(load: str) -> None:
    expected = expected_load(at_load(DEFAULT, load))
    assert expected.work.sum() / expected.heads.sum() == pytest.approx(float(load), rel=0.01)


def test_without_a_queue_nobody_waits_and_nothing_is_hidden() -> None:
    world = at_load(SMALL, "unlimited")
    facts = world_facts(world, SUPPLY, **ARGUMENTS)
    assert facts.total("waited_us") == facts.total("abandoned") == 0
    assert [sign.why_not for sign in _signs(facts.hours)][1:3] == ["nobody waited"] * 2


@pytest.mark.slow
def test_without_a_queue_designs_agree_with_the_launch() -> None:
    """Over 40 runs no design is biased: mean within 4 standard errors."""
    world = at_load(SMALL, "unlimited")
    gaps: dict[str, list[float]] = {"customer": [], "switchback": []}
    for number in range(40):
        arguments = ARGUMENTS | {"replication": number}
        truth = [
            world_facts(interference_run.one_arm(world, arm), SUPPLY, **arguments).rate("24RR")
            for arm in ("control", "treatment")
        ]
        for kind, found in gaps.items():
            facts = world_facts(with_design(world, kind=kind), SUPPLY, **arguments)
            found.append(facts.rate("24RR", 1) - facts.rate("24RR", 0) - truth[1] + truth[0])
    for found in gaps.values():
        assert abs(np.mean(found)) < 4 * np.std(found, ddof=1) / np.sqrt(len(found))


FEW = ("unlimited", "1.05")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> InterferenceStudy:
    """Two runs of a small world at two loads, aggregated as the study does."""
    job = Job(
        folder=tmp_path_factory.mktemp("runs"), base=SMALL, supply=SUPPLY, threshold=0.4, seed=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interference_run, "LOADS", FEW)
        patch.setattr(interference_study, "LOADS", FEW)
        made = [make_run(job, number) for number in range(2)]
        assert stored(job, 1) == made[1]
        assert stored(job, 7) is None
        job.path(1).write_text("{")
        assert stored(job, 1) is None
        return interference_study.summary(made, scenario="small", seed=1, model="none")


def test_the_study_of_a_small_world(study: InterferenceStudy) -> None:
    assert study.runs == 2
    assert len(study.loads) == len(FEW) * len(RATES)
    for row in study.loads:
        assert row.bias == pytest.approx(row.estimate - row.launch)
        assert 0 <= row.covered <= 2
    unlimited = [row for row in study.waits if row.load is None]
    assert unlimited[0].wait_s == (0, 0)
    assert {row.design for row in study.designs} == {
        "customer", "switchback 24 h", "switchback 8 h", "switchback 2 h", "saturation 10/90",
    }  # fmt: skip
    assert {row.code for row in study.signs} >= {"requests", "queue", "before", "spill-over"}


def test_its_page_and_figures(study: InterferenceStudy, tmp_path: Path) -> None:
    page = study.to_markdown()
    assert page.startswith("# What a shared queue hides")
    assert "unlimited agents" in page
    assert len(draw_interference(study, tmp_path)) == 6


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(ConfigError, match="`runs` is 9; expected at least 10"):
        interference_study.study_interference(runs=9)
