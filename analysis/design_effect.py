"""Customers who contact more than once: how much less than independent contacts they are worth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMoments:
    """Integer sums over one arm's customers i with m_i trials, y_i of them successes."""

    customers: int  # with m_i >= 1
    successes: int  # sum of y
    trials: int  # sum of m
    success_squares: int  # sum of y^2
    cross_products: int  # sum of y m
    trial_squares: int  # sum of m^2

    @property
    def repeating(self) -> bool:
        """Return whether any customer has more than one trial."""
        return self.trials > self.customers

    @property
    def residual_squares(self) -> int:
        """Return n^2 times the sum of (y_i - p m_i)^2, p = successes / n, n = trials; exact."""
        return (
            self.trials**2 * self.success_squares
            - 2 * self.successes * self.trials * self.cross_products
            + self.successes**2 * self.trial_squares
        )


def design_effect(moments: CustomerMoments) -> float | None:
    """Return the variance of the rate over customers, divided by the binomial variance.

    sum (y_i - p m_i)^2 / (n p (1 - p)): the linearised variance of the ratio of sums against
    p (1 - p) / n. It is 1 when nobody repeats, and doubles when every contact is doubled. Neither
    variance has a small-sample factor here: the score test brings its own, N / (N - 1).

    Returns:
        A number in [0, largest m_i]; None with fewer than two customers, or where the rate is 0
        or 1 and says nothing about correlation.

    References:
        Rao and Scott (1992), Biometrics 48, 577-585.
    """
    variation = moments.successes * (moments.trials - moments.successes)
    if moments.customers < 2 or variation == 0:
        return None
    return moments.residual_squares / (moments.trials * variation)


def arm_design_effects(control: CustomerMoments, treatment: CustomerMoments) -> tuple[float, float]:
    """Return what the counts of control and treatment are divided by, at least 1 each.

    An arm that says nothing about its own correlation borrows the other arm's; when neither does,
    each takes its worst case, sum m^2 / sum m: customers who always repeat their outcome.
    """
    own = [design_effect(arm) for arm in (control, treatment)]
    worst = [arm.trial_squares / arm.trials if arm.trials else 1.0 for arm in (control, treatment)]
    borrowed = [
        mine if mine is not None else (min(other, bound) if other is not None else bound)
        for mine, other, bound in zip(own, reversed(own), worst, strict=True)
    ]
    return max(1.0, borrowed[0]), max(1.0, borrowed[1])


def linearised_variance(moments: CustomerMoments) -> float | None:
    """Return the variance of successes / trials as a ratio of sums over customers.

    k / (k - 1) sum (y_i - p m_i)^2 / n^2 with k customers; None with fewer than two.

    References:
        Cochran (1977), Sampling Techniques, 3rd edition, section 6.3.
    """
    k = moments.customers
    if k < 2:
        return None
    return moments.residual_squares * k / ((k - 1) * moments.trials**4)


def intraclass_correlation(moments: CustomerMoments) -> float | None:
    """Return the correlation of two contacts of one customer, over all such pairs.

    The sum over customers and ordered pairs j != l of (y_ij - p)(y_il - p), divided by their number
    times p (1 - p): Fisher's pairwise estimator. It links to the design effect exactly:
    1 + (sum m^2 / sum m - 1) times it.

    Returns:
        A number in [-1, 1]; None when nobody repeats or the rate is 0 or 1.

    References:
        Karlin, Cameron and Williams (1981), PNAS 78, 2664-2668;
        Ridout, Demetrio and Firth (1999), Biometrics 55, 137-148.
    """
    effect = design_effect(moments)
    if effect is None or not moments.repeating:
        return None
    return (effect - 1) / (moments.trial_squares / moments.trials - 1)


def reference_df(*arms: CustomerMoments) -> float:
    """Return the degrees of freedom of the reference: customers - arms, infinite if nobody repeats.

    With repeating customers the variance is estimated from the customers' sums, one mean per arm,
    hence Student's t; without, it follows from the rates and the normal law holds.
    """
    if not any(arm.repeating for arm in arms):
        return float("inf")
    return float(max(1, sum(arm.customers for arm in arms) - len(arms)))
