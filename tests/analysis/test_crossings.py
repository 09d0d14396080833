"""Customers who come to several use-cases: pooling must not take them for several customers."""

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.table3 import PooledRow

CASES = ("A", "B", "C")


def log(n: int, *, seed: int, copies: bool = True) -> pd.DataFrame:
    """Each customer once in A, B and C: with `copies` always the same outcome, else independent."""
    rng = np.random.default_rng(seed)
    good, cost = rng.random(n) < 0.4, rng.lognormal(0, 1, n)
    parts = [
        pd.DataFrame(
            {
                "arm": np.array(["control", "treatment"])[np.arange(n) % 2],
                "user": np.arange(n).astype(str),
                "case": case,
                "good": good if copies else rng.random(n) < 0.4,
                "cost": cost if copies else rng.lognormal(0, 1, n),
            }
        )
        for case in CASES
    ]
    return pd.concat(parts, ignore_index=True)


def pooled(data: pd.DataFrame, **options: str) -> tuple[PooledRow, ...]:
    return analyze(
        data, variant="arm", unit="user", metrics=["good=good", "cost=cost:mean"], **options
    ).table3.pooled


def test_the_same_outcome_thrice_is_one_outcome() -> None:
    """Then the pooled analysis is that of any one use-case."""
    data = log(400, seed=1)
    rate, mean = pooled(data, use_case="case")
    one_rate, one_mean = pooled(data[data["case"] == "A"])
    assert rate.p_value == pytest.approx(one_rate.p_value, rel=0.02)
    assert mean.p_value == pytest.approx(one_mean.p_value, rel=0.02)
    assert rate.difference.ci_upper == pytest.approx(one_rate.difference.ci_upper, abs=0.003)
    assert mean.difference.ci_upper == pytest.approx(one_mean.difference.ci_upper, abs=0.01)


def test_type_i_error_of_pooled_rows() -> None:
    """Without the covariance it would be 26 %; binomial, four standard deviations round 5 %."""
    p_values = np.array(
        [[row.p_value for row in pooled(log(200, seed=s), use_case="case")] for s in range(60)]
    )
    assert ((p_values < 0.05).sum(axis=0) <= 3 + 4 * 1.7).all()
    assert p_values.mean() == pytest.approx(0.5, abs=0.15)


def test_independent_outcomes_are_hardly_inflated() -> None:
    data = log(4_000, seed=2, copies=False)
    apart = data.assign(user=data["user"] + data["case"])
    for one, other in zip(
        pooled(data, use_case="case"), pooled(apart, use_case="case"), strict=True
    ):
        assert one.difference.estimate == pytest.approx(other.difference.estimate, abs=1e-3)
        width, alone = (row.difference.ci_upper - row.difference.ci_lower for row in (one, other))
        assert 1 <= width / alone * (1 + 1e-9) < 1.06


def test_any_order_of_rows_gives_the_same_bits() -> None:
    data = log(300, seed=3)
    assert pooled(data, use_case="case") == pooled(
        data.sample(frac=1, random_state=1), use_case="case"
    )
