"""Estimates from the calls of a centre: arrivals, patience, repeats, agents.

What a log of calls shows is incomplete in known ways, and each estimate says how it meets that:
patience is censored by service, agents are seen only at work, repeats only where both calls were
identified.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize
from scipy.special import log_ndtr, ndtr

from abkit.core.errors import DataError
from abkit.simulations.clock import Floats

Mask = npt.NDArray[np.bool_]
HOUR_S: Final = 3_600
_ROUNDS: Final = 200  # of repeats of repeats: a rate of .9 to the 200th is nothing
_MIN_WAITING_S: Final = 60.0  # of one hour with somebody in the queue, to count who was at work


def day_factor_cv(totals: npt.ArrayLike) -> float:
    """Return the coefficient of variation of the day factor behind daily totals.

    With totals Poisson given factor x mean, Var = mean + mean^2 CV^2; the moment estimate is
    sqrt(max(0, (s^2 - m) / m^2)), s^2 with n - 1.

    Args:
        totals: Calls by day, of days with one mean, shape (n,), n >= 2.

    Raises:
        DataError: There are fewer than two days, or no call.
    """
    counts = np.asarray(totals, dtype=float)
    if counts.size < 2 or counts.sum() == 0:
        raise DataError(f"{counts.size} days with {counts.sum():g} calls; expected two and some")
    mean = counts.mean()
    return float(np.sqrt(max(0.0, counts.var(ddof=1) - mean)) / mean)


def usual_mean(counts: Floats, *, limit: float = 3.0) -> tuple[float, int]:
    """Return the mean without counts above `limit` medians, and how many were left out.

    Args:
        counts: Calls of one hour over comparable days, shape (n,).
        limit: How many medians are too many; of a median of 0 nothing is left out.
    """
    median = float(np.median(counts))
    kept = counts[counts <= limit * median] if median else counts
    return float(kept.mean()), counts.size - kept.size


@dataclass(frozen=True, slots=True)
class HazardFit:
    """A piecewise constant hazard of abandoning, and what it rests on; shape (k,) each."""

    per_s: Floats
    abandoned: npt.NDArray[np.int64]
    exposure_s: Floats

    def standard_errors(self) -> Floats:
        """Return hazard / sqrt(abandoned): the inverse of the observed information."""
        errors: Floats = self.per_s / np.sqrt(np.maximum(self.abandoned, 1))
        return errors


def patience_hazard(wait_s: Floats, abandoned: Mask, until_s: npt.ArrayLike) -> HazardFit:
    """Return the hazard of abandoning by time in the queue; service censors.

    In each piece abandonments / seconds waited there: the maximum likelihood of a piecewise
    constant hazard under independent censoring.

    Args:
        wait_s: Time in the queue of everybody who was queued, shape (n,), >= 0.
        abandoned: Whether it ended by abandoning, shape (n,).
        until_s: Ends of all pieces but the last, which is open; increasing.

    References:
        Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, 3.2.
    """
    starts = np.concatenate(([0.0], np.asarray(until_s, dtype=float)))
    ends = np.append(starts[1:], np.inf)
    exposure = np.array(
        [np.clip(wait_s, a, b).sum() - a * wait_s.size for a, b in zip(starts, ends, strict=True)]
    )
    # a wait that ends at a boundary ends in the piece before it, where its last second lies
    piece = np.maximum(np.searchsorted(starts, wait_s[abandoned], side="left") - 1, 0)
    counts = np.bincount(piece, minlength=starts.size)
    if (exposure <= 0).any():
        empty = int(np.flatnonzero(exposure <= 0)[0])
        raise DataError(f"nobody waited longer than {starts[empty]:g} s; expected fewer pieces")
    return HazardFit(counts / exposure, counts, exposure)


@dataclass(frozen=True, slots=True)
class CutLogNormal:
    """A log-normal before its cut, with standard errors."""

    median: float
    sigma: float
    log_median_error: float
    sigma_error: float


def cut_log_normal(values: Floats, cut: float) -> CutLogNormal:
    """Return the log-normal of which only values up to the cut are seen.

    Maximises sum log phi((log x - mu) / sigma) - log sigma - log Phi((log cut - mu) / sigma); the
    errors are from the inverse of the observed information, by central differences.

    Args:
        values: Shape (n,), in (0, cut].
        cut: Above it nothing is seen.

    Raises:
        DataError: There are fewer than ten values, or one outside (0, cut].
    """
    if values.size < 10 or not ((values > 0) & (values <= cut)).all():
        raise DataError(f"{values.size} values; expected ten or more, all in (0, {cut:g}]")
    logs, end = np.log(values), float(np.log(cut))

    def cost(parameters: Floats) -> float:
        mu, sigma = parameters
        seen = np.log(sigma) + log_ndtr((end - mu) / sigma)
        return float(0.5 * (((logs - mu) / sigma) ** 2).sum() + values.size * seen)

    start = np.array([logs.mean(), max(float(logs.std()), 0.05)])
    found = optimize.minimize(
        cost, start, method="Nelder-Mead", bounds=[(None, None), (1e-3, None)],
        options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 10_000, "maxfev": 10_000},
    )  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(_hessian(cost, found.x))))
    return CutLogNormal(float(np.exp(found.x[0])), float(found.x[1]), *map(float, errors))


def _hessian(cost: Callable[[Floats], float], at: Floats) -> Floats:
    """Return the second derivatives of a function of a few variables, by central differences."""
    steps = np.diag(1e-3 * np.maximum(np.abs(at), 0.1))
    second = np.empty((at.size, at.size))
    for i, one in enumerate(steps):
        for j, other in enumerate(steps):
            mixed = cost(at + one + other) - cost(at + one - other)
            mixed -= cost(at - one + other) - cost(at - one - other)
            second[i, j] = mixed / (4 * one[i] * other[j])
    return second


def at_work_while_waiting(
    service_start_s: Floats, service_s: Floats, queue_start_s: Floats, wait_s: Floats, *, hours: int
) -> tuple[Floats, Floats]:
    """Return by hour the mean number of services going on while somebody waits, and for how long.

    Agents idle while somebody waits are not offered to him, so services at such times count the
    agents that the queue can use; at other times they count the demand.

    Args:
        service_start_s: Begin of every service, seconds from the first hour's begin, shape (n,).
        service_s: How long it took, shape (n,).
        queue_start_s: When each waiting caller joined, shape (m,).
        wait_s: How long he waited, shape (m,).
        hours: How many hours there are.

    Returns:
        Means, NaN where somebody waited for less than a minute, and seconds with a queue, shape
        (hours,) each; both in whole seconds.
    """
    at_work = spells_going_on(service_start_s, service_s, hours * HOUR_S)
    queued = spells_going_on(queue_start_s, wait_s, hours * HOUR_S) > 0
    waiting = queued.reshape(hours, HOUR_S).sum(axis=1).astype(float)
    area = (at_work * queued).reshape(hours, HOUR_S).sum(axis=1)
    enough = waiting >= _MIN_WAITING_S
    mean = np.full(hours, np.nan)
    mean[enough] = area[enough] / waiting[enough]
    return mean, waiting


def most_at_work(service_start_s: Floats, service_s: Floats, *, hours: int) -> Floats:
    """Return the largest number of services going on at once, by hour, shape (hours,)."""
    going_on = spells_going_on(service_start_s, service_s, hours * HOUR_S)
    most: Floats = going_on.reshape(hours, HOUR_S).max(axis=1).astype(float)
    return most


def spells_going_on(start_s: Floats, duration_s: Floats, end: int) -> npt.NDArray[np.int64]:
    """Return how many spells go on in each second, shape (end,)."""
    steps = np.zeros(end + 1, dtype=np.int64)
    np.add.at(steps, np.clip(np.rint(start_s).astype(np.int64), 0, end), 1)
    np.add.at(steps, np.clip(np.rint(start_s + duration_s).astype(np.int64), 0, end), -1)
    going_on: npt.NDArray[np.int64] = np.cumsum(steps)[:-1]
    return going_on


def first_contacts(
    totals: Floats, repeat: Floats, *, median_h: float, sigma: float, cut_h: int = 24
) -> Floats:
    """Return expected first contacts by hour of the week that, with repeats, make the totals.

    Repeats of hour k = sum over lags l of totals[k - l] repeat[k - l] P(delay in hour l), the week
    a ring. Where nobody comes of himself (a total of 0), repeats come all the same, and have
    repeats in turn. Where the repeats alone exceed a total, no first contact is left.

    Args:
        totals: All contacts by hour, shape (168,); 0: closed.
        repeat: P(repeat within the cut) by the hour of the contact, shape (168,), below 1.
        median_h: Of the delay, log-normal before the cut.
        sigma: Of its logarithm.
        cut_h: The cut.
    """
    edges = np.arange(cut_h + 1, dtype=float)
    with np.errstate(divide="ignore"):
        below = ndtr((np.log(edges) - np.log(median_h)) / sigma)
    delay = np.diff(below) / below[-1]
    # a contact is spread over its hour: half of those due in lag l fall into the next hour
    lags = np.concatenate((delay, [0.0])) / 2 + np.concatenate(([0.0], delay)) / 2
    hours = np.arange(totals.size)
    moves = np.zeros((totals.size, totals.size))  # from hour (column) to hour (row)
    for lag, share in enumerate(lags):
        moves[(hours + lag) % totals.size, hours] += share
    first, everybody = totals, totals
    for _ in range(_ROUNDS):
        repeats = moves @ (everybody * repeat)
        first = np.maximum(totals - repeats, 0.0)
        everybody = first + repeats
    return first
