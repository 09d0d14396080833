"""Sums of floats in DuckDB whose bits repeat, for any order of rows and any number of threads.

Parallel sums of floats depend on the order in which threads finish. Here each x becomes the integer
nearest to x 2^k; integers add up exactly in any order, in 128 bits.
"""

import math
from typing import Final

from abkit.core.errors import DataError

_BITS: Final = 126  # DuckDB's HUGEINT holds integers below 2^127


def scale_for(largest: float, count: int) -> int:
    """Return the largest safe k: no sum of `count` integers nearest to x 2^k leaves 128 bits.

    The sum over 2^k is then exact where all x are multiples of 2^-k, and otherwise wrong by at most
    count 2^-(k + 1): for ten million rows less than 2^-78 times `largest`.

    Args:
        largest: The largest |x|, finite.
        count: How many values are summed at most, at least 0.

    Raises:
        DataError: `largest` is infinite or NaN.
    """
    if not 0 <= largest < math.inf:
        raise DataError(f"the largest value is {largest}; expected finite numbers")
    exponent = math.frexp(largest)[1]  # |x| < 2^exponent
    return _BITS - exponent - count.bit_length()


def exact_sum_sql(expression: str, k: int) -> str:
    """Return the SQL aggregate that sums the integers nearest to `expression` times 2^k.

    `expression` is a DOUBLE, finite or null; nulls are left out, and the sum of none is null. The
    same bits for any order of rows; `unscaled` turns the HUGEINT back into a float.
    """
    return f"sum(CAST(round({_times_power_of_two(expression, k)}) AS HUGEINT))"


def unscaled_sql(expression: str, k: int) -> str:
    """Return the SQL for a HUGEINT divided by 2^k, a DOUBLE that may be one rounding off."""
    return _times_power_of_two(expression, -k)


def unscaled(total: int, k: int) -> float:
    """Return total / 2^k as the nearest float, infinite where it is beyond the largest one."""
    try:
        return total / (1 << k) if k >= 0 else float(total << -k)
    except OverflowError:
        return math.copysign(math.inf, total)


def _times_power_of_two(expression: str, k: int) -> str:
    """Return the SQL product, in two factors: 2^k alone may be too large or small for a float."""
    first, second = (f"{math.ldexp(1.0, part)!r}::DOUBLE" for part in (k // 2, k - k // 2))
    return f"(({expression})::DOUBLE * {first} * {second})"
