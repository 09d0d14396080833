"""The second half predicted from the first: the numbers, and the page.

With `../shared/data` at hand: the page's observed columns are the log's.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import ConfigError
from abkit.pipeline import bank_prediction, bank_remake, bank_world
from abkit.pipeline.bank_calls import Calls, read_bank_calls
from abkit.pipeline.bank_fit import DAYS, fit_bank
from abkit.pipeline.bank_measures import SCALARS, measures
from abkit.pipeline.bank_prediction import (
    SHOWN,
    BankPrediction,
    HourLine,
    Line,
    Range,
    Variant,
    predict_bank,
)
from abkit.pipeline.bank_remake import PAGE, SCENARIO
from abkit.pipeline.bank_world import bank_scenario
from abkit.simulations.scenario_files import load_scenario

from .bank_fakes import ROOT, fit, in_open_hours, world, written


@pytest.fixture(scope="module")
def prediction() -> BankPrediction:
    """All but one of the measures were missed."""
    chance, uncertain = Range(0.5, 0.4, 0.6), Range(0.5, 0.3, 0.7)
    lines = [
        Line(name=name, fitted=0.1, chance=chance, uncertain=uncertain, observed=0.9)
        for name in SCALARS
    ]
    held = replace(lines[0], fitted=0.2, observed=0.65)
    hour = HourLine(kind="Fri", hour=9, calls=held, inside=7, days=10, abandoned=lines[1])
    names = ["fitted", "with the second half's handle times", "with all of these"]
    medians = dict.fromkeys(SHOWN, 0.25)
    return BankPrediction(
        replications=40, seed=1, fit=fit(), repeat=bank_world.START, counted_share=0.9,
        closed_share=0.08, lines=(*lines[1:], replace(held, name="calls")), hours=(hour,),
        hours_inside=(0.7, 0.8), days_inside=(3, 4, 10),
        variants=tuple(Variant(name=name, medians=medians) for name in names), at_work=(4.5, 5.25),
    )  # fmt: skip


def test_the_page_says_what_was_found(prediction: BankPrediction) -> None:
    """Every number in its column, misses marked and counted."""
    n, page = len(SCALARS), prediction.to_markdown()
    for words in (
        "calls that wait, % | 10.0 | 50.0 | 40.0 to 60.0 | 30.0 to 70.0 | 90.0 | **no** |",
        "| Fri 9 | 0 | 0 to 1 | 1 | yes | 7 of 10 | 10.0 | 30.0 to 70.0 | 90.0 | **no** |",
        "| with all of these | 0 | 25.0 | 0 | 25.0 | 25.0 |",
        f"of {n} measures of the fortnight 1 are inside",
        "70.0 % of the 10 single hours lie in their 90 % interval of chance, 80.0 % in that of",
        "of the 10 days' totals 3 and 4",
        "in opening hours,\nFri 9 to 10 h: 90.0 % of all",
        "0 of 1 for the share that abandons; Fri 1 and 0 of 1",
        "came as 90.0 %: outside both intervals",
        "4.50 are at work while one caller waits and 5.25 while four",
        "8.0 % of the simulated contacts fall into closed hours",
    ):
        assert words in page


def test_the_page_shows_what_was_observed(real_data: Path | None) -> None:
    """Both observed columns, cell by cell, and whether the interval printed holds the second."""
    if real_data is None:
        return
    calls = read_bank_calls(real_data)
    fit = fit_bank(calls.days(0, DAYS))
    halves = [measures(calls.days(a, a + DAYS), fit.opened) for a in (0, DAYS)]
    page = (ROOT / PAGE).read_text()
    for name, said in SCALARS.items():
        (row,) = (
            line for line in page.splitlines() if line.startswith((f"| {said} |", f"| {said}, %"))
        )
        first, _, _, uncertain, second, inside = (cell.strip() for cell in row.split("|")[2:-1])
        scale = 100 if said + ", %" in row else 1
        decimals = len(first.partition(".")[2])
        for shown, value in ((first, halves[0][name]), (second, halves[1][name])):
            assert number(shown) == pytest.approx(scale * value, abs=0.51 * 10**-decimals), name
        low, high = map(number, uncertain.split(" to "))
        slack = 0.5 * 10**-decimals
        held = low - slack <= scale * halves[1][name] <= high + slack
        assert held or inside == "**no**"


def test_scenario_and_page_are_made_again(
    prediction: BankPrediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_remake, "predict_bank", lambda _: prediction)
    for path in (SCENARIO, PAGE):
        (tmp_path / path).parent.mkdir(parents=True)
    bank_remake.remake(tmp_path / "data", tmp_path)
    assert load_scenario(tmp_path / SCENARIO) == bank_scenario(prediction.fit, prediction.repeat)
    assert (tmp_path / PAGE).read_text() == prediction.to_markdown()


def test_few_replications_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`replications` is 19"):
        predict_bank(tmp_path, replications=19)


@pytest.mark.slow
def test_a_month_of_the_world_itself_is_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the world true, some nine of ten hours would be inside; and the page is made.

    A day's factor moves all its hours: over six seeds .75 to .94 of them were inside, .87 on
    average.
    """
    halves = [in_open_hours(world(), seed=11, replication=r) for r in range(2)]
    first = pd.Timestamp("1999-02-01")
    rows = [
        (f"{first + pd.Timedelta(days=int(day) + DAYS * half):%Y-%m-%d}", *call)
        for half, calls in enumerate(halves)
        for day, *call in month(calls)
    ]
    monkeypatch.setattr(bank_prediction, "VARIANT_RUNS", 3)
    monkeypatch.setattr(bank_world, "_ROUNDS", 3)
    found = predict_bank(written(tmp_path, rows), replications=40)
    assert 0.7 < found.hours_inside[1] < 0.99
    inside = [line.uncertain.holds(line.observed) for line in found.lines]
    assert sum(inside) >= len(inside) - 4
    assert "## Why it misses" in found.to_markdown()
    assert found == replace(found)


def number(text: str) -> float:
    return float(re.sub("[,%]", "", text))


def month(calls: Calls) -> list[tuple[object, ...]]:
    """Return day and `COLUMNS` but the date, in whole seconds as the bank wrote them."""
    second = np.ceil(calls.asked_s % 86_400).astype(int) + 1
    wait, service = np.ceil(calls.wait_s).astype(int), np.rint(calls.service_s).astype(int)
    return [
        (
            day, at if waited else 0, waited, "hang" if left else "agent",
            0 if left else at + waited, served, "PS" if regular else "NW", who,
        )
        for day, at, waited, served, left, regular, who in zip(
            calls.day, second, wait, service, calls.abandoned, calls.regular, calls.customer,
            strict=True,
        )
    ]  # fmt: skip
