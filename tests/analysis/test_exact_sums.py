"""Sums of floats in DuckDB: the same bits in any order, and the right ones."""

import math
from collections.abc import Sequence
from fractions import Fraction

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.analysis.exact_sums import exact_sum_sql, scale_for, unscaled, unscaled_sql
from abkit.core.errors import DataError


def integer_sum(values: Sequence[float], k: int, *, threads: int = 2) -> int:
    """Return what DuckDB sums at scale k."""
    with duckdb.connect(config={"threads": threads}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.register("given", pa.table({"x": pa.array(values, pa.float64())}))
        (found,) = connection.execute(f"SELECT {exact_sum_sql('x', k)} FROM given").fetchall()
        return int(found[0])


def exact_sum(values: Sequence[float], *, threads: int = 2) -> float:
    k = scale_for(max(map(abs, values)), len(values))
    return unscaled(integer_sum(values, k, threads=threads), k)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_order_and_threads_do_not_matter(threads: int) -> None:
    """300,000 values are several of DuckDB's row groups; plain sums differ in their last bits."""
    rng = np.random.default_rng(1)
    values = rng.lognormal(3, 2, 300_000) * rng.choice([-1, 1], 300_000)
    first = exact_sum(values.tolist(), threads=1)
    for order in range(3):
        shuffled = np.random.default_rng(order).permutation(values)
        assert exact_sum(shuffled.tolist(), threads=threads) == first
    plain = {float(np.cumsum(np.random.default_rng(o).permutation(values))[-1]) for o in range(4)}
    assert len(plain) > 1


def test_it_is_the_correctly_rounded_sum() -> None:
    rng = np.random.default_rng(2)
    for scale in (1e-9, 1.0, 1e12):
        values = (rng.lognormal(0, 3, 5_000) * scale).tolist()
        assert exact_sum(values) == math.fsum(values)


floats = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=50)  # each opens a database
@given(values=st.lists(floats, min_size=1, max_size=30))
def test_the_error_is_within_its_bound(values: list[float]) -> None:
    """Against exact fractions, from the smallest to the largest floats there are."""
    k = scale_for(max(map(abs, values)), len(values))
    total = integer_sum(values, k, threads=1)
    error = abs(Fraction(total) / Fraction(2) ** k - sum(map(Fraction, values)))
    assert error <= Fraction(len(values)) / Fraction(2) ** (k + 1)
    assert abs(total) < 2**126
    reverse = integer_sum(values[::-1], k, threads=1)
    assert reverse == total


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([0.0, -0.0], 0.0),
        ([-1.5, -2.5], -4.0),
        ([0.1] * 10, 1.0),
        ([1e300, 1e-300, -1e300], 0.0),  # what is 2^-1990 of the largest value is lost
        ([1e-300, 2e-300], 3e-300),
        ([5e-324] * 3, 1.5e-323),
        ([1.7976931348623157e308], 1.7976931348623157e308),
        ([1.7976931348623157e308] * 2, math.inf),
        ([-1.7976931348623157e308] * 2, -math.inf),
        ([2.0**52 + 1, 0.5, -(2.0**52)], 1.5),
    ],
)
def test_extremes(values: list[float], total: float) -> None:
    assert exact_sum(values) == total


def test_the_largest_count_of_the_largest_value_fits() -> None:
    """Repeated by SQL: a billion rows of the largest value stay below 2^127."""
    for largest, count in ((1.0, 1), (0.999, 10**9), (1e300, 10**9), (3e-310, 2**20 - 1)):
        k = scale_for(largest, count)
        integer = integer_sum([largest], k)
        assert integer * count < 2**126
        assert integer * count >= 2**123  # no bits to spare are wasted


def test_nulls_are_left_out_and_none_is_null() -> None:
    total = exact_sum_sql("x", 4)
    given = "(VALUES (1.5), (NULL)) given(x)"
    with duckdb.connect() as connection:
        query = f"SELECT {total}, {total} FILTER (x > 5) FROM {given}"
        assert connection.execute(query).fetchall() == [(24, None)]


@pytest.mark.parametrize("k", [-900, -3, 0, 7, 101, 1100])
def test_the_way_back_in_sql(k: int) -> None:
    """Within two roundings of the way back in Python."""
    totals = [0, 3, -(2**53) - 1, 2**125 + 2**70 + 1]
    with duckdb.connect() as connection:
        for total in totals:
            (row,) = connection.execute(f"SELECT {unscaled_sql(f'{total}::HUGEINT', k)}").fetchall()
            assert row[0] == pytest.approx(unscaled(total, k), rel=2**-52, abs=0)


@pytest.mark.parametrize("largest", [math.inf, math.nan])
def test_what_is_not_finite_is_refused(largest: float) -> None:
    with pytest.raises(DataError, match="the largest value is"):
        scale_for(largest, 3)


@given(total=st.integers(-(2**126), 2**126), k=st.integers(-900, 1200))
def test_the_way_back_rounds_once(total: int, k: int) -> None:
    """Fractions turn into floats with a single rounding, too."""
    exact = Fraction(total) / Fraction(2) ** k
    if abs(exact) <= Fraction(1.7976931348623157e308):
        assert unscaled(total, k) == float(exact)
