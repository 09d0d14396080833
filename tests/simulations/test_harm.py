"""Assumed harms and recalls: the scenario's own changes nothing, more harm never helps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from abkit.core.errors import ConfigError
from abkit.simulations.harm import (
    harm_gap,
    most_harm,
    recall_error,
    with_harm,
    with_recall_shift,
)

from .fakes import default_scenario


def test_the_own_gap_changes_nothing() -> None:
    world = default_scenario({"use_cases.B.acceptance.fp": 0.55})
    only = world.model_copy(update={"use_cases": {"B": world.use_cases["B"]}})
    assert with_harm(only, harm_gap(world, "B")) == only


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.55))
def test_cells_move_by_one_shift(gap: float) -> None:
    world = default_scenario()
    before, after = world.use_cases["A"], with_harm(world, gap).use_cases["A"]
    assert after.acceptance.tn - after.acceptance.fp == pytest.approx(gap)
    shift = logit(after.acceptance.fp) - logit(before.acceptance.fp)
    assert logit(after.positive.fp) - logit(before.positive.fp) == pytest.approx(shift, abs=1e-9)
    assert logit(after.repeat.fp) - logit(before.repeat.fp) == pytest.approx(-shift, abs=1e-9)
    for cell in ("acceptance", "positive", "repeat"):
        for name in ("tp", "fn", "tn"):
            assert getattr(getattr(after, cell), name) == getattr(getattr(before, cell), name)


def test_a_gap_that_leaves_nothing_is_refused() -> None:
    world = default_scenario()
    with pytest.raises(ConfigError, match=r"`harm` is 0\.7, but `use_cases\.A\.acceptance\.tn`"):
        with_harm(world, 0.7)
    assert most_harm(world, "A") == pytest.approx(0.685)


def test_shares_of_0_and_1_stay() -> None:
    world = default_scenario({"use_cases.A.positive.fp": 1.0, "use_cases.A.repeat.fp": 0.0})
    moved = with_harm(world, 0.2).use_cases["A"]
    assert (moved.positive.fp, moved.repeat.fp) == (1.0, 0.0)


def test_only_label_0_texts_are_found_more_often() -> None:
    flags = np.array([[0.7, 0.6, 0.5, 1.0, 0.0], *[[0.1] * 5] * 4])
    moved = with_recall_shift(flags, 0.5)
    np.testing.assert_array_equal(moved[1:], flags[1:])
    np.testing.assert_allclose(logit(moved[0, :3]) - logit(flags[0, :3]), 0.5)
    np.testing.assert_array_equal(moved[0, 3:], [1, 0])
    np.testing.assert_allclose(with_recall_shift(flags, 0.0), flags)


def test_the_recalls_error_is_what_golden_sets_show() -> None:
    """Against 20,000 golden sets drawn; the delta method is good to a few per cent here."""
    n, recall = 257, 0.75
    seen = np.random.default_rng(1).binomial(n, recall, size=20_000) / n
    assert recall_error(recall, n) == pytest.approx(np.std(logit(seen)), rel=0.03)
    assert math.isfinite(recall_error(1.0, n))
    assert recall_error(0.0, 1) > recall_error(0.5, 100)
