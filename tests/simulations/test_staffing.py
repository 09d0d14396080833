"""Who is on duty when: rosters, shifts, numbers; and the drain rule at a shift's end, by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.simulations.agents import run_agents
from abkit.simulations.clock import DAY, HOUR, NEVER, SECOND, WEEK
from abkit.simulations.staffing import WEEKDAYS, Agents, Shift, Shifts

from ..laws.queueing import single_requests
from .fakes import default_scenario

MINUTE = 60 * SECOND
EARLY = {"days": ["monday"], "start": "08:00", "end": "16:30", "heads": 3}


def agents(heads: Any, **others: Any) -> Agents:
    return default_scenario({"agents.heads": heads} | others).agents


def at(steps: tuple[float, ...], day: str, clock: str) -> float:
    hour, minute = map(int, clock.split(":"))
    return steps[1_440 * WEEKDAYS.index(day) + 60 * hour + minute]


def test_shifts_add_up_and_end_in_time() -> None:
    late = {"days": ["monday", "tuesday"], "start": "12:00", "end": "20:15", "heads": 2}
    steps = agents({"shifts": [EARLY, late]}).steps()
    assert len(steps) == 7 * 24 * 60
    expected = {"07:59": 0, "08:00": 3, "11:59": 3, "12:00": 5, "16:29": 5, "16:30": 2, "20:15": 0}
    assert {clock: at(steps, "monday", clock) for clock in expected} == expected
    assert at(steps, "tuesday", "16:00") == 2
    assert at(steps, "wednesday", "16:00") == 0


def test_a_shift_may_pass_midnight_and_the_end_of_the_week() -> None:
    night = {"days": ["sunday", "friday"], "start": "22:00", "end": "06:30", "heads": 4}
    steps = agents({"shifts": [night]}).steps()
    assert at(steps, "sunday", "21:59") == 0
    assert at(steps, "sunday", "22:00") == at(steps, "monday", "00:00") == 4  # also at time 0
    assert at(steps, "monday", "06:29") == 4
    assert at(steps, "monday", "06:30") == at(steps, "monday", "22:00") == 0
    assert at(steps, "saturday", "03:00") == 4
    whole_day = {"days": list(WEEKDAYS), "start": "00:00", "end": "24:00", "heads": 1}
    assert set(agents({"shifts": [whole_day]}).steps()) == {1}
    to_midnight = {"days": ["monday"], "start": "10:00", "end": "00:00", "heads": 1}
    assert sum(agents({"shifts": [to_midnight]}).steps()) == 14 * 60


clocks = st.integers(0, 1_439).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")


@given(
    shifts=st.lists(
        st.tuples(
            st.sets(st.sampled_from(WEEKDAYS), min_size=1), clocks, clocks, st.integers(0, 9)
        ).filter(lambda shift: shift[1] != shift[2])
    )
)
def test_hours_on_duty_are_the_shifts_lengths(
    shifts: list[tuple[set[Any], str, str, int]],
) -> None:
    def minutes(clock: str) -> int:
        return 60 * int(clock[:2]) + int(clock[3:])

    made = Shifts(
        shifts=tuple(
            Shift(days=tuple(days), start=start, end=end, heads=heads)
            for days, start, end, heads in shifts
        )
    )
    lengths = [
        len(days) * heads * ((minutes(end) - minutes(start)) % 1_440)
        for days, start, end, heads in shifts
    ]
    assert sum(made.steps()) == sum(lengths)


def test_four_ways_to_say_two_agents() -> None:
    day = {"days": list(WEEKDAYS), "start": "00:00", "end": "24:00", "heads": 1}
    ways = [2, {name: [2] * 24 for name in WEEKDAYS}, {"shifts": [day, day]}]
    assert {agents(way).by_hour() for way in ways} == {(2.0,) * 168}
    assert set(agents("unlimited").by_hour()) == {np.inf}
    half = {"days": ["monday"], "start": "09:30", "end": "12:00", "heads": 2}
    assert agents({"shifts": [half]}).by_hour()[8:13] == (0, 1, 2, 2, 0)


def test_a_leaving_agent_finishes_the_contact_at_hand() -> None:
    """One agent from 00:00 to 00:30 on Monday, another from 02:15: times by hand.

    A is served 0:20 to 1:50, past the end of the shift; B, who joins at 0:25, waits beyond the
    end of A's service, since nobody is on duty, and is taken at 2:15; C gives up after 10 minutes.
    """
    first = {"days": ["monday"], "start": "00:00", "end": "00:30", "heads": 1}
    second = {"days": ["monday"], "start": "02:15", "end": "03:00", "heads": 1}
    steps = agents({"shifts": [first, second]}).steps()
    requests = single_requests(
        np.array([20, 25, 40]) * MINUTE,
        np.array([90, 30, 30]) * MINUTE,
        np.array([600, 600, 10]) * MINUTE,
    )
    waits = run_agents(requests, steps, horizon=DAY)
    assert waits.wait.tolist() == [0, 110 * MINUTE, 10 * MINUTE]
    assert waits.served.tolist() == [True, True, False]


def test_the_roster_ends_with_the_last_who_needs_it() -> None:
    """Patience that would end in ten thousand years keeps nobody from going home.

    One agent, every hour of even number; A is served 0:10 to 0:30, B, who joins at 1:10, at 2:00.
    """
    ages = 10_000 * 52 * WEEK
    requests = single_requests(
        np.array([10, 70]) * MINUTE, np.array([20, 20]) * MINUTE, np.array([ages, NEVER])
    )
    waits = run_agents(requests, (1, 0) * 84, horizon=DAY)
    assert waits.wait.tolist() == [0, 50 * MINUTE]
    late = single_requests(
        np.array([10, 20]) * MINUTE, np.array([60, 20]) * MINUTE, np.full(2, ages)
    )
    assert run_agents(late, (1, 0) * 84, horizon=DAY).wait.tolist() == [0, 100 * MINUTE]


def test_hours_and_minutes_play_the_same_queue() -> None:
    rng = np.random.default_rng(1)
    times = np.sort(rng.integers(0, 2 * WEEK, 3_000))
    service, patience = rng.integers(1, HOUR, (2, 3_000))
    by_hour = rng.integers(0, 4, 168)
    requests = single_requests(times, service, patience)
    plain = run_agents(requests, by_hour.tolist(), horizon=2 * WEEK)
    fine = run_agents(requests, np.repeat(by_hour, 60).tolist(), horizon=2 * WEEK)
    assert (plain.wait == fine.wait).all()
    assert 0 < (plain.wait > 0).mean() < 1


@pytest.mark.parametrize(
    ("heads", "fact"),
    [
        ({"shifts": [EARLY | {"start": "8:00"}]}, "`agents.heads.shifts.0.start`: `8:00` is no"),
        ({"shifts": [EARLY | {"end": "24:01"}]}, "`agents.heads.shifts.0.end`: `24:01` is no"),
        ({"shifts": [EARLY | {"end": "1٢:00"}]}, "`agents.heads.shifts.0.end`: `1٢:00` is no"),
        ({"shifts": [EARLY | {"end": "08:00"}]}, "`agents.heads.shifts.0`: no shift goes from"),
        ({"shifts": [EARLY | {"start": "24:00"}]}, "`agents.heads.shifts.0`: no shift goes from"),
        ({"shifts": [EARLY | {"days": ["monday"] * 2}]}, "`agents.heads.shifts.0`: `days` names"),
        ({"shifts": [EARLY | {"days": ["mon"]}]}, "`agents.heads.shifts.0.days.0` is `mon`;"),
        ({"shifts": [EARLY | {"head": 3}]}, "unknown key `agents.heads.shifts.0.head`"),
        ({"shifts": [EARLY | {"days": []}]}, "`agents.heads.shifts.0`: `days` is empty"),
        ({"shift": [EARLY]}, "unknown key `agents.heads.shift`"),
        ({"shifts": []}, "`agents.heads`: no agent is ever on duty in the week"),
    ],
)
def test_refusals(heads: Any, fact: str) -> None:
    with pytest.raises(ConfigError) as caught:
        agents(heads)
    assert str(caught.value).startswith(f"scenario: {fact}")
