"""`fit-scenario` with the trained default model: the file, the report, the packaged scenarios."""

import json
from pathlib import Path

import numpy as np
import pytest

from abkit.core import paper
from abkit.core.errors import ConfigError
from abkit.core.fitted import FittedScenario
from abkit.model.artifact import Artifact
from abkit.pipeline.fitting_scenario import fit_scenario, read_prior_sd
from abkit.pipeline.simulating import default_model
from abkit.pipeline.supplies import generated_texts, scored
from abkit.simulations.closed_form import closed_form
from abkit.simulations.scenario_files import load_scenario

from ..simulations.default_flags import FLAGGED_OF_1200

WORLD = load_scenario("returns-bot-points")


@pytest.fixture(scope="module")
def artifact(private_cache: Path) -> Artifact:
    return default_model(WORLD)


@pytest.fixture(scope="module")
def fitted(artifact: Artifact, tmp_path_factory: pytest.TempPathFactory) -> FittedScenario:
    out = tmp_path_factory.mktemp("fit") / "mine.toml"
    return fit_scenario("paper", reading="relative", out=out, weeks=1)


def test_the_file_shows_the_targets(artifact: Artifact, fitted: FittedScenario) -> None:
    scenario = load_scenario(fitted.out)
    assert scenario.name == fitted.scenario == "mine"
    assert fitted.model == artifact.digest
    supply = scored(generated_texts(), artifact)
    form = closed_form(scenario, supply, fitted.threshold)
    for cell in fitted.cells:
        arms = form[cell.use_case].arms
        assert cell.delta == pytest.approx(
            paper.TABLE_3[cell.use_case, cell.metric] / 100, abs=2e-6
        )
        if cell.metric == "AR":
            assert cell.control == arms["control"].first.automation
            assert cell.treatment == arms["treatment"].first.automation


def test_the_simulation_agrees(fitted: FittedScenario) -> None:
    assert all(cell.z is not None and abs(cell.z) < 4.5 for cell in fitted.cells)
    assert fitted.p_value is not None
    assert 0 < fitted.p_value <= 1
    for cell in fitted.cells:  # what is decided before the queue is the same with one
        assert cell.by_the_queue is not None
        assert (cell.by_the_queue == 0) == (cell.metric != "24RR")


def test_the_report_holds_together(fitted: FittedScenario) -> None:
    scenario = load_scenario(fitted.out)
    for one in fitted.parameters:
        value = scenario.use_cases[one.use_case].model_dump()
        for key in one.name.split("."):
            value = value[key]
        assert value == one.fitted
        assert one.lower < one.fitted < one.upper
        odds = [v / (1 - v) for v in (one.fitted, one.base)]
        assert one.moved == pytest.approx(np.log(odds[0] / odds[1]) / one.prior_sd, abs=1e-3)
    for case in fitted.cases:
        moved = [p.moved for p in fitted.parameters if p.use_case == case.use_case]
        assert len(moved) == case.free
        assert case.cost == pytest.approx(np.square(moved).sum())
        assert case.rank == case.targets == 3
    assert json.loads(fitted.to_json())["cost"] == pytest.approx(fitted.cost)
    assert len(fitted.to_pandas()) == 9
    assert fitted.next_command == ("abkit", "simulate", "--scenario", str(fitted.out))


def test_one_fit_has_one_file(fitted: FittedScenario, tmp_path: Path) -> None:
    again = fit_scenario("paper", reading="relative", out=tmp_path / "mine.toml", weeks=0)
    assert again.out.read_bytes() == fitted.out.read_bytes()
    assert all(cell.simulated is None for cell in again.cells)
    text = again.out.read_text()
    assert f"model digest {again.model[:12]}" in text
    assert "Fonolo/Babbit" in text


def test_a_fit_of_what_fits_moves_nothing(fitted: FittedScenario, tmp_path: Path) -> None:
    again = fit_scenario(
        "paper", reading="relative", base=fitted.out, out=tmp_path / "again.toml", weeks=0
    )
    assert again.cost < 1e-6
    assert max(abs(p.moved) for p in again.parameters) < 1e-3


def test_a_model_of_another_prior_is_named(tmp_path: Path) -> None:
    """Once prevalence moves, the scenario's own default model would be another one."""
    found = fit_scenario(
        "paper", reading="relative", out=tmp_path / "moved.toml", weeks=0,
        prior_sd={"prevalence": 0.5},
    )  # fmt: skip
    assert "--model" in found.next_command
    assert Path(found.next_command[-1]).joinpath("manifest.json").is_file()


def test_use_cases_without_targets_stay(tmp_path: Path) -> None:
    targets = tmp_path / "targets.csv"
    targets.write_text("use_case,metric,delta,control\nB,AR,1.5,58\n")
    found = fit_scenario(targets, out=tmp_path / "b.toml", weeks=0, contacts="all")
    assert found.left_alone == ("A", "C")
    (cell,) = found.cells
    assert (cell.control, cell.delta) == pytest.approx((0.58, 0.015), abs=2e-6)
    scenario = load_scenario(found.out)
    assert scenario.use_cases["A"] == WORLD.use_cases["A"]
    assert scenario.agents == WORLD.agents


def test_refusals_come_before_any_file(tmp_path: Path) -> None:
    out = tmp_path / "new.toml"
    with pytest.raises(ConfigError, match="`contacts` is `every`; expected one of"):
        fit_scenario("paper", out=out, contacts="every")
    with pytest.raises(ConfigError, match="`weeks` is -1"):
        fit_scenario("paper", out=out, weeks=-1)
    with pytest.raises(ConfigError, match="`--sd` is `repeat`; expected NAME=SD"):
        read_prior_sd(["repeat"])
    targets = tmp_path / "targets.csv"
    targets.write_text("use_case,metric,delta\nA,PRR,40\n")
    with pytest.raises(ConfigError, match=r"no parameters give PRR \+40\.00 points; the closest"):
        fit_scenario(targets, out=out)
    assert not out.exists()
    assert read_prior_sd(["repeat=1", " acceptance.fn = 2e-1"]) == {
        "repeat": 1, "acceptance.fn": 0.2,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "relative"), [("returns-bot-points", False), ("returns-bot-relative", True)]
)
def test_packaged_scenarios_are_within_a_fifth_of_a_point(
    artifact: Artifact, name: str, relative: bool
) -> None:
    """With the model that this machine trains, whose last bits may differ from ours."""
    supply = scored(generated_texts(), artifact)
    threshold = artifact.threshold.threshold
    assert threshold is not None
    assert supply.flag_rates(threshold) == pytest.approx(FLAGGED_OF_1200 / 1200, abs=0.05)
    form = closed_form(load_scenario(name), supply, threshold)
    for case, found in form.items():
        before, after = (found.arms[arm].first for arm in ("control", "treatment"))
        for metric, field in (("AR", "automation"), ("PRR", "positive"), ("24RR", "repeat")):
            level = getattr(before, field)
            asked = paper.TABLE_3[case, metric] / 100 * (level if relative else 1)
            assert getattr(after, field) - level == pytest.approx(asked, abs=0.002)
