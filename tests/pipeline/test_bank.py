"""The bank's calls: read, seen, measured, fitted, predicted; on made-up and simulated calls.

With `../shared/data` at hand: the packaged scenario and the page's observed columns are the log's.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.pipeline import bank_prediction, bank_remake, bank_world
from abkit.pipeline.bank_calls import FILE, Calls, read_bank_calls, see_as_calls
from abkit.pipeline.bank_fit import (
    DAYS,
    LIKE_DAYS,
    WEEKDAYS,
    BankFit,
    bootstrap_days,
    fit_bank,
    hourly_counts,
    shared_out,
)
from abkit.pipeline.bank_measures import SCALARS, abandoned_by_hour, measures, repeat_measures
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
from abkit.pipeline.bank_world import (
    RepeatFit,
    bank_scenario,
    scenario_text,
    silent_supply,
    simulate_calls,
)
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario
from abkit.simulations.world import simulate_contacts

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = (
    "date", "queue_start_s", "queue_time", "outcome", "service_start_s", "service_time", "type",
    "customer",
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Scenario:
    return load_scenario("bank-1999")


@pytest.fixture(scope="module")
def simulated(world: Scenario) -> list[Calls]:
    return [in_open_hours(world, seed=4, replication=number) for number in range(2)]


@pytest.fixture(scope="module")
def fit(simulated: list[Calls]) -> BankFit:
    return fit_bank(simulated[0])


def in_open_hours(world: Scenario, *, seed: int, replication: int) -> Calls:
    """Return simulated calls without those repeats that fall into closed hours, as in the log."""
    calls = simulate_calls(world, seed=seed, replication=replication)
    opened = world.arrivals.hourly_means().reshape(7, 24) > 0
    return calls.part(opened[calls.day % 7, calls.hour])


def repeats_of(world: Scenario) -> RepeatFit:
    return RepeatFit(
        if_served=world.customers.repeat_if_served,
        if_abandoned=world.customers.repeat_if_abandoned,
        median_h=world.repeat_delay.median_h,
        sigma=world.repeat_delay.sigma,
    )


def made(rows: list[tuple[float, float, float, bool, int]]) -> Calls:
    """Return regular calls from (asked, wait, service, abandoned, customer)."""
    asked, wait, service, abandoned, customer = (np.array(c) for c in zip(*rows, strict=True))
    regular = np.ones(len(rows), dtype=bool)
    return Calls(asked * 1.0, wait * 1.0, service * 1.0, abandoned, regular, customer)


def written(folder: Path, rows: list[tuple[object, ...]]) -> Path:
    """Write rows of `COLUMNS` as the file that is read."""
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(folder / FILE, index=False)
    return folder


def test_calls_that_came_to_the_queue_are_read(tmp_path: Path) -> None:
    calls = read_bank_calls(
        written(
            tmp_path,
            [
                ("1999-02-02", 0, 0, "agent", 30_000, 60, "PS", 0),  # served at once
                ("1999-02-01", 36_000, 40, "agent", 36_040, 100, "NE", 7),
                ("1999-02-01", 36_010, 25, "hang", 0, 3, "NW", 0),  # no service
                ("1999-02-01", 0, 0, "hang", 0, 0, "PS", 0),  # in the menu
                ("1999-02-01", 36_020, 10, "phantom", 36_030, 10, "PS", 8),
            ],
        )
    )
    assert list(calls.asked_s) == [36_000, 36_010, 116_400]
    assert list(calls.wait_s) == [40, 25, 0]
    assert list(calls.service_s) == [100, 0, 60]
    assert list(calls.abandoned) == [False, True, False]
    assert list(calls.regular) == [True, False, True]
    assert list(calls.customer) == [7, 0, 0]
    assert list(calls.days(1, 2).asked_s) == [30_000]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        read_bank_calls(tmp_path)
    pd.DataFrame({"date": ["1999-02-01"]}).to_csv(tmp_path / FILE, index=False)
    with pytest.raises(DataError, match="lacks the column `queue_start_s`"):
        read_bank_calls(tmp_path)


def test_a_simulated_log_is_seen_as_the_bank_saw_it(world: Scenario) -> None:
    log = simulate_contacts(
        world, silent_supply(), threshold=2.0, weeks=2, seed=4, replication=0
    ).to_pandas()
    calls = see_as_calls(
        simulate_contacts(world, silent_supply(), threshold=2.0, weeks=2, seed=4, replication=0)
    )
    log = log[log["counted"]]
    assert calls.asked_s.size == len(log)
    assert calls.abandoned.sum() == (log["outcome"] == "abandoned_queue").sum()
    known = (log["use_case"] == "customers") & (log["wait_s"] > 0)
    assert ((calls.customer > 0) == known).all()
    ends = (log["ended_at"] - log["started_at"]).dt.total_seconds() - log["wait_s"]
    assert calls.service_s == pytest.approx(np.where(calls.abandoned, 0, ends))
    mine = log[known].groupby("customer_id").size().value_counts()
    seen = pd.Series(calls.customer[calls.customer > 0]).value_counts().value_counts()
    assert mine.to_dict() == seen.to_dict()


def test_measures_of_calls_counted_by_hand() -> None:
    """Two customers; who was served at once is not known, and the last day's calls are immature."""
    hour = 3_600.0
    calls = made([
        (10 * hour, 30, 60, False, 1),
        (11 * hour, 0, 60, False, 0),  # nobody knows whose
        (12 * hour, 20, 0, True, 1),  # a repeat of the first, on the same day
        (35 * hour, 10, 60, False, 1),  # of the second, on the next
        (40 * hour, 10, 60, False, 2),
        (65 * hour, 10, 60, False, 2),  # too late for a repeat
        (13 * 24 * hour + 100, 10, 60, False, 3),  # followed for less than 24 h
    ])  # fmt: skip
    found = repeat_measures(calls)
    assert found["repeat"] == pytest.approx(2 / 5)
    assert found["repeat_served"] == pytest.approx(1 / 4)
    assert found["repeat_abandoned"] == 1
    assert found["same_day_gap"] == pytest.approx((2 * hour - 90) / hour)
    assert found["next_day"] == pytest.approx(1 / 2)
    opened = np.ones((7, 24), dtype=bool)
    scalars = measures(calls, opened)
    assert (scalars["calls"], scalars["waited"], scalars["abandoned"]) == (7, 6 / 7, 1 / 7)
    assert (scalars["median_wait"], scalars["mean_service"]) == (10, 60)
    assert scalars["mean_wait"] == pytest.approx(90 / 7)
    assert tuple(scalars) == tuple(SCALARS)
    opened[:, 12] = False
    assert measures(calls, opened)["abandoned"] == 0
    assert abandoned_by_hour(calls, np.ones((7, 24), dtype=bool))[12] == 1


def test_the_fit_recovers_the_world_that_made_the_calls(world: Scenario, fit: BankFit) -> None:
    """4 SE; the hazard's errors are the fit's own, agents to a tenth on average."""
    service, calls = world.agents.service, fit.totals[0].sum() * 10
    assert abs(fit.service_mean_s / service.mean_s - 1) < 4 * service.cv / calls**0.5
    assert abs(fit.service_cv / service.cv - 1) < 0.1
    errors = fit.patience.standard_errors()
    assert (np.abs(fit.patience.per_s - world.agents.patience.per_s) < 4 * errors).all()
    heads = np.array(world.agents.by_hour()).reshape(7, 24)[:, 8:][list(WEEKDAYS)]
    assert abs(fit.heads[list(WEEKDAYS), 8:].mean() / heads.mean() - 1) < 0.03
    assert np.abs(fit.heads[list(WEEKDAYS), 8:].mean(axis=0) - heads.mean(axis=0)).max() < 0.5
    assert abs(fit.regular_share - world.use_cases["customers"].share) < 4 * (0.2 / calls) ** 0.5
    assert (fit.opened == ((np.arange(24) >= 7) & np.isin(np.arange(7), WEEKDAYS)[:, None])).all()


def test_repeats_and_first_contacts_make_the_calls(world: Scenario, simulated: list[Calls]) -> None:
    """Simulated calls by hour come back to the totals that the first contacts were made from.

    But on the first day, which repeats of earlier days are missing from.
    """
    fit = fit_bank(simulated[0])
    again = bank_scenario(fit, repeats_of(world))
    counts = np.mean(
        [
            hourly_counts(simulate_calls(again, seed=9, replication=r))[list(LIKE_DAYS[1:]), 7:]
            for r in range(8)
        ],
        axis=(0, 1),
    )
    days = 8 * (len(LIKE_DAYS) - 1)
    total, error = counts.sum(), fit.day_factor_cv * counts.sum() / days**0.5
    assert total == pytest.approx(fit.totals[0].sum(), abs=4 * error)
    shares, expected = counts / total, fit.totals[0, 7:] / fit.totals[0].sum()
    assert shares == pytest.approx(expected, abs=0.004)


def test_days_drawn_again_stand_for_like_days(simulated: list[Calls], fit: BankFit) -> None:
    days = bootstrap_days(np.random.default_rng(1))
    assert all(day in LIKE_DAYS for place, day in enumerate(days) if place in LIKE_DAYS)
    assert fit_bank(simulated[0], days=range(DAYS)).totals == pytest.approx(fit.totals)
    one = fit_bank(
        simulated[0], days=[7 * (d // 7) + 1 if d in LIKE_DAYS else d for d in range(DAYS)]
    )
    tuesdays = hourly_counts(simulated[0])[[1, 8]]
    assert one.totals[0, 7:].sum() == pytest.approx(tuesdays[:, 7:].sum() / 2, rel=0.02)


def test_an_outlier_hour_is_left_out_of_the_profile(simulated: list[Calls], fit: BankFit) -> None:
    calls = simulated[0]
    burst = calls.part((calls.day == 6) & (calls.hour == 21))
    n = 5 * burst.asked_s.size
    crowd = Calls(*(
        np.concatenate([getattr(calls, f), np.resize(getattr(burst, f), n)])
        for f in Calls.__slots__
    ))  # fmt: skip
    found = fit_bank(crowd)
    assert [(day, hour) for day, hour, _ in found.left_out] == [(6, 21)]
    assert found.totals[6, 21] == pytest.approx(fit.totals[6, 21], rel=0.15)
    assert "calls at 21 h on 7 February (above 3 medians)" in scenario_text(
        found, bank_world.START
    ).replace("\n# ", " ")


def test_numbers_between_two_are_shared_out() -> None:
    assert list(shared_out(4.4, np.array([5.0, 3.0, 4.9, 4.0, 4.5]))) == [5, 4, 5, 4, 4]
    assert list(shared_out(0.2, np.array([0.2, 0.2]))) == [1, 1]  # an open hour has an agent


def test_no_calls_and_few_replications_are_refused(tmp_path: Path) -> None:
    nobody = made([(0, 0, 0, False, 0)]).part(np.array([False]))
    with pytest.raises(DataError, match="no calls to fit to"):
        fit_bank(nobody)
    with pytest.raises(ConfigError, match="`replications` is 19"):
        predict_bank(tmp_path, replications=19)


def test_the_packaged_scenario_is_the_fit(real_data: Path | None, world: Scenario) -> None:
    if real_data is None:
        return
    fit = fit_bank(read_bank_calls(real_data).days(0, DAYS))
    assert (ROOT / SCENARIO).read_text() == scenario_text(fit, repeats_of(world))


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


@pytest.fixture(scope="module")
def prediction(fit: BankFit) -> BankPrediction:
    """All but one of the measures were missed."""
    chance, uncertain = Range(0.5, 0.4, 0.6), Range(0.5, 0.3, 0.7)
    lines = [
        Line(name=name, fitted=0.1, chance=chance, uncertain=uncertain, observed=0.9)
        for name in SCALARS
    ]
    held = replace(lines[0], fitted=0.2, observed=0.65)
    hour = HourLine(hour=9, calls=held, inside=7, days=10, abandoned=lines[1])
    names = ["fitted", "with the second half's handle times", "with all of these"]
    medians = dict.fromkeys(SHOWN, 0.25)
    return BankPrediction(
        replications=40, seed=1, fit=fit, repeat=bank_world.START, counted_share=0.9,
        closed_share=0.08, lines=(*lines[1:], replace(held, name="calls")), hours=(hour,),
        hours_inside=(0.7, 0.8), days_inside=(3, 4, 10),
        variants=tuple(Variant(name=name, medians=medians) for name in names),
    )  # fmt: skip


def test_the_page_says_what_was_found(prediction: BankPrediction) -> None:
    """Every number in its column, misses marked and counted."""
    n, page = len(SCALARS), prediction.to_markdown()
    for words in (
        "calls that wait, % | 10.0 | 50.0 | 40.0 to 60.0 | 30.0 to 70.0 | 90.0 | **no** |",
        "| 9 | 0 | 0 to 1 | 1 | yes | 7 of 10 | 10.0 | 30.0 to 70.0 | 90.0 | **no** |",
        "| with all of these | 0 | 25.0 | 0 | 25.0 | 25.0 |",
        f"of {n} measures of the fortnight 1 are inside",
        "70.0 % of the 10 single hours lie in their 90 % interval of chance, 80.0 % in that of",
        "of the 10 days' totals 3 and 4",
        "7 to 24 h: 90.0 % of all",
        "8.0 % of the simulated contacts fall into closed hours",
    ):
        assert words in page


def test_scenario_and_page_are_made_again(
    prediction: BankPrediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_remake, "predict_bank", lambda _: prediction)
    for path in (SCENARIO, PAGE):
        (tmp_path / path).parent.mkdir(parents=True)
    bank_remake.remake(tmp_path / "data", tmp_path)
    assert load_scenario(tmp_path / SCENARIO) == bank_scenario(prediction.fit, prediction.repeat)
    assert (tmp_path / PAGE).read_text() == prediction.to_markdown()


def number(text: str) -> float:
    return float(re.sub("[,%]", "", text))


@pytest.mark.slow
def test_repeats_are_solved_through_the_same_eyes(world: Scenario, simulated: list[Calls]) -> None:
    """The truth comes back from calls of which the bank sees half."""
    truth, calls = repeats_of(world), simulated[0]
    found = bank_world.solve_repeats(fit_bank(calls), calls)
    assert found.if_served == pytest.approx(truth.if_served, abs=0.05)
    assert found.if_abandoned == pytest.approx(truth.if_abandoned, abs=0.12)
    assert np.log(found.median_h / truth.median_h) == pytest.approx(0, abs=0.5)


@pytest.mark.slow
def test_a_month_of_the_world_itself_is_predicted(
    world: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the world true, nine of ten hours would be inside; and the page is made."""
    halves = [in_open_hours(world, seed=11, replication=r) for r in range(2)]
    first = pd.Timestamp("1999-02-01")
    rows = [
        (f"{first + pd.Timedelta(days=int(day) + DAYS * half):%Y-%m-%d}", *call)
        for half, calls in enumerate(halves)
        for day, *call in month(calls)
    ]
    monkeypatch.setattr(bank_prediction, "VARIANT_RUNS", 3)
    monkeypatch.setattr(bank_world, "_ROUNDS", 3)
    found = predict_bank(written(tmp_path, rows), replications=40)
    assert 0.84 < found.hours_inside[1] < 0.99
    inside = [line.uncertain.holds(line.observed) for line in found.lines]
    assert sum(inside) >= len(inside) - 4
    assert "## Why it misses" in found.to_markdown()
    assert found == replace(found)


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
