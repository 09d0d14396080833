"""What is fitted to the bank's calls, and the scenario made of it.

With `../shared/data` at hand: the packaged scenario is the fit to the log.
"""

from pathlib import Path

import numpy as np
import pytest

from abkit.core.errors import DataError
from abkit.pipeline import bank_world
from abkit.pipeline.bank_calls import Calls, read_bank_calls
from abkit.pipeline.bank_fit import (
    DAYS,
    KINDS,
    LIKE_DAYS,
    WEEKDAYS,
    bootstrap_days,
    days_of,
    fit_bank,
    hourly_counts,
    shared_out,
)
from abkit.pipeline.bank_remake import SCENARIO
from abkit.pipeline.bank_world import bank_scenario, scenario_text, simulate_calls

from .bank_fakes import (
    ROOT,
    calls_of_world,
    fit,
    in_open_hours,
    made,
    repeats_of_world,
    world,
)


def test_the_fit_recovers_the_world_that_made_the_calls() -> None:
    """4 SE; the hazard's errors are the fit's own; agents to 5 % on average.

    Their mean comes out some 3 % low: weighted by seconds with a queue, days with few of them count
    more.
    """
    service, calls = world().agents.service, fit().totals[0].sum() * 10
    assert abs(fit().service_mean_s / service.mean_s - 1) < 4 * service.cv / calls**0.5
    assert abs(fit().service_cv / service.cv - 1) < 0.1
    errors = fit().patience.standard_errors()
    assert (np.abs(fit().patience.per_s - world().agents.patience.per_s) < 4 * errors).all()
    heads = np.array(world().agents.by_hour()).reshape(7, 24)[:, 8:][list(WEEKDAYS)]
    assert abs(fit().heads[list(WEEKDAYS), 8:].mean() / heads.mean() - 1) < 0.05
    assert np.abs(fit().heads[list(WEEKDAYS), 8:].mean(axis=0) - heads.mean(axis=0)).max() < 0.5
    assert (
        abs(fit().regular_share - world().use_cases["customers"].share) < 4 * (0.2 / calls) ** 0.5
    )
    opened = np.tile(np.arange(24) >= 7, (7, 1))
    opened[4] &= np.arange(24) < 14
    opened[5] &= np.arange(24) >= 19
    assert (fit().opened == opened).all()


def test_repeats_and_first_contacts_make_the_calls() -> None:
    """Simulated calls by hour come back to the totals that the first contacts were made from.

    But on the first day, which repeats of earlier days are missing from.
    """
    fitted = fit()
    again = bank_scenario(fitted, repeats_of_world())
    counts = np.mean(
        [
            hourly_counts(simulate_calls(again, seed=9, replication=r))[list(LIKE_DAYS[1:]), 7:]
            for r in range(8)
        ],
        axis=(0, 1),
    )
    days = 8 * (len(LIKE_DAYS) - 1)
    total, error = counts.sum(), fitted.day_factor_cv * counts.sum() / days**0.5
    assert total == pytest.approx(fitted.totals[0].sum(), abs=4 * error)
    shares, expected = counts / total, fitted.totals[0, 7:] / fitted.totals[0].sum()
    assert shares == pytest.approx(expected, abs=0.004)


def test_fridays_and_saturdays_have_hours_of_their_own() -> None:
    """What was put in comes back: 4 SD of two days' counts, half of it the days' own factor."""
    first = world().arrivals.hourly_means().reshape(7, 24)
    counts = np.mean(
        [hourly_counts(in_open_hours(world(), seed=6, replication=r)) for r in range(8)], axis=0
    ).reshape(2, 7, 24)
    for weekday in (4, 5):
        opened = first[weekday] > 0
        fitted, mean = fit().totals[weekday], counts[:, weekday].mean(axis=0)
        assert ((fitted > 0) == opened).all()
        error = np.sqrt(mean[opened] / 2 + (0.13 * mean[opened]) ** 2 / 2)
        assert (np.abs(fitted - mean)[opened] < 4 * error).all()
        assert (mean[opened] > first[weekday][opened]).all()  # repeats come on top


def test_days_drawn_again_stand_for_like_days() -> None:
    days = bootstrap_days(np.random.default_rng(1))
    for weekdays in KINDS.values():
        like = days_of(weekdays)
        assert all(days[place] in like for place in like)
    assert [days_of(weekdays) for weekdays in KINDS.values()] == [
        list(LIKE_DAYS), [4, 11], [5, 12],
    ]  # fmt: skip
    drawn = {bootstrap_days(np.random.default_rng(seed))[4] for seed in range(9)}
    assert drawn == {4, 11}
    assert fit_bank(calls_of_world(), days=range(DAYS)).totals == pytest.approx(fit().totals)
    one = fit_bank(
        calls_of_world(), days=[7 * (d // 7) + 1 if d in LIKE_DAYS else d for d in range(DAYS)]
    )
    tuesdays = hourly_counts(calls_of_world())[[1, 8]]
    assert one.totals[0, 7:].sum() == pytest.approx(tuesdays[:, 7:].sum() / 2, rel=0.02)


def test_an_outlier_hour_is_left_out_of_the_profile() -> None:
    calls = calls_of_world()
    burst = calls.part((calls.day == 6) & (calls.hour == 21))
    n = 5 * burst.asked_s.size
    crowd = Calls(*(
        np.concatenate([getattr(calls, f), np.resize(getattr(burst, f), n)])
        for f in Calls.__slots__
    ))  # fmt: skip
    found = fit_bank(crowd)
    assert [(day, hour) for day, hour, _ in found.left_out] == [(6, 21)]
    assert found.totals[6, 21] == pytest.approx(fit().totals[6, 21], rel=0.15)
    assert "calls at 21 h on 7 February (above 3 medians)" in scenario_text(
        found, bank_world.START
    ).replace("\n# ", " ")


def test_numbers_between_two_are_shared_out() -> None:
    assert list(shared_out(4.4, np.array([5.0, 3.0, 4.9, 4.0, 4.5]))) == [5, 4, 5, 4, 4]
    assert list(shared_out(0.2, np.array([0.2, 0.2]))) == [1, 1]  # an open hour has an agent


def test_no_calls_are_refused() -> None:
    nobody = made([(0, 0, 0, False, 0)]).part(np.array([False]))
    with pytest.raises(DataError, match="no calls to fit to"):
        fit_bank(nobody)


def test_the_packaged_scenario_is_the_fit(real_data: Path | None) -> None:
    if real_data is None:
        return
    fit = fit_bank(read_bank_calls(real_data).days(0, DAYS))
    assert (ROOT / SCENARIO).read_text() == scenario_text(fit, repeats_of_world())


@pytest.mark.slow
def test_repeats_are_solved_through_the_same_eyes() -> None:
    """The truth comes back from calls of which the bank sees half."""
    truth, calls = repeats_of_world(), calls_of_world()
    found = bank_world.solve_repeats(fit_bank(calls), calls)
    assert found.if_served == pytest.approx(truth.if_served, abs=0.05)
    assert found.if_abandoned == pytest.approx(truth.if_abandoned, abs=0.12)
    assert np.log(found.median_h / truth.median_h) == pytest.approx(0, abs=0.5)
