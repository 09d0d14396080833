"""Effects by draw: against the closed form by reason and level, published targets, and laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.simulations.closed_form import closed_form
from abkit.simulations.fit_log_mixture import NAMES
from abkit.simulations.forecast_effects import METRICS, forecast_rates
from abkit.simulations.scenario import Scenario

from .fakes import beta_supply, default_scenario, two_point_supply

RATE = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}
SHARED = {
    "text_rate": 0.9, "asks_at_once": 0.1, "asks_after_rejecting": 0.8,
    "positive_if_rejected": 0.05, "repeat_if_served": 0.06, "repeat_if_silent": 0.22,
    "repeat_if_abandoned": 0.5, "abandons": 0.0,
}  # fmt: skip


def arrays(values: dict[str, float]) -> dict[str, np.ndarray]:
    return {name: np.array([value]) for name, value in values.items()}


def of_case(world: Scenario, name: str, *, recall: float, false_flags: float) -> dict[str, float]:
    """One use-case's numbers by the names of a draw."""
    case = world.use_cases[name].model_dump()
    shared = world.customers.model_dump()
    found = {key: value for key, value in case.items() if isinstance(value, float)}
    for group in ("acceptance", "positive", "repeat"):
        found |= {f"{group}.{cell}": value for cell, value in case[group].items()}
    found |= {key: shared[key] for key in SHARED if key in shared}
    return found | {"recall": recall, "false_flags": false_flags, "abandons": 0.0}


@pytest.mark.parametrize("case", ["A", "B", "C"])
def test_equals_the_closed_form_where_hardness_says_nothing(case: str) -> None:
    world = default_scenario()
    customers = world.customers.model_copy(update={"hardness_slope": 0.0})
    world = world.model_copy(update={"customers": customers})
    supply = two_point_supply(recall=0.75, false_flag_rate=0.08)
    form = closed_form(world, supply, 0.5)[case].arms
    values = of_case(world, case, recall=0.75, false_flags=0.08)
    rates = forecast_rates(arrays(values), max_attempts=world.customers.max_attempts)
    for i, metric in enumerate(METRICS):
        for arm, found in (("control", rates.control), ("treatment", rates.treatment)):
            assert found[i, 0] == pytest.approx(getattr(form[arm].every, RATE[metric]), abs=1e-12)


def test_hardness_moves_an_effect_by_little() -> None:
    """Recall falls from .96 to .36 over the levels here, and menu errors rise."""
    world, supply = default_scenario(), beta_supply()
    for name, form in closed_form(world, supply, 0.4).items():
        rates = forecast_rates(
            arrays(
                of_case(
                    world, name, recall=form.flags.recall_mis_selected,
                    false_flags=form.flags.false_flag_rate_menu_other,
                )
            ),
            max_attempts=world.customers.max_attempts,
        )  # fmt: skip
        true = form.arms["treatment"].every - form.arms["control"].every
        for i, metric in enumerate(METRICS):
            assert rates.effects[i, 0] == pytest.approx(getattr(true, RATE[metric]), abs=4e-4)


def test_published_targets() -> None:
    """Set P, use-case A, of the domain model: AR and PRR to six digits, of first contacts.

    Moved x = .0656 and y = .0478 of all contacts: recall .77123 of the mis-selected, .070 false.
    """
    cells = zip(
        ("acceptance", "positive", "repeat"),
        ((0.80, 0.4101, 0.65, 0.69), (0.82, 0.2747, 0.70, 0.74), (0.05, 0.2917, 0.08, 0.07)),
        strict=True,
    )
    values = SHARED | {"prevalence": 0.21, "menu_error": 0.45, "menu_false_claim": 0.04}
    values |= {"recall": 0.77123, "false_flags": 0.070}
    for group, of in cells:
        values |= {f"{group}.{c}": v for c, v in zip(("tp", "fn", "fp", "tn"), of, strict=True)}
    rates = forecast_rates(arrays(values), max_attempts=1)
    np.testing.assert_allclose(rates.control[:2, 0], (0.607491, 0.504281), atol=1e-5)
    np.testing.assert_allclose(rates.treatment[:2, 0], (0.628789, 0.536082), atol=2e-5)


def test_waiting_in_vain_raises_repeats_in_both_arms() -> None:
    world = default_scenario()
    values = of_case(world, "A", recall=0.7, false_flags=0.1)
    calm = forecast_rates(arrays(values), max_attempts=20)
    busy = forecast_rates(arrays(values | {"abandons": 0.3}), max_attempts=20)
    assert (busy.control[2] > calm.control[2]).all()
    assert (busy.treatment[2] > calm.treatment[2]).all()


SHARES = st.floats(0.01, 0.99)


@settings(deadline=None)
@given(st.data())
def test_rates_are_shares_and_nothing_flagged_changes_nothing(data: st.DataObject) -> None:
    names = (*NAMES, *SHARED)
    values = {name: data.draw(SHARES, label=name) for name in names}
    flags = {"recall": data.draw(SHARES), "false_flags": data.draw(SHARES)}
    rates = forecast_rates(arrays(values | flags), max_attempts=5)
    for arm in (rates.control, rates.treatment):
        assert ((arm >= 0) & (arm <= 1)).all()
    none = forecast_rates(arrays(values | dict.fromkeys(flags, 0.0)), max_attempts=5)
    assert (none.effects == 0).all()
    assert (none.control == rates.control).all()


@pytest.mark.parametrize(
    ("attempts", "repeats"), [(1, 0.0), (2, 0.06 / 1.06), (3, 0.0636 / 1.0636)]
)
def test_an_issue_has_at_most_so_many_contacts(attempts: int, repeats: float) -> None:
    """All ask for an agent, .06 come back: .06 second and .0036 third contacts of one first."""
    values = of_case(default_scenario(), "A", recall=0.5, false_flags=0.1)
    rates = forecast_rates(arrays(values | {"asks_at_once": 1.0}), max_attempts=attempts)
    assert rates.control[2, 0] == pytest.approx(repeats)
