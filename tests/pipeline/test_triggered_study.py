"""The study behind docs/triggered.md: its truth, its page, and, slowly, its verdict."""

import math
from dataclasses import replace

import numpy as np
import pytest

from abkit.analysis.triggered import analyze_triggered
from abkit.core.errors import ConfigError
from abkit.core.triggered_study import GainRow, TriggeredStudy
from abkit.pipeline.simulating import DEFAULT_SCENARIO
from abkit.pipeline.triggered_page import page
from abkit.pipeline.triggered_study import UNLIMITED, study_triggered, true_deltas
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

from ..simulations.fakes import beta_supply

ROW = GainRow(
    use_case="A", metric="AR", truth=0.02, plain_mean=0.021, plain_spread=0.004,
    diluted_mean=0.0199, diluted_spread=0.0012, diluted_error=0.0012, gain=11.1, gain_error=1.1,
    stated_gain=10.9, held=95, plain_held=94, shown=100, plain_shown=88,
)  # fmt: skip
STUDY = TriggeredStudy(
    scenario="returns-bot-points", unlimited_agents=True, experiments=100, weeks=2, seed=1,
    model="abc", threshold=0.4, confidence_level=0.95, triggered_share=0.135, rows=(ROW,),
    placebo_alarms=4, placebo_fails=0, trigger_alarms=5, refused=0,
)  # fmt: skip


def test_the_page_tells_each_number_with_its_error() -> None:
    queue = replace(STUDY, unlimited_agents=False, rows=(replace(ROW, truth=None),))
    text = page(STUDY, queue, "printed\n")
    assert "| A AR | 0.400 | 0.120 | 0.120 | 11.1 ± 1.1 | 10.9 | 88.0 % | 100.0 % |" in text
    assert "| A AR | 2.000 | 1.990 ± 0.012 | 2.100 ± 0.040 | 95.0 % | 94.0 % |" in text
    assert "4 of 100 (4.0 ± 2.0 %)" in text
    assert text.endswith("printed\n")
    assert max(map(len, (line for line in text.splitlines() if line[:1] != "|"))) <= 100


def test_a_study_needs_two_experiments() -> None:
    with pytest.raises(ConfigError, match="`experiments` is 1"):
        study_triggered(1)


def test_one_simulated_experiment_is_near_its_truth() -> None:
    """Scores from beta laws; every difference within 4.5 of its standard errors."""
    world = load_scenario(DEFAULT_SCENARIO, UNLIMITED)
    log = simulate_contacts(world, beta_supply(), threshold=0.4, weeks=1, seed=3)
    truth = true_deltas(world, beta_supply(), 0.4)
    table = analyze_triggered(log, treatment="treatment").tables[0]
    assert len(table.diluted) == 9
    for row in table.diluted:
        assert row.standard_error is not None
        off = (row.difference.estimate or 0.0) - truth[row.use_case, row.metric]
        assert abs(off) < 4.5 * row.standard_error
        assert (row.plain.gain or 0.0) > 2


@pytest.mark.slow
def test_unbiased_covered_and_several_times_as_sure() -> None:
    """60 experiments: bias within 4 errors, coverage within 4, the stated error is the spread."""
    n, world = 60, load_scenario(DEFAULT_SCENARIO, UNLIMITED)
    truth, supply = true_deltas(world, beta_supply(), 0.4), beta_supply()
    tables = [
        analyze_triggered(
            simulate_contacts(world, supply, threshold=0.4, weeks=1, seed=7, replication=i),
            treatment="treatment",
        ).tables[0]
        for i in range(n)
    ]
    held = 0
    for k, first in enumerate(tables[0].diluted):
        rows = [table.diluted[k] for table in tables]
        true = truth[first.use_case, first.metric]
        estimates = np.array([row.difference.estimate for row in rows], float)
        errors = np.array([row.standard_error for row in rows], float)
        assert abs(estimates.mean() - true) < 4 * errors.mean() / math.sqrt(n)
        assert estimates.std(ddof=1) == pytest.approx(errors.mean(), rel=4 / math.sqrt(2 * n))
        held += sum(row.difference.ci_lower <= true <= row.difference.ci_upper for row in rows)
    total = n * len(tables[0].diluted)  # rows of one experiment are nearly independent
    assert held / total == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / n / 4))
