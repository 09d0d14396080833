"""The study behind docs/validity.md: its worlds, its bookkeeping, and, slowly, its verdict."""

import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.errors import ConfigError
from abkit.core.validity_report import ValidityReport
from abkit.pipeline import validity_study
from abkit.pipeline.simulating import DEFAULT_SCENARIO
from abkit.pipeline.true_rates import count_rates
from abkit.pipeline.validity_study import small_world, study_validity
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

from ..simulations.fakes import beta_supply


def test_the_small_world_has_the_default_ones_load() -> None:
    default = load_scenario(DEFAULT_SCENARIO)
    small = small_world(default)
    assert small.arrivals.first_contacts_per_week == 3_000
    for few, many in zip(small.agents.by_hour(), default.agents.by_hour(), strict=True):
        assert few == math.ceil(many / 25)
    same = {"arrivals", "agents"}
    assert small.model_dump(exclude=same) == default.model_dump(exclude=same)


def without_some_offers(log: pa.Table) -> pa.Table:
    """Take the resolution from every third contact, so that an answer to nothing is met, too."""
    index = log.schema.get_field_index("resolution")
    field = log.schema.field(index)
    words = log["resolution"].to_pandas().astype(object)
    words[::3] = None
    return log.set_column(index, field, pa.array(words, pa.string()).cast(field.type))


def test_contacts_are_counted_as_the_analysis_counts_them() -> None:
    """The two share no code: pandas here, SQL and integers over customers there."""
    world = small_world(load_scenario(DEFAULT_SCENARIO))
    for replication in range(3):
        log = simulate_contacts(
            world, beta_supply(), threshold=0.4, weeks=1, seed=1, replication=replication
        )
        log = without_some_offers(log)
        counts = count_rates(log)
        table = analyze(log, treatment="treatment").table3
        found = {
            (case, row.metric, arm): (getattr(row, arm).successes, getattr(row, arm).trials)
            for case, row in table.rows()
            for arm in ("control", "treatment")
        }
        assert counts == found


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, private_cache: Path) -> list[dict[str, Any]]:
    """Let a study be tiny, and keep what each experiment was simulated with."""
    asked: list[dict[str, Any]] = []
    simulate = validity_study.simulate_contacts

    def watched(*arguments: Any, **options: Any) -> Any:
        asked.append(options)
        return simulate(*arguments, **options)

    monkeypatch.setattr(validity_study, "simulate_contacts", watched)
    monkeypatch.setattr(validity_study, "MIN_EXPERIMENTS", 1)
    monkeypatch.setattr(validity_study, "PER_GRADED", 2)
    return asked


def test_no_experiment_is_used_twice_and_the_placebo_flags_nothing(
    few: list[dict[str, Any]],
) -> None:
    report = study_validity(3, seed=5)
    assert [options["replication"] for options in few] == list(range(3 + 3 + 6))
    assert {options["seed"] for options in few} == {5}
    thresholds = [options["threshold"] for options in few]
    assert thresholds[:3] == [2.0] * 3
    assert thresholds[3:] == [report.world.threshold] * 9
    assert report.experiments == 3
    assert report.truth_experiments == 6
    assert report.sample_ratio_alarms.experiments == 6
    assert len(report.cells) == 9
    assert 200 < report.world.smallest_arm < report.world.largest_arm < 900


def test_same_seed_same_report(few: list[dict[str, Any]]) -> None:
    assert study_validity(2).to_json() == study_validity(2).to_json()


@pytest.mark.parametrize(
    ("experiments", "seed", "message"),
    [
        (19, 1, "`experiments` is 19; expected at least 20"),
        (10**6, 1, "`experiments` is 1000000; expected at most 100000"),
        (20, -1, "`seed` is -1"),
        (20, 2**63, "`seed` is 9223372036854775808; expected less"),
    ],
)
def test_refusals_come_before_any_work(experiments: int, seed: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study_validity(experiments, seed=seed)


@pytest.mark.slow
def test_every_promise_is_kept_in_a_reduced_study(private_cache: Path) -> None:
    """200 experiments of each kind, another seed than the page's: every share inside its band."""
    report: ValidityReport = study_validity(200, seed=2)
    assert [share for share in report.graded() if not share.kept] == []
    for cell in report.cells:  # the truth's doubt is far below one experiment's
        assert abs(cell.truth) > 3 * cell.truth_error
        assert (cell.truth > 0) == (cell.metric != "24RR")
        assert cell.power_adjusted <= cell.power
