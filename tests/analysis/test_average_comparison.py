"""Means of two arms, from rows to the printed row: against scipy and a regression by customer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from abkit.analysis.analyzing import analyze
from abkit.core.arms import Average
from abkit.core.table3 import Table3


def frame(n: int = 500, *, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm, case = rng.choice(["control", "new"], n), rng.choice(["A", "B"], n)
    cost = rng.lognormal(2, 1, n) + 6 * (arm == "new") * (case == "A")
    return pd.DataFrame({"arm": arm, "case": case, "user": np.arange(n).astype(str), "cost": cost})


def costs(data: Any, **options: Any) -> Table3:
    return analyze(data, variant="arm", metrics=["cost=cost:mean:lower"], **options).table3


@pytest.mark.parametrize("unit", [None, "user"])
def test_welch(unit: str | None) -> None:
    data = frame()
    table = costs(data, unit=unit, use_case="case")
    assert [case for case, _ in table.rows()] == ["A", "B"]
    for case, row in table.rows():
        arms = [data[(data["case"] == case) & (data["arm"] == arm)]["cost"]
                for arm in ("new", "control")]  # fmt: skip
        expected = stats.ttest_ind(*arms, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert row.p_value == pytest.approx(expected.pvalue, rel=1e-9)
        assert row.difference.ci_lower == pytest.approx(interval.low, rel=1e-9)
        assert row.difference.ci_upper == pytest.approx(interval.high, rel=1e-9)
        assert row.difference.estimate == pytest.approx(arms[0].mean() - arms[1].mean(), rel=1e-12)
        assert row.standard_error == pytest.approx(
            np.sqrt(sum(x.var() / len(x) for x in arms)), rel=1e-12
        )
        assert isinstance(row.control, Average)
        assert row.control.total == pytest.approx(arms[1].sum(), rel=1e-14)
        assert row.method == f"Welch, t with {expected.df:.0f} df"
        excluded = not row.relative.ci_lower <= 0 <= row.relative.ci_upper
        assert excluded == (row.p_value < 0.05)
    assert dict(table.rows())["A"].verdict == "worse"  # dearer, and lower is better


def test_customers_with_several_values() -> None:
    """A regression of values on the arm with errors clustered by customer."""
    data = frame(900)
    data["user"] = data["arm"] + (np.arange(900) % 130).astype(str)
    level = np.random.default_rng(1).lognormal(1, 1, 130)
    data["cost"] += 5 * level[np.arange(900) % 130]
    row = dict(costs(data, unit="user").rows())["all"]
    exog = sm.add_constant((data["arm"] == "new").astype(float))
    fit = sm.OLS(data["cost"], exog).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(data["user"])[0]}
    )
    assert row.difference.estimate == pytest.approx(fit.params.iloc[1], rel=1e-9)
    assert row.standard_error == pytest.approx(fit.bse.iloc[1], rel=0.01)  # G/(G-1) per arm
    plain = dict(costs(data).rows())["all"]
    assert row.standard_error > 1.3 * plain.standard_error
    assert row.method.startswith("Welch, linearised over units, t with ")


def test_pooled_means_are_weighted_by_their_precision() -> None:
    data = frame()
    (row,) = costs(data, use_case="case").pooled
    cells = data.groupby(["case", "arm"])["cost"].agg(["mean", "var", "count"])
    difference = cells["mean"].xs("new", level=1) - cells["mean"].xs("control", level=1)
    assert difference.min() < row.difference.estimate < difference.max()
    variance = cells["var"] / cells["count"]
    weight = 1 / (variance.xs("new", level=1) + variance.xs("control", level=1))
    q = (weight * (difference - np.average(difference, weights=weight)) ** 2).sum()
    assert row.heterogeneity.q == pytest.approx(q, rel=1e-9)
    assert row.control.trials == (data["arm"] == "control").sum()
    assert row.method.startswith("weighted mean of the differences")


@pytest.mark.parametrize("unit", [None, "user"])
def test_no_order_of_rows_changes_a_bit(unit: str | None) -> None:
    data = frame(3000)
    data["cost"] = np.random.default_rng(2).lognormal(0, 12, 3000)  # sums would show an order
    data["user"] = data["arm"] + (np.arange(3000) % 700).astype(str)
    first = costs(data, unit=unit).to_json()
    for seed in range(3):
        assert costs(data.sample(frac=1, random_state=seed), unit=unit).to_json() == first


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([3.0] * 8, None),
        ([0.0] * 8, "not clearly above 0"),
        ([-1.0, 2, -3, 4, -1, 2, -3, 4], "not clearly above 0"),
        ([1e-300, 2e-300] * 4, None),
    ],
)
def test_degenerate_values(values: list[float], note: str | None) -> None:
    data = pd.DataFrame({"arm": ["control", "control", "new", "new"] * 2, "cost": values})
    row = dict(costs(data).rows())["all"]
    assert 0 <= row.p_value <= 1
    assert not np.isnan(row.difference.ci_lower)
    assert note is None or note in str(row.relative.note)
    for form in (costs(data).to_markdown, costs(data).to_latex, costs(data).to_json):
        assert "nan" not in form().lower()


def test_a_single_unit_in_an_arm_says_nothing() -> None:
    data = pd.DataFrame({"arm": ["control"] * 5 + ["new"], "cost": [1.0, 2, 3, 4, 5, 100]})
    row = dict(costs(data).rows())["all"]
    assert (row.p_value, row.verdict) == (1.0, "no_difference_shown")
    assert row.difference.note == "an arm has fewer than two units, or neither varies"
    assert row.to_dict()["difference"]["ci_lower"] is None
