"""Signs in one log that the arms share a queue: numbers by hour and arm in, tests out.

None of them proves interference, and their absence proves nothing: what each finds, and how often
it alarms for nothing, is measured in `docs/interference.md`.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats
from statsmodels.regression.linear_model import WLS

from abkit.analysis.block_comparison import Block, compare_blocks
from abkit.core.interference import Sign

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COUNTS: Final = ("contacts", "requests", "abandoned", "waited_us", "mature", "repeated")
HOURS_PER_DAY: Final = 24
RATES: Final = {"24RR": ("repeated", "mature"), "abandoned": ("abandoned", "contacts")}
_LEAST_DAYS: Final = 5
_POINTS_PER_MINUTE: Final = 60e6  # microseconds


def request_sign(hours: Counts, *, confidence_level: float) -> Sign:
    """Compare how many contacts ask for an agent, over days in which both arms were at work.

    With e_d = (y_d - p m_d) / n the linearised residual of an arm's day and D_d the difference of
    the arms' residuals, the variance is J / (J - 1) sum D_d^2 over J days; Student's t.

    Args:
        hours: Sums by hour from a midnight on, arm (control, treatment) and `COUNTS`.
        confidence_level: Of the interval.
    """
    days = _by_day(hours)
    y, m = days[..., COUNTS.index("requests")], days[..., COUNTS.index("contacts")]
    both = (m > 0).all(axis=1)
    if both.sum() < _LEAST_DAYS:
        return _not_run("requests", None, f"both arms on {both.sum()} days; needs {_LEAST_DAYS}")
    y, m = y[both].astype(float), m[both].astype(float)
    n, j = m.sum(axis=0), len(m)
    p = y.sum(axis=0) / n
    residual = (y - p * m) / n
    gap = residual[:, 1] - residual[:, 0]
    error = math.sqrt(j / (j - 1) * float(gap @ gap))
    return _told("requests", None, float(p[1] - p[0]), error, j - 1, confidence_level)


def queue_sign(hours: Counts, rate: str, *, confidence_level: float) -> Sign:
    """Regress control's outcome by hour on how long the others waited in that hour.

    Weighted least squares with effects of day and of hour of the day, errors clustered by day. The
    wait is that of the treatment arm's requests, so that no customer's own wait is on both sides.
    """
    requests = hours[:, 1, COUNTS.index("requests")]
    wait = hours[:, 1, COUNTS.index("waited_us")] / np.maximum(requests, 1) / _POINTS_PER_MINUTE
    if not wait.any():
        return _not_run("queue", rate, "nobody waited")
    return _slope("queue", rate, hours, wait, requests > 0, confidence_level)


def share_sign(hours: Counts, rate: str, *, confidence_level: float) -> Sign:
    """Regress control's outcome by hour on the hour's share of treatment; see `queue_sign`."""
    contacts = hours[..., COUNTS.index("contacts")]
    share = contacts[:, 1] / np.maximum(contacts.sum(axis=1), 1)
    return _slope("share", rate, hours, share, contacts[:, 0] > 0, confidence_level)


def before_sign(hours: Counts, first_day: int, rate: str, *, confidence_level: float) -> Sign:
    """Compare control's days from `first_day` on with those before it: days are the units."""
    days = _by_day(hours)[:, 0]
    parts = [_blocks(part, rate) for part in (days[:first_day], days[first_day:])]
    if min(sum(m > 0 for _, m in part) for part in parts) < _LEAST_DAYS:
        return _not_run("before", rate, f"needs {_LEAST_DAYS} days before and after")
    found = compare_blocks(*parts, confidence_level=confidence_level)
    return Sign(
        code="before",
        metric=rate,
        estimate=found.difference.estimate,
        ci_lower=found.difference.ci_lower,
        ci_upper=found.difference.ci_upper,
        p_value=found.p_value,
    )


def _blocks(days: Counts, rate: str) -> list[Block]:
    of, per = (days[:, COUNTS.index(name)] for name in RATES[rate])
    return [(int(y), int(m)) for y, m in zip(of, per, strict=True)]


def _by_day(hours: Counts) -> Counts:
    """Return the sums of whole and begun days."""
    n = -(-len(hours) // HOURS_PER_DAY)
    padded = np.zeros((n * HOURS_PER_DAY, *hours.shape[1:]), dtype=np.int64)
    padded[: len(hours)] = hours
    days: Counts = padded.reshape(n, HOURS_PER_DAY, *hours.shape[1:]).sum(axis=1)
    return days


def _slope(
    code: str, rate: str, hours: Counts, x: Floats, known: npt.NDArray[np.bool_], level: float
) -> Sign:
    """Return what a rate of control changes by with 1 more of `x`."""
    of, per = (hours[:, 0, COUNTS.index(name)] for name in RATES[rate])
    used = known & (per > 0)
    hour = np.flatnonzero(used)
    day, clock = hour // HOURS_PER_DAY, hour % HOURS_PER_DAY
    n_days = len(np.unique(day))
    if n_days < _LEAST_DAYS:
        days = "1 day" if n_days == 1 else f"{n_days} days"
        return _not_run(code, rate, f"{days} with both arms; needs {_LEAST_DAYS}")
    if np.ptp(x[used]) == 0:
        return _not_run(code, rate, "it is the same in every hour")
    effects = [_dummies(day), _dummies(clock)[:, 1:]]
    design = np.column_stack([x[used], *effects])
    weights = per[used].astype(float)
    fitted = WLS(of[used] / weights, design, weights=weights).fit(
        cov_type="cluster", cov_kwds={"groups": day}, use_t=True
    )
    return _told(code, rate, float(fitted.params[0]), float(fitted.bse[0]), n_days - 1, level)


def _dummies(values: Sequence[int] | Counts) -> Floats:
    names, place = np.unique(values, return_inverse=True)
    dummies: Floats = np.eye(len(names))[place]
    return dummies


def _told(
    code: str, metric: str | None, estimate: float, error: float, df: int, level: float
) -> Sign:
    half = float(stats.t.isf((1 - level) / 2, df)) * error
    p = 2 * float(stats.t.sf(abs(estimate) / error, df)) if error else 1.0
    return Sign(
        code=code, metric=metric, estimate=estimate, ci_lower=estimate - half,
        ci_upper=estimate + half, p_value=p,
    )  # fmt: skip


def _not_run(code: str, metric: str | None, why: str) -> Sign:
    return Sign(code=code, metric=metric, why_not=why)
