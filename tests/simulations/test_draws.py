"""Keyed draws: what belongs to a customer stays with him."""

import numpy as np
import pytest

from abkit.core.rng import uniforms
from abkit.simulations.draws import Draws, choose

EVERYBODY = np.arange(1000)


def test_a_draw_depends_on_its_key_alone() -> None:
    draws = Draws(7, 2)
    full = draws.of("service", 3, EVERYBODY)
    assert (full == uniforms(7, 2, "service", 3, 1000)).all()
    some = np.array([0, 5, 17, 400])
    assert (draws.of("service", 3, some) == full[some]).all()
    assert draws.of("service", 3, some[:0]).size == 0


@pytest.mark.parametrize(
    "other",
    [(8, 2, "service", 3), (7, 3, "service", 3), (7, 2, "patience", 3), (7, 2, "service", 4)],
)
def test_streams_are_unrelated(other: tuple[int, int, str, int]) -> None:
    seed, replication, purpose, attempt = other
    a = Draws(7, 2).of("service", 3, EVERYBODY)
    b = Draws(seed, replication).of(purpose, attempt, EVERYBODY)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(1000)


def test_choose_gives_each_category_its_share() -> None:
    u = (np.arange(1000) + 0.5) / 1000
    codes = choose(u, np.array([0.2, 0.0, 0.5, 0.3]))
    assert np.bincount(codes, minlength=4).tolist() == [200, 0, 500, 300]
    assert (np.diff(codes) >= 0).all()
