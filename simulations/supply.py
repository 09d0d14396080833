"""The texts that simulated customers type, with the scores that a classifier gave them."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from abkit.core.errors import DataError
from abkit.core.reasons import REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.draws import Indices
from abkit.simulations.scenario import LEVELS

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class ScoredSupply:
    """Held-out texts by true reason and hardness level, each scored once.

    Attributes:
        texts: Strings, shape (n,).
        reason: True reason, 0..4, shape (n,); rows are sorted by (reason, level).
        level: Hardness level, 0..4, shape (n,).
        scores: Calibrated P(LABEL 0), shape (n,).
    """

    texts: pa.Array
    reason: Codes
    level: Codes
    scores: Floats
    starts: Indices = field(init=False, repr=False)  # first row of each cell, shape (26,)

    def __post_init__(self) -> None:
        lengths = {len(self.texts), len(self.reason), len(self.level), len(self.scores)}
        if len(lengths) > 1:
            raise DataError(
                f"a supply's columns have {sorted(lengths)} rows; expected equal numbers"
            )
        if not np.isfinite(self.scores).all():
            raise DataError("a supply's scores contain NaN or infinity")
        cell = self.reason.astype(np.int64) * LEVELS + self.level
        if (np.diff(cell) < 0).any():
            raise DataError("a supply is not sorted by reason and hardness level")
        starts = np.searchsorted(cell, np.arange(len(REASONS) * LEVELS + 1))
        if (empty := np.flatnonzero(np.diff(starts) == 0)).size:
            reason, level = divmod(int(empty[0]), LEVELS)
            raise DataError(
                f"a supply has no text of `{REASONS[reason]}` at hardness level {level}"
            )
        object.__setattr__(self, "starts", starts)

    def rows(self, reason: Codes, level: Codes, u: Floats) -> Indices:
        """Return a row drawn uniformly from each contact's cell, by its uniform `u`."""
        cell = reason.astype(np.int64) * LEVELS + level
        first, count = self.starts[cell], np.diff(self.starts)[cell]
        rows: Indices = first + np.floor(u * count).astype(np.int64)
        return rows

    def flag_rates(self, threshold: float) -> Floats:
        """Return P(score >= threshold) by true reason and level, shape (5, 5)."""
        flagged = np.add.reduceat((self.scores >= threshold).astype(float), self.starts[:-1])
        rates: Floats = (flagged / np.diff(self.starts)).reshape(len(REASONS), LEVELS)
        return rates


def empty_supply() -> ScoredSupply:
    """Return a supply for customers who never type: one empty text a cell, which nothing flags."""
    cells = np.arange(len(REASONS) * LEVELS)
    reason, level = (part.astype(np.int8) for part in np.divmod(cells, LEVELS))
    return ScoredSupply(pa.array([""] * cells.size), reason, level, np.zeros(cells.size))
