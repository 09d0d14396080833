"""What PRR could be over all offers, had the customers who did not answer answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One arm's counts, 0 <= positive <= responses <= offers."""

    positive: int
    responses: int
    offers: int


Bounds = tuple[float, float]


def worst_case(control: Answers, treatment: Answers) -> Bounds | None:
    """Return the least and greatest difference of positive rates over all offers.

    A rate is least, positive / offers, if all silent customers are negative, and greatest,
    (positive + silent) / offers, if all are positive. The difference is least with the least rate
    of treatment and the greatest of control, and the reverse. Nothing is assumed about who
    answers. Sampling error is not in these bounds. None where an arm has no offers.

    References:
        Manski (1990), American Economic Review 80(2), 319-323;
        Horowitz and Manski (2000), JASA 95, 77-84.
    """
    zero, one = _bounds(control), _bounds(treatment)
    return (one[0] - zero[1], one[1] - zero[0]) if zero and one else None


def _bounds(arm: Answers) -> Bounds | None:
    """Return the bounds of one arm's rate."""
    if not arm.offers:
        return None
    silent = arm.offers - arm.responses
    return arm.positive / arm.offers, (arm.positive + silent) / arm.offers
