"""Areas under counts of who is there: by hand, and as the law that they check."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from abkit.pipeline.validate_log import area, worlds
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.world import simulate_contacts

stays = st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**10)), min_size=1, max_size=40)


def test_an_area_by_hand() -> None:
    """One from 0 to 10, one from 4 to 6, one from 6 to 7."""
    assert area(np.array([0, 4, 6]), np.array([10, 6, 7])) == 10 + 2 + 1
    assert area(np.array([5]), np.array([5])) == 0


@given(stays)
def test_little_holds_and_notices_a_microsecond(stays: list[tuple[int, int]]) -> None:
    entered, lasted = map(np.array, zip(*stays, strict=True))
    left = entered + lasted
    assert area(entered, left) == lasted.sum()
    left[0] += 1
    assert area(entered, left) == lasted.sum() + 1


def test_the_worlds_are_congested() -> None:
    """Many wait and some abandon, or the identities would be about nothing."""
    for name, scenario in worlds().items():
        log = simulate_contacts(scenario, beta_supply(), threshold=0.4, weeks=1, seed=1)
        wait = log["wait_s"].drop_null().to_numpy()
        lost = (log["outcome"].to_numpy() == "abandoned_queue").sum() / wait.size
        assert (wait > 0).mean() > 0.2, name
        assert lost > 0.03, name
