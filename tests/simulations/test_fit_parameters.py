"""What a fit may move: priors on logits, limits of shares, orderings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import norm

from abkit.core.errors import ConfigError
from abkit.simulations.fit_parameters import CaseParameters, case_parameters, stated

from .fakes import default_scenario


def parameters(case: str = "A", changes: dict[str, float] | None = None, **sd: float) -> (
    CaseParameters
):  # fmt: skip
    scenario = default_scenario(changes)
    return case_parameters(case, scenario.use_cases[case], sd)


def test_the_base_is_where_z_is_0() -> None:
    found = parameters()
    assert len(found.names) == 13
    assert found.held == ("prevalence", "menu_false_claim")
    assert found.values(np.zeros(13)) == pytest.approx(found.base, abs=1e-15)
    assert found.use_case(found.base) == found.case


def test_a_prior_is_normal_on_the_logit() -> None:
    """One prior SD of .5 multiplies the odds .48 / .52 by e^.5 = 1.648721: .603473."""
    found = parameters(acceptance=0.25)
    moved = dict(zip(found.names, found.values(np.ones(13)), strict=True))
    assert moved["menu_error"] == pytest.approx(0.603473, abs=1e-6)
    odds = 0.82 / 0.18 * np.exp(0.25)
    assert moved["acceptance.tp"] == pytest.approx(odds / (1 + odds), abs=1e-12)
    draws = found.values(norm.ppf([[0.5]]) * np.ones(13))
    assert draws[0] == pytest.approx(found.base)


@given(st.lists(st.floats(-8, 8), min_size=13, max_size=13))
def test_values_and_z_invert_each_other(moves: list[float]) -> None:
    found, z = parameters(), np.array(moves)
    values = found.values(z)
    assert ((values > 0) & (values < 1)).all()
    assert found.z(values) == pytest.approx(z, abs=1e-9)
    low, high = found.bounds()
    assert (low < 0).all()
    assert (high > 0).all()
    assert found.values(low) == pytest.approx(0.001)


def test_slopes_are_derivatives() -> None:
    found, z = parameters(), np.linspace(-1, 1, 13)
    assert np.diag(approx_fprime(z, found.values)) == pytest.approx(found.slopes(z), abs=1e-6)
    assert approx_fprime(z, found.slacks) == pytest.approx(found.slack_slopes(z), abs=1e-6)
    signs = approx_fprime(found.values(z), lambda values: found.slacks(found.z(values)))
    assert signs == pytest.approx(found.slack_signs(), abs=1e-5)


def test_0_and_1_are_meant() -> None:
    """Use-case C's menu has no entry for LABEL 0: neither its error nor its false claims move."""
    assert parameters("C", menu_false_claim=0.5).held == (
        "prevalence", "menu_error", "menu_false_claim",
    )  # fmt: skip


def test_a_base_beyond_the_limits_may_stay() -> None:
    found = parameters(changes={"use_cases.A.repeat.tn": 0.0002})
    low, _ = found.bounds()
    assert low[found.names.index("repeat.tn")] == 0


def test_one_cell_may_have_its_own_prior() -> None:
    found = parameters(acceptance=0.0, **{"acceptance.fn": 1.5})
    assert "acceptance.tp" in found.held
    assert found.sd[found.names.index("acceptance.fn")] == 1.5


def test_slacks_say_how_far_a_wrong_resolution_is_from_helping() -> None:
    """Base A: tp .82, fn .4477, fp .65, tn .69; repeats .05, .2642, .08, .07."""
    slacks = parameters().slacks(np.zeros(13))
    assert slacks[:2] == pytest.approx([0.82 - 0.4477, 0.69 - 0.65 - 0.04])
    assert slacks[4:] == pytest.approx([0.2642 - 0.05, 0.08 - 0.07 - 0.01])


def test_a_stated_fifth_cell_is_ordered_too() -> None:
    found = parameters(changes={"use_cases.A.repeat.wrong": 0.06})
    assert found.slacks(np.zeros(14))[-1] == pytest.approx(0.06 - 0.07)
    assert stated(found.case, "repeat.wrong") == 0.06


@pytest.mark.parametrize(
    ("sd", "fact"),
    [
        ({"acceptence": 1}, "`prior_sd` is `acceptence`; expected one of"),
        ({"acceptance": -1}, "`prior_sd` of `acceptance` is `-1`; expected a number from 0 to 10"),
        ({"repeat": float("nan")}, "`prior_sd` of `repeat` is `nan`"),
        (dict.fromkeys(["menu_error", "acceptance", "positive", "repeat"], 0), "nothing can be"),
    ],
)
def test_refusals(sd: dict[str, float], fact: str) -> None:
    with pytest.raises(ConfigError, match=fact):
        parameters(**sd)


def test_held_cells_must_not_let_a_wrong_resolution_help() -> None:
    changes = {"use_cases.A.acceptance.fp": 0.7}
    with pytest.raises(ConfigError, match=r"A\.acceptance\.fp` = 0\.7000 is better than `tn` = 0"):
        parameters(changes=changes, acceptance=0.0)
    assert parameters(changes=changes).orderings  # free cells may still be moved apart
