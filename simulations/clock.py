"""Simulated time: whole microseconds since Monday 2024-01-01 00:00 UTC.

Integers, because their sums do not depend on the order of addition: the fast engine and a plain
process model then agree to the last bit.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Microseconds = npt.NDArray[np.int64]

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
HOURS_PER_WEEK: Final = 168
REPEAT_WINDOW: Final = DAY  # a repeat starts within 24 h of the end of the contact before it
TAIL: Final = REPEAT_WINDOW  # arrivals go on for this long after the last counted day
NEVER: Final = 2**60  # 36 thousand years: longer than any run, and sums of two stay below 2^63


def whole_microseconds(seconds: Floats) -> Microseconds:
    """Round durations in seconds, shape (n,), to whole microseconds; at most `NEVER`."""
    with np.errstate(over="ignore"):  # seconds without a bound, from a hazard next to 0
        times = seconds * SECOND
    np.rint(times, out=times)
    return np.minimum(times, NEVER, out=times).astype(np.int64)
