"""Fitting parameters to effects: exact, cheapest, never with a resolution that helps by mistake."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import NonlinearConstraint, minimize

from abkit.core.errors import ConfigError
from abkit.core.metrics import TABLE_3
from abkit.simulations.closed_form import FN, Rates, cell_weights, closed_form, deltas
from abkit.simulations.fit_cells import CaseFit, fit_cells, fitted_scenario
from abkit.simulations.fit_moments import FIELDS, Problem, World, delta, equations
from abkit.simulations.fit_parameters import case_parameters
from abkit.simulations.fit_targets import Reading, Target, TargetTable, load_targets
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

from .default_flags import default_supply
from .fakes import default_scenario, two_point_supply
from .test_closed_form import PUBLISHED, published_scenario

ONLY_FN = {
    "menu_error": 0.0, "acceptance": 0.0, "positive": 0.0, "repeat": 0.0,
    "acceptance.fn": 0.5, "positive.fn": 0.5, "repeat.fn": 0.5,
}  # fmt: skip
SUPPLY = default_supply()


def world(reading: Reading = "points", scenario: Scenario | None = None, **more: str) -> World:
    return World(
        scenario=scenario or default_scenario(), supply=SUPPLY, threshold=0.5, reading=reading,
        **more,
    )  # fmt: skip


def table(reading: Reading = "points", **cases: dict[str, float]) -> TargetTable:
    """Return deltas written in points or per cent, `A={"AR": 2.13}`."""
    return TargetTable(
        source="test",
        reading=reading,
        targets=tuple(
            Target(use_case=case, metric=metric, delta=value / 100)
            for case, metrics in cases.items()
            for metric, value in metrics.items()
        ),
    )


def got(scenario: Scenario, given: World) -> dict[tuple[str, str], float]:
    """Return the closed form's deltas as they are read."""
    form, found = closed_form(scenario, given.supply, given.threshold), {}
    for case, of in form.items():
        arms = [of.arms[arm] for arm in ("control", "treatment")]
        rates = [arm.first if given.contacts == "first" else arm.every for arm in arms]
        for metric, name in FIELDS.items():
            found[case, metric] = delta(given.reading, *(getattr(rate, name) for rate in rates))
    return found


@pytest.mark.parametrize("contacts", ["first", "all"])
@pytest.mark.parametrize("reading", ["points", "relative"])
def test_all_nine_deltas_are_hit(reading: Reading, contacts: str) -> None:
    """To the sixth decimal of a parameter: 1e-5 points, or as little of a 24RR's level."""
    given, targets = world(reading, contacts=contacts), load_targets("paper", reading)
    fits = fit_cells(given, targets)
    met = got(fitted_scenario(given.scenario, fits), given)
    for target in targets.targets:
        assert met[target.use_case, target.metric] == pytest.approx(target.delta, abs=2e-6)


def test_control_levels_are_hit_too() -> None:
    given = world("relative")
    targets = TargetTable(
        source="test",
        reading="relative",
        targets=(
            Target(use_case="B", metric="AR", delta=0.021, control=0.55),
            Target(use_case="B", metric="24RR", delta=-0.02, control=0.11),
        ),
    )
    fit = fit_cells(given, targets)["B"]
    assert fit.rank == 4
    rates = closed_form(fitted_scenario(given.scenario, {"B": fit}), SUPPLY, 0.5)["B"].arms
    assert rates["control"].first.automation == pytest.approx(0.55, abs=1e-6)
    assert rates["control"].first.repeat == pytest.approx(0.11, abs=1e-6)
    assert rates["treatment"].first.repeat == pytest.approx(0.11 * 0.98, abs=1e-6)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sets_are_recovered(name: str) -> None:
    """The domain model's fitted `fn` cells, from its own recall, false flags and Table 3."""
    recall, false = (0.77123, 0.070) if name[0] == "P" else (0.74235, 0.053)
    supply = two_point_supply(recall=recall, false_flag_rate=false, per_cell=10_000)
    reading: Reading = "points" if name[0] == "P" else "relative"
    paper = {t.metric: 100 * t.delta for t in load_targets("paper").by_use_case()[name[-1]]}
    given = World(
        scenario=published_scenario(name), supply=supply, threshold=0.5, reading=reading
    )  # fmt: skip
    fit = fit_cells(given, table(reading, only=paper), prior_sd=ONLY_FN)["only"]
    for column, group in zip(
        PUBLISHED[name][2:5], ("acceptance", "positive", "repeat"), strict=True
    ):
        assert getattr(fit.use_case, group).fn == pytest.approx(column[1], abs=6e-4)


def test_three_free_cells_are_what_linear_equations_give() -> None:
    """Three unknowns, each linear once those before are solved: an independent solution."""
    given, asked = world(), Rates(automation=0.03, positive=0.04, repeat=-0.009)
    fit = fit_cells(
        given, table(A={"AR": 3.0, "PRR": 4.0, "24RR": -0.9}), prior_sd=ONLY_FN
    )["A"].use_case  # fmt: skip
    scenario = given.scenario
    case, shared, flags = scenario.use_cases["A"], scenario.customers, SUPPLY.flag_rates(0.5)
    after, before = (cell_weights(scenario, "A", arm, flags) for arm in ("treatment", "control"))
    moved, others = (after - before).sum(axis=(0, 1)), np.arange(5) != FN
    a, p, k = (getattr(case, name).values() for name in ("acceptance", "positive", "repeat"))
    eps, offered = shared.positive_if_rejected, 1 - shared.asks_at_once
    asks = shared.asks_after_rejecting
    z = asks * shared.repeat_if_served + (1 - asks) * shared.repeat_if_silent
    fn = (asked.automation / offered - (moved * a)[others].sum()) / moved[FN]
    assert fit.acceptance.fn == pytest.approx(fn, abs=1e-6)
    rest = (moved * a * (p - eps))[others].sum()
    assert fit.positive.fn == pytest.approx(
        eps + (asked.positive - rest) / moved[FN] / fn, abs=1e-6
    )
    rest = (moved * a * (k - z))[others].sum()
    assert fit.repeat.fn == pytest.approx(
        z + (asked.repeat / offered - rest) / moved[FN] / fn, abs=1e-6
    )


def test_what_is_met_already_moves_nothing() -> None:
    scenario = load_scenario("returns-bot-points")
    own = deltas(closed_form(scenario, SUPPLY, 0.5))
    asked = {
        case: {m: 100 * getattr(rates, FIELDS[m]) for m in TABLE_3} for case, rates in own.items()
    }
    fits = fit_cells(world(scenario=scenario), table(**asked))
    assert fitted_scenario(scenario, fits) == scenario
    assert all(fit.cost < 1e-12 for fit in fits.values())


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), reading=st.sampled_from(["points", "relative"]))
def test_a_planted_truth_is_reached_at_no_higher_cost(seed: int, reading: Reading) -> None:
    """Effects of some parameters can be met, and the fit is at least as plausible as they."""
    given = world(reading)
    parameters = case_parameters("A", given.scenario.use_cases["A"])
    z = np.random.default_rng(seed).normal(0, 1, parameters.base.size)
    while (parameters.slacks(z) < 1e-3).any():  # towards the base, which keeps the orderings ...
        z *= 0.9
        if np.abs(z).max() < 1e-3:  # ... but sits at their margins: move off one of them
            z[parameters.names.index("acceptance.tn")] = 0.2
            z[parameters.names.index("positive.tn")] = 0.2
            z[parameters.names.index("repeat.fp")] = 0.4
    truth = parameters.use_case(parameters.values(z))
    scenario = given.scenario.model_copy(update={"use_cases": {"A": truth}})
    rates = got(scenario, given)
    fit = fit_cells(
        given, table(reading, A={m: 100 * rates["A", m] for m in TABLE_3})
    )["A"]  # fmt: skip
    assert fit.cost <= z @ z + 1e-6
    assert fit.rank == 3
    assert (parameters.slacks(fit.z) >= -1e-6).all()


def problem_of(reading: Reading, case: str, **changes: float) -> Problem:
    given = world(reading, default_scenario(changes))
    return Problem(
        world=given,
        name=case,
        parameters=case_parameters(case, given.scenario.use_cases[case]),
        equations=equations(load_targets("paper", reading).by_use_case()[case]),
    )


def fit_of(problem: Problem) -> CaseFit:
    targets = load_targets("paper", problem.world.reading)
    own = replace(targets, targets=targets.by_use_case()[problem.name])
    return fit_cells(problem.world, own)[problem.name]


@pytest.mark.parametrize("case", ["A", "C"])
def test_another_optimiser_finds_the_same(case: str) -> None:
    """Interior point instead of sequential quadratic programming."""
    problem = problem_of("relative", case)
    parameters = problem.parameters
    found = minimize(
        lambda z: z @ z, np.zeros(parameters.base.size), jac=lambda z: 2 * z,
        method="trust-constr", hess=lambda z: 2 * np.eye(z.size),
        constraints=[
            NonlinearConstraint(problem.misses, 0, 0, jac=problem.jacobian),
            NonlinearConstraint(parameters.slacks, 0, np.inf, jac=parameters.slack_slopes),
        ],
        options={"gtol": 1e-9, "xtol": 1e-10, "maxiter": 500},
    )  # fmt: skip
    fit = fit_of(problem)
    assert fit.cost == pytest.approx(found.fun, abs=1e-3)
    assert fit.z == pytest.approx(found.x, abs=5e-3)


@pytest.mark.parametrize("name", ["positive.fn", "repeat.tn", "menu_error"])
def test_kept_is_the_profile_s_curvature(name: str) -> None:
    """Pinned beside its fitted value, a parameter costs (step / kept)^2 more, nearly."""
    problem = problem_of("relative", "A")
    fit = fit_of(problem)
    place = problem.parameters.names.index(name)
    step, costs = 0.1, []
    for side in (-1, 1):
        pin = NonlinearConstraint(lambda z: z[place], *2 * [fit.z[place] + side * step])
        found = minimize(
            lambda z: z @ z, fit.z, jac=lambda z: 2 * z, method="SLSQP",
            constraints=[NonlinearConstraint(problem.misses, 0, 0, jac=problem.jacobian), pin],
        )  # fmt: skip
        costs.append(found.fun)
    curvature = (sum(costs) - 2 * fit.cost) / (2 * step**2)
    assert curvature**-0.5 == pytest.approx(fit.kept[place], rel=0.15)


def test_levels_and_deltas_leave_the_rest_to_the_prior() -> None:
    """I - J^+ J is a projection: squares of what is kept sum to the free directions."""
    fit = fit_of(problem_of("relative", "B"))
    assert np.square(fit.kept).sum() == pytest.approx(len(fit.kept) - fit.rank)
    assert fit.rank == 3


def test_parameters_at_a_bound_are_named() -> None:
    fit = fit_of(problem_of("points", "A"))
    assert {"acceptance.fp", "acceptance.tn", "repeat.fp", "repeat.tn"} <= set(fit.at_bound)
    assert "acceptance.tp" not in fit.at_bound


def test_a_wrong_resolution_never_helps() -> None:
    """AR up by a little and PRR down: cheapest would be that false flags please, were it free."""
    given = world()
    fit = fit_cells(given, table(A={"AR": 2.13, "PRR": -1.0, "24RR": 0.3}))["A"]
    case = fit.use_case
    assert case.acceptance.fp <= case.acceptance.tn - 0.04 + 2e-6
    assert case.positive.fp <= case.positive.tn - 0.04 + 2e-6
    assert case.repeat.fp >= case.repeat.tn + 0.01 - 2e-6
    assert case.positive.fn <= case.positive.tp + 2e-6
    assert case.repeat.fn >= case.repeat.tp - 2e-6
    assert fit.at_bound


def test_the_fifth_cell_is_fitted_where_it_is_stated() -> None:
    stated = default_scenario({"use_cases.A.acceptance.wrong": 0.6})
    fit = fit_cells(world("relative", stated), table("relative", A={"AR": 2.13}))["A"]
    assert "acceptance.wrong" in fit.parameters.names
    assert "positive.wrong" not in fit.parameters.names
    assert fit.use_case.acceptance.wrong is not None
    assert fit.use_case.positive.wrong is None


def test_prevalence_moves_on_request_only() -> None:
    given, targets = (
        world("relative"),
        table("relative", A={"AR": 2.13, "PRR": 3.18, "24RR": -0.65}),
    )
    held, free = (fit_cells(given, targets, prior_sd=sd)["A"] for sd in ({}, {"prevalence": 0.5}))
    assert held.use_case.prevalence == 0.21
    assert free.use_case.prevalence < 0.20
    assert free.cost < held.cost


@pytest.mark.parametrize(
    ("asked", "fact"),
    [
        ({"AR": 60}, r"`A`: no parameters give AR \+60\.00 points; the closest is AR \+12\.5"),
        ({"PRR": 50, "AR": 2}, r"give PRR \+50\.00 points; the closest is PRR \+14\.0"),
        ({"24RR": -20}, r"give 24RR -20\.00 points; the closest is 24RR -1[45]\."),
        (
            {"AR": 2.13, "PRR": 3.18, "24RR": 5},
            r"give AR \+2\.13 points and 24RR \+5\.00 points; the closest together are AR \+",
        ),
    ],
)
def test_unreachable_targets_are_refused(asked: dict[str, float], fact: str) -> None:
    """Only those that clash are quoted. AR: at most (1 - h) tau pi m0 r' = .9 x .1413 = .127."""
    with pytest.raises(ConfigError, match=fact) as refused:
        fit_cells(world(), table(A=asked))
    assert "--sd prevalence" in str(refused.value.hint)


def test_unreachable_levels_are_refused() -> None:
    """Control's AR is at most 1 - h = .9."""
    targets = table(A={"AR": 2.13})
    with_level = replace(targets, targets=(replace(targets.targets[0], control=0.97),))
    with pytest.raises(
        ConfigError, match=r"give a control AR of 97\.00 %; the closest is .* 8[89]"
    ):
        fit_cells(world(), with_level)


def test_names_and_flags_that_are_not_there() -> None:
    scenario = default_scenario()
    with pytest.raises(ConfigError, match="are for `D`, which scenario"):
        fit_cells(world(), table(D={"AR": 1}))
    with pytest.raises(ConfigError, match="`arm` is `treated`"):
        fit_cells(world(treatment="treated"), table(A={"AR": 1}))
    with pytest.raises(ConfigError, match="no flag changes what the bot believes"):
        fit_cells(replace(world(), threshold=1.01), table(A={"AR": 1}))
    once = default_scenario({"customers.max_attempts": 1})
    with pytest.raises(ConfigError, match="a rate of control is 0"):
        fit_cells(world("relative", once), table("relative", A={"24RR": -1}))
    assert scenario == default_scenario()


def test_the_world_s_rates_are_the_closed_form_s() -> None:
    """Weights are kept between evaluations; that must not show."""
    for policy in ("menu_or_text", "text_over_menu", "menu_and_text"):
        scenario = default_scenario({"arms.treatment.policy": policy})
        for contacts, field in (("first", "first"), ("all", "every")):
            given = world(scenario=scenario, contacts=contacts)
            for name, case in scenario.use_cases.items():
                parameters = case_parameters(name, case)
                moved = parameters.values(np.full(parameters.base.size, 0.3))
                for values in (parameters.base, moved, parameters.base):
                    fitted = scenario.model_copy(
                        update={"use_cases": {name: parameters.use_case(values)}}
                    )
                    arms = closed_form(fitted, SUPPLY, 0.5)[name].arms
                    wanted = [getattr(arms[a], field) for a in ("control", "treatment")]
                    found = given.rates(name, parameters, values)
                    assert [astuple(r) for r in found] == [astuple(r) for r in wanted]


@pytest.mark.parametrize(
    ("name", "reading"), [("returns-bot-points", "points"), ("returns-bot-relative", "relative")]
)
def test_packaged_scenarios_show_table_3(name: str, reading: Reading) -> None:
    """With the default model, agents unlimited, first contacts: far within .2 points."""
    scenario = load_scenario(name)
    met = got(scenario, world(reading, scenario))
    for target in load_targets("paper", reading).targets:
        assert met[target.use_case, target.metric] == pytest.approx(target.delta, abs=5e-5)


def test_both_readings_have_one_default_model() -> None:
    """It is trained at the served prior."""
    points, relative = map(load_scenario, ("returns-bot-points", "returns-bot-relative"))
    assert np.array_equal(points.served_prior(), relative.served_prior())
