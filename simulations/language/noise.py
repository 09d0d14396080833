"""The reason code that the log shows: what somebody clicked, often not the true reason."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.reasons import REASONS
from abkit.simulations.language.ambiguity import Telling

# P(logged code | true reason), rows and columns in the order of REASONS (defective, missing,
# quality, preference, others). Measured on two sets of real texts whose rule-coded logs were
# compared with golden labels: defective is logged as defective 50 to 63 %, else as preference,
# quality or others; 2 to 5 % of the others leak back.
CONFUSION: Final = np.array(
    [
        [0.62, 0.01, 0.10, 0.11, 0.16],
        [0.03, 0.60, 0.05, 0.07, 0.25],
        [0.04, 0.01, 0.72, 0.13, 0.10],
        [0.02, 0.00, 0.08, 0.84, 0.06],
        [0.02, 0.01, 0.03, 0.06, 0.88],
    ]
)

# Noise follows ambiguity: errors are this many times as frequent as in CONFUSION. The factors
# average to 1 over the texts of a hardness drawn uniformly.
_FACTOR: Final = {
    Telling.CLEAR: 0.52,
    Telling.BOTH: 1.70,
    Telling.HINTED: 2.30,
    Telling.BURIED: 2.30,
    Telling.EMPTY: 2.20,
}


def code_probabilities(
    reason: npt.NDArray[np.int8], telling: npt.NDArray[np.int8]
) -> npt.NDArray[np.float64]:
    """Return P(logged code | reason, telling), shape (n, 5)."""
    factors = np.array([_FACTOR[t] for t in Telling])
    scaled = CONFUSION[reason] * factors[telling][:, None]
    own = np.arange(len(REASONS)) == reason[:, None]
    scaled[own] = 0.0
    scaled[own] = 1.0 - scaled.sum(axis=1)
    return np.asarray(scaled)


def log_codes(
    reason: npt.NDArray[np.int8], telling: npt.NDArray[np.int8], rng: np.random.Generator
) -> npt.NDArray[np.int8]:
    """Return the logged code of each issue, int8 (n,)."""
    steps = code_probabilities(reason, telling).cumsum(axis=1)
    u = rng.random(len(reason))
    codes: npt.NDArray[np.int8] = (u[:, None] >= steps).sum(axis=1).astype(np.int8)
    return np.minimum(codes, np.int8(len(REASONS) - 1))  # a sum of shares may end below 1
