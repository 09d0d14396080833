"""How much of the reason a text gives away, as a function of the issue's hardness.

Shares follow what was measured on real texts: a second plausible reason in 20 to 40 % of texts,
little or no reason in 15 to 40 %, both rising with hardness.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import accumulate
from typing import Final

from abkit.core.reasons import REASONS
from abkit.simulations.language.draws import Draws


class Telling(IntEnum):
    """How the reason is told."""

    CLEAR = 0  # the reason and no other
    BOTH = 1  # the reason beside a second plausible one
    HINTED = 2  # words that fit two reasons alike
    BURIED = 3  # a second reason in full, the true one only hinted
    EMPTY = 4  # no reason at all


# Each share is intercept + slope * hardness; CLEAR takes the rest.
_SHARES: Final = {
    Telling.BOTH: (0.11, 0.02),
    Telling.HINTED: (0.00, 0.13),
    Telling.BURIED: (0.00, 0.09),
    Telling.EMPTY: (0.00, 0.23),
}

# EMPTY is this much more frequent, by reason: who has a fault or misses a part says so more often;
# a vague complaint was coded `others` when real texts were labelled.
_EMPTY_FACTOR: Final = {
    "defective": 0.6,
    "missing": 0.6,
    "quality": 0.95,
    "preference": 0.95,
    "others": 1.3,
}

# The pairs in which people mix two reasons, by true reason, in the order of REASONS.
_SECOND: Final = {
    "defective": (0.00, 0.05, 0.50, 0.20, 0.25),
    "missing": (0.30, 0.00, 0.35, 0.15, 0.20),
    "quality": (0.30, 0.05, 0.00, 0.50, 0.15),
    "preference": (0.20, 0.02, 0.53, 0.00, 0.25),
    "others": (0.36, 0.00, 0.30, 0.34, 0.00),
}

# Which ambiguous pool hints at a reason: pairs of REASONS that share words.
_HINTS: Final = {
    "defective": (("either", 0.55), ("defective_others", 0.30), ("defective_missing", 0.15)),
    "missing": (("missing_others", 0.55), ("defective_missing", 0.45)),
    "quality": (("either", 0.55), ("quality_preference", 0.45)),
    "preference": (("quality_preference", 0.60), ("others_preference", 0.40)),
    "others": (("defective_others", 0.40), ("others_preference", 0.35), ("missing_others", 0.25)),
}


def telling_share(telling: Telling, reason: int, hardness: float) -> float:
    """Return P(telling | reason, hardness) for hardness in [0, 1]."""
    if telling is Telling.CLEAR:
        return 1.0 - sum(telling_share(t, reason, hardness) for t in _SHARES)
    intercept, slope = _SHARES[telling]
    factor = _EMPTY_FACTOR[REASONS[reason]] if telling is Telling.EMPTY else 1.0
    return factor * (intercept + slope * hardness)


def draw_telling(reason: int, hardness: float, draws: Draws) -> Telling:
    """Return how a text of this reason and hardness tells its reason."""
    u = draws.uniform()
    for telling in _SHARES:
        u -= telling_share(telling, reason, hardness)
        if u < 0:
            return telling
    return Telling.CLEAR


def _steps(weights: tuple[float, ...]) -> tuple[float, ...]:
    return (*list(accumulate(weights))[:-1], 1.0)


_SECOND_STEPS: Final = tuple(_steps(_SECOND[r]) for r in REASONS)
_HINT_NAMES: Final = tuple(tuple(name for name, _ in _HINTS[r]) for r in REASONS)
_HINT_STEPS: Final = tuple(_steps(tuple(w for _, w in _HINTS[r])) for r in REASONS)


def draw_second(reason: int, draws: Draws) -> int:
    """Return the code of a second reason, never `reason` itself."""
    return draws.weighted(_SECOND_STEPS[reason])


def draw_hint(reason: int, draws: Draws) -> str:
    """Return the name of a pool of clauses that fit `reason` and one other reason."""
    return _HINT_NAMES[reason][draws.weighted(_HINT_STEPS[reason])]
