"""The bank's parameters from its calls: what goes into the scenario `bank-1999`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError
from abkit.pipeline.bank_calls import Calls, Floats
from abkit.simulations.fit_calls import (
    HazardFit,
    at_work_while_waiting,
    day_factor_cv,
    most_at_work,
    patience_hazard,
    usual_mean,
)

DAYS: Final = 14  # of a half of February, Monday first
KINDS: Final[Mapping[str, tuple[int, ...]]] = {  # weekdays with the same hours, Monday 0
    "Sun-Thu": (6, 0, 1, 2, 3),
    "Fri": (4,),
    "Sat": (5,),
}
WEEKDAYS: Final = KINDS["Sun-Thu"]
LIKE_DAYS: Final = tuple(day for day in range(DAYS) if day % 7 in WEEKDAYS)  # ten
OPEN_FROM: Final = 10.0  # calls a day: an hour with fewer is taken as closed
OUTLIER: Final = 3.0  # times the median of its hour: left out of the profile
UNTIL_S: Final = (5.0, 15.0, 30.0, 60.0, 120.0, 240.0)  # ends of the hazard's steps
SHORT_S: Final = 10.0  # services up to here are agents dropping calls
_ENOUGH_S: Final = 300.0  # with a queue, over all days of an hour, to tell the agents by

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankFit:
    """Everything but the repeats; hours of the week have shape (7, 24), Monday first."""

    totals: Floats  # expected calls, first and repeated; 0: closed
    left_out: tuple[tuple[int, int, int], ...]  # outlier hours: day of the half, hour, calls
    day_factor_cv: float
    service_mean_s: float  # of all services, the short ones too
    service_log_sd: float  # of services above `SHORT_S`
    short_share: float  # of services
    patience: HazardFit
    heads: Ints
    regular_share: float  # of calls
    abandoned_share: float  # of calls

    @property
    def opened(self) -> npt.NDArray[np.bool_]:
        """Return which hours of the week are open."""
        return self.totals > 0

    @property
    def service_cv(self) -> float:
        """Return sqrt(exp(sd^2) - 1), of the log-normal with the fitted log-SD."""
        return float(np.sqrt(np.expm1(self.service_log_sd**2)))


def fit_bank(calls: Calls, *, days: Sequence[int] | None = None) -> BankFit:
    """Return the parameters fitted to two weeks of calls.

    Args:
        calls: Timed from a Monday's midnight.
        days: Which days stand for the 14, one for each, of the same kind; None: themselves.
            Drawn with replacement they make a bootstrap.

    Raises:
        DataError: Too few calls for some estimate.
    """
    if not calls.asked_s.size:
        raise DataError("there are no calls to fit to")
    chosen = np.arange(DAYS) if days is None else np.asarray(days)
    counts = hourly_counts(calls)[chosen]
    totals, left_out = _profile(counts)
    kept = np.where(np.tile(totals > 0, (2, 1)), counts, 0)
    for day, hour, _ in left_out:
        kept[day, hour] = totals[day % 7, hour]
    within = calls.part(totals[calls.day % 7, calls.hour] > 0)
    mine = within.part(np.repeat(np.arange(within.day.size), _times(within, chosen)))
    served = mine.service_s[~mine.abandoned]
    logs = np.log(served[served > SHORT_S])
    return BankFit(
        totals=totals,
        left_out=left_out,
        day_factor_cv=day_factor_cv(kept[list(LIKE_DAYS)].sum(axis=1)),
        service_mean_s=float(served.mean()),
        service_log_sd=float(logs.std(ddof=1)),
        short_share=float((served <= SHORT_S).mean()),
        patience=patience_hazard(mine.wait_s[mine.queued], mine.abandoned[mine.queued], UNTIL_S),
        heads=_heads(calls, chosen, totals > 0),
        regular_share=float(mine.regular.mean()),
        abandoned_share=float(mine.abandoned.mean()),
    )


def bootstrap_days(rng: np.random.Generator) -> list[int]:
    """Return 14 days, each drawn with replacement from those of its kind."""
    like = {weekday: days_of(weekdays) for weekdays in KINDS.values() for weekday in weekdays}
    return [int(rng.choice(like[day % 7])) for day in range(DAYS)]


def days_of(weekdays: Sequence[int]) -> list[int]:
    """Return the days of a half that fall on these weekdays."""
    return [day for day in range(DAYS) if day % 7 in weekdays]


def hourly_counts(calls: Calls) -> Floats:
    """Return calls by day and hour, shape (14, 24)."""
    counts = np.zeros((DAYS, 24))
    np.add.at(counts, (calls.day, calls.hour), 1)
    return counts


def _times(calls: Calls, chosen: Ints) -> Ints:
    """Return how many times each call counts, by how often its day was drawn."""
    drawn: Ints = np.bincount(chosen, minlength=DAYS)[calls.day]
    return drawn


def _profile(counts: Floats) -> tuple[Floats, tuple[tuple[int, int, int], ...]]:
    """Return expected calls by hour of the week, and the outlier hours that were left out."""
    totals, left_out = np.zeros((7, 24)), []
    for weekdays in KINDS.values():
        days = np.array(days_of(weekdays))
        for hour in np.flatnonzero(counts[days].mean(axis=0) >= OPEN_FROM):
            mean, outliers = usual_mean(counts[days, hour], limit=OUTLIER)
            largest = days[np.argsort(-counts[days, hour], kind="stable")[:outliers]]
            left_out += [(int(day), int(hour), int(counts[day, hour])) for day in largest]
            totals[list(weekdays), hour] = mean
    return totals, tuple(sorted(left_out))


def _heads(calls: Calls, chosen: Ints, opened: npt.NDArray[np.bool_]) -> Ints:
    """Return agents by hour of the week: how many are at work while somebody waits.

    Over the days of a kind, weighted by the seconds with a queue; where those are fewer than five
    minutes, the mean of each day's largest number of services at once. A mean between two whole
    numbers is shared out: as many weekdays get the larger one as its fraction says, those first on
    which more were at work; Fridays and Saturdays get the nearest.
    """
    served, start = ~calls.abandoned, calls.asked_s + calls.wait_s
    spells = start[served], calls.service_s[served]
    at_work, queue_s = (
        values.reshape(DAYS, 24)[chosen]
        for values in at_work_while_waiting(
            *spells, calls.asked_s[calls.queued], calls.wait_s[calls.queued], hours=24 * DAYS
        )
    )
    most = most_at_work(*spells, hours=24 * DAYS).reshape(DAYS, 24)[chosen]
    area, seconds = np.nan_to_num(at_work) * queue_s, np.where(np.isnan(at_work), 0, queue_s)
    with np.errstate(invalid="ignore"):
        own = (area[:7] + area[7:]) / (seconds[:7] + seconds[7:])  # by weekday and hour
    own = np.where(np.isnan(own), (most[:7] + most[7:]) / 2, own)
    heads = np.zeros((7, 24), dtype=np.int64)
    for weekdays in map(list, KINDS.values()):
        days = days_of(weekdays)
        for hour in np.flatnonzero(opened[weekdays[0]]):
            total = seconds[days, hour].sum()
            enough = total >= _ENOUGH_S
            mean = area[days, hour].sum() / total if enough else most[days, hour].mean()
            heads[weekdays, hour] = shared_out(float(mean), own[weekdays, hour])
    return heads


def shared_out(mean: float, own: Floats) -> Ints:
    """Return whole numbers with (about) this mean, the larger ones where `own` is largest."""
    low = int(np.floor(mean))
    numbers = np.full(own.size, low, dtype=np.int64)
    numbers[np.argsort(-own, kind="stable")[: round((mean - low) * own.size)]] += 1
    return np.maximum(numbers, 1)
