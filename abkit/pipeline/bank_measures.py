"""What is predicted and observed of two weeks of calls."""

from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.pipeline.bank_calls import DAY_S, Calls, Floats
from abkit.pipeline.bank_fit import DAYS, KINDS, LIKE_DAYS, hourly_counts
from abkit.simulations.fit_calls import spells_going_on

SCALARS: Final = {  # measures of two weeks, with how they are called
    "calls": "calls",
    "waited": "share of calls that wait",
    "median_wait": "wait of those who waited and were served: median, s",
    "p90_wait": "wait of those who waited and were served: 90th percentile, s",
    "mean_wait": "mean wait of all calls, s",
    "abandoned": "share of calls that abandon",
    "mean_service": "handle time: mean, s",
    "median_service": "handle time: median, s",
    "repeat": "repeat within 24 h of identified calls",
    "repeat_served": "repeat within 24 h, after service",
    "repeat_abandoned": "repeat within 24 h, after abandoning",
    "same_day_gap": "repeats on the same day: median gap, h",
    "same_day_p90": "repeats on the same day: 90th percentile of the gap, h",
    "next_day": "share of repeats that come on the next day",
    "dispersion": "variance / mean of an hour's counts over the ten days Sun-Thu (median hour)",
}

Mask = npt.NDArray[np.bool_]


def abandoned_by_hour(calls: Calls, opened: Mask) -> Floats:
    """Return the share that abandons by kind of day and hour, shape (3, 24); NaN where closed."""
    inside = calls.part(opened[calls.day % 7, calls.hour])
    came, left = np.zeros((len(KINDS), 24)), np.zeros((len(KINDS), 24))
    for kind, weekdays in enumerate(KINDS.values()):
        mine = np.isin(inside.day % 7, weekdays)
        came[kind] = np.bincount(inside.hour[mine], minlength=24)
        left[kind] = np.bincount(inside.hour[mine & inside.abandoned], minlength=24)
    with np.errstate(invalid="ignore"):
        shares: Floats = left / came
    return shares


def measures(calls: Calls, opened: Mask) -> dict[str, float]:
    """Return `SCALARS` by name, of the calls in open hours.

    Args:
        calls: Of 14 days, timed from a Monday's midnight.
        opened: Open hours of the week, shape (7, 24).
    """
    inside = calls.part(opened[calls.day % 7, calls.hour])
    served = ~inside.abandoned
    waits, services = inside.wait_s[served & inside.queued], inside.service_s[served]
    return {
        "calls": float(inside.asked_s.size),
        "waited": float(inside.queued.mean()),
        "median_wait": float(np.median(waits)),
        "p90_wait": float(np.quantile(waits, 0.9)),
        "mean_wait": float(inside.wait_s.mean()),
        "abandoned": float(inside.abandoned.mean()),
        "mean_service": float(services.mean()),
        "median_service": float(np.median(services)),
        **repeat_measures(inside),
        "dispersion": dispersion(inside, opened),
    }


def repeat_measures(calls: Calls) -> dict[str, float]:
    """Return how identified calls are repeated: shares, gaps; NaN where there are none.

    Counted as in a contact log's 24RR: the same customer's next identified call begins within
    24 h of the end; calls that end in the last 24 h leave numerator and denominator. Identified
    are regular customers who waited, since nobody else was.
    """
    known = np.flatnonzero(calls.regular & calls.queued & (calls.customer > 0))
    rows = known[np.lexsort((calls.asked_s[known], calls.customer[known]))]
    end, begin, who = calls.end_s()[rows], calls.asked_s[rows], calls.customer[rows]
    following = np.full(rows.size, np.inf)
    following[:-1] = np.where(who[1:] == who[:-1], begin[1:], np.inf)
    gap = following - end
    mature = end + DAY_S <= DAYS * DAY_S
    again = (gap > 0) & (gap <= DAY_S) & mature
    left = calls.abandoned[rows]
    same_day = again & (following < (begin // DAY_S + 1) * DAY_S)
    gaps = gap[same_day] / 3_600 if same_day.any() else np.array([np.nan])
    return {
        "repeat": _share(again, mature),
        "repeat_served": _share(again, mature & ~left),
        "repeat_abandoned": _share(again, mature & left),
        "same_day_gap": float(np.median(gaps)),
        "same_day_p90": float(np.quantile(gaps, 0.9)),
        "next_day": 1 - _share(same_day, again),
    }


def at_work_by_queue(calls: Calls, opened: Mask, *, many: int = 4) -> tuple[float, float]:
    """Return mean services going on in seconds with one waiting, and with `many` or more.

    Means over the open hours of the week, each weighted by its seconds with `many` or more, so that
    both are about the same hours.

    Args:
        calls: Of 14 days, timed from a Monday's midnight.
        opened: Open hours of the week, shape (7, 24).
        many: How long the queue is in the second mean.
    """
    served, end = ~calls.abandoned, DAYS * DAY_S
    start, queued = calls.asked_s + calls.wait_s, calls.queued
    at_work = spells_going_on(start[served], calls.service_s[served], end).reshape(2, 168, 3_600)
    waiting = spells_going_on(calls.asked_s[queued], calls.wait_s[queued], end).reshape(
        2, 168, 3_600
    )
    one, more = ((waiting == 1), (waiting >= many))
    seconds = one.sum(axis=(0, 2)), more.sum(axis=(0, 2))
    usable = opened.ravel() & (seconds[0] > 0) & (seconds[1] > 0)
    means = [
        (at_work * chosen).sum(axis=(0, 2))[usable] / n[usable]
        for chosen, n in zip((one, more), seconds, strict=True)
    ]
    if not usable.any():
        return float("nan"), float("nan")
    few, crowd = (float(np.average(mean, weights=seconds[1][usable])) for mean in means)
    return few, crowd


def dispersion(calls: Calls, opened: Mask) -> float:
    """Return the median over open hours of variance / mean of the ten weekdays' counts."""
    counts = hourly_counts(calls)[list(LIKE_DAYS)][:, opened[0]]
    means = counts.mean(axis=0)
    ratios = counts.var(axis=0, ddof=1)[means > 0] / means[means > 0]
    return float(np.median(ratios)) if ratios.size else float("nan")


def _share(part: Mask, whole: Mask) -> float:
    n = int(whole.sum())
    return float((part & whole).sum()) / n if n else float("nan")
