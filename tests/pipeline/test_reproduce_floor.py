"""The least possible NLL: known values, simple bounds, and no real scores below it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.model.metrics import evaluate
from abkit.pipeline.reproduce_floor import nll_floor, stated_floors


def test_the_papers_rows() -> None:
    """Worked out before by a programme of another hand: .1887, .1725 and, K = 5, .283."""
    one = {floor.model: floor for floor in stated_floors(1)}
    assert one["FL10"].floor == pytest.approx(0.1887, abs=5e-5)
    assert one["FL5"].floor == pytest.approx(0.1725, abs=5e-5)
    assert [model for model, floor in one.items() if not floor.possible] == ["FL10"]
    two = {floor.model: floor for floor in stated_floors(2)}
    assert two["CE"].floor == pytest.approx(0.283, abs=5e-4)
    assert all(floor.possible for floor in two.values())


def test_without_the_calibration_only_the_errors_cost() -> None:
    """A miss costs log 2 at least, a hit nothing: .184 log 2 = .1275, less the rounding."""
    floor = nll_floor(0.816, ece=1.0, mce=None, n_classes=2)
    assert floor == pytest.approx((0.184 - 0.0005) * math.log(2), abs=1e-6)
    assert nll_floor(0.816, ece=0.078, mce=None, n_classes=2) == pytest.approx(0.1441, abs=5e-5)


def test_perfect_calibration_costs_at_least_the_cheapest_mixture() -> None:
    """With no calibration error every hit at c needs misses at c: all accuracy at the edges."""
    assert nll_floor(0.999, ece=0.0, mce=0.0, n_classes=2) < 0.01
    assert nll_floor(0.5, ece=0.0, mce=0.0, n_classes=2) > 0.45


def test_what_cannot_be_has_no_floor() -> None:
    assert nll_floor(0.1, ece=0.0, mce=0.0, n_classes=2) == math.inf  # below chance, calibrated


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1_000), k=st.sampled_from([2, 5]), sharp=st.floats(0.2, 4))
def test_no_scores_are_below_their_floor(seed: int, k: int, sharp: float) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(400, k))
    y = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    p = np.exp(logits * sharp)
    found = evaluate(p / p.sum(axis=1, keepdims=True), y)
    floor = nll_floor(found.accuracy, ece=found.ece, mce=found.mce, n_classes=k)
    assert floor <= found.nll + 1e-6
