"""The supply of scored texts: cells, draws, flag rates, refusals."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from abkit.core.errors import DataError
from abkit.simulations.supply import ScoredSupply

from .fakes import beta_supply, make_supply


def test_texts_come_from_the_contacts_own_cell() -> None:
    supply = beta_supply(per_cell=13)
    rng = np.random.default_rng(1)
    reason, level = rng.integers(0, 5, 5000).astype(np.int8), rng.integers(0, 5, 5000)
    rows = supply.rows(reason, level.astype(np.int8), rng.random(5000))
    assert (supply.reason[rows] == reason).all()
    assert (supply.level[rows] == level).all()
    assert len(np.unique(rows)) == 5 * 5 * 13


def test_extreme_uniforms_stay_in_the_cell() -> None:
    supply = beta_supply(per_cell=7)
    u = np.array([2.0**-54, 1 - 2.0**-53])
    zero = np.zeros(2, dtype=np.int8)
    assert supply.rows(zero, zero, u).tolist() == [0, 6]


def test_flag_rates_by_cell() -> None:
    rates = np.arange(25).reshape(5, 5) / 25
    supply = make_supply(rates, per_cell=100)
    assert supply.flag_rates(0.9) == pytest.approx(rates)  # at the threshold is flagged
    assert (supply.flag_rates(0.91) == 0).all()
    assert (supply.flag_rates(0.1) == 1).all()


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"scores": np.array([0.5, 0.5])}, r"\[2, 25\] rows"),
        ({"scores": np.full(25, np.nan)}, "NaN"),
        ({"level": np.full(25, 4, dtype=np.int8)}, "no text of `defective` at hardness level 0"),
        ({"reason": np.repeat(np.arange(4, -1, -1, dtype=np.int8), 5)}, "not sorted"),
    ],
)
def test_refusals(change: dict[str, np.ndarray], fact: str) -> None:
    supply = beta_supply(per_cell=1)
    values = {f.name: getattr(supply, f.name) for f in dataclasses.fields(supply) if f.init}
    with pytest.raises(DataError, match=fact):
        ScoredSupply(**(values | change))


def test_no_text_at_all() -> None:
    nothing = np.empty(0, dtype=np.int8)
    with pytest.raises(DataError, match="no text of `defective`"):
        ScoredSupply(pa.array([], pa.string()), nothing, nothing, np.empty(0))
