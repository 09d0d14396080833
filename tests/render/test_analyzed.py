"""An analysis as a person sees it: 80 columns, whole numbers, harmless names, in every form."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.core.analyzed import Analysis
from abkit.core.check import Check
from abkit.core.deltas import deltas_only
from abkit.render import analyzed
from abkit.render.checks import checks_block
from abkit.render.formats import BLOCKS
from abkit.render.grid import Grid, lines

HOSTILE = "[bold red]x[/] \x1b[2J\u202e|a| <b> `c` $\\&%_#{}~^ :smile: \r\n# h\n\\input{x}"


def printed(result: Any, width: int = 80) -> str:
    console = Console(width=width, highlight=False, markup=False, emoji=False, color_system=None)
    with console.capture() as capture:
        console.print(result, end="")
    return capture.get()


def tokens(result: Any) -> set[str]:
    """Every word of every cell but the names in the first column."""
    grids = [block for block in BLOCKS[type(result)](result) if isinstance(block, Grid)]
    rows = [row[1:] for grid in grids for row in grid.rows]
    heads = [tuple(column.head for column in grid.columns) for grid in grids]
    return {word for row in (*rows, *heads) for cell in row for line in lines(cell)
            for word in line.split()}  # fmt: skip


def frame(n: int = 1000, **names: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    arms, cases = names.get("arms", ["control", "new"]), names.get("cases", ["A", "B"])
    return pd.DataFrame(
        {
            "arm": rng.choice(arms, n), "case": rng.choice(cases, n),
            "segment": rng.choice(names.get("segments", ["DE", "FR"]), n),
            "y": rng.integers(0, 2, n), "x": rng.lognormal(12, 3, n),
        }
    )  # fmt: skip


def run(data: pd.DataFrame, **options: Any) -> Analysis:
    standard = {"variant": "arm", "use_case": "case", "metrics": ["y=y", "x=x:mean"]}
    return analyze(data, **standard | options)


LONG = "returns_and_refunds_of_shoes_and_socks_bought_in_the_autumn_sale_of_last_year"


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(lambda: run(frame(), segment="segment"), id="rates and means"),
        pytest.param(lambda: run(frame(), intervals="bonferroni"), id="jointly"),
        pytest.param(lambda: run(frame(cases=[LONG, "B"], segments=[LONG + "z", "a b c " * 9]),
                                 segment="segment"), id="long names"),
        pytest.param(lambda: run(frame(arms=["control", LONG, "c" * 30])), id="three arms"),
        pytest.param(lambda: analyze_counts(
            f"{LONG}:{LONG}:control=12345678/99999999,{LONG}:{LONG}:new=12345698/99999999,"
            "B:AR:control=0/100000000,B:AR:new=3/100000000,C:AR:control=1/100000,"
            "C:AR:new=5000/100000,D:AR:control=0/1,D:AR:new=1/1"), id="many digits"),
        pytest.param(lambda: analyze_counts("AR:control=0/0,AR:new=0/0"), id="nothing"),
    ],
)  # fmt: skip
def test_80_columns_hold_every_number_whole(result: Any) -> None:
    found = result()
    for shown in (found, deltas_only(found, "points"), deltas_only(found, "relative")):
        text = printed(shown)
        assert max(map(len, text.splitlines())) <= 80
        assert "…" not in text
        assert {word for word in tokens(shown) if word not in text} == set()
        assert "nan" not in text.lower().replace(LONG, "")
        assert "None" not in text


def test_hostile_names_in_every_place() -> None:
    data = frame(arms=["control", HOSTILE + "arm"], cases=[HOSTILE + "case", "B"],
                 segments=[HOSTILE + "seg", "FR"])  # fmt: skip
    data = data.rename(columns={"segment": HOSTILE + "column"})
    data["y"] = data["y"].astype(str)
    data.loc[0, "y"] = HOSTILE + "value"
    metrics = [f"{HOSTILE}rate=y", f"{HOSTILE}mean=x:mean"]
    result = run(data, metrics=metrics, segment=HOSTILE + "column", treatment=HOSTILE + "arm")
    (bad,) = (check for check in result.checks if check.code == "outcome_values")
    assert bad.examples[0][:30] == HOSTILE[:30]
    for shown in (result, deltas_only(result, "relative"), result.tables[0]):
        text = printed(shown)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        assert "[bold red]x[/]" in " ".join(text.split())
        assert ":smile:" in text
        assert max(map(len, text.splitlines())) <= 80
        markdown, latex = shown.to_markdown(), shown.to_latex()
        for form in (markdown, latex):
            assert "\x1b" not in form
            assert "\r" not in form
            assert "\u202e" not in form
        assert not re.search(r"(?<!\\)\|a", markdown)
        assert not re.search(r"(?<!\\)<b>", markdown)
        assert not re.search(r"(?m)^# h", markdown)
        assert "\\input{x}" not in latex
        assert not re.search(r"(?<!\\)[%#]", latex)
        heads = [line for line in markdown.splitlines() if line.startswith("|")]
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in heads}
        assert widths <= {6, 7, 8}


def test_the_order_of_reading() -> None:
    result = run(frame(arms=["control", "new", "other"]), segment="segment")
    text = printed(result)
    places = [text.index(part) for part in (
        "Checks of the data frame (1,000 rows)", "new against control", "other against control",
        "By segment: new against control", "By segment: other against control",
        "How the data were read",
    )]  # fmt: skip
    assert places == sorted(places)
    assert text.count("Checks") == 1
    assert text.count("Is the difference the same in all values of segment?") == 2
    assert "Table 3" not in text  # none of its metrics


def test_what_the_columns_are_called() -> None:
    joint = printed(run(frame(), intervals="bonferroni", segment="segment"))
    assert joint.count("95 % jointly") == 2  # both scales of the main table, no segments
    assert "all 4 hold at once" in " ".join(joint.split())
    assert "These intervals hold one by one, none is Bonferroni's" in " ".join(joint.split())
    assert "Their intervals are not Bonferroni's" in " ".join(joint.split())
    assert "not Bonferroni's" not in printed(run(frame(), segment="segment"))
    assert "90 %" in printed(run(frame(), confidence_level=0.9))
    rates = printed(run(frame(), metrics=["y=y"]))
    assert "Δ points" in rates
    assert "Control %" in rates
    mixed = printed(run(frame()))
    assert "Control %" not in mixed
    assert " points" in mixed


def test_one_word_per_verdict() -> None:
    counts = {
        ("A", "up", "control"): (10, 1000), ("A", "up", "new"): (90, 1000),
        ("B", "up", "control"): (90, 1000), ("B", "up", "new"): (10, 1000),
        ("C", "up", "control"): (50, 1000), ("C", "up", "new"): (74, 1000),
        ("D", "up", "control"): (50, 1000), ("D", "up", "new"): (51, 1000),
    }  # fmt: skip
    table = analyze_counts(counts).table3
    words = {"A": "better", "B": "WORSE", "C": "not (Holm)", "D": "none shown"}
    shown = printed(table)
    for case, word in words.items():
        (line,) = (line for line in shown.splitlines() if line.startswith(f"{case} up "))
        assert line.rstrip().endswith(word)
    unclean = frame().assign(y=lambda d: d["y"].where(d.index % 50 > 0, 7))
    withdrawn = [row for _, row in run(unclean).table3.rows() if row.verdict == "not_trusted"]
    assert {row.metric for row in withdrawn} == {"y"}


@pytest.mark.parametrize("status", ["fail", "warn", "pass", "not_run"])
def test_every_status_of_a_check(status: Any) -> None:
    check = Check(
        code="two_arms", status=status, detail="7 of 9 were", p_value=0.0004, use_case="A",
        treatment="new", count=7, examples=("a", "b", "c", "d"), hint="look",
    )  # fmt: skip
    other = Check(code="sample_ratio", status="pass", detail="", p_value=0.5)
    block = checks_block([other, check], "Checks")
    assert (block.title == "Checks: NOT TRUSTED") == (status == "fail")
    text = " ".join(block.lines)
    if status in ("fail", "warn"):
        loud = f"{status.upper()} two arms new A (p = .0004): 7 of 9 were; such as a, b, c - look"
        assert block.lines[0] == loud
    elif status == "pass":
        assert (
            "pass (alarm at p below .001): sample ratio (p: all .50), two arms (p: A .0004)" in text
        )
    else:
        assert block.lines[-1] == "not run: two arms A (7 of 9 were) - look"


def test_a_reason_and_its_remedy_stand_once() -> None:
    why, hint = "no column of a unit", "name it"
    checks = [
        Check(code="two_arms", status="not_run", detail=why, hint=hint),
        Check(code="missing_unit", status="not_run", detail=why),
        Check(code="two_arms", status="not_run", detail=why, hint=hint, treatment="other"),
        Check(code="overlapping", status="not_run", detail="no times"),
    ]
    assert checks_block(checks).lines == (
        "not run: two arms, missing unit (no column of a unit) - name it",
        "not run: overlapping (no times)",
    )


def test_a_small_p_value_is_below_and_not_equal() -> None:
    small = Check(code="sample_ratio", status="fail", detail="x", p_value=1e-9)
    assert checks_block([small]).lines == ("FAIL sample ratio (p < .0001): x",)


def test_an_empty_gate_says_so_in_every_form() -> None:
    result = analyze_counts("AR:control=1/9,AR:new=2/9")
    assert "not run: sample ratio" in printed(result)
    assert "| AR |" in result.to_markdown()
    assert r"\begin{tabular}" in result.to_latex()
    assert result.to_pandas().shape[0] == 1
    assert len(analyzed.blocks(result)) == 3
