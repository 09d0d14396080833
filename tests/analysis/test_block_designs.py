"""`analyze --design`: a switchback by pandas, saturation's levels, what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.block_comparison import compare_blocks
from abkit.analysis.block_designs import analyze_blocks
from abkit.core.errors import ConfigError, DataError


def switchback(*, blocks: int = 8, per: int = 60, seed: int = 1) -> pd.DataFrame:
    """Return a log by blocks of a day; every third customer comes again after two hours."""
    rng, rows = np.random.default_rng(seed), []
    for block in range(blocks):
        start = pd.Timestamp("2024-03-04", tz="UTC") + pd.Timedelta(days=block)
        for i in range(per):
            times = start + pd.Timedelta(minutes=20 * i)
            for attempt in range(1 + (i % 3 == 0)):
                at = times + pd.Timedelta(hours=2 * attempt)
                rows.append((f"c{block}-{i}", at, at + pd.Timedelta(minutes=5), block, i))
    log = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at", "day", "i"])
    log["issue_id"] = log["customer_id"]
    log["arm"] = np.where(log["day"] % 2 == 0, "control", "treatment")
    log["use_case"] = np.where(log["i"] % 2 == 0, "x", "y")
    log["automated"] = rng.random(len(log)) < 0.5 + 0.1 * (log["arm"] == "treatment")
    return log.drop(columns="i")


def saturated(log: pd.DataFrame, *, low: float, high: float) -> pd.DataFrame:
    """Return the log with arms drawn by customer, with two shares of treatment by turns."""
    rng = np.random.default_rng(3)
    people = log.drop_duplicates("customer_id")
    share = np.where(people["day"] % 2 == 0, low, high)
    arm = np.where(rng.random(len(people)) < share, "treatment", "control")
    return log.assign(
        arm=log["customer_id"].map(dict(zip(people["customer_id"], arm, strict=True)))
    )


def test_a_switchback_by_pandas() -> None:
    """Sums by block by group-by; 24RR by the next contact of the issue, mature only."""
    log = switchback()
    found = analyze_blocks(log, design="switchback", block="day")
    later = log.sort_values(["issue_id", "started_at"])
    gap = later.groupby("issue_id")["started_at"].shift(-1) - later["ended_at"]
    day = pd.Timedelta(hours=24)
    later["mature"] = later["ended_at"] + day <= log["started_at"].max()
    later["repeated"] = later["mature"] & (gap > pd.Timedelta(0)) & (gap <= day)
    later["contact"] = True
    for case, row in found.rows_of():
        part = later if case == "all" else later[later["use_case"] == case]
        of = {"AR": ("automated", "contact"), "24RR": ("repeated", "mature")}[row.metric]
        sums = part.groupby(["arm", "day"])[list(of)].sum()
        arms = [
            [tuple(map(int, v)) for v in sums.loc[a].to_numpy()] for a in ("control", "treatment")
        ]
        expected = compare_blocks(*arms, confidence_level=0.95)
        assert row.difference == expected.difference
        assert row.p_value == expected.p_value
        assert (row.control, row.treatment) == (expected.control, expected.treatment)
    assert [case for case, _ in found.rows_of()] == ["x", "x", "y", "y", "all", "all"]
    assert [(group.name, group.blocks, group.units) for group in found.groups] == [
        ("control", 4, 240), ("treatment", 4, 240),
    ]  # fmt: skip
    assert {check.status for check in found.checks} <= {"pass", "not_run", "warn"}


def test_one_use_case_needs_no_second_table() -> None:
    found = analyze_blocks(switchback().drop(columns="use_case"), design="switchback", block="day")
    assert found.together == ()
    assert [case for case, _ in found.rows_of()] == ["all", "all"]
    assert "AR" in found.to_markdown()


def test_saturation_compares_the_extremes_and_control_with_control() -> None:
    log = saturated(switchback(per=300), low=0.1, high=0.9)
    found = analyze_blocks(log, design="saturation", block="day")
    launch, spill = found.tables
    assert (launch.control, launch.treatment) == (
        "control in low blocks",
        "treatment in high blocks",
    )
    assert (spill.control, spill.treatment) == ("control in low blocks", "control in high blocks")
    part = log[(log["day"] % 2 == 1) & (log["arm"] == "control")]
    (row,) = [row for _, row in found.together[1].rows() if row.metric == "AR"]
    assert (row.treatment.successes, row.treatment.trials) == (part["automated"].sum(), len(part))
    assert found.groups[0].treated == pytest.approx(0.1, abs=0.03)
    assert {c.code: c.status for c in found.checks}["saturation_levels"] == "pass"


def test_levels_that_are_not_steady_are_warned_of() -> None:
    log = saturated(switchback(per=300), low=0.1, high=0.9)
    log.loc[log["day"] == 2, "arm"] = "control"
    other = log[log["day"] == 4]["customer_id"].unique()[:100]
    log.loc[log["customer_id"].isin(other), "arm"] = "treatment"
    found = analyze_blocks(log, design="saturation", block="day")
    assert {c.code: c.status for c in found.checks}["saturation_levels"] == "warn"


def test_unequal_numbers_of_blocks_fail_the_gate() -> None:
    log = switchback(blocks=24, per=12)
    log["arm"] = np.where(log["day"] < 22, "control", "treatment")
    found = analyze_blocks(log, design="switchback", block="day")
    assert {c.code: c.status for c in found.checks}["sample_ratio"] == "fail"
    assert {row.verdict for _, row in found.rows_of()} == {"not_trusted"}
    planned = analyze_blocks(log, design="switchback", block="day", allocation="11:1")
    assert {c.code: c.status for c in planned.checks}["sample_ratio"] == "pass"
    assert {c.code: c.status for c in planned.checks}["few_blocks"] == "warn"


@pytest.mark.parametrize(
    ("change", "arguments", "fact"),
    [
        ({"day": 2}, {"design": "switchback", "block": "day"},
         "block `2` of `day` is in two arms, `control` and `treatment`"),
        ({}, {"design": "switchbak", "block": "day"}, "`design` is `switchbak`; expected one of"),
        ({}, {"design": "saturation", "block": "use_case"}, "expected two levels of saturation"),
        ({}, {"design": "saturation", "block": "day"},
         "the blocks of `day` are in one arm each; expected two levels of saturation"),
        ({}, {"design": "switchback", "block": "hour"}, r"no column `hour` \(for block\)"),
        ({}, {"design": "switchback", "block": "day", "metrics": ["AHT=day:mean"]},
         "`metric` AHT is a mean; blocks are compared by rates"),
        ({}, {"design": "switchback", "block": "arm"}, "`control` has 1 block of `arm`; expected"),
        ({"day": lambda log: log["day"].astype(str).where(log["day"] != 3)},
         {"design": "switchback", "block": "day"}, "`day` is missing in 80 counted rows"),
    ],
)  # fmt: skip
def test_refusals(change: dict[str, Any], arguments: dict[str, Any], fact: str) -> None:
    with pytest.raises((ConfigError, DataError), match=fact):
        analyze_blocks(switchback().assign(**change), **arguments)


def test_a_block_may_be_a_date_and_units_may_be_unknown() -> None:
    log = switchback().drop(columns=["customer_id", "issue_id"])
    log["day"] = log["started_at"].dt.date
    log["arm"] = np.where(
        pd.Series(log["day"].astype(str)).str[-1].astype(int) % 2, "treatment", "control"
    )
    found = analyze_blocks(log, design="switchback", block="day")
    assert {row.metric for _, row in found.rows_of()} == {"AR"}
