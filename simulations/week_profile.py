"""Relative volume by hour: one profile for all weekdays, or one for each."""

from typing import Annotated, Any, Final, Self

from pydantic import Discriminator, Field, Tag, model_validator

from abkit.simulations.sections import Section, Weight
from abkit.simulations.staffing import WEEKDAYS

NEXT_TO_NOTHING: Final = 1e-100  # products of two such weights would be rounded to 0
ONE_DAY, TABLE = "hours list", "hours table"
Hours = Annotated[tuple[Weight, ...], Field(min_length=24, max_length=24)]


class HoursByWeekday(Section):
    """Relative volume by hour of the week, UTC, 24 numbers for each day.

    A day with more volume has larger numbers; where one is 0 nobody comes.
    """

    monday: Hours
    """Relative volume of the hours 0 to 23, UTC; as all other days."""
    tuesday: Hours
    wednesday: Hours
    thursday: Hours
    friday: Hours
    saturday: Hours
    sunday: Hours

    @model_validator(mode="after")
    def _somebody_comes(self) -> Self:
        if sum(map(sum, self.rows())) < NEXT_TO_NOTHING:
            raise ValueError("the numbers are all 0 or next to 0; expected at least one above 0")
        return self

    def rows(self) -> tuple[tuple[float, ...], ...]:
        """Return the numbers, seven rows of 24, Monday first."""
        return tuple(getattr(self, day) for day in WEEKDAYS)


def _way(value: Any) -> str:
    """Return the tag of the way in which the hours are written."""
    return TABLE if isinstance(value, dict | HoursByWeekday) else ONE_DAY


HourWeights = Annotated[
    Annotated[Hours, Tag(ONE_DAY)] | Annotated[HoursByWeekday, Tag(TABLE)], Discriminator(_way)
]
