"""Paired differences of two worlds: laws, a bootstrap over customers, the closed form."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.simulations.closed_form import closed_form
from abkit.simulations.one_arm import one_arm
from abkit.simulations.outcome_sums import outcome_sums
from abkit.simulations.paired import PairedDifference, difference_of_ratios, paired_difference
from abkit.simulations.scenario import Scenario

from .fakes import beta_supply, default_scenario

SUPPLY = beta_supply()
UNLIMITED = {"agents.heads": "unlimited"}
PLACES = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}

customers = st.integers(0, 3).flatmap(
    lambda m: st.tuples(st.integers(0, m), st.just(m), st.integers(0, 3)).flatmap(
        lambda a: st.tuples(st.just(a[0]), st.just(a[1]), st.integers(0, a[2]), st.just(a[2]))
    )
)


def worlds(scenario: Scenario, **options: Any) -> dict[str, Any]:
    given = {"threshold": 0.4, "weeks": 1, "seed": 3} | options
    return {arm: outcome_sums(one_arm(scenario, arm), SUPPLY, **given) for arm in scenario.arms}


def of_rows(rows: list[tuple[int, int, int, int]]) -> PairedDifference:
    return difference_of_ratios(*np.array(rows, dtype=np.int8).T)


@given(rows=st.lists(customers, min_size=1, max_size=30))
def test_laws(rows: list[tuple[int, int, int, int]]) -> None:
    """Swapped worlds flip the sign; a world against itself is exactly 0; bounds."""
    found, swapped = of_rows(rows), of_rows([(c, d, a, b) for a, b, c, d in rows])
    same = of_rows([(a, b, a, b) for a, b, _, _ in rows])
    if same.difference is not None:
        assert same.difference == same.standard_error == 0
        assert same.variance_reduction is None
    if found.difference is None or found.standard_error is None:
        assert found.variance_reduction is swapped.difference is None
        return
    assert swapped.difference == -found.difference
    assert swapped.standard_error == found.standard_error
    assert -1 <= found.difference <= 1
    assert found.unpaired_standard_error is not None
    assert found.standard_error <= np.sqrt(2) * found.unpaired_standard_error + 1e-12


def test_by_hand() -> None:
    """Four customers with one contact each; b wins one of the two that a lost."""
    found = of_rows([(1, 1, 1, 1), (1, 1, 1, 1), (0, 1, 1, 1), (0, 1, 0, 1)])
    assert found.difference == 0.25
    # residuals b - a, times 4: -1/4, -1/4, 3/4, -1/4; each world: 4 x 1/4 and 4 x 3/16
    assert found.standard_error == pytest.approx(np.sqrt(12 / 16) / 4, abs=1e-15)
    assert found.unpaired_standard_error == pytest.approx(np.sqrt(1 + 0.75) / 4, abs=1e-15)
    assert found.variance_reduction == pytest.approx(1.75 / 0.75)


def test_standard_error_is_the_bootstraps() -> None:
    """Customers drawn anew: both worlds' customers together, and each world's apart."""
    pair = worlds(default_scenario(UNLIMITED | {"arrivals.first_contacts_per_week": 3_000.0}))
    rng = np.random.default_rng(1)
    for rate in ("AR", "PRR", "24RR"):
        sums = np.stack(
            [values[rate] for arm in pair for values in (pair[arm].successes, pair[arm].trials)]
        ).astype(float)
        n = sums.shape[1]
        draws = [np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(800)]
        others = np.roll(draws, 1, axis=0)
        y_a, m_a, y_b, m_b = sums @ np.array(draws).T
        y_o, m_o = sums[2:] @ others.T
        found = paired_difference(pair["control"], pair["treatment"], rate)
        paired, unpaired = np.std(y_b / m_b - y_a / m_a), np.std(y_o / m_o - y_a / m_a)
        assert found.standard_error == pytest.approx(paired, rel=0.1)  # 4 SE of 800 draws
        assert found.unpaired_standard_error == pytest.approx(unpaired, rel=0.1)


@pytest.mark.parametrize("case", ["A", "B", "C", None])
def test_difference_is_the_closed_forms(case: str | None) -> None:
    """All contacts, agents unlimited: all-treatment minus all-control within 4 SE."""
    scenario = default_scenario(UNLIMITED | {"arrivals.first_contacts_per_week": 60_000.0})
    pair = worlds(scenario)
    form = closed_form(scenario, SUPPLY, 0.4)
    for rate, place in PLACES.items():
        found = paired_difference(pair["control"], pair["treatment"], rate, use_case=case)
        assert found.standard_error is not None
        if case is None:
            assert found.variance_reduction is not None
            assert found.variance_reduction > 5
            continue
        arms = form[case].arms
        exact = getattr(arms["treatment"].every - arms["control"].every, place)
        # contacts mature 24 h before the end, most contacts at the end are first ones
        assert abs(found.difference - exact) < 4 * found.standard_error + 2e-4, (case, rate)


@pytest.mark.slow
def test_standard_error_is_the_replications() -> None:
    """Without congestion the stated variance is what replications vary by."""
    scenario = default_scenario(UNLIMITED | {"arrivals.first_contacts_per_week": 3_000.0})
    found: dict[str, list[PairedDifference]] = {rate: [] for rate in PLACES}
    for replication in range(300):
        pair = worlds(scenario, replication=replication)
        for rate, made in found.items():
            made.append(paired_difference(pair["control"], pair["treatment"], rate))
    for rate, made in found.items():
        sd = np.std([one.difference for one in made], ddof=1)
        stated = np.sqrt(np.mean([one.standard_error**2 for one in made]))
        assert stated == pytest.approx(sd, rel=0.165), rate  # 4 SE of an SD of 300
        apart = (
            np.std([one.rate_a for one in made]) ** 2 + np.std([one.rate_b for one in made]) ** 2
        )
        unpaired = np.mean([one.unpaired_standard_error**2 for one in made])
        assert unpaired == pytest.approx(apart, rel=0.33), rate


def test_a_placebo_is_exactly_nothing() -> None:
    scenario = default_scenario({"arrivals.first_contacts_per_week": 3_000.0})
    pair = worlds(scenario, threshold=1.01)
    for rate in PLACES:
        found = paired_difference(pair["control"], pair["treatment"], rate)
        assert found.difference == found.standard_error == 0
        assert found.variance_reduction is None


def test_what_cannot_be_paired_is_refused() -> None:
    small = worlds(default_scenario({"arrivals.first_contacts_per_week": 100.0}))
    other = worlds(default_scenario({"arrivals.first_contacts_per_week": 90.0}))
    with pytest.raises(ConfigError, match="customers, who are not the same"):
        paired_difference(small["control"], other["treatment"], "AR")
    turned = replace(small["treatment"], use_case=small["treatment"].use_case[::-1])
    with pytest.raises(ConfigError, match="customers, who are not the same"):
        paired_difference(small["control"], turned, "AR")
    with pytest.raises(ConfigError, match="`rate` is `RA`; expected one of"):
        paired_difference(small["control"], small["treatment"], "RA")
    with pytest.raises(ConfigError, match="`use_case` is `D`; expected one of"):
        paired_difference(small["control"], small["treatment"], "AR", use_case="D")
