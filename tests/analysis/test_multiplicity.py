"""Holm's adjustment against statsmodels and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from abkit.analysis.multiplicity import holm_adjusted


def test_by_hand() -> None:
    """Holm (1979): .01 * 4, .02 * 3, then .03 * 2 = .06 may not fall below .06, and .5 * 1."""
    assert holm_adjusted([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_equals_statsmodels(p_values: list[float]) -> None:
    wanted = multipletests(p_values, method="holm")[1]
    assert holm_adjusted(p_values) == pytest.approx(wanted, abs=1e-15)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms())
def test_laws(p_values: list[float], random: object) -> None:
    """Never below the p-value, at most Bonferroni's, order kept, independent of the order given."""
    adjusted = np.array(holm_adjusted(p_values))
    plain = np.array(p_values)
    assert (adjusted >= plain).all()
    assert (adjusted <= np.minimum(1, len(p_values) * plain) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(plain, kind="stable")]) >= 0).all()
    order = list(range(len(p_values)))
    random.shuffle(order)
    assert holm_adjusted([p_values[i] for i in order]) == [adjusted[i] for i in order]


def test_nothing_to_adjust() -> None:
    assert holm_adjusted([]) == []
