"""Solving the `fn` cells for given effects, and refusing effects that cannot be."""

from dataclasses import asdict, astuple

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.closed_form import Rates, closed_form, deltas
from abkit.simulations.fit_cells import FnCells, solve_fn_cells, with_fn_cells
from abkit.simulations.supply import ScoredSupply

from .fakes import default_scenario, make_supply, two_point_supply
from .test_closed_form import PUBLISHED, published_scenario

# Table 3 of the paper, read as percentage points
TABLE_3 = {
    "A": Rates(automation=0.0213, positive=0.0318, repeat=-0.0065),
    "B": Rates(automation=0.0210, positive=0.0097, repeat=-0.0068),
    "C": Rates(automation=0.0398, positive=0.1285, repeat=-0.0102),
}


def expected_supply(recall: float = 0.67) -> ScoredSupply:
    """Return what the default model is expected to do: precision .85 at the served prior .2385."""
    rates = np.full((5, 5), recall * 0.2385 / 0.85 * 0.15 / 0.7615)
    rates[0] = recall + np.array([0.16, 0.08, 0, -0.08, -0.16])
    return make_supply(rates)


@pytest.mark.parametrize("recall", [0.55, 0.62, 0.67, 0.72, 0.80])
def test_solution_hits_all_nine_deltas(recall: float) -> None:
    scenario, supply = default_scenario(), expected_supply(recall)
    solved = solve_fn_cells(scenario, supply, 0.5, TABLE_3)
    exact = with_fn_cells(scenario, solved, digits=12)
    for name, delta in deltas(closed_form(exact, supply, 0.5)).items():
        assert asdict(delta) == pytest.approx(asdict(TABLE_3[name]), abs=1e-10)
    rounded = with_fn_cells(scenario, solved)
    for name, delta in deltas(closed_form(rounded, supply, 0.5)).items():
        assert asdict(delta) == pytest.approx(asdict(TABLE_3[name]), abs=2e-5)


@pytest.mark.parametrize("name", ["P A", "P B", "P C"])
def test_published_sets_are_recovered(name: str) -> None:
    """The domain model's fitted `fn` cells, from its own recall, false flags and Table 3."""
    supply = two_point_supply(recall=0.77123, false_flag_rate=0.070, per_cell=100_000)
    solved = solve_fn_cells(published_scenario(name), supply, 0.5, {"only": TABLE_3[name[-1]]})[
        "only"
    ]
    accepts, positive, repeat = PUBLISHED[name][2:5]
    assert solved.acceptance == pytest.approx(accepts[1], abs=3e-4)
    assert solved.positive == pytest.approx(positive[1], abs=6e-4)
    assert solved.repeat == pytest.approx(repeat[1], abs=6e-4)


def test_a_somewhat_other_model_stays_near_the_effects() -> None:
    """Fitted at recall .67: signs as in Table 3 and within a factor of two from .60 to .75."""
    solved = solve_fn_cells(default_scenario(), expected_supply(), 0.5, TABLE_3)
    fitted = with_fn_cells(default_scenario(), solved)
    for recall in (0.60, 0.75):
        form = closed_form(fitted, expected_supply(recall), 0.5)
        for name, delta in deltas(form).items():
            for got, paper in zip(astuple(delta), astuple(TABLE_3[name]), strict=True):
                assert 0.5 < got / paper < 2, (recall, name, got, paper)


def test_only_the_fn_cells_change() -> None:
    scenario = default_scenario()
    cells = {"A": FnCells(acceptance=0.1, positive=0.2, repeat=0.34567)}
    changed = with_fn_cells(scenario, cells)
    assert changed.use_cases["A"].acceptance.fn == 0.1
    assert changed.use_cases["A"].repeat.fn == 0.3457
    back = {
        "A": FnCells(
            acceptance=scenario.use_cases["A"].acceptance.fn,
            positive=scenario.use_cases["A"].positive.fn,
            repeat=scenario.use_cases["A"].repeat.fn,
        )
    }
    assert with_fn_cells(changed, back) == scenario


@pytest.mark.parametrize(
    ("delta", "fact"),
    [
        ((0.10, 0.0318, -0.0065), r"`use_cases\.A\.acceptance\.fn` would be -"),
        ((0.0213, 0.2, -0.0065), r"`use_cases\.A\.positive\.fn` would be -"),
        ((0.0213, 0.0318, -0.05), r"`use_cases\.A\.repeat\.fn` would be 2\."),
        ((-0.01, 0.0318, -0.0065), r"acceptance\.fn` = 0\.\d+ would be better than `tp` = 0\.82"),
        ((0.0213, 0.0318, -0.0001), r"repeat\.fn` = 0\.\d+ would be better than `tp` = 0\.05"),
    ],
)
def test_effects_that_cannot_be(delta: tuple[float, float, float], fact: str) -> None:
    target = Rates(automation=delta[0], positive=delta[1], repeat=delta[2])
    with pytest.raises(ConfigError, match=fact):
        solve_fn_cells(default_scenario(), expected_supply(), 0.5, {"A": target})


def test_a_false_flag_must_not_help() -> None:
    scenario = default_scenario({"use_cases.A.acceptance.fp": 0.7})
    with pytest.raises(ConfigError, match=r"A\.acceptance\.fp` = 0\.7000 would be better"):
        solve_fn_cells(scenario, expected_supply(), 0.5, TABLE_3)


def test_names_and_flags_that_are_not_there() -> None:
    scenario, supply = default_scenario(), expected_supply()
    with pytest.raises(ConfigError, match="`use-case` is `D`"):
        solve_fn_cells(scenario, supply, 0.5, {"D": TABLE_3["A"]})
    with pytest.raises(ConfigError, match="`arm` is `treated`"):
        solve_fn_cells(scenario, supply, 0.5, TABLE_3, treatment="treated")
    with pytest.raises(ConfigError, match="no flag corrects a missed LABEL 0"):
        solve_fn_cells(scenario, supply, 1.01, TABLE_3)
