"""Values of a column one by one: the same rows as alone, a family of its own, one test of all."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from abkit.analysis.analyzing import analyze
from abkit.core.analyzed import Analysis
from abkit.core.errors import ConfigError, DataError
from abkit.core.table3 import MetricRow

METRICS = ["bought=bought", "spent=spent:mean"]


def frame(n: int = 1200, *, seed: int = 2, arms: str = "control new") -> pd.DataFrame:
    """The treatment helps in `DE` only."""
    rng = np.random.default_rng(seed)
    names = arms.split()
    arm, country = rng.choice(names, n), rng.choice(["DE", "FR", "IT"], n)
    helped = (arm != "control") & (country == "DE")
    return pd.DataFrame(
        {
            "arm": arm,
            "user": rng.integers(0, 10**9, n).astype(str),
            "case": rng.choice(["A", "B"], n),
            "country": country,
            "bought": (rng.random(n) < 0.3 + 0.25 * helped).astype(int),
            "spent": rng.lognormal(1, 0.5, n) + helped,
        }
    )


def run(data: pd.DataFrame, **options: Any) -> Analysis:
    return analyze(data, variant="arm", metrics=METRICS, **{"segment": "country"} | options)


def facts(row: MetricRow) -> dict[str, Any]:
    return {name: of for name, of in row.to_dict().items()
            if name not in ("p_value_adjusted", "verdict")}  # fmt: skip


@pytest.mark.parametrize("unit", [None, "user"])
@pytest.mark.parametrize("use_case", [None, "case"])
def test_a_segment_is_what_its_rows_alone_say(unit: str | None, use_case: str | None) -> None:
    data = frame()
    data.loc[:300, "user"] = (
        "u" + (data.loc[:300, "user"].astype(int) % 90).astype(str) + data["arm"]
    )
    result = run(data, unit=unit, use_case=use_case)
    (segments,) = result.segments
    assert [segment.value for segment in segments.values] == ["DE", "FR", "IT"]
    for segment in segments.values:
        alone = analyze(
            data[data["country"] == segment.value], variant="arm", metrics=METRICS, unit=unit,
            use_case=use_case,
        )  # fmt: skip
        assert [facts(row) for group in segment.use_cases for row in group.metrics] == [
            facts(row) for _, row in alone.table3.rows()
        ]
    assert run(data, unit=unit, use_case=use_case, segment=None).tables == result.tables


def test_all_rows_of_all_segments_are_one_family() -> None:
    result = run(frame(arms="control new other"), use_case="case")
    rows = [row for segments in result.segments for _, _, row in segments.rows()]
    assert len(rows) == 2 * 3 * 2 * 2  # treatments, countries, use-cases, metrics
    adjusted = multipletests([row.p_value for row in rows], method="holm")[1]
    np.testing.assert_allclose([row.p_value_adjusted for row in rows], adjusted, rtol=1e-12)
    tests = [test for segments in result.segments for test in segments.agreements]
    holm = multipletests([test.heterogeneity.p_value for test in tests], method="holm")[1]
    np.testing.assert_allclose([test.p_value_adjusted for test in tests], holm, rtol=1e-12)
    assert result.tables[0].family == 2 * 2 * 2


def test_one_difference_or_several() -> None:
    """Cochran's Q over three countries, as weighted least squares of means has it."""
    data = frame()
    by_metric = {test.metric: test for test in run(data).segments[0].agreements}
    cells = data.groupby(["country", "arm"])["spent"].agg(["mean", "var", "count"])
    variance = cells["var"] / cells["count"]
    difference = cells["mean"].xs("new", level=1) - cells["mean"].xs("control", level=1)
    weight = 1 / (variance.xs("new", level=1) + variance.xs("control", level=1))
    q = (weight * (difference - np.average(difference, weights=weight)) ** 2).sum()
    found = by_metric["spent"].heterogeneity
    assert found.q == pytest.approx(q, rel=1e-9)
    assert found.df == 2
    assert found.p_value == pytest.approx(stats.chi2.sf(q, 2), rel=1e-9)
    cells = data.groupby(["country", "arm"])["bought"].agg(["mean", "count"])
    variance = cells["mean"] * (1 - cells["mean"]) / cells["count"]
    difference = cells["mean"].xs("new", level=1) - cells["mean"].xs("control", level=1)
    weight = 1 / (variance.xs("new", level=1) + variance.xs("control", level=1))
    q = (weight * (difference - np.average(difference, weights=weight)) ** 2).sum()
    found = by_metric["bought"].heterogeneity
    assert found.q == pytest.approx(q, rel=0.1)  # another estimate of the variance
    assert found.df == 2
    assert found.p_value == pytest.approx(stats.chi2.sf(found.q, 2), rel=1e-9)
    assert found.p_value < 0.01


def test_rows_without_a_segment_are_one_of_their_own() -> None:
    data = frame()
    data.loc[data.index % 5 == 0, "country"] = None
    result = run(data)
    values = [segment.value for segment in result.segments[0].values]
    assert values == ["(missing)", "DE", "FR", "IT"]
    assert result.segments[0].agreements[0].heterogeneity.df == 3


def test_a_segment_in_one_arm_only_has_nothing_to_compare() -> None:
    data = frame()
    data.loc[(data["country"] == "IT") & (data["arm"] == "new"), "country"] = "DE"
    result = run(data)
    rows = {(value, row.metric): row for value, _, row in result.segments[0].rows()}
    lonely = rows["IT", "bought"]
    assert (lonely.treatment.trials, lonely.p_value) == (0, None)
    assert lonely.difference.note == "no trials in treatment"
    assert rows["IT", "spent"].difference.note == "no values in treatment"
    assert {test.heterogeneity.df for test in result.segments[0].agreements} == {1}
    for form in (result.to_json, result.to_markdown, result.to_latex):
        assert "nan" not in form().lower()


def test_one_segment_has_nobody_to_agree_with() -> None:
    result = run(frame().assign(country="DE"))
    assert {(test.heterogeneity.df, test.heterogeneity.p_value, test.p_value_adjusted)
            for test in result.segments[0].agreements} == {(0, None, None)}  # fmt: skip


def test_whole_numbers_are_segments_and_floats_are_not() -> None:
    data = frame()
    data["tier"] = np.arange(len(data)) % 2
    assert [s.value for s in run(data, segment="tier").segments[0].values] == ["0", "1"]
    with pytest.raises(DataError, match="`tier` is DOUBLE; identifiers and names must be text"):
        run(data.assign(tier=data["tier"].astype(float)), segment="tier")


def test_a_failed_check_withdraws_segments_too() -> None:
    data = frame()
    data.loc[: len(data) // 50, "bought"] = 7
    result = run(data)
    rows = [row for _, _, row in result.segments[0].rows()]
    assert {row.verdict for row in rows if row.metric == "bought"} == {"not_trusted"}
    assert "not_trusted" not in {row.verdict for row in rows if row.metric != "bought"}


def test_segments_are_in_the_json_and_not_in_the_records() -> None:
    result = run(frame())
    found = result.to_dict()["segments"][0]
    assert list(found) == ["column", "treatment", "intervals", "values", "agreements"]
    assert [value["value"] for value in found["values"]] == ["DE", "FR", "IT"]
    assert found["agreements"][0]["metric"] == "bought"
    assert len(result.records()) == 2
    assert "segments" not in run(frame(), segment=None).to_dict()


def test_what_is_no_segment_no_use_case_no_arm() -> None:
    n = 12_000
    data = pd.DataFrame({"arm": ["control", "treatment"] * (n // 2), "y": [0, 1, 1] * (n // 3),
                         "id": range(n)})  # fmt: skip
    for options, message in (
        ({"segment": "id"}, "segments has 12,000 values, such as `0`, `1`, `10`"),
        ({"use_case": "id"}, "falls into 12,000 groups: 2 arms, 12,000 use-cases"),
    ):
        with pytest.raises(DataError, match=message):
            analyze(data, variant="arm", metrics=["y=y"], **options)
    with pytest.raises(DataError, match="has 12,000 arms"):
        analyze(data, variant="id", control="0", metrics=["y=y"])


def test_several_treatments_have_several_tables() -> None:
    data = pd.DataFrame({"arm": ["control", "a", "b"] * 40, "y": [0, 1, 1, 0] * 30})
    found = analyze(data, variant="arm", metrics=["y=y"])
    assert [table.treatment for table in found.tables] == ["a", "b"]
    with pytest.raises(ConfigError, match="a table for each of `a`, `b`"):
        _ = found.table3
