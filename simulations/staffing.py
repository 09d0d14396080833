"""The agents of a scenario: how long they serve, how long customers wait, who is on duty when."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from abkit.simulations.clock import HOURS_PER_WEEK, Floats
from abkit.simulations.durations import ExponentialService, LogNormal
from abkit.simulations.patience import Exponential, Hazard, Weibull
from abkit.simulations.sections import Heads, Section

MINUTES_PER_DAY: Final = 1_440
MINUTES_PER_WEEK: Final = 7 * MINUTES_PER_DAY
WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Day = Annotated[tuple[Heads, ...], Field(min_length=24, max_length=24)]


class Roster(Section):
    """Agents on duty by hour of the day, UTC, 24 whole numbers for each day.

    A leaving agent first finishes the contact at hand.
    """

    monday: Day
    """Heads in the hours 0 to 23, UTC; as all other days."""
    tuesday: Day
    wednesday: Day
    thursday: Day
    friday: Day
    saturday: Day
    sunday: Day

    def steps(self) -> tuple[int, ...]:
        """Return heads by hour of the week, 168 values, Monday first."""
        return sum((getattr(self, day) for day in WEEKDAYS), start=())


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return 60 * int(hour) + int(minute)


def _time_of_day(text: str) -> str:
    """Refuse what is no time of day, 00:00 to 24:00."""
    digits = text.replace(":", "", 1)
    written = len(text) == 5 and text[2] == ":" and digits.isascii() and digits.isdecimal()
    if not written or int(digits[2:]) > 59 or _minutes(text) > MINUTES_PER_DAY:
        raise ValueError(f"`{text}` is no time of day; expected one as in 08:30")
    return text


TimeOfDay = Annotated[str, Field(strict=True), AfterValidator(_time_of_day)]


class Shift(Section):
    """Agents who come and go together. A leaving agent first finishes the contact at hand."""

    days: tuple[Weekday, ...]
    """Weekdays on which the shift starts."""
    start: TimeOfDay
    """Start, UTC, as in 08:00."""
    end: TimeOfDay
    """End, UTC, as in 16:30; 24:00 is midnight; before the start: on the next day."""
    heads: Heads
    """Agents on duty; those of several shifts add up."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if not self.days:
            raise ValueError("`days` is empty; expected at least one weekday")
        for day, same in pairwise(sorted(self.days)):
            if day == same:
                raise ValueError(f"`days` names `{day}` twice")
        if self.start in (self.end, "24:00"):
            raise ValueError(
                f"no shift goes from `{self.start}` to `{self.end}`; a whole day is 00:00 to 24:00"
            )
        return self

    def minutes(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Return the minutes of the week on duty, each once per day, not sorted."""
        start, end = _minutes(self.start), _minutes(self.end)
        length = end - start if end > start else end + MINUTES_PER_DAY - start
        first = MINUTES_PER_DAY * np.array([WEEKDAYS.index(day) for day in self.days]) + start
        return (first[:, None] + np.arange(length)).ravel() % MINUTES_PER_WEEK


class Shifts(Section):
    """Agents on duty as a list of shifts, repeated every week."""

    shifts: Annotated[tuple[Shift, ...], Field(max_length=1_000)]
    """The shifts; their heads add up."""

    def steps(self) -> tuple[int, ...]:
        """Return heads by minute of the week, 10,080 values, from Monday 00:00."""
        heads = np.zeros(MINUTES_PER_WEEK, dtype=np.int64)
        for shift in self.shifts:
            heads[shift.minutes()] += shift.heads
        return tuple(heads.tolist())


def _law(default: str) -> Callable[[Any], str]:
    """Return what tells the tag of a law, given a table or a section."""

    def tag(value: Any) -> str:
        named = value.get("law", default) if isinstance(value, dict) else default
        return f"law {getattr(value, 'law', named)}"

    return tag


WORD, NUMBER, ROSTER, SHIFTS = "heads word", "heads number", "heads roster", "heads shifts"


def _heads(value: Any) -> str:
    """Return the tag of the way in which `agents.heads` is written."""
    if isinstance(value, dict):
        return ROSTER if any(day in value for day in WEEKDAYS) else SHIFTS
    if isinstance(value, int):
        return NUMBER
    if isinstance(value, Roster):
        return ROSTER
    return SHIFTS if isinstance(value, Shifts) else WORD


Service = Annotated[
    Annotated[LogNormal, Tag("law log_normal")]
    | Annotated[ExponentialService, Tag("law exponential")],
    Discriminator(_law("log_normal")),
]
Patience = Annotated[
    Annotated[Exponential, Tag("law exponential")]
    | Annotated[Weibull, Tag("law weibull")]
    | Annotated[Hazard, Tag("law hazard")],
    Discriminator(_law("exponential")),
]
OnDuty = Annotated[
    Annotated[Literal["unlimited"], Tag(WORD)]
    | Annotated[Heads, Tag(NUMBER)]
    | Annotated[Roster, Tag(ROSTER)]
    | Annotated[Shifts, Tag(SHIFTS)],
    Discriminator(_heads),
]


class Agents(Section):
    """One pool of agents for all use-cases and arms; first come, first served."""

    service: Service
    """How long an agent serves: `log_normal` if no law is named, or `exponential`."""
    patience: Patience
    """How long a customer waits before abandoning: `exponential` if no law is named, or
    `weibull`, or `hazard`."""
    heads: OnDuty
    """Agents on duty: "unlimited", a whole number, 24 numbers for each weekday, or shifts."""
    backlog: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 0
    """Customers who wait already when the simulated time begins. Agents take them first; they
    have no row in the log and do not come back. Their patience counts from that time on."""

    def steps(self) -> tuple[float, ...]:
        """Return heads over the week, in equal steps from Monday 00:00; infinity when unlimited."""
        if self.heads == "unlimited":
            return (math.inf,) * HOURS_PER_WEEK
        if isinstance(self.heads, int):
            return (self.heads,) * HOURS_PER_WEEK
        return self.heads.steps()

    def by_hour(self) -> tuple[float, ...]:
        """Return mean heads by hour of the week, 168 values; infinity when unlimited."""
        means: Floats = np.array(self.steps(), dtype=float).reshape(HOURS_PER_WEEK, -1).mean(axis=1)
        return tuple(means.tolist())
