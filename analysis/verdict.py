"""What a row shows, in one word."""

from abkit.core.arms import Effect
from abkit.core.metrics import Direction
from abkit.core.table3 import Verdict


def verdict(
    better: Direction, difference: Effect, p_value: float, p_adjusted: float, level: float
) -> Verdict:
    """Return what a row shows, if it can be trusted; the same comparison as the interval's."""
    if p_value >= 1 - level or difference.estimate is None:
        return "no_difference_shown"
    if p_adjusted >= 1 - level:
        return "lost_after_correction"
    return "better" if (difference.estimate > 0) == (better == "higher") else "worse"
