"""What stands under and beside Table 3: only what is shown, and once."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.core.deltas import deltas_only
from abkit.core.metrics import parse_metric
from abkit.render.beside import beside


def printed(result: Any) -> str:
    console = Console(width=80, highlight=False, markup=False, emoji=False, color_system=None)
    with console.capture() as capture:
        console.print(result, end="")
    return " ".join(capture.get().split())


def log(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    start = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 240, n), "h")
    return pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in rng.integers(0, 10**9, n)],
            "arm": rng.choice(["control", "new"], n),
            "started_at": start,
            "ended_at": start,
            "resolution": rng.choice(["refund", None], n),
            "response": rng.choice(["positive", "negative", None], n),
            "automated": rng.integers(0, 2, n),
        }
    )


ANSWERS, FOLLOWED = "Whatever the customers who did not answer", "Kaplan-Meier uses the immature"


@pytest.mark.parametrize(
    ("dropped", "title", "shown", "hidden"),
    [
        ([], "Beside PRR and 24RR: who did not answer, who could not be followed",
         [ANSWERS, FOLLOWED, "Worst case of"], []),
        (["ended_at"], "Beside PRR: who did not answer", [ANSWERS, "Worst case of"],
         [FOLLOWED, "Immature"]),
        (["response"], "Beside 24RR: who could not be followed", [FOLLOWED, "Immature"],
         [ANSWERS, "Worst case", "Answered"]),
        (["resolution"], "Beside 24RR: who could not be followed", [FOLLOWED],
         [ANSWERS, "Worst case", "Answered"]),
        (["response", "ended_at"], "Table 3", [], ["Beside", ANSWERS, FOLLOWED]),
    ],
)  # fmt: skip
def test_beside_is_shown_where_something_is_known(
    dropped: list[str], title: str, shown: list[str], hidden: list[str]
) -> None:
    table = analyze(log().drop(columns=dropped)).table3
    text = printed(table)
    assert title in text
    assert [part for part in shown if part not in text] == []
    assert [part for part in hidden if part in text] == []


def test_counts_know_nothing_beside() -> None:
    counts = "PRR:control=9/20,PRR:new=9/20,24RR:control=2/20,24RR:new=2/20"
    assert beside(analyze_counts(counts).table3) is None


def test_words_are_explained_where_they_occur_and_once() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"arm": rng.choice(["control", "b", "c"], 900)})
    frame["y"], frame["s"] = rng.integers(0, 2, 900), rng.choice(["u", "v"], 900)
    found = analyze(frame, variant="arm", metrics="y=y", segment="s")
    assert len(found.tables) == 2
    text = printed(found)
    assert text.count("score test of no effect") == 1
    assert text.count("y: higher is better") == 1
    assert "none shown: this experiment cannot tell" in text
    assert "not trusted:" not in text
    assert "not (Holm):" not in text
    frame.loc[:20, "y"] = 7
    failed = printed(analyze(frame, variant="arm", metrics="y=y"))
    assert failed.count("not trusted: a check failed, see above.") == 1
    assert "none shown:" not in failed
    assert "cannot tell" not in printed(analyze_counts("y:control=10/1000,y:new=90/1000"))


def test_one_interval_holds_by_itself() -> None:
    one = "AR:control=120/1000,AR:new=150/1000"
    plain, joint = (printed(analyze_counts(one, intervals=i)) for i in ("unadjusted", "bonferroni"))
    assert plain == joint
    two = printed(analyze_counts(one + ",PRR:control=1/9,PRR:new=2/9", intervals="bonferroni"))
    assert "jointly" in two
    assert "all 2 hold at once" in two


def test_pooled_rows_say_that_they_are_outside_the_family() -> None:
    counts = "A:AR:control=9/20,A:AR:new=9/20,B:AR:control=9/20,B:AR:new=9/20"
    note = "Outside the family of Holm's correction: a verdict here may differ from all rows above."
    assert note in printed(analyze_counts(counts))
    assert "Outside the family" not in printed(analyze_counts("AR:control=9/20,AR:new=9/20"))


def test_deltas_alone_name_control_file_and_what_failed() -> None:
    frame = log()
    fine = deltas_only(analyze(frame, metrics=["AR"]), "points")
    assert (fine.to_dict()["source"], fine.to_dict()["control"]) == ("the data frame", "control")
    text = printed(fine)
    assert "Checks of the data frame pass:" in text
    assert "Deltas in percentage points: new against control" in text
    assert "NOT TRUSTED" not in text
    frame.loc[:20, "automated"] = 7
    text = printed(deltas_only(analyze(frame, metrics=[parse_metric("AR")]), "relative"))
    assert "Checks of the data frame: NOT TRUSTED FAIL: outcome values" in text


def test_one_row_and_one_contact_are_singular() -> None:
    frame = log()
    frame.loc[0, "ended_at"] = frame.loc[0, "started_at"] - pd.Timedelta("1h")
    text = printed(analyze(frame))
    assert "1 of 400 contacts ends before it starts" in text
    frame.loc[1, "ended_at"] = frame.loc[1, "started_at"] - pd.Timedelta("1h")
    assert "2 of 400 contacts end before they start" in printed(analyze(frame))


def test_nothing_to_compare_is_said_and_no_verdict() -> None:
    """0/0 has neither interval nor p; where nobody succeeds, the ratio has no interval."""
    counts = (
        "PRR:control=0/0,PRR:new=0/0,AR:control=0/500,AR:new=0/520,24RR:control=3/9,24RR:new=3/9"
    )
    text = printed(analyze_counts(counts))
    assert "PRR – – – – – no trials 0/0 0/0 – " in text
    assert "AR 0.00 0.00 0.00 – 1.00 all 0 0/500 0/520 [−0.76, +0.73] 1.00 " in text
    assert "no trials: an arm has none, so that nothing can be compared." in text
    assert "all 0: no success in either arm." in text
    assert "∞" not in text
    one = printed(analyze_counts("A:AR:control=0/0,A:AR:new=1/9,B:AR:control=0/9,B:AR:new=0/9"))
    assert one.count("no trials") == 2  # the row, and what it means; B has some
    assert one.count("all 0") == 2
    shown = printed(deltas_only(analyze_counts(counts), "relative"))
    assert "– – – none shown" in shown
    assert "all 0" not in shown  # levels are not told
