"""Units that come to several use-cases: how much their outcomes there move together.

Pooling adds up the use-cases' variances, which is right only where nobody is in two of them. With
residuals e_c = y_c - p_c m_c of one unit in use-case c, what is missing is twice the sum over pairs
a < b of w_a w_b times the sum over units of e_a e_b; w is the weight of a rate over its trials.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from abkit.analysis.contact_rows import Contacts
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.exact_sums import exact_sum_sql, scale_for, unscaled
from abkit.analysis.means import MeanMoments
from abkit.core.metrics import REPEAT_RATE

Pair = tuple[str, str]  # two use-cases, in alphabetical order
Moments = CustomerMoments | MeanMoments


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """Sums over the units of one arm that are in both use-cases of a pair; y of m, as elsewhere."""

    yy: float
    ym: float
    my: float
    mm: float

    def covariance(self, first: float, second: float) -> float:
        """Return the sum of the products of residuals, given both rates or means."""
        return self.yy - second * self.ym - first * self.my + first * second * self.mm


Crossings = Mapping[tuple[str, str], Mapping[Pair, Products]]  # by metric and arm
NONE: Final[Crossings] = {}


def crossings(contacts: Contacts) -> Crossings:
    """Return the products of every metric, arm and pair; `unit_sums` left the table `units`.

    Empty where no unit has counted contacts in two use-cases of one arm.
    """
    contacts.source.rows("""
        CREATE TEMP TABLE crossing AS
        SELECT * FROM units JOIN cells USING (cell)
        WHERE contacts > 0 QUALIFY count(*) OVER (PARTITION BY unit, arm) > 1
    """)
    found: dict[tuple[str, str], dict[Pair, Products]] = {}
    rates = contacts.rates | ({REPEAT_RATE.name: "r"} if contacts.has_windows else {})
    columns = {metric: (f"y_{v}::DOUBLE", f"m_{v}::DOUBLE") for metric, v in rates.items()}
    columns |= {metric: (f"s_{x}", f"n_{x}::DOUBLE") for metric, x in contacts.means.items()}
    for metric, (y, m) in columns.items():
        for arm, pair, products in _products(contacts, y, m):
            found.setdefault((metric, arm), {})[pair] = products
    return found


def _products(contacts: Contacts, y: str, m: str) -> list[tuple[str, Pair, Products]]:
    """Return the sums of the products of two columns over the units of each arm and pair."""
    parts = {"yy": ("a.y", "b.y"), "ym": ("a.y", "b.m"), "my": ("a.m", "b.y"), "mm": ("a.m", "b.m")}
    products = ", ".join(f"{one} * {other} AS {name}" for name, (one, other) in parts.items())
    own = f"(SELECT unit, arm, use_case, coalesce({y}, 0) AS y, {m} AS m FROM crossing)"
    rows = (
        f"SELECT arm, a.use_case AS one, b.use_case AS other, {products} "
        f"FROM {own} a JOIN {own} b USING (unit, arm) WHERE a.use_case < b.use_case"
    )
    largest = ", ".join(f"max(abs({name})) AS {name}" for name in parts)
    (most,) = contacts.source.rows(f"SELECT count(*) AS n, {largest} FROM ({rows})")
    if not most["n"]:
        return []
    k = {name: scale_for(most[name], most["n"]) for name in parts}
    sums = ", ".join(f"{exact_sum_sql(name, k[name])} AS {name}" for name in parts)
    return [
        (
            row["arm"],
            (row["one"], row["other"]),
            Products(**{name: unscaled(row[name], k[name]) for name in parts}),
        )
        for row in contacts.source.rows(
            f"SELECT arm, one, other, {sums} FROM ({rows}) GROUP BY ALL ORDER BY ALL"
        )
    ]


def variance_inflation(
    arms: Mapping[str, Moments], weights: Mapping[str, float], products: Mapping[Pair, Products]
) -> float:
    """Return the variance of a weighted sum of rates over that of independent use-cases.

    Args:
        arms: One arm's moments by use-case.
        weights: Of each use-case's rate, proportional to what pooling gives it.
        products: Of the arm's units in two use-cases.

    Returns:
        At least 1, as a design effect; 1 where nothing varies.
    """
    share = {case: weights[case] / arm.trials for case, arm in arms.items() if arm.trials}
    alone = sum(share[case] ** 2 * _residual_squares(arms[case]) for case in share)
    if not alone > 0:
        return 1.0
    together = sum(
        share[one] * share[other] * of.covariance(_rate(arms[one]), _rate(arms[other]))
        for (one, other), of in products.items()
        if one in share and other in share
    )
    return max(1.0, 1 + 2 * together / alone)


def _rate(arm: Moments) -> float:
    return arm.mean if isinstance(arm, MeanMoments) else arm.successes / arm.trials


def _residual_squares(arm: Moments) -> float:
    if isinstance(arm, MeanMoments):
        return arm.residual_squares
    return arm.residual_squares / arm.trials**2
