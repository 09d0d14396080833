"""Scores from beta laws in place of a model's: for checks of the world that need no training."""

from typing import Final

import numpy as np
import pyarrow as pa

from abkit.core.reasons import REASONS
from abkit.core.rng import rng_for
from abkit.simulations.scenario import LEVELS
from abkit.simulations.supply import ScoredSupply

PER_CELL: Final = 400  # texts by reason and hardness level


def beta_supply(*, per_cell: int = PER_CELL, seed: int = 0) -> ScoredSupply:
    """Return texts without meaning whose scores tell LABEL 0 apart, worse the harder it is.

    A text of LABEL 0 at level l = 0..4 scores Beta(5 - l, 2), another Beta(1, 5). At a threshold
    of .4 recall falls from .96 to .36 over the levels, and .08 of the others are flagged.

    Args:
        per_cell: Texts of each reason and level.
        seed: Of the scores.
    """
    cells = len(REASONS) * LEVELS
    reason, level = divmod(np.repeat(np.arange(cells, dtype=np.int8), per_cell), LEVELS)
    defective = reason == 0
    scores = rng_for(seed, "beta supply").beta(
        np.where(defective, 5.0 - level, 1.0), np.where(defective, 2.0, 5.0)
    )
    texts = pa.array([f"text {number}" for number in range(reason.size)])
    return ScoredSupply(texts, reason, level, scores)
