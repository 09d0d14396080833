"""The bank's calls: read from the file, seen in a simulated log, measured; counted by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import DataError
from abkit.pipeline.bank_calls import FILE, read_bank_calls, see_as_calls
from abkit.pipeline.bank_measures import (
    SCALARS,
    abandoned_by_hour,
    at_work_by_queue,
    measures,
    repeat_measures,
)
from abkit.pipeline.bank_world import silent_supply
from abkit.simulations.world import simulate_contacts

from .bank_fakes import made, world, written


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


def test_a_simulated_log_is_seen_as_the_bank_saw_it() -> None:
    log = simulate_contacts(
        world(), silent_supply(), threshold=2.0, weeks=2, seed=4, replication=0
    ).to_pandas()
    calls = see_as_calls(
        simulate_contacts(world(), silent_supply(), threshold=2.0, weeks=2, seed=4, replication=0)
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
    left = abandoned_by_hour(calls, np.ones((7, 24), dtype=bool))
    assert left[0, 12] == 1
    assert np.isnan(left[1:]).all()  # no Friday, no Saturday: day 13 is a Sunday


def test_abandoning_by_kind_of_day_counted_by_hand() -> None:
    """At 10 h one of two on Mondays, two of three on Fridays, none of one on Saturdays."""
    ten, day = 36_000.0, 86_400.0
    calls = made([
        (days * day + ten, 5, 0 if left else 9, left, 0)
        for days, left in (
            (0, True), (4, True), (4, False), (5, False), (7, False), (11, True)
        )
    ])  # fmt: skip
    left = abandoned_by_hour(calls, np.ones((7, 24), dtype=bool))
    assert left[:, 10] == pytest.approx([1 / 2, 2 / 3, 0])
    assert np.isnan(left).sum() == 3 * 23


def test_agents_at_work_by_queue_counted_by_hand() -> None:
    """By hour: one at work, then three, for 4 s with a long queue; two and two, for 12 s of it."""
    ten, hour = 36_000.0, 3_600.0
    calls = made([
        (ten - 10, 0, 16, False, 0),  # at work up to second 6
        (ten, 6, 30, False, 0),  # waits for six seconds, then is served
        (ten + 20, 0, 30, False, 0),
        (ten + 20, 0, 30, False, 0),
        *((ten + 25, 4, 0, True, 0) for _ in range(5)),
        (ten + hour, 9, 60, False, 0),  # an hour without a long queue
        *((ten + 2 * hour, 0, 60, False, 0) for _ in range(2)),
        (ten + 2 * hour + 5, 2, 0, True, 0),
        *((ten + 2 * hour + 20, 12, 0, True, 0) for _ in range(4)),
    ])  # fmt: skip
    assert at_work_by_queue(calls, np.ones((7, 24), dtype=bool)) == (1.75, 2.25)
    closed = np.zeros((7, 24), dtype=bool)
    assert np.isnan(at_work_by_queue(calls, closed)).all()
