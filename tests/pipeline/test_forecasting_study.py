"""Graded companies: stored and made again, the truth against the closed form, the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from abkit.core.forecast_study import DrawnRange, ForecastStudy, GradedRow
from abkit.pipeline.forecasting_company import (
    Grading,
    _in_a_test,
    grade_company,
    make_grading,
    stored_company,
)
from abkit.pipeline.forecasting_study import _ranges
from abkit.pipeline.validate_scenarios import THRESHOLD
from abkit.simulations.beta_supply import beta_supply
from abkit.simulations.closed_form import closed_form
from abkit.simulations.companies import draw_company, without_queue
from abkit.simulations.scenario_files import load_scenario

BASE = load_scenario("returns-bot-points")
NUMBERS = {
    "threshold": THRESHOLD, "labels": 600, "weeks": 1, "truth_weeks": 1, "draws": 200, "seed": 5
}  # fmt: skip


@pytest.fixture(scope="module")
def grading() -> Grading:
    return make_grading(BASE, beta_supply(), digests={}, **NUMBERS)


@pytest.fixture(scope="module")
def rows(grading: Grading) -> tuple[GradedRow, ...]:
    return grade_company(grading, 0).rows


def test_each_use_case_has_each_truth(rows: tuple[GradedRow, ...]) -> None:
    keys = {(row.kind, row.use_case, row.metric) for row in rows}
    assert len(keys) == len(rows) == 27
    for row in rows:
        assert (row.truth_error == 0) == (row.kind == "unlimited")
        assert all(low <= row.median <= high for low, high in row.effect)
        widths = [high - low for low, high in row.effect]
        assert widths == sorted(widths)


def test_a_finished_company_is_kept(grading: Grading, rows: tuple[GradedRow, ...]) -> None:
    found = stored_company(grading, 0)
    assert found is not None
    assert found.rows == rows
    assert stored_company(grading, 1) is None
    grading.path(2).write_text(grading.path(0).read_text()[:-30])
    assert stored_company(grading, 2) is None
    grading.path(2).write_text(grading.path(0).read_text())  # another company's
    assert stored_company(grading, 2) is None


def test_what_decides_a_company_is_in_the_folders_name(grading: Grading) -> None:
    folders = {
        make_grading(BASE, beta_supply(), digests={}, **(NUMBERS | change)).folder
        for change in ({}, {"labels": 700}, {"draws": 300}, {"seed": 6}, {"threshold": 0.5})
    }
    assert len(folders) == 5
    assert grading.folder in folders


def test_a_test_without_end_shows_the_closed_form_where_nobody_waits(grading: Grading) -> None:
    long = replace(grading, truth_weeks=4)
    world = without_queue(draw_company(0, seed=5, base=BASE))
    form = closed_form(world, grading.supply, THRESHOLD)
    z = []
    for (case, metric), (value, error) in _in_a_test(long, world, 0).items():
        arms = form[case].arms
        true = arms["treatment"].every - arms["control"].every
        name = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}[metric]
        z.append((value - getattr(true, name)) / error)
    assert np.abs(z).max() < 4


def test_unequal_arms_cannot_be_swapped(grading: Grading) -> None:
    company = draw_company(0, seed=5, base=BASE)
    arms = dict(company.arms)
    arms["treatment"] = arms["treatment"].model_copy(update={"weight": 2.0})
    with pytest.raises(Exception, match="cannot be swapped"):
        _in_a_test(grading, company.model_copy(update={"arms": arms}), 0)


def study(rows: tuple[GradedRow, ...]) -> ForecastStudy:
    return ForecastStudy(
        companies=1, seed=5, labels=600, weeks=1, truth_weeks=1, draws=200, base=BASE.name,
        model="0" * 64, threshold=THRESHOLD, contacts=(1_000, 2_000), left_out=0,
        ranges=_ranges(BASE), no_entry=0.25, rows=rows,
    )  # fmt: skip


def test_what_a_person_sees(rows: tuple[GradedRow, ...]) -> None:
    console = Console(width=80, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(study(rows))
    text = captured.get()
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    page = study(rows).to_markdown()
    assert page.startswith("# What an A/B test will show, before it is run")
    assert "abkit forecast --companies 1 --seed 5" in page
    assert "| acceptance tp | 0.55 to 0.92 | 0.82, 0.8, 0.8 |" in page
    assert study(rows).to_latex()


def test_shares_are_counted(rows: tuple[GradedRow, ...]) -> None:
    """Rows made so that the answers are known."""
    inside = replace(
        rows[0], kind="unlimited", metric="AR", has_entry=True, truth=0.01, median=0.02,
        effect=((0.015, 0.02), (0.0, 0.03), (-0.01, 0.04), (-0.02, 0.05)),
        estimate=((0.0, 0.01),) * 4, found=0.005, found_lower=-0.01, found_upper=0.02,
    )  # fmt: skip
    outside = replace(inside, truth=-0.2, found=0.5)
    one = study((inside, outside))
    assert [inside.holds_truth(level) for level in (0.5, 0.8, 0.9, 0.95)] == [False] + [True] * 3
    assert not replace(inside, truth=0.1).holds_truth(0.95)  # too high, not too low
    assert inside.holds_found(0.5)
    assert not outside.holds_found(0.95)
    assert (inside.width, inside.found_width) == pytest.approx((0.05, 0.03))
    assert (inside.sign_right, outside.sign_right, inside.sure) == (True, False, False)
    assert "of 2 intervals at 90 % 1 hold the truth, 50.0 ± 35.4 %" in one.to_markdown()
    assert isinstance(one.ranges[0], DrawnRange)


@pytest.fixture(autouse=True)
def _cache(private_cache: Path) -> Path:
    return private_cache
