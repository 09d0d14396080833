"""Sums of floats per group, and of their squared residuals, with bits that repeat."""

import math
from collections.abc import Sequence
from typing import Any, Final

from abkit.analysis.exact_sums import exact_sum_sql, scale_for, unscaled
from abkit.analysis.means import MeanMoments
from abkit.analysis.sources import Source
from abkit.core.errors import DataError

_KEYS: Final = ("use_case", "arm", "segment")


def mean_moments(
    source: Source, units: str, *, keys: Sequence[str] = _KEYS
) -> dict[tuple[Any, ...], MeanMoments]:
    """Return the sums over units of each group, by the values of `keys`.

    Args:
        source: Where to ask.
        units: A query with one row per unit: the keys, n >= 1 values and their finite sum s.
        keys: The columns that name a group.
    """
    by = ", ".join(keys)
    facts = source.rows(f"""
        SELECT {by}, count(*) AS units, sum(n)::BIGINT AS trials, max(abs(s)) AS largest
        FROM ({units}) GROUP BY ALL ORDER BY ALL
    """)
    if not facts:
        return {}
    found = {}
    for fact in facts:
        if not math.isfinite(fact["largest"] * fact["units"]):
            raise DataError(
                f"values of a mean add up to {fact['largest']:g} and more",
                hint="a sum must stay below 1e308; use a larger unit",
            )
        group = tuple(fact[key] for key in keys)
        own = f"SELECT n, s FROM ({units}) WHERE " + " AND ".join(
            f"{key} IS NOT DISTINCT FROM ${key}" for key in keys
        )
        names = {key: fact[key] for key in keys}
        total = _sum(source, own, "s", fact["largest"], fact["units"], names)
        mean = total / fact["trials"]
        squares = f"(s - {mean!r}::DOUBLE * n) ** 2"
        (row,) = source.rows(f"SELECT max({squares}) AS largest FROM ({own})", **names)
        residual_squares = (
            _sum(source, own, squares, row["largest"], fact["units"], names)
            if math.isfinite(row["largest"])
            else math.inf
        )
        found[group] = MeanMoments(
            units=fact["units"],
            trials=fact["trials"],
            total=total,
            residual_squares=residual_squares,
        )
    return found


def _sum(
    source: Source, units: str, expression: str, largest: float, count: int, names: dict[str, Any]
) -> float:
    """Return the exact sum of an expression over the units."""
    k = scale_for(largest, count)
    (row,) = source.rows(f"SELECT {exact_sum_sql(expression, k)} AS total FROM ({units})", **names)
    return unscaled(row["total"], k)
