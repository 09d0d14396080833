"""Sums of floats per group, and of their squared residuals, with bits that repeat."""

import math
from collections.abc import Mapping

from abkit.analysis.exact_sums import exact_sum_sql, scale_for, unscaled
from abkit.analysis.means import MeanMoments
from abkit.analysis.sources import Source
from abkit.core.errors import DataError


def mean_moments(source: Source, units: str) -> dict[int, MeanMoments]:
    """Return the sums over units of each group, by its key.

    Args:
        source: Where to ask.
        units: A query with one row per unit: `key` of the group, n >= 1 values and their sum s.

    Raises:
        DataError: A sum is beyond what a float can hold.
    """
    rows = source.rows(f"""
        SELECT key, count(*) AS units, sum(n)::BIGINT AS trials, max(abs(s)) AS largest
        FROM ({units}) GROUP BY key ORDER BY key
    """)
    facts = {row["key"]: row for row in rows}
    if not facts:
        return {}
    count = sum(fact["units"] for fact in facts.values())
    largest = max(fact["largest"] for fact in facts.values())
    if not math.isfinite(largest * count):
        raise DataError(
            f"values of a mean add up to {largest:g} and more",
            hint="a sum must stay below 1e308; use a larger unit",
        )
    totals = _sums(source, units, "s", scale_for(largest, count))
    means = {key: totals[key] / fact["trials"] for key, fact in facts.items()}
    squares = _squares(source, units, means, count)
    return {
        key: MeanMoments(
            units=fact["units"],
            trials=fact["trials"],
            total=totals[key],
            residual_squares=squares[key],
        )
        for key, fact in facts.items()
    }


def _squares(
    source: Source, units: str, means: Mapping[int, float], count: int
) -> dict[int, float]:
    """Return the sum of squared residuals s - mean n of each group, infinite beyond a float."""
    names = {"keys": list(means), "means": list(means.values())}
    residuals = f"""
        SELECT key, (s - mean * n) ** 2 AS square FROM ({units}) JOIN (
            SELECT unnest($keys::UBIGINT[]) AS key, unnest($means::DOUBLE[]) AS mean
        ) USING (key)
    """
    (row,) = source.rows(
        f"SELECT max(square) FILTER (isfinite(square)) AS largest FROM ({residuals})", **names
    )
    finite = f"SELECT * FROM ({residuals}) WHERE isfinite(square)"
    k = scale_for(row["largest"] or 0.0, count)
    sums = _sums(source, finite, "square", k, **names)
    beyond = source.rows(
        f"SELECT DISTINCT key FROM ({residuals}) WHERE NOT isfinite(square)", **names
    )
    infinite = {row["key"]: math.inf for row in beyond}
    return dict.fromkeys(means, 0.0) | sums | infinite


def _sums(source: Source, rows: str, expression: str, k: int, **names: object) -> dict[int, float]:
    """Return the exact sum of an expression in each group."""
    found = source.rows(
        f"SELECT key, {exact_sum_sql(expression, k)} AS total FROM ({rows}) GROUP BY key", **names
    )
    return {row["key"]: unscaled(row["total"], k) for row in found}
