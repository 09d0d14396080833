"""What PRR could be over all offers, had the customers who did not answer answered."""

Answers = tuple[int, int, int]  # positive <= responses <= offers
Bounds = tuple[float, float]


def worst_case_rate(answers: Answers) -> Bounds | None:
    """Return the least and greatest positive rate over all offers; None without offers.

    positive / offers, if all silent customers are negative; (positive + silent) / offers, if all
    are positive. Nothing is assumed about who answers. Sampling error is not in these bounds.

    References:
        Manski (1990), American Economic Review 80(2), 319-323.
    """
    positive, responses, offers = answers
    if not offers:
        return None
    return positive / offers, (positive + offers - responses) / offers


def worst_case_difference(control: Answers, treatment: Answers) -> Bounds | None:
    """Return the least and greatest treatment - control over all offers; None without offers.

    Least: all silent customers of treatment are negative and all of control positive; greatest:
    the reverse.

    References:
        Horowitz and Manski (2000), JASA 95, 77-84.
    """
    zero, one = worst_case_rate(control), worst_case_rate(treatment)
    return (one[0] - zero[1], one[1] - zero[0]) if zero and one else None
