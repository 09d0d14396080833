"""Companies drawn at random: inside their ranges, never with a wrong resolution that helps."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.simulations.companies import (
    CELLS,
    LOAD,
    NO_ENTRY,
    SHARED,
    USE_CASE,
    VOLUME,
    draw_company,
    without_queue,
)
from abkit.simulations.expected_load import expected_load
from abkit.simulations.fit_parameters import case_parameters

from .fakes import default_scenario

BASE = default_scenario()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_numbers_lie_in_their_ranges_and_no_wrong_resolution_helps(number: int) -> None:
    company = draw_company(number, seed=7, base=BASE)
    assert VOLUME[0] <= company.arrivals.first_contacts_per_week <= VOLUME[1]
    values = company.model_dump()
    for key, (low, high) in SHARED.items():
        section, *path = key.split(".")
        value = values[section]
        for part in path:
            value = value[part]
        assert low <= value <= high, key
    assert math.fsum(case.share for case in company.use_cases.values()) == pytest.approx(1)
    for name, case in company.use_cases.items():
        assert USE_CASE["prevalence"][0] <= case.prevalence <= USE_CASE["prevalence"][1]
        for group, ranges in CELLS.items():
            for cell in ("tp", "tn"):
                low, high = ranges[cell]
                assert low <= getattr(getattr(case, group), cell) <= high
        parameters = case_parameters(name, case)
        slack = parameters.slacks(parameters.z(parameters.base))
        assert (slack >= -2e-6).all(), name  # margins and ranges of gaps begin at the same number


def test_agents_suffice_for_the_load() -> None:
    company = draw_company(3, seed=7, base=BASE)
    load = expected_load(company)
    busy = load.heads > 2
    assert (load.work[busy] <= LOAD[1] * load.heads[busy]).all()
    assert (load.heads >= 2).all()
    assert without_queue(company).agents.heads == "unlimited"


def test_a_company_is_its_number_and_seed() -> None:
    assert draw_company(5, seed=1, base=BASE) == draw_company(5, seed=1, base=BASE)
    assert draw_company(5, seed=1, base=BASE) != draw_company(6, seed=1, base=BASE)
    assert draw_company(5, seed=1, base=BASE) != draw_company(5, seed=2, base=BASE)


def test_some_menus_have_no_entry() -> None:
    cases = [c for i in range(60) for c in draw_company(i, seed=1, base=BASE).use_cases.values()]
    share = sum(case.menu_error == 1 for case in cases) / len(cases)
    assert share == pytest.approx(NO_ENTRY, abs=4 * math.sqrt(0.25 * 0.75 / len(cases)))
