"""Did the arms get the customers they were meant to get?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scipy import special

from abkit.core.errors import ConfigError

ALARM: Final = 0.001  # customary: an alarm stops the reading of the experiment
LEAST_EXPECTED: Final = 5  # customers per arm, for the chi-square approximation


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRatio:
    """Pearson's chi-square of the customers per arm; p None where too few for the approximation."""

    statistic: float
    df: int
    p_value: float | None
    leaked: int  # customers in arms that were meant to get none


def sample_ratio_test(observed: Mapping[str, int], allocation: Mapping[str, float]) -> SampleRatio:
    """Test the numbers of distinct customers against the allocation, over any number of arms.

    Arms without weight take no degree of freedom; a customer in one of them is a leak, and makes
    the p-value 0. (Counted as cells they would raise the degrees of freedom and hide imbalance.)

    Args:
        observed: Distinct customers per arm.
        allocation: Weight per arm, >= 0, not normalised; an arm that is absent has weight 0.

    Raises:
        ConfigError: A weight is negative or not finite, or all are 0.

    References:
        Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch, KDD.
    """
    for arm, weight in allocation.items():
        if not 0 <= weight < float("inf"):
            raise ConfigError(f"`allocation` gives `{arm}` the weight {weight}; expected >= 0")
    weights = {arm: float(weight) for arm, weight in sorted(allocation.items()) if weight > 0}
    if not weights:
        raise ConfigError("`allocation` gives no arm a positive weight", hint="try 1:1")
    leaked = sum(count for arm, count in observed.items() if arm not in weights)
    total, whole = sum(observed.get(arm, 0) for arm in weights), sum(weights.values())
    expected = {arm: total * weight / whole for arm, weight in weights.items()}
    statistic = sum(
        (observed.get(arm, 0) - mean) ** 2 / mean for arm, mean in expected.items() if mean > 0
    )
    df = len(weights) - 1
    enough = df > 0 and min(expected.values()) >= LEAST_EXPECTED
    p_value = float(special.chdtrc(df, statistic)) if enough else None
    return SampleRatio(
        statistic=statistic, df=df, p_value=0.0 if leaked else p_value, leaked=leaked
    )
