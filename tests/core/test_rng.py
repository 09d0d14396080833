"""Keyed draws depend on their key alone."""

import numpy as np
import pytest
from scipy import stats

from abkit.core.rng import rng_for, uniforms

KEY = (7, 0, "menu", 1)


def test_element_i_does_not_depend_on_n() -> None:
    np.testing.assert_array_equal(uniforms(*KEY, n=10), uniforms(*KEY, n=1000)[:10])


@pytest.mark.parametrize(
    "other", [(8, 0, "menu", 1), (7, 1, "menu", 1), (7, 0, "m", 1), (7, 0, "menu", 2)]
)
def test_every_part_of_the_key_counts(other: tuple[int, int, str, int]) -> None:
    a, b = uniforms(*KEY, n=20_000), uniforms(*other, n=20_000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(20_000)


def test_parts_of_a_key_do_not_run_together() -> None:
    assert rng_for(1, "a", "b").random() != rng_for(1, "ab").random()
    assert rng_for(1, 23).random() != rng_for(12, 3).random()


def test_uniform_and_open() -> None:
    u = uniforms(*KEY, n=100_000)
    assert u.min() > 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > 0.001


def test_known_stream() -> None:
    """The stream is part of the contract: a change would silently change every run."""
    np.testing.assert_allclose(
        uniforms(1, 0, "x", 1, 3), [0.26929437, 0.9491126, 0.76883346], atol=1e-8
    )
