"""The closed form against published targets, an enumeration, and its own laws."""

import dataclasses
import itertools
from typing import Any, get_args

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.closed_form import (
    Rates,
    belief_weights,
    cell_weights,
    closed_form,
    deltas,
)
from abkit.simulations.policies import Policy
from abkit.simulations.scenario import Scenario, menu_error_by_level

from .fakes import beta_supply, default_scenario, two_point_supply

# Fitted sets of the domain model: prevalence, menu error, then tp/fn/fp/tn of acceptance, positive
# answers and repeats; AR, PRR, 24RR of control and treatment to six digits. The cells' `fn` values
# are printed to four decimals: their rounding moves a rate by up to 1e-5.
PUBLISHED = {
    "P A": (0.21, 0.45, (0.80, 0.4101, 0.65, 0.69), (0.82, 0.2747, 0.70, 0.74),
            (0.05, 0.2917, 0.08, 0.07),
            (0.607491, 0.504281, 0.081690), (0.628789, 0.536082, 0.075189)),
    "P B": (0.20, 0.44, (0.80, 0.3863, 0.67, 0.71), (0.62, 0.3998, 0.55, 0.81),
            (0.05, 0.3408, 0.08, 0.07),
            (0.621283, 0.538096, 0.081997), (0.642284, 0.547796, 0.075196)),
    "P C": (0.37, 1.0, (0.72, 0.5419, 0.57, 0.61), (0.85, 0.1767, 0.62, 0.66),
            (0.09, 0.1725, 0.09, 0.08),
            (0.525415, 0.308637, 0.099316), (0.565210, 0.437135, 0.089112)),
    "R A": (0.17, 0.34, (0.78, 0.3700, 0.64, 0.68), (0.80, 0.3549, 0.70, 0.74),
            (0.08, 0.1929, 0.11, 0.06),
            (0.604777, 0.509827, 0.074537), (0.617658, 0.526040, 0.074052)),
    "R B": (0.15, 0.33, (0.79, 0.3112, 0.65, 0.69), (0.70, 0.4000, 0.55, 0.82),
            (0.07, 0.1926, 0.10, 0.06),
            (0.611945, 0.551589, 0.072566), (0.624796, 0.556939, 0.072073)),
    "R C": (0.33, 0.49, (0.70, 0.4719, 0.55, 0.59), (0.83, 0.2155, 0.59, 0.63),
            (0.12, 0.1638, 0.10, 0.07),
            (0.529510, 0.382583, 0.089292), (0.550584, 0.431746, 0.088383)),
}  # fmt: skip


def cells(values: tuple[float, ...]) -> dict[str, float]:
    return dict(zip(("tp", "fn", "fp", "tn"), values, strict=True))


def published_scenario(name: str, **customers: Any) -> Scenario:
    prevalence, menu_error, accepts, positive, repeat, *_ = PUBLISHED[name]
    case = {
        "share": 1.0, "prevalence": prevalence, "menu_error": menu_error,
        "menu_false_claim": 0.04, "acceptance": cells(accepts), "positive": cells(positive),
        "repeat": cells(repeat),
    }  # fmt: skip
    return default_scenario(
        {"use_cases": {"only": case}, "customers.hardness_slope": 0.0, "agents.heads": "unlimited"}
        | {f"customers.{key}": value for key, value in customers.items()}
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_six_digit_targets(name: str) -> None:
    """Recall among mis-selected .77123 (P) or .74235 (R); false-flag rate .070 or .053."""
    recall, false = (0.77123, 0.070) if name[0] == "P" else (0.74235, 0.053)
    supply = two_point_supply(recall=recall, false_flag_rate=false, per_cell=100_000)
    form = closed_form(published_scenario(name), supply, 0.5)["only"]
    for arm, target in zip(("control", "treatment"), PUBLISHED[name][5:], strict=True):
        rates = form.arms[arm].first
        assert (rates.automation, rates.positive, rates.repeat) == pytest.approx(target, abs=1e-5)


def test_published_moves_and_incremental_precision() -> None:
    """Set P, use-case A: x = .0656, y = .0478, incremental precision .58; C: .2568, .0381, .87."""
    supply = two_point_supply(recall=0.77123, false_flag_rate=0.070, per_cell=100_000)
    for name, x, y, precision in (("P A", 0.0656, 0.0478, 0.58), ("P C", 0.2568, 0.0381, 0.87)):
        flags = closed_form(published_scenario(name), supply, 0.5)["only"].flags
        assert flags.corrected == pytest.approx(x, abs=5e-5)
        assert flags.miscorrected == pytest.approx(y, abs=5e-5)
        assert flags.incremental_precision == pytest.approx(precision, abs=5e-3)


OTHERS = 4


def wrong_menu(scenario: Scenario, reason: int) -> list[float]:
    """P(menu reason | wrong and not LABEL 0): the other reasons' shares without the true one."""
    shares = np.array([0, *scenario.other_reasons.shares()])
    shares[reason] = 0
    return (shares / shares.sum()).tolist()


def believed(policy: str, menu: int, text: bool, flagged: bool) -> int:
    if policy == "menu" or not text:
        return menu
    if policy == "menu_or_text":
        return 0 if flagged else menu
    if menu == 0 and not flagged:
        return OTHERS
    return 0 if flagged and policy == "text_over_menu" else menu


def outcome(scenario: Scenario, cells: Any, reason: int, belief: int) -> float:
    names = scenario.resolutions.names()
    if reason == 0:
        return cells.tp if names[belief] == names[0] else cells.fn
    if names[belief] == names[reason]:
        return cells.tn
    wrong = cells.tn if cells.wrong is None else cells.wrong
    return cells.fp if belief == 0 else wrong


def enumerated(scenario: Scenario, name: str, arm: str, flags: np.ndarray) -> list[float]:
    """Return AR, PRR, 24RR of first contacts by listing every way a contact can go."""
    c, case = scenario.customers, scenario.use_cases[name]
    automated = positive = responded = repeated = 0.0
    menu_error = menu_error_by_level(case.menu_error, c.hardness_slope)
    claim = menu_error_by_level(case.menu_false_claim, c.hardness_slope)
    confused = menu_error_by_level(c.menu_confusion, c.hardness_slope)
    ways = itertools.product(range(5), range(5), range(5), *[(False, True)] * 5)
    for reason, level, menu, text, flagged, at_once, accepts, answers in ways:
        p = scenario.reason_shares(name)[reason] / 5
        if reason == 0:
            wrong = menu_error[level] * wrong_menu(scenario, 0)[menu]
            p *= wrong + (1 - menu_error[level] if menu == 0 else 0)
        elif menu == 0:
            p *= claim[level]
        else:
            wrong = confused[level] * wrong_menu(scenario, reason)[menu]
            p *= (1 - claim[level]) * (wrong + (1 - confused[level] if menu == reason else 0))
        p *= c.text_rate if text else 1 - c.text_rate
        p *= flags[reason, level] if flagged else 1 - flags[reason, level]
        p *= c.asks_at_once if at_once else 1 - c.asks_at_once
        belief = believed(scenario.arms[arm].policy, menu, text, flagged)
        a = 0.0 if at_once else outcome(scenario, case.acceptance, reason, belief)
        p *= a if accepts else 1 - a
        p *= c.response_rate if answers else 1 - c.response_rate
        if accepts:
            automated += p
            repeated += p * outcome(scenario, case.repeat, reason, belief)
        elif at_once:
            repeated += p * c.repeat_if_served
        else:
            asks = c.asks_after_rejecting
            repeated += p * (asks * c.repeat_if_served + (1 - asks) * c.repeat_if_silent)
        if answers and not at_once:
            responded += p
            fits = outcome(scenario, case.positive, reason, belief)
            positive += p * (fits if accepts else c.positive_if_rejected)
    return [automated, positive / responded, repeated]


def all_policies(changes: dict[str, Any] | None = None) -> Scenario:
    """An arm for each policy, one with a threshold of its own; wrong other reasons differ."""
    arms = {p: {"policy": p, "weight": 1} for p in get_args(Policy)}
    strict = {"policy": "text_over_menu", "weight": 1, "threshold": 0.7}
    wrong = {
        f"use_cases.{name}.{what}.wrong": value
        for name in "AB"
        for what, value in (("acceptance", 0.5), ("positive", 0.3), ("repeat", 0.2))
    }
    return default_scenario({"arms": arms | {"strict": strict}} | wrong | (changes or {}))


SHARED = {"resolutions.quality": "send_missing_part", "resolutions.others": "replacement"}


@pytest.mark.parametrize("arm", [*get_args(Policy), "strict"])
@pytest.mark.parametrize(("name", "changes"), [("A", {}), ("C", {}), ("B", SHARED)])
def test_against_enumeration(name: str, arm: str, changes: dict[str, Any]) -> None:
    """Every policy, an arm's own threshold, wrong other reasons, reasons with one resolution."""
    scenario, supply = all_policies(changes), beta_supply()
    first = closed_form(scenario, supply, 0.4)[name].arms[arm].first
    flags = supply.flag_rates(0.7 if arm == "strict" else 0.4)
    expected = enumerated(scenario, name, arm, flags)
    assert [first.automation, first.positive, first.repeat] == pytest.approx(expected, rel=1e-12)


def test_beliefs_of_the_policies() -> None:
    """The menu alone believes LABEL 0 as often as it says so; `over` goes by the flag alone."""
    scenario, supply = all_policies({"customers.text_rate": 1.0}), beta_supply()
    flags = supply.flag_rates(0.4)
    share = {
        arm: float(belief_weights(scenario, "A", arm, flags)[..., 0].sum()) for arm in scenario.arms
    }
    case, weights = scenario.use_cases["A"], scenario.reason_shares("A")[:, None] / 5
    menu = case.prevalence * (1 - case.menu_error) + (1 - case.prevalence) * case.menu_false_claim
    assert share["menu"] == pytest.approx(menu)
    assert share["text_over_menu"] == pytest.approx((weights * flags).sum())
    both = share["menu"] + share["text_over_menu"]
    assert share["menu_or_text"] + share["menu_and_text"] == pytest.approx(both)
    assert share["menu_and_text"] < share["menu"] < share["menu_or_text"]


def test_a_wrong_other_reason_costs_in_every_arm_alike_unless_the_menu_is_overruled() -> None:
    """The domain model: errors among the other reasons cancel between `menu` and `menu_or_text`."""
    supply = two_point_supply(recall=0.7, false_flag_rate=0.0)
    usual, worse = default_scenario(), all_policies()
    forms = [closed_form(s, supply, 0.5)["A"].arms for s in (usual, worse)]
    assert forms[1]["menu"].first.automation < forms[0]["control"].first.automation - 0.005
    before = forms[0]["treatment"].first - forms[0]["control"].first
    after = forms[1]["menu_or_text"].first - forms[1]["menu"].first
    assert dataclasses.astuple(after) == pytest.approx(dataclasses.astuple(before), abs=1e-12)


def test_all_contacts_of_one_stratum_are_geometric() -> None:
    """One stratum with q: every contact is alike, and the last attempt is never repeated."""
    alike = dict.fromkeys(("tp", "fn", "fp", "tn"), 0.6)
    same = {
        f"use_cases.{n}.{what}": alike
        for n in "ABC"
        for what in ("acceptance", "positive", "repeat")
    }
    scenario = default_scenario(same | {"customers.max_attempts": 3})
    form = closed_form(scenario, beta_supply(), 0.4)["A"].arms["control"]
    q = form.first.repeat
    assert form.every.automation == pytest.approx(form.first.automation)
    assert form.every.repeat == pytest.approx((q + q**2) / (1 + q + q**2))
    single = default_scenario({"customers.max_attempts": 1})
    rates = closed_form(single, beta_supply(), 0.4)["A"].arms["control"]
    assert rates.first.repeat == rates.every.repeat == 0
    assert rates.first == rates.every


def test_weights_sum_to_one_and_keep_the_prevalence() -> None:
    scenario, flags = all_policies(), beta_supply().flag_rates(0.4)
    for name, arm in itertools.product("ABC", scenario.arms):
        weights = cell_weights(scenario, name, arm, flags)
        assert weights.sum() == pytest.approx(1)
        assert weights[0].sum() == pytest.approx(scenario.use_cases[name].prevalence)
        assert (weights >= 0).all()


def test_no_flags_no_effect() -> None:
    scenario, supply = default_scenario(), beta_supply()
    for delta in deltas(closed_form(scenario, supply, 1.01)).values():
        assert delta == Rates(automation=0, positive=0, repeat=0)
    flags = closed_form(scenario, supply, 1.01)["A"].flags
    assert flags.corrected == flags.miscorrected == 0
    assert np.isnan(flags.incremental_precision)
    assert np.isnan(flags.precision)


def test_hardness_makes_recall_among_the_mis_selected_lower() -> None:
    supply = beta_supply()
    flat = closed_form(default_scenario({"customers.hardness_slope": 0.0}), supply, 0.4)
    tilted = closed_form(default_scenario({"customers.hardness_slope": 1.0}), supply, 0.4)
    assert flat["A"].flags.recall_mis_selected == pytest.approx(flat["A"].flags.recall)
    assert tilted["A"].flags.recall_mis_selected < tilted["A"].flags.recall - 0.02
    # nobody finds LABEL 0 in C's menu, so there the mis-selected are everybody
    assert tilted["C"].flags.recall_mis_selected == pytest.approx(tilted["C"].flags.recall)


def test_unknown_arm() -> None:
    form = closed_form(default_scenario(), beta_supply(), 0.4)
    with pytest.raises(ConfigError, match="`arm` is `treated`"):
        deltas(form, treatment="treated")
