"""`analyze` on any A/B data: who is compared with whom, and known answers on real experiments."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.core.check import Check
from abkit.core.errors import ConfigError, DataError
from abkit.core.table3 import MetricRow

POINT = 0.01


def frame(arms: str = "control treatment", *, n: int = 900, seed: int = 1) -> pd.DataFrame:
    """Units with one row each, shuffled; the later an arm, the more successes it has."""
    rng = np.random.default_rng(seed)
    names = np.array(arms.split())
    place = rng.permutation(np.arange(n) % len(names))
    return pd.DataFrame(
        {
            "arm": names[place],
            "user": np.arange(n).astype(str),
            "bought": (rng.random(n) < 0.3 + 0.08 * place).astype(int),
            "clicked": (rng.random(n) < 0.5).astype(int),
            "spent": rng.lognormal(1, 1, n),
            "country": rng.choice(["DE", "FR", "IT"], n),
        }
    )


def bought(data: Any, **options: Any) -> Any:
    return analyze(data, variant="arm", metrics=["bought=bought"], **options)


def row_of(result: Any, metric: str, treatment: str | None = None) -> MetricRow:
    (row,) = (row for table in result.tables for _, row in table.rows()
              if row.metric == metric and treatment in (None, table.treatment))  # fmt: skip
    return row


def check_of(result: Any, code: str) -> Check:
    (found,) = (check for check in result.checks if check.code == code)
    return found


def points(effect: Any) -> list[float]:
    return [
        round(value / POINT, 2) for value in (effect.estimate, effect.ci_lower, effect.ci_upper)
    ]


# known answers


def test_the_email_experiment_of_2008(real_data: Path | None) -> None:
    """Radcliffe's analysis of Hillstrom's data; the reference intervals are Newcombe's."""
    if real_data is None:
        return
    result = analyze(
        real_data / "ab_email_2008.csv.gz", variant="segment", control="No E-Mail", unit="user",
        metrics=["visit=visit", "conversion=conversion"],
    )  # fmt: skip
    men, women = "Mens E-Mail", "Womens E-Mail"
    assert [table.treatment for table in result.tables] == [men, women]
    assert points(row_of(result, "visit", men).difference) == [7.66, 7.00, 8.32]
    assert points(row_of(result, "visit", women).difference) == [4.52, 3.89, 5.16]
    assert points(row_of(result, "conversion", men).difference)[0] == 0.68
    assert points(row_of(result, "conversion", women).difference)[0] == 0.31
    ratio = check_of(result, "sample_ratio")
    assert (ratio.status, round(ratio.p_value, 2), ratio.count) == ("pass", 0.90, 64_000)
    assert {table.family for table in result.tables} == {4}
    assert {row.verdict for table in result.tables for _, row in table.rows()} == {"better"}


def test_the_matching_gifts_of_2007(real_data: Path | None) -> None:
    """Karlan and List (2007), two letters with a match for each without."""
    if real_data is None:
        return
    result = analyze(
        real_data / "ab_match_donation.csv.gz", variant="treatment", control="0", unit="donor",
        allocation="1:2", metrics=["gave=gave", "amount=amount:mean"], segment="red_state",
    )  # fmt: skip
    ratio = check_of(result, "sample_ratio")
    assert (ratio.status, round(ratio.p_value, 2)) == ("pass", 0.94)
    gave, amount = row_of(result, "gave"), row_of(result, "amount")
    assert points(gave.difference) == [0.42, 0.16, 0.67]
    assert round(gave.p_value, 4) == 0.0019
    assert round(amount.p_value, 3) == 0.058
    assert (gave.control.successes, gave.treatment.trials) == (298, 33_396)
    missing = check_of(result, "missing_values")
    assert (missing.status, missing.count) == ("warn", 2)
    by_state = {value: row for value, _, row in result.segments[0].rows() if row.metric == "gave"}
    assert points(by_state["1.0"].difference) == [0.88, 0.48, 1.26]
    assert points(by_state["0.0"].difference) == [0.10, -0.25, 0.44]
    wrong = analyze(
        real_data / "ab_match_donation.csv.gz", variant="treatment", control="0", unit="donor",
        metrics=["gave=gave"],
    )  # fmt: skip
    assert check_of(wrong, "sample_ratio").status == "fail"
    assert row_of(wrong, "gave").verdict == "not_trusted"


# arms


def test_three_arms_are_two_tables_of_one_family() -> None:
    data = frame("control new newer")
    metrics = ["bought=bought", "clicked=clicked", "s=spent:mean"]
    result = analyze(data, variant="arm", metrics=metrics)
    assert [table.treatment for table in result.tables] == ["new", "newer"]
    rows = [row for table in result.tables for _, row in table.rows()]
    assert len(rows) == 6
    adjusted = multipletests([row.p_value for row in rows], method="holm")[1]
    np.testing.assert_allclose([row.p_value_adjusted for row in rows], adjusted, rtol=1e-12)
    facts = result.to_dict()
    assert [table["arms"]["treatment"] for table in facts["results"]] == ["new", "newer"]
    with pytest.raises(ConfigError, match="a table for each of `new`, `newer`"):
        result.table3.to_dict()
    one = analyze(data, variant="arm", treatment="newer", metrics=metrics)
    alone = [row for _, row in one.table3.rows()]
    assert [row.difference for row in alone] == [row.difference for row in rows[3:]]
    assert one.table3.family == 3
    assert "newer 300" in check_of(one, "sample_ratio").detail  # all arms take part there


def test_the_control_arm_is_never_guessed() -> None:
    data = frame("a b")
    with pytest.raises(ConfigError, match="no arm .* is called `control`; its arms are `a`, `b`"):
        bought(data)
    assert bought(data, control="b").table3.treatment == "a"
    with pytest.raises(ConfigError, match="`control` is `contrl`; expected one of `control`") as e:
        bought(frame(), control="contrl")
    assert e.value.hint == "did you mean `control`?"
    with pytest.raises(ConfigError, match="`treatment` is `tretment`; expected one of") as e:
        bought(frame(), treatment="tretment")
    assert e.value.hint == "did you mean `treatment`?"
    with pytest.raises(ConfigError, match="`control` and `treatment` are both `control`"):
        bought(frame(), treatment="control")
    with pytest.raises(ConfigError, match="`treatment` names an arm twice: `b`, `b`"):
        bought(data, control="a", treatment=["b", "b"])


def test_one_arm_is_no_comparison() -> None:
    data = frame()
    with pytest.raises(DataError, match="has one arm only, `control`") as e:
        bought(data, where="arm = 'control'")
    assert "--where" in str(e.value.hint)
    with pytest.raises(DataError, match="no rows that fulfil"):
        bought(data, where="bought > 1")
    part = data.assign(counted=data["arm"] == "control", automated=data["bought"])
    with pytest.raises(DataError, match="the arm `treatment` of .* has no counted rows") as e:
        analyze(part)
    assert e.value.hint == "arms with counted rows are `control`"


def test_an_arm_without_counted_rows_is_left_out_unless_it_is_named() -> None:
    data = frame("control new newer").assign(automated=lambda d: d["bought"])
    data["counted"] = data["arm"] != "new"
    found = analyze(data)
    assert [table.treatment for table in found.tables] == ["newer"]
    assert "left out: `new` has no counted rows" in found.notes
    with pytest.raises(DataError, match="the arm `new` of .* has no counted rows") as e:
        analyze(data, treatment=["newer", "new"])
    assert e.value.hint == "arms with counted rows are `control`, `newer`"
    with pytest.raises(DataError, match="the arm `new` of .* has no counted rows"):
        analyze(data, control="new")
    assert not any("left out" in note for note in analyze(data.drop(columns="counted")).notes)


@pytest.mark.parametrize("value", ["False", "FALSE", "false"])
def test_a_boolean_arm_by_the_name_it_has_in_a_csv(tmp_path: Path, value: str) -> None:
    data = frame().assign(arm=lambda d: d["arm"] == "treatment")
    data.to_csv(tmp_path / "a.csv", index=False)
    data.to_parquet(tmp_path / "a.parquet")
    tables = [
        bought(source, control=value, treatment="True", allocation=f"{value}=1,True=1").table3
        for source in (data, tmp_path / "a.parquet", tmp_path / "a.csv")
    ]
    assert len({row_of_table.p_value for t in tables for _, row_of_table in t.rows()}) == 1
    assert {t.treatment.casefold() for t in tables} == {"true"}


def test_arms_that_differ_in_case_only_need_their_own_name() -> None:
    data = frame("A a b")
    assert bought(data, control="a").tables[0].control == "a"
    assert bought(data, control="B").tables[0].control == "b"
    data["arm"] = data["arm"].replace("b", "B")
    assert bought(data.replace({"arm": {"A": "aa"}}), control="AA").tables[0].control == "aa"
    with pytest.raises(ConfigError, match="`control` is `c`; expected one of"):
        bought(data, control="c")
    with pytest.raises(ConfigError, match="`control` and `treatment` are both `B`"):
        bought(data, control="b", treatment="B")


def test_exchanging_the_arms_turns_everything_round() -> None:
    data = frame("x y")
    there = row_of(bought(data, control="x"), "bought")
    back = row_of(bought(data, control="y"), "bought")
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9)
    assert there.difference.estimate == -back.difference.estimate
    assert there.difference.ci_lower == pytest.approx(-back.difference.ci_upper, abs=1e-9)
    assert 1 + there.relative.ci_lower == pytest.approx(1 / (1 + back.relative.ci_upper), rel=1e-6)
    assert (there.verdict, back.verdict) == ("better", "worse")


def test_the_order_of_metrics_is_of_no_account() -> None:
    names = ["bought=bought", "clicked=clicked:lower", "s=spent:mean"]
    results = [analyze(frame(), variant="arm", metrics=order) for order in (names, names[::-1])]
    rows = [{row.metric: row for _, row in result.table3.rows()} for result in results]
    assert rows[0] == rows[1]
    assert list(rows[0]) == list(rows[1])[::-1]


def test_every_customer_twice_under_a_new_name() -> None:
    """The estimates stay; twice the data, so the standard error shrinks by the root of two."""
    data = pd.concat([frame(), frame(n=400, seed=3)])  # some come twice
    twice = pd.concat([data, data.assign(user="again-" + data["user"])])
    one, two = (row_of(bought(d, unit="user"), "bought") for d in (data, twice))
    assert one.difference.estimate == pytest.approx(two.difference.estimate, rel=1e-12)
    ratio = one.standard_error / two.standard_error
    assert ratio == pytest.approx(np.sqrt(2), rel=2e-3)
    assert two.p_value < one.p_value


# allocation


@pytest.mark.parametrize(
    "allocation", ["1:2", " 1 : 2.0", [1, 2], {"control": 1 / 3, "treatment": 2 / 3},
                   "control=1,treatment=2", "treatment=2, control=1"],
)  # fmt: skip
def test_allocation(allocation: Any) -> None:
    data = frame("control treatment treatment")
    assert check_of(bought(data, unit="user"), "sample_ratio").status == "fail"
    assert check_of(bought(data, unit="user", allocation=allocation), "sample_ratio").p_value == 1


@pytest.mark.parametrize(
    ("allocation", "message"),
    [
        ("1:1:1", "`allocation` is `1:1:1`; expected 2 weights, for control, treatment"),
        ("", "expected weights such as 1:1"),
        ("1:x", "`allocation` is `1:x`; expected weights such as 1:1"),
        ("-1:1", "`allocation` is `-1:1`; expected weights"),
        ([float("nan"), 1], "`allocation` gives `control` the weight nan; expected >= 0"),
        ({"control": "1", "treatment": "many"}, "`allocation` is `control=1,treatment=many`"),
        ("0:0", "gives no arm a positive weight"),
        ("=1,control=1", "`allocation` has the entry `=1`"),
        ("control=1,control=2", "names `control` twice"),
        ({"control": 1, "Control": 1}, "`allocation` names the arm `control` twice"),
        ("control=1,treatmnt=1", "`allocation` is `treatmnt`; expected one of `control`"),
    ],
)
def test_no_allocation(allocation: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bought(frame(), allocation=allocation)


def test_counts_in_a_file_whose_path_holds_an_equals_sign(tmp_path: Path) -> None:
    folder = tmp_path / "runs=1"
    folder.mkdir()
    (folder / "c.csv").write_text("metric,arm,successes,trials\nAR,control,1,9\nAR,new,2,9\n")
    assert analyze_counts(str(folder / "c.csv")).source == "c.csv"
    long = ",".join(f"c{i}:AR:{arm}=1/9" for i in range(400) for arm in ("control", "new"))
    assert analyze_counts(long).table3.family == 400


def test_whoever_is_in_an_arm_of_weight_0_is_a_leak() -> None:
    result = bought(frame("control new old"), allocation="control=1,new=1,old=0", treatment="new")
    leak = check_of(result, "sample_ratio")
    assert (leak.status, leak.p_value) == ("fail", 0)
    assert "300 in arms meant to get none" in leak.detail
    assert row_of(result, "bought").verdict == "not_trusted"
    lost = check_of(bought(frame(), allocation="control=1,treatment=1,third=1"), "sample_ratio")
    assert lost.status == "fail"
    assert "third 0" in lost.detail


def test_weights_without_names_are_for_all_arms() -> None:
    """Else the third arm would count as a leak, though nobody said that it should be empty."""
    with pytest.raises(ConfigError, match="`allocation` is `1:1`, but .* other arms.*: `old`") as e:
        bought(frame("control new old"), allocation="1:1", treatment="new")
    assert e.value.hint == "name the arms: control=1,new=1,old=1"


# intervals


def test_bonferroni_is_the_level_of_the_family() -> None:
    metrics = ["bought=bought", "clicked=clicked", "s=spent:mean"]
    plain, wide, level = (
        analyze(frame("control a b"), variant="arm", metrics=metrics, **options)
        for options in ({}, {"intervals": "bonferroni"}, {"confidence_level": 1 - 0.05 / 6})
    )
    pairs = [[row for table in result.tables for _, row in table.rows()]
             for result in (plain, wide, level)]  # fmt: skip
    for narrow, wider, exact in zip(*pairs, strict=True):
        for scale in ("difference", "relative"):
            inner, outer = getattr(narrow, scale), getattr(wider, scale)
            assert outer.ci_lower < inner.ci_lower < inner.ci_upper < outer.ci_upper
            expected = getattr(exact, scale)
            assert outer.ci_lower == pytest.approx(expected.ci_lower, abs=1e-9)
            assert outer.ci_upper == pytest.approx(expected.ci_upper, abs=1e-9)
        assert narrow.verdict == wider.verdict
        assert narrow.p_value == wider.p_value
    assert wide.tables[0].confidence_level == 0.95


@settings(max_examples=30, deadline=None)
@given(k=st.tuples(*[st.integers(0, 40)] * 2), level=st.floats(0.5, 0.99))
def test_interval_and_p_value_agree_at_every_level(k: tuple[int, int], level: float) -> None:
    counts = {("all", "y", arm): (n, 40) for arm, n in zip(("control", "new"), k, strict=True)}
    row = row_of(analyze_counts(counts, confidence_level=level), "y")
    if abs(row.p_value - (1 - level)) > 1e-9:
        excluded = not row.difference.ci_lower <= 0 <= row.difference.ci_upper
        assert excluded == (row.p_value < 1 - level)
        assert excluded == (row.verdict in ("better", "worse"))


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, float("nan")])
def test_no_level(level: float) -> None:
    with pytest.raises(ConfigError, match="confidence_level"):
        bought(frame(), confidence_level=level)
    with pytest.raises(ConfigError, match="confidence_level"):
        analyze_counts("y:control=1/2,y:new=1/2", confidence_level=level)


@pytest.mark.parametrize(
    "where", ["n > 1", "arm::int = 1", "count(*) > 1", "row_number() over () > 3", "n::int"]
)
def test_a_condition_on_text_says_what_is_wrong(tmp_path: Path, where: str) -> None:
    """In a CSV every column is text, so that the condition on a number needs a cast."""
    path = tmp_path / "w.csv"
    path.write_text("arm,n,y\n" + "control,3,1\ntreatment,3,0\ncontrol,1,0\n" * 9)
    with pytest.raises(ConfigError, match="`where` is `") as caught:
        analyze(path, variant="arm", metrics=["y=y"], where=where)
    assert "n::int" not in str(caught.value.hint)
    assert "numbers need a cast" in str(caught.value.hint)
    assert analyze(path, variant="arm", metrics=["y=y"], where="n::int > 1").rows == 18


def test_numbers_beyond_a_float_are_refused() -> None:
    data = pd.DataFrame({"arm": ["control", "treatment"] * 20, "x": [1e308] * 40})
    with pytest.raises(DataError, match="add up to 1e.308"):
        analyze(data, variant="arm", metrics=["x=x:mean"])


def test_why_repeats_were_not_looked_for() -> None:
    rng = np.random.default_rng(1)
    log = pd.DataFrame({"arm": rng.choice(["control", "new"], 90), "automated": 1})
    log["customer_id"] = [f"c{i}" for i in range(90)]
    log["started_at"] = log["ended_at"] = pd.date_range("2024-01-01", periods=90, tz="UTC")

    def why(data: pd.DataFrame, **options: Any) -> set[str]:
        checks = analyze(data, metrics=["AR"], **options).checks
        return {c.detail for c in checks if c.code in ("immature", "overlapping")}

    lacking = {"24RR was not worked out: it needs a unit, `started_at` and `ended_at`"}
    assert why(log) == {"24RR was not asked for"}
    for name in ("customer_id", "started_at", "ended_at"):
        assert why(log.drop(columns=name)) == lacking
