"""First contacts against the Poisson process that the scenario states."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from abkit.core.world_checks import IdentityCheck, TheoryCheck
from abkit.pipeline.validate_z import Against
from abkit.simulations.arrivals import first_contacts
from abkit.simulations.clock import DAY, HOUR, Floats, Microseconds
from abkit.simulations.retraced import times
from abkit.simulations.scenario import Arrivals

GROUP: Final = "arrivals"
FACTOR: Final = 0.1  # coefficient of variation of the day factor, where there is one
FACTOR_DAYS: Final = 15
FACTOR_PER_WEEK: Final = 70_000.0

_CLOSED: Final = "nobody comes in a closed hour"


def arrived(log: pa.Table) -> Microseconds:
    """Return the times of the first contacts in a log, in order."""
    return times(log.filter(pc.equal(log["attempt"], 1)), "started_at")


def check_poisson(
    law: Arrivals, arrivals: list[Microseconds], *, days: int, subject: str
) -> tuple[list[TheoryCheck], IdentityCheck]:
    """Compare independent runs of first contacts with the stated rate, hour by hour.

    Given the rate, counts of hours are independent Poisson numbers and times within an hour are
    uniform; integrated rates between neighbours are standard exponential, without memory.

    Args:
        law: Volume and profile, without a day factor.
        arrivals: Times of each run, in order.
        days: Days of each run.
        subject: What the world is called.
    """
    against = Against(group=GROUP, subject=subject)
    hours = np.arange(24 * days)
    mean = law.hourly_means()[hours % 168]
    counts = np.array([np.bincount(run // HOUR, minlength=hours.size) for run in arrivals])
    is_open = mean > 0
    jump = int(np.argmax(np.diff(law.hourly_means(), prepend=np.inf)))  # the steepest rise
    closed = counts[:, ~is_open]
    within = np.concatenate([(run % HOUR + 0.5) / HOUR for run in arrivals])
    checks = [
        _by_hour_of_week(against, counts, mean),
        _dispersion(against, counts[:, is_open], mean[is_open]),
        _after_jump(against, counts[:, hours % 168 == jump], mean[jump]),
        against.distribution("times within the hour uniform, D", within),
        *_gaps(against, law, arrivals, days),
    ]
    return checks, IdentityCheck(
        subject=subject, statement=_CLOSED, compared=closed.size, differences=int(closed.sum())
    )


def check_day_factor(law: Arrivals, *, replications: int, seed: int) -> TheoryCheck:
    """Compare E (N / m - 1)^2 of daily counts with cv^2 + 1 / m, which is Poisson's alone.

    Args:
        law: Any; its volume and factor are replaced.
        replications: Runs of `FACTOR_DAYS` days.
        seed: Of the draws.
    """
    law = law.model_copy(
        update={"first_contacts_per_week": FACTOR_PER_WEEK, "day_factor_cv": FACTOR}
    )
    mean = np.resize(law.hourly_means().reshape(7, 24).sum(axis=1), FACTOR_DAYS)
    is_open = mean > 0
    spreads = []
    for replication in range(replications):
        run = first_contacts(law, days=FACTOR_DAYS, seed=seed, replication=replication)
        counts = np.bincount(run // DAY, minlength=FACTOR_DAYS)[is_open]
        spreads.append(((counts / mean[is_open] - 1) ** 2).mean())
    theory = FACTOR**2 + float((1 / mean[is_open]).mean())
    against = Against(group=GROUP, subject=f"day factor's CV {FACTOR:g}")
    return against.replications("squared CV of daily counts", theory, np.array(spreads))


def _by_hour_of_week(against: Against, counts: Floats, mean: Floats) -> TheoryCheck:
    """Chi-square of the total in each open hour of the week."""
    hour = np.arange(mean.size) % 168
    total = np.bincount(hour, weights=counts.sum(axis=0), minlength=168)
    expected = np.bincount(hour, weights=mean * len(counts), minlength=168)
    is_open = expected > 0
    statistic = ((total - expected)[is_open] ** 2 / expected[is_open]).sum()
    return against.chi_square("counts by hour of week, \u03c7\u00b2", statistic, int(is_open.sum()))


def _dispersion(against: Against, counts: Floats, mean: Floats) -> TheoryCheck:
    """Mean of (N - m)^2 / m over hours: 1; the variance of one is 2 + 1 / m."""
    ratio = ((counts - mean) ** 2 / mean).mean()
    error = np.sqrt((2 + 1 / mean).mean() / counts.size)
    return against.known_error("variance / mean of an hour's count", 1.0, ratio, float(error))


def _after_jump(against: Against, counts: Floats, mean: float) -> TheoryCheck:
    """Mean count of the hour whose rate rises most: a Poisson mean."""
    error = np.sqrt(mean / counts.size)
    return against.known_error(
        "count in the hour after the jump", mean, float(counts.mean()), float(error)
    )


def _gaps(
    against: Against, law: Arrivals, arrivals: list[Microseconds], days: int
) -> list[TheoryCheck]:
    """Integrated rates between neighbours: exponential, and the next owes nothing to the last."""
    mean = law.hourly_means()[np.arange(24 * days) % 168]
    integrated = np.concatenate(([0.0], np.cumsum(mean)))
    gaps = [
        np.diff(np.interp(run / HOUR, np.arange(integrated.size), integrated), prepend=0.0)
        for run in arrivals
    ]
    products = np.concatenate([(gap[1:] - 1) * (gap[:-1] - 1) for gap in gaps])
    return [
        against.distribution("rescaled gaps exponential, D", -np.expm1(-np.concatenate(gaps))),
        against.known_error(
            "correlation of neighbouring gaps", 0.0, float(products.mean()),
            1 / float(np.sqrt(products.size)),
        ),
    ]  # fmt: skip
