"""Many roots at once: found to full precision, whatever the shape of the function."""

import numpy as np
import pytest

from abkit.analysis.root_finding import falling_roots


@pytest.mark.parametrize("power", [0.2, 0.5, 1, 3, 9])
def test_finds_the_root_of_a_power(power: float) -> None:
    roots = np.linspace(0.01, 0.99, 37)
    calls = []

    def function(x: np.ndarray) -> np.ndarray:
        calls.append(x)
        return np.sign(roots - x) * np.abs(roots - x) ** power

    found = falling_roots(function, np.zeros(37), np.ones(37))
    assert found == pytest.approx(roots, abs=1e-12 if power <= 1 else 1e-4)
    assert len(calls) < 120


def test_a_touch_at_the_upper_end_is_no_root() -> None:
    """x - 2 sqrt(x) on [-1, 0] mirrored: zero at the end, but the crossing lies elsewhere."""
    found = falling_roots(
        lambda x: -x - 0.5 * np.sqrt(np.abs(x)), np.array([-1.0]), np.array([0.0])
    )
    assert found == pytest.approx(-0.25, abs=1e-15)


def test_an_empty_bracket_is_its_own_root() -> None:
    assert falling_roots(lambda x: x * 0 - 1, np.array([0.3]), np.array([0.3])) == 0.3


def test_a_sign_lost_to_rounding_gives_the_lower_end() -> None:
    assert falling_roots(lambda x: -1e-17 - x, np.array([0.0]), np.array([1.0])) == 0.0
