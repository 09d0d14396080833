"""Sample ratios over all, by use-case and by day: against scipy, and what they withdraw."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from abkit.analysis.analyzing import analyze
from abkit.core.analyzed import Analysis
from abkit.core.check import Check

DAY = pd.Timestamp("2024-03-01 12:00", tz="UTC")
ids = itertools.count()


def units(n: int, arm: str, *, day: int = 0, use_case: str = "A") -> list[dict[str, Any]]:
    """First contacts, one each, at noon."""
    start = DAY + pd.Timedelta(days=day)
    return [
        {"customer_id": f"c{next(ids)}", "arm": arm, "use_case": use_case, "started_at": start,
         "automated": i % 2}
        for i in range(n)
    ]  # fmt: skip


def by_day(sizes: Mapping[int, tuple[int, int]]) -> pd.DataFrame:
    rows = [row for day, pair in sizes.items()
            for n, arm in zip(pair, ("control", "treatment"), strict=True)
            for row in units(n, arm, day=day)]  # fmt: skip
    return pd.DataFrame(rows)


def ratio(result: Analysis, code: str = "sample_ratio", use_case: str | None = None) -> Check:
    (found,) = (c for c in result.checks if (c.code, c.use_case) == (code, use_case))
    return found


@pytest.mark.parametrize("sizes", [(500, 520, 480), (400, 520, 480), (300, 520, 480)])
@pytest.mark.parametrize("weights", ["1:1:1", "2:3:3"])
def test_pearsons_chi_square(sizes: tuple[int, int, int], weights: str) -> None:
    arms = "control", "a", "b"
    rows = [row for n, arm in zip(sizes, arms, strict=True) for row in units(n, arm)]
    found = ratio(analyze(pd.DataFrame(rows), allocation=weights))
    expected = np.array([float(weight) for weight in weights.split(":")])
    p = stats.chisquare(sizes, sum(sizes) * expected / expected.sum()).pvalue
    assert found.p_value == pytest.approx(p, rel=1e-9)
    assert found.status == ("fail" if p < 0.001 else "pass")
    assert found.count == sum(sizes)
    assert (found.hint is not None) == (found.status == "fail")


def test_days_are_a_family() -> None:
    """A day that is out of ratio hides among good ones, and one bad day in many is chance."""
    sizes = dict.fromkeys(range(9), (50, 50)) | {9: (80, 25)}
    result = analyze(by_day(sizes))
    found = ratio(result, "sample_ratio_by_day")
    p = [stats.chisquare(pair).pvalue for pair in sizes.values()]
    assert found.p_value == pytest.approx(multipletests(p, method="holm")[1][9], rel=1e-9)
    assert (found.status, found.count, found.examples) == ("fail", 1, ("2024-03-10",))
    assert found.detail.startswith("1 of 10 days (UTC) are out of ratio; lowest p")
    assert ratio(result).status == "pass"
    assert {row.verdict for _, row in result.table3.rows()} == {"not_trusted"}
    chance = analyze(by_day(sizes | {9: (65, 32)}))  # p = .0008 alone, .008 among ten
    assert stats.chisquare((65, 32)).pvalue < 0.001
    assert ratio(chance, "sample_ratio_by_day").status == "pass"


def test_days_that_are_too_small_are_left_out() -> None:
    found = ratio(analyze(by_day({0: (50, 50), 1: (1, 8)})), "sample_ratio_by_day")
    assert "0 of 1 days" in found.detail
    none = ratio(analyze(by_day({0: (4, 4), 1: (1, 8)})), "sample_ratio_by_day")
    assert (none.status, none.p_value) == ("not_run", None)
    assert none.detail == "on none of 2 days are 5 units expected in each arm"


def test_a_use_case_out_of_ratio_withdraws_its_own_verdicts() -> None:
    rows = [*units(100, "control"), *units(100, "treatment"), *units(30, "control", use_case="B"),
            *units(90, "treatment", use_case="B"), *units(160, "control", use_case="C"),
            *units(100, "treatment", use_case="C")]  # fmt: skip
    result = analyze(pd.DataFrame(rows))
    assert [ratio(result, use_case=case).status for case in (None, "A", "B", "C")] == [
        "pass", "pass", "fail", "fail",
    ]  # fmt: skip
    trusted = {case: row.verdict != "not_trusted" for case, row in result.table3.rows()}
    assert trusted == {"A": True, "B": False, "C": False}
    assert {row.verdict for row in result.table3.pooled} == {"not_trusted"}
    assert not result.table3.trusted


def test_a_customer_is_counted_at_the_first_contact_only() -> None:
    """The treatment's customers come back four times as often: by contacts it would alarm."""
    data = by_day({0: (100, 100)})
    again = data[data["arm"] == "treatment"].assign(started_at=DAY + pd.Timedelta(days=2))
    result = analyze(pd.concat([data, again, again, again]))
    assert ratio(result).p_value == 1
    assert ratio(result).detail == (
        "customers at their first contact: control 100, treatment 100; allocation 1:1"
    )
    assert ratio(result, "sample_ratio_by_day").detail.startswith("0 of 1 days")


def test_without_times_a_unit_counts_wherever_it_was_seen() -> None:
    data = by_day({0: (60, 60)}).drop(columns="started_at")
    both = pd.concat([data, data.assign(use_case="B")])
    result = analyze(both)
    assert ratio(result).detail.startswith("distinct customers: control 60, treatment 60;")
    assert ratio(result, use_case="B").count == 120
    by = ratio(result, "sample_ratio_by_day")
    assert (by.status, by.detail) == ("not_run", "no column `started_at`")
    assert by.hint == "name it with --map started_at=COLUMN"


def test_rows_are_units_only_in_a_file_that_is_no_log() -> None:
    data = by_day({0: (60, 160)})[["arm", "automated"]]
    file = analyze(data, variant="arm", metrics=["y=automated"])
    assert ratio(file).status == "fail"
    assert ratio(file).detail.startswith("rows, each taken for a unit: control 60, treatment 160")
    assert ratio(analyze(data)).status == "not_run"


@pytest.mark.parametrize(("moved", "status"), [(0, "pass"), (1, "warn"), (2, "warn"), (3, "fail")])
def test_customers_in_two_arms(moved: int, status: str) -> None:
    data = by_day({0: (100, 100)})
    other = data.iloc[:moved].assign(arm="treatment", started_at=DAY + pd.Timedelta(days=3))
    found = ratio(analyze(pd.concat([data, other])), "two_arms")
    assert (found.status, found.count) == (status, moved)
    assert found.examples == tuple(sorted(other["customer_id"]))
    assert f"{moved} of 200 customers saw more than one arm" in found.detail
