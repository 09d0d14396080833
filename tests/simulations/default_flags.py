"""What the default model flags among its served texts, so that no test has to train it."""

import numpy as np

from abkit.simulations.supply import ScoredSupply

from .fakes import make_supply

# Of 1,200 texts by true reason (rows) and hardness level, flagged from its plug-in threshold:
# model digest 4cf2c5c92278. `tests/pipeline/test_fitting_scenario.py` compares with a trained one.
FLAGGED_OF_1200 = np.array(
    [
        [1062, 966, 867, 812, 775],
        [100, 94, 108, 99, 80],
        [54, 61, 74, 66, 102],
        [16, 25, 29, 29, 28],
        [45, 42, 40, 55, 59],
    ]
)


def default_supply() -> ScoredSupply:
    """Return texts that are flagged, from .5 on, as often as the default model flags them."""
    return make_supply(FLAGGED_OF_1200 / 1200, per_cell=1200)
