"""Durations and agents from a control log: bot, service, patience, delay of repeats, heads.

What is not seen apart: when a contact that an agent served left the bot. Its bot and service
times are seen as one sum, so the law of the bot's part is taken from all other contacts.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy import optimize
from scipy.special import gamma, ndtri

from abkit.core.errors import DataError
from abkit.core.fitted_log import LogEstimate
from abkit.simulations.clock import HOUR, HOURS_PER_WEEK, SECOND, Floats
from abkit.simulations.fit_calls import (
    at_work_while_waiting,
    cut_log_normal,
    most_at_work,
    patience_hazard,
)
from abkit.simulations.fit_log_rates import Mask, Z, on_log
from abkit.simulations.fit_log_rows import ControlLog
from abkit.simulations.patience import Hazard, Weibull
from abkit.simulations.staffing import Agents

Found = dict[str, LogEstimate]
_MOST: Final = 20_000  # sums of bot and service that the likelihood reads, evenly taken
_PARTS: Final = 32  # points of the bot's law in that likelihood
ENOUGH_S: Final = 300.0  # with a queue, to tell the agents on duty by
_FEW: Final = 30  # of something, below which its law is not estimated
_WINDOW_H: Final = 24


def fit_bot(log: ControlLog) -> Found:
    """Return the bot's time: log-normal, of contacts that no agent served.

    An abandoned contact lasts bot and wait; the other ones without an agent, the bot alone.
    """
    lasted = (log.end - log.start) / SECOND - log.wait_s
    alone = lasted[~log.served]
    logs = np.log(alone[alone > 0])
    if logs.size < max(_FEW, alone.size / 2):
        return {}
    n, mu, sigma = logs.size, float(logs.mean()), float(logs.std(ddof=1))
    covariance = np.diag([sigma**2 / n, sigma**2 / (2 * n)])
    return _log_normal("bot", mu, sigma, covariance, f"{n:,} without an agent")


def _log_normal(key: str, mu: float, sigma: float, covariance: Floats, by: str) -> Found:
    """Return mean exp(mu + sigma^2 / 2) and variation sqrt(exp(sigma^2) - 1), errors linearised."""
    mean, cv = np.exp(mu + sigma**2 / 2), np.sqrt(np.expm1(sigma**2))
    of_mean = np.array([1.0, sigma])  # of the logarithms
    of_cv = np.array([0.0, sigma * np.exp(sigma**2) / cv**2 if cv else 0.0])
    return {
        f"{key}.{name}": on_log(float(value), float(np.sqrt(g @ covariance @ g)), by=by)
        for name, value, g in (("mean_s", mean, of_mean), ("cv", cv, of_cv))
    }


def fit_service(log: ControlLog, agents: Agents, bot: Found) -> Found:
    """Return an agent's time from sums of bot and service.

    The log-normal's density of a sum t is the mean over b of f(t - b), b 32 quantiles of the bot's
    law. An exponential's mean is that of the sums less the bot's.
    """
    sums = (log.end - log.start)[log.served] / SECOND - log.wait_s[log.served]
    if sums.size < _FEW:
        return {}
    by = f"{sums.size:,} bot + service"
    mean_bot = bot["bot.mean_s"].value if bot else 0.0
    of_bot = (bot["bot.mean_s"].standard_error or 0.0) if bot else 0.0
    mean = float(sums.mean()) - mean_bot
    if mean <= 0:
        raise DataError(f"bot and service together take no longer than the bot: {sums.mean():g} s")
    if agents.service.law == "exponential":
        error = np.hypot(sums.std(ddof=1) / np.sqrt(sums.size), of_bot) / mean
        return {"agents.service.mean_s": on_log(mean, float(error), by=by)}
    taken = sums[:: -(-sums.size // _MOST)]
    points = _bot_points(bot)

    def density(theta: Floats) -> Floats:
        mu, sigma = theta[0], np.exp(theta[1])
        logs = np.log(np.maximum(taken[:, None] - points, 1e-9))
        z = (logs - mu) / sigma
        each = np.where(taken[:, None] > points, np.exp(-0.5 * z**2 - logs) / sigma, 0.0)
        logs_of_means: Floats = np.log(np.maximum(each.mean(axis=1), 1e-300))
        return logs_of_means

    spread = np.log1p(np.var(taken) / mean**2)
    theta, covariance = _most_likely(density, np.array([np.log(mean) - spread / 2, 0.0]))
    sigma = float(np.exp(theta[1]))
    scale = np.diag([1.0, sigma])
    covariance = scale @ covariance @ scale
    covariance[0, 0] += (of_bot / mean) ** 2
    return _log_normal("agents.service", float(theta[0]), sigma, covariance, by)


def _bot_points(bot: Found) -> Floats:
    """Return quantiles of the bot's law, at the middles of equal shares."""
    if not bot:
        return np.zeros(1)
    variance = np.log1p(bot["bot.cv"].value ** 2)
    u = (np.arange(_PARTS) + 0.5) / _PARTS
    points: Floats = bot["bot.mean_s"].value * np.exp(np.sqrt(variance) * ndtri(u) - variance / 2)
    return points


def _most_likely(density: Callable[[Floats], Floats], start: Floats) -> tuple[Floats, Floats]:
    """Return the maximum of a sum of log densities, and its covariance.

    The inverse of the sum of outer products of the contacts' own slopes, by central differences.
    """

    def cost(theta: Floats) -> float:
        return -float(density(theta).mean())

    found = optimize.minimize(cost, start, method="BFGS")
    theta = np.asarray(found.x, dtype=float)
    steps = 1e-4 * np.eye(theta.size)
    slopes = np.array([(density(theta + h) - density(theta - h)) / 2e-4 for h in steps])
    return theta, np.linalg.inv(slopes @ slopes.T)


def fit_patience(log: ControlLog, agents: Agents) -> Found:
    """Return the patience of the base's law; an agent who comes censors it."""
    wait, left = log.wait_s[log.asked], ~log.served[log.asked]
    n = int(left.sum())
    if n < _FEW or not wait.any():  # waits that are all 0 tell of no patience
        return {}
    by, law = f"{n:,} of {wait.size:,} abandoned", agents.patience
    if isinstance(law, Hazard):
        fit = patience_hazard(wait, left, law.until_s)
        errors = 1 / np.sqrt(np.maximum(fit.abandoned, 1))
        return {
            f"agents.patience.per_s.{i}": on_log(float(rate), float(error), by=by)
            for i, (rate, error) in enumerate(zip(fit.per_s, errors, strict=True))
        }
    if isinstance(law, Weibull):
        return _weibull(wait, left, by)
    rate = patience_hazard(wait, left, ()).per_s[0]
    return {"agents.patience.mean_s": on_log(float(1 / rate), n**-0.5, by=by)}


def _weibull(wait: Floats, left: Mask, by: str) -> Found:
    """Return mean and shape of a Weibull law, censored."""
    waited = np.maximum(wait, 1e-6)

    def density(theta: Floats) -> Floats:
        scale, shape = np.exp(theta)
        ratio = waited / scale
        at_end = left * (np.log(shape / scale) + (shape - 1) * np.log(ratio))
        return np.asarray(at_end - ratio**shape)

    start = np.log([waited.sum() / left.sum(), 1.0])
    theta, covariance = _most_likely(density, start)

    def log_mean(theta: Floats) -> float:
        return float(theta[0] + np.log(gamma(1 + np.exp(-theta[1]))))

    steps = 1e-5 * np.eye(2)
    slope = np.array([(log_mean(theta + h) - log_mean(theta - h)) / 2e-5 for h in steps])
    return {
        "agents.patience.mean_s": on_log(
            float(np.exp(log_mean(theta))), float(np.sqrt(slope @ covariance @ slope)), by=by
        ),
        "agents.patience.shape": on_log(
            float(np.exp(theta[1])), float(np.sqrt(covariance[1, 1])), by=by
        ),
    }


def fit_delay(log: ControlLog) -> Found:
    """Return the delay of repeats, log-normal before the cut at 24 h."""
    hours = log.delay[log.repeated] / HOUR
    if hours.size < _FEW:
        return {}
    fit = cut_log_normal(hours, _WINDOW_H)
    by = f"{hours.size:,} repeats, cut at 24 h"
    return {
        "repeat_delay.median_h": on_log(fit.median, fit.log_median_error, by=by),
        "repeat_delay.sigma": LogEstimate(
            value=fit.sigma,
            standard_error=fit.sigma_error,
            lower=fit.sigma - Z * fit.sigma_error,
            upper=fit.sigma + Z * fit.sigma_error,
            by=by,
        ),
    }


def fit_heads(log: ControlLog, bot: Found) -> tuple[Floats, Floats] | None:
    """Return agents on duty by hour of the week, and seconds with a queue, shape (168,) each.

    Services going on while somebody waits; where that was less than five minutes, the most at
    once, a guess: idle agents are not seen, and those who leave finish their contact. NaN where
    the log holds no such hour. None: nobody ever waited.
    When a served contact left the bot is not seen: the bot's mean is taken. No standard errors:
    an agent who leaves finishes the contact at hand, which the next hour's count holds as well.
    """
    waited = log.wait_s > 0
    if not waited.any():
        return None
    mean_bot = bot["bot.mean_s"].value if bot else 0.0
    start, end = log.start / SECOND, log.end / SECOND
    left = log.asked & ~log.served
    joined = np.where(left, end - log.wait_s, np.minimum(start + mean_bot, end - log.wait_s))
    begin = (joined + log.wait_s)[log.served]
    spells = begin, end[log.served] - begin
    weeks = int(-(-end.max() // (HOURS_PER_WEEK * 3_600)))
    hours = weeks * HOURS_PER_WEEK
    mean, seconds = at_work_while_waiting(*spells, joined[waited], log.wait_s[waited], hours=hours)
    by_week = (weeks, HOURS_PER_WEEK)
    area = (np.nan_to_num(mean) * seconds).reshape(by_week).sum(axis=0)
    queued = np.where(np.isnan(mean), 0.0, seconds).reshape(by_week).sum(axis=0)
    most = most_at_work(*spells, hours=hours).reshape(by_week).max(axis=0)
    enough = queued >= ENOUGH_S
    heads = np.where(enough, np.divide(area, queued, out=np.zeros_like(area), where=enough), most)
    first, last = log.start.min() // HOUR, log.start.max() // HOUR
    inside = np.unique(np.arange(first, last + 1) % HOURS_PER_WEEK)
    heads[~np.isin(np.arange(HOURS_PER_WEEK), inside)] = np.nan
    return heads, queued
