"""When first contacts come, from their starts: volume, weekdays, hours, the day's own factor."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from abkit.core.errors import DataError
from abkit.core.fitted_log import LogEstimate
from abkit.simulations.clock import DAY, HOUR, HOURS_PER_WEEK, Floats, Microseconds
from abkit.simulations.fit_log_rates import on_log, shares_of

_EDGE: Final = HOUR  # the first day may begin, the last one end, so much off the others
_TAIL: Final = 0.025
_LEVEL: Final = 0.001  # at which hours are taken to differ by weekday
_PER_CELL: Final = 5  # contacts per hour of the week on average, so that the test holds


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalFit:
    """Arrivals by key of the section; weekdays that the log does not hold have no estimate."""

    estimates: dict[str, LogEstimate]
    weekday_means: Floats  # first contacts a day, NaN where no such day was seen, shape (7,)
    hours: Floats  # share of the day, shape (24,)
    by_weekday: Floats | None  # mean counts, (7, 24), where hours differ by weekday; None: not so
    days: int  # whole days


def fit_arrivals(start: Microseconds, *, prior_cv: float) -> ArrivalFit:
    """Return the profile weekday x hour, and how much days vary beyond it.

    Counts are Poisson given mean(weekday) share(hour) factor(day). The product's maximum
    likelihood has each weekday's mean day and each hour's share of all contacts. The factor's
    squared variation is, over weekdays w seen n_w > 1 times with mean m_w and squared deviations
    S_w, v = sum (S_w - (n_w - 1) m_w) / sum (n_w - 1) m_w^2; its interval takes the sum of
    S_w as chi-squared. A weekday seen once tells nothing of it; then the base's variation widens
    the other intervals. If hours differ by weekday (chi-squared test of independence, level
    .001, which the factor of a day does not touch), counts by weekday and hour are given as well.

    Args:
        start: Of first contacts, microseconds from a Monday's midnight, UTC.
        prior_cv: The base's variation of days.

    Raises:
        DataError: The log holds no whole day.
    """
    days = _whole_days(start)
    kept = start[np.isin(start // DAY, days)]
    totals = np.bincount(kept // DAY, minlength=int(days[-1]) + 1)[days].astype(float)
    weekday = days % 7
    seen = np.bincount(weekday, minlength=7)
    with np.errstate(invalid="ignore"):
        means = np.bincount(weekday, weights=totals, minlength=7) / seen
    variation, degrees = _day_factor(totals, weekday, seen, means)
    cv2 = prior_cv**2 if variation is None else variation.value**2
    quantile = float(stats.t.isf(_TAIL, degrees)) if degrees else float(stats.norm.isf(_TAIL))
    by = f"{days.size} whole days"
    of_log = 1 / np.fmax(means, 0.5) + cv2  # variance of a day's logarithm
    of_mean = np.where(seen > 0, of_log / np.maximum(seen, 1), 0.0)
    week = float(np.nansum(means))
    parts = np.nan_to_num(means) / week
    found = {
        "first_contacts_per_week": on_log(
            week, float(np.sqrt((parts**2 * of_mean).sum())), by=by, quantile=quantile
        )
    }
    for i in np.flatnonzero(seen):
        others = (parts**2 * of_mean).sum() - parts[i] ** 2 * of_mean[i]
        error = np.sqrt((1 - parts[i]) ** 2 * of_mean[i] + others)
        found[f"weekday_weights.{i}"] = on_log(
            float(parts[i]), float(error), by=by, quantile=quantile
        )
    hours = shares_of(kept % DAY // HOUR, 24, by="first contacts")
    found |= {f"hour_weights.{hour}": estimate for hour, estimate in enumerate(hours)}
    if variation is not None:
        found["day_factor_cv"] = variation
    return ArrivalFit(
        estimates=found,
        weekday_means=np.where(seen > 0, means, np.nan),
        hours=np.array([estimate.value for estimate in hours]),
        by_weekday=_by_weekday(kept, seen),
        days=int(days.size),
    )


def _by_weekday(start: Microseconds, seen: Microseconds) -> Floats | None:
    """Return mean counts by weekday and hour, (7, 24), if the hours differ by weekday."""
    if (seen == 0).any():
        return None
    counts = np.bincount(start // HOUR % HOURS_PER_WEEK, minlength=HOURS_PER_WEEK).reshape(7, 24)
    opened = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if counts.sum() < _PER_CELL * HOURS_PER_WEEK or min(opened.shape) < 2:
        return None
    if stats.chi2_contingency(opened).pvalue >= _LEVEL:
        return None
    means: Floats = counts / seen[:, None]
    return means


def _whole_days(start: Microseconds) -> Microseconds:
    """Return the days of the log, without a first or last one that was cut.

    A first day counts as cut if its first contact comes over an hour later in the day than that of
    every other day, a last one accordingly.
    """
    day, clock = start // DAY, start % DAY
    days = np.arange(day.min(), day.max() + 1)
    begin = np.full(days.size, DAY)
    end = np.full(days.size, -1)
    np.minimum.at(begin, day - days[0], clock)
    np.maximum.at(end, day - days[0], clock)
    if days.size > 1 and begin[0] > begin[1:].max() + _EDGE:
        days, end = days[1:], end[1:]
    if days.size > 1 and end[-1] < end[:-1][end[:-1] >= 0].min() - _EDGE:
        days = days[:-1]
    if days.size < 2:
        raise DataError("the log holds fewer than two whole days; expected a week or more")
    return days.astype(np.int64)


def _day_factor(
    totals: Floats, weekday: Microseconds, seen: Microseconds, means: Floats
) -> tuple[LogEstimate | None, int]:
    """Return the factor's variation, and the degrees of freedom it rests on."""
    degrees = int((seen - 1)[seen > 0].sum())
    if not degrees:
        return None, 0
    mean, free = means[weekday], 1 - 1 / seen[weekday]  # each day's part of the degrees
    squares = float(((totals - mean) ** 2).sum())
    noise, scale = (float((free * power).sum()) for power in (mean, mean**2))
    low, high = (
        (squares * degrees / stats.chi2.isf(tail, degrees) - noise) / scale
        for tail in (_TAIL, 1 - _TAIL)
    )
    cv = float(np.sqrt(max(0.0, (squares - noise) / scale)))
    return (
        LogEstimate(
            value=cv,
            standard_error=float(squares / scale / (2 * cv) * np.sqrt(2 / degrees)) if cv else None,
            lower=float(np.sqrt(max(0.0, low))),
            upper=float(np.sqrt(max(0.0, high))),
            by=f"{degrees} like weekdays",
        ),
        degrees,
    )
