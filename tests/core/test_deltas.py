"""Deltas to be passed on: one scale, and nothing from which a level could be worked out."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import least_squares

from abkit.analysis.analyzing import analyze, analyze_counts
from abkit.analysis.score_test import score_inference
from abkit.core.analyzed import Analysis
from abkit.core.deltas import Delta, Deltas, deltas_only
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
            "bought": np.where(np.arange(n) % 50 == 9, 7, rng.integers(0, 2, n)),
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
        for part in ("estimate", "ci_lower", "ci_upper"):
            exact, given = getattr(getattr(row, name), part), getattr(whole.effect, part)
            assert given == round(given, 4 if scale == "points" else 3) != exact
            assert given == pytest.approx(exact, abs=0.5e-4 if scale == "points" else 0.5e-3)
        assert row.p_value < row.p_value_adjusted < 1e-4
        assert (whole.p_value, whole.p_value_below) == (1e-4, True)
        assert (whole.p_value_adjusted, whole.p_value_adjusted_below) == (1e-4, True)
        assert whole.verdict == row.verdict
        assert [d.use_case for d in deltas.deltas] == ["A", "A", "B", None, None]
        assert list(deltas.to_dict()) == [
            "source", "control", "scale", "confidence_level", "intervals", "deltas", "left_out",
            "checks",
        ]  # fmt: skip


def numbers(delta: Delta) -> list[float]:
    effect = delta.effect
    assert effect.estimate is not None
    return [effect.estimate, effect.ci_lower, effect.ci_upper, delta.p_value]


def fit(found: list[float], scale: str, level: float, n: float) -> list[float]:
    """Return the numbers, nearest to those found, of counts with this level in control."""
    step = 1e-4 if scale == "points" else 1e-3
    steps = np.array([step, step, step, 0.01 if found[3] >= 0.1 else 1e-4])

    def told(v: Any) -> list[float]:
        n0, n1 = np.exp(v[:2])
        row = score_inference((v[2] * n1, n1), (level * n0, n0))
        points = [row.difference, row.difference_lower, row.difference_upper, row.p_value]
        ratio = [row.ratio - 1, row.ratio_lower - 1, row.ratio_upper - 1, row.p_value]
        return [float(value) for value in (points if scale == "points" else ratio)]

    start = [np.log(n), np.log(n), level + found[0] * (1 if scale == "points" else level)]
    bounds = [1, 1, 1e-6], [25, 25, 1 - 1e-6]
    best = least_squares(
        lambda v: (np.array(told(v)) - found) / steps, start, bounds=bounds, max_nfev=30
    )
    return told(best.x)


@pytest.mark.parametrize("scale", ["points", "relative"])
@pytest.mark.parametrize(
    ("counts", "levels", "step"),
    [
        ("y:control=7001/20011,y:b=7161/20113", (0.2, 0.3, 0.42, 0.6, 0.75), 1e-4),
        ("y:control=30/100,y:b=35/100", (0.22, 0.26, 0.35), 1e-3),
        ("y:control=20/400,y:b=32/400", (0.05, 0.08, 0.15), 1e-3),
    ],
)
def test_many_levels_print_the_same(
    scale: Any, counts: str, levels: tuple[float, ...], step: float
) -> None:
    """Whoever solves the printed numbers for the counts finds levels all over the scale."""
    (delta,) = deltas_only(analyze_counts(counts), scale).deltas
    printed, n = numbers(delta), int(counts.rpartition("/")[2])
    half = 0.5 * step * (1 if scale == "points" else 10)
    for level in levels:
        told = fit(printed, scale, level, n if scale == "points" else n * (1 - level) / level / 2)
        assert told[:3] == pytest.approx(printed[:3], abs=half)
        assert told[3] == pytest.approx(printed[3], abs=0.005 if printed[3] >= 0.1 else 0.5e-4)


@pytest.mark.parametrize("scale", ["points", "relative"])
def test_every_form_has_the_rounded_numbers(measured: Analysis, scale: Any) -> None:
    """An interval of few digits, however wide; no form knows more than another."""
    deltas = deltas_only(measured, scale)
    for delta in deltas.deltas:
        most = 4 if scale == "points" else 3
        values = numbers(delta)
        width = values[2] - values[1]
        digits = next(d for d in range(most, -9, -1) if width * 10.0**d <= 300.001)
        assert values[:3] == [round(value, digits) for value in values[:3]]
        assert delta.p_value == round(delta.p_value, 4) >= 1e-4
    for name, text in forms(deltas).items():
        assert not re.search(r"\d\.\d{5}", text), name


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
    assert "NOT TRUSTED\n  FAIL: outcome values" in forms(deltas)["text"]


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
    joint = next(whole.table3.rows())[1].difference
    assert deltas.deltas[0].effect.ci_lower == round(joint.ci_lower, 4)
    text = forms(deltas)["text"]
    assert "95 % jointly" in text
    assert "Bonferroni's, wider than Holm's decisions" in " ".join(text.split())
    assert "jointly" not in forms(deltas_only(analyze_counts(COUNTS), "points"))["text"]
