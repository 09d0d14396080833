"""When first contacts arrive: a Poisson process with an hour-of-week profile and a day factor."""

import numpy as np

from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for, uniforms
from abkit.simulations.clock import HOUR, HOURS_PER_WEEK, Floats, Microseconds
from abkit.simulations.draws import Indices
from abkit.simulations.scenario import MAX_CUSTOMERS, Arrivals


def first_contacts(arrivals: Arrivals, *, days: int, seed: int, replication: int) -> Microseconds:
    """Return the time of each first contact, shape (n,); customer i arrives at element i.

    Counts per hour are Poisson given the rate; given its hour, a time is uniform in it, which is
    the order-statistics property of a Poisson process with a piecewise constant rate: exact, also
    where the rate jumps, and empty where it is 0. Customers are numbered hour by hour, and a
    longer run begins with the same customers as a shorter one.

    Args:
        arrivals: Volume, profile and day factor.
        days: Days from Monday on.
        seed: Root seed.
        replication: Which replication.

    Returns:
        Microseconds; hours in increasing order, times within an hour not sorted.

    Raises:
        ConfigError: More customers came than identifiers can tell apart.
    """
    counts = hourly_counts(arrivals, days=days, seed=seed, replication=replication)
    if (n := int(counts.sum())) > MAX_CUSTOMERS:
        raise ConfigError(f"{n} customers came in {days} days; expected at most {MAX_CUSTOMERS}")
    hour = np.repeat(np.arange(counts.size, dtype=np.int64), counts)
    within = uniforms(seed, replication, "arrival", 0, hour.size)
    return hour * HOUR + np.floor(within * HOUR).astype(np.int64)


def hourly_counts(arrivals: Arrivals, *, days: int, seed: int, replication: int) -> Indices:
    """Return the number of first contacts of every hour, shape (24 days,)."""
    factor = np.repeat(_day_factors(arrivals.day_factor_cv, days, seed, replication), 24)
    hours = np.arange(24 * days) % HOURS_PER_WEEK
    rng = rng_for(seed, "first contacts", replication)
    counts: Indices = rng.poisson(arrivals.hourly_means()[hours] * factor)
    return counts


def _day_factors(cv: float, days: int, seed: int, replication: int) -> Floats:
    """Return gamma factors with mean 1, shape (days,)."""
    if cv < 1e-6:  # its square's reciprocal may be infinite, and the factor is 1 to six digits
        return np.ones(days)
    return rng_for(seed, "day factor", replication).gamma(cv**-2, cv**2, size=days)
