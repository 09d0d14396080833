"""Deltas to be passed on: one scale, and nothing from which a level could be worked out."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.core.analyzed import Analysis
from abkit.core.deltas import Deltas, deltas_only
from abkit.core.errors import ConfigError

COUNTS = (
    "A:AR:control=7001/20011,A:AR:new=7451/20113,B:AR:control=333/1777,B:AR:new=351/1787,"
    "A:sold:control=0/907,A:sold:new=11/911"
)
LEVELS = ("7001", "20011", "7451", "20113", "1777", "351", "907", "911", "34.98", "37.0", "0.349",
          "0.370", "18.7", "19.6", "7,001", "20,011", "40,124")  # fmt: skip


@pytest.fixture
def counted() -> Analysis:
    return analyze_counts(COUNTS)


@pytest.fixture
def measured() -> Analysis:
    """From rows, with a rate, a mean, failing checks with examples, and two treatments."""
    rng = np.random.default_rng(3)
    n = 3000
    user = rng.integers(0, 2500, n)
    data = pd.DataFrame(
        {
            "arm": np.array(["control", "new", "newer"])[user % 3],
            "user": [f"user-{i}" for i in user],
            "case": rng.choice(["A", "B"], n),
            "bought": np.where(np.arange(n) % 1000 == 9, 7, rng.integers(0, 2, n)),
            "spent": rng.lognormal(4, 1, n),
        }
    )
    return analyze(data, variant="arm", unit="user", use_case="case",
                   metrics=["bought=bought", "spent=spent:mean"], segment="bought")  # fmt: skip


def forms(result: Deltas) -> dict[str, str]:
    from rich.console import Console

    console = Console(width=80, highlight=False, markup=False, color_system=None)
    with console.capture() as capture:
        console.print(result)
    return {
        "text": capture.get(), "json": result.to_json(), "markdown": result.to_markdown(),
        "latex": result.to_latex(), "csv": result.to_pandas().to_csv(), "repr": repr(result),
    }  # fmt: skip


@pytest.mark.parametrize("scale", ["points", "relative"])
def test_no_count_and_no_level_in_any_form(counted: Analysis, scale: Any) -> None:
    whole = json.dumps(counted.to_dict())
    assert "7001" in whole
    for name, text in forms(deltas_only(counted, scale)).items():
        found = [level for level in LEVELS if re.search(rf"(?<![\d.]){re.escape(level)}", text)]
        assert not found, name


@pytest.mark.parametrize("scale", ["points", "relative"])
def test_no_name_no_count_of_checks_and_no_segment(measured: Analysis, scale: Any) -> None:
    assert any(check.examples for check in measured.checks)
    forbidden = ("user-", "examples", "detail", "trials", "successes", "rate", "total", 'mean"',
                 "degrees", " df", "design", "segment", "3,000", "standard_error")  # fmt: skip
    for name, text in forms(deltas_only(measured, scale)).items():
        assert [word for word in forbidden if word in text] == [], name
    codes = {check["code"]: check for check in deltas_only(measured, scale).to_dict()["checks"]}
    assert codes["outcome_values"] == {"code": "outcome_values", "status": "fail"}


def test_one_scale_only(counted: Analysis) -> None:
    rows = dict(enumerate(counted.table3.rows()))
    for scale, name in (("points", "difference"), ("relative", "relative")):
        deltas = deltas_only(counted, scale)  # type: ignore[arg-type]
        (whole,) = (d for d in deltas.deltas if (d.use_case, d.metric) == ("A", "AR"))
        row = next(row for case, row in rows.values() if (case, row.metric) == ("A", "AR"))
        assert whole.effect == getattr(row, name)
        assert (whole.p_value, whole.p_value_adjusted) == (row.p_value, row.p_value_adjusted)
        assert whole.verdict == row.verdict
        assert [d.use_case for d in deltas.deltas] == ["A", "A", "B", None, None]
        assert list(deltas.to_dict()) == [
            "scale", "confidence_level", "intervals", "deltas", "left_out", "checks",
        ]  # fmt: skip


def test_a_note_does_not_say_which_level_is_0(counted: Analysis) -> None:
    row = next(row for _, row in counted.table3.rows() if row.metric == "sold")
    assert row.relative.note == "no successes in control: the ratio has no finite value or bound"
    deltas = deltas_only(counted, "relative")
    notes = {delta.effect.note for delta in deltas.deltas if delta.metric == "sold"}
    assert notes == {"no finite value or bound"}
    assert deltas.to_dict()["deltas"][1]["ci_upper"] is None


def test_means_are_left_out_in_points(measured: Analysis) -> None:
    points, relative = deltas_only(measured, "points"), deltas_only(measured, "relative")
    assert {delta.metric for delta in points.deltas} == {"bought"}
    assert points.left_out == ("spent",)
    assert "Left out, since in points a mean tells its size: spent." in " ".join(
        forms(points)["text"].split()
    )
    assert {delta.metric for delta in relative.deltas} == {"bought", "spent"}
    assert relative.left_out == ()
    assert [(d.treatment, d.use_case) for d in relative.deltas[::2]] == [
        ("new", "A"), ("new", "B"), ("new", None), ("newer", "A"), ("newer", "B"), ("newer", None),
    ]  # fmt: skip


def test_a_failed_check_is_told(measured: Analysis) -> None:
    deltas = deltas_only(measured, "points")
    assert {delta.verdict for delta in deltas.deltas} == {"not_trusted"}
    assert "fail: outcome values" in forms(deltas)["text"]


def test_nothing_left() -> None:
    data = pd.DataFrame({"arm": ["control", "new"] * 5, "x": range(10)})
    result = analyze(data, variant="arm", metrics=["x=x:mean"])
    with pytest.raises(ConfigError, match="`deltas_only` is `points`, but every metric") as error:
        deltas_only(result, "points")
    assert error.value.hint == "choose relative"
    assert len(deltas_only(result, "relative").deltas) == 1


def test_joint_intervals_are_called_so() -> None:
    whole = analyze_counts(COUNTS, intervals="bonferroni")
    deltas = deltas_only(whole, "points")
    assert deltas.to_dict()["intervals"] == "bonferroni"
    assert deltas.deltas[0].effect == next(whole.table3.rows())[1].difference
    text = forms(deltas)["text"]
    assert "95 % jointly" in text
    assert "Bonferroni's, wider than Holm's decisions" in " ".join(text.split())
    assert "jointly" not in forms(deltas_only(analyze_counts(COUNTS), "points"))["text"]
