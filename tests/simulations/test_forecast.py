"""A forecast from a log: a known company covered, laws, the planned test's chance."""

from dataclasses import replace

import numpy as np
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.errors import DataError
from abkit.pipeline.fitting_log_study import drawn_labels, simulated_log
from abkit.pipeline.fitting_log_world import known_world
from abkit.pipeline.validate_scenarios import THRESHOLD
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.closed_form import closed_form
from abkit.simulations.fit_log_rows import ControlLog, control_log
from abkit.simulations.forecast import LogForecast, forecast_log
from abkit.simulations.forecast_effects import METRICS
from abkit.simulations.scenario import Scenario
from abkit.simulations.world import simulate_contacts

from .fakes import CONTROL, TREATMENT, default_scenario

BASE = default_scenario()
RATE = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}


def two_arms() -> Scenario:
    world = known_world().model_dump() | {"arms": {"control": CONTROL, "treatment": TREATMENT}}
    return Scenario.model_validate(world)


@pytest.fixture(scope="module")
def table():
    return simulated_log(known_world(), seed=11, replication=0)


def labelled(table, n: int) -> ControlLog:
    return control_log(table, drawn_labels(table, n, seed=11, replication=0))


@pytest.fixture(scope="module")
def log(table) -> ControlLog:
    return labelled(table, 1_000)


def forecast(log: ControlLog, *, threshold: float = THRESHOLD, **changes: float) -> LogForecast:
    arguments = {"weeks": 2, "draws": 1_000, "seed": 1} | changes
    return forecast_log(log, BASE, threshold=threshold, **arguments)


@pytest.fixture(scope="module")
def found(log: ControlLog) -> LogForecast:
    return forecast(log)


def widths(found: LogForecast) -> np.ndarray:
    """90 % intervals' widths, by use-case and metric."""
    low, high = (
        np.array([np.quantile(case.rates.effects, q, axis=1) for case in found.cases])
        for q in (0.05, 0.95)
    )
    return high - low


def test_a_known_company_is_covered(found: LogForecast) -> None:
    """The truth in closed form; nine rows, of which one or two may miss at 90 %."""
    truth = closed_form(two_arms(), beta_supply(), THRESHOLD)
    held = []
    for case in found.cases:
        arms = truth[case.use_case].arms
        true = arms["treatment"].every - arms["control"].every
        for i, metric in enumerate(METRICS):
            low, high = np.quantile(case.rates.effects[i], (0.05, 0.95))
            held.append(low <= getattr(true, RATE[metric]) <= high)
    assert len(held) == 9
    assert sum(held) >= 7


def test_control_is_what_the_log_shows(log: ControlLog, found: LogForecast) -> None:
    for code, case in enumerate(found.cases):
        rows = log.use_case == code
        seen = log.accepted[rows & ~log.asked].sum() / rows.sum()
        assert np.median(case.rates.control[0]) == pytest.approx(seen, abs=0.01)
        repeats = log.repeated[rows & log.followed].mean()
        assert np.median(case.rates.control[2]) == pytest.approx(repeats, abs=0.01)


def test_more_golden_labels_narrow_the_intervals(table) -> None:
    few, many = (widths(forecast(labelled(table, n))) for n in (400, 6_000))
    assert (many[:2] < few[:2]).all()  # A and B; in C the prior decides
    assert many.mean() < few.mean()


def test_nothing_flagged_is_exactly_no_effect(log: ControlLog, found: LogForecast) -> None:
    none = forecast(log, threshold=1.01)
    assert none.unreached == ("A", "B", "C")
    for case in none.cases:
        assert (case.rates.effects == 0).all()
    assert found.unreached == ()


def test_same_input_same_bits(log: ControlLog, found: LogForecast) -> None:
    again, other = forecast(log), forecast(log, seed=2)
    for a, b, c in zip(found.cases, again.cases, other.cases, strict=True):
        assert a.rates.effects.tobytes() == b.rates.effects.tobytes()
        assert a.estimates(1).tobytes() == b.estimates(1).tobytes()
        assert a.rates.effects.tobytes() != c.rates.effects.tobytes()


def test_four_times_the_weeks_halve_the_tests_error(log: ControlLog, found: LogForecast) -> None:
    long = forecast(log, weeks=8)
    for a, b in zip(found.cases, long.cases, strict=True):
        np.testing.assert_allclose(a.errors, 2 * b.errors, rtol=1e-12)
        np.testing.assert_array_equal(a.rates.effects, b.rates.effects)


def test_the_tests_error_is_what_its_analysis_states(found: LogForecast) -> None:
    experiment = simulate_contacts(
        two_arms(), beta_supply(), threshold=THRESHOLD, weeks=2, seed=11, replication=1
    )
    (analysed,) = analyze(experiment).tables
    stated = {(case, row.metric): row.standard_error for case, row in analysed.rows()}
    for case in found.cases:
        for i, metric in enumerate(METRICS):
            expected = float(np.median(case.errors[i]))
            assert stated[case.use_case, metric] == pytest.approx(expected, rel=0.1), metric


def test_a_log_without_scores_is_refused(log: ControlLog) -> None:
    bare = replace(log, score=np.full(log.score.size, np.nan))
    with pytest.raises(DataError, match="holds no score"):
        forecast(bare)


def test_use_cases_with_too_few_labels_are_left_out(table) -> None:
    labels = drawn_labels(table, 1_000, seed=11, replication=0)
    of_c = set(table.loc[table["use_case"].astype(str) == "C", "contact_id"])
    some = {name: label for name, label in labels.items() if name not in of_c}
    found = forecast(control_log(table, some))
    assert found.few_labels == ("C",)
    assert [case.use_case for case in found.cases] == ["A", "B"]
    with pytest.raises(DataError, match="nothing can be forecast"):
        forecast(control_log(table, dict(list(labels.items())[:4])))
