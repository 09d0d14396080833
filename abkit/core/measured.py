"""A metric over several seeds with its intervals, and what a paired difference shows."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Side = Literal["lower", "higher", "tie", "undecided"]
Verdict = Literal["better", "worse", "tie", "undecided"]

MARGIN: Final = 0.02  # a smaller difference makes none in practice: two points, .02 nats
LOWER_IS_BETTER: Final = frozenset({"nll", "ece", "mce", "distance"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its bootstrap percentile interval."""

    estimate: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of one model: every seed, and the mean over seeds.

    The interval of the mean resamples every seed's golden texts: it says how far another golden
    set would move the figure, not how far another training would. The seeds' range says that.
    """

    by_seed: tuple[Interval, ...]
    mean: Interval

    @property
    def lowest(self) -> float:
        """Return the lowest seed's estimate."""
        return min(one.estimate for one in self.by_seed)

    @property
    def highest(self) -> float:
        """Return the highest seed's estimate."""
        return max(one.estimate for one in self.by_seed)

    @property
    def side(self) -> Side:
        """Return what is known of a paired difference.

        `tie`: the mean's interval and every seed's estimate lie within the margin, on whatever
        side of 0. Else `lower` or `higher`: the mean's interval excludes 0 and every seed's
        estimate lies on that side. `undecided`: neither; more seeds or golden texts may tell.
        """
        low, high = self.mean.ci_lower, self.mean.ci_upper
        if max(abs(low), abs(high), abs(self.lowest), abs(self.highest)) <= MARGIN:
            return "tie"
        if max(high, self.highest) < 0:
            return "lower"
        return "higher" if min(low, self.lowest) > 0 else "undecided"

    def verdict(self, metric: str) -> Verdict:
        """Return `side` in words of that metric."""
        if self.side in ("tie", "undecided"):
            return self.side
        return "better" if (self.side == "lower") == (metric in LOWER_IS_BETTER) else "worse"

    def to_dict(self) -> dict[str, Any]:
        """Return every interval, unrounded."""
        return {
            "mean": asdict(self.mean),
            "by_seed": [asdict(one) for one in self.by_seed],
            "lowest": self.lowest,
            "highest": self.highest,
        }
