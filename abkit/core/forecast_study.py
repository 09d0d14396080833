"""How forecasts fared on simulated companies: facts of the study.

Differences are treatment minus control, proportions.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from abkit.core.results import Rendered

LEVELS: Final = (0.5, 0.8, 0.9, 0.95)
LEVEL: Final = 0.9  # that widths and the test's own intervals are at
# What is true: of agents unlimited; of a test whose arms share the company's agents; of everybody
# treated against nobody, with the company's agents.
Truth = Literal["unlimited", "test", "launch"]
Bounds = tuple[tuple[float, float], ...]  # lower and upper, in the order of LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedRow:
    """One forecast difference of one company, what was true, and what a test then showed."""

    company: int
    kind: Truth
    use_case: str
    metric: str
    has_entry: bool  # for LABEL 0 in the menu
    median: float
    effect: Bounds
    estimate: Bounds  # of the planned test
    truth: float
    truth_error: float  # Monte-Carlo, 0 in closed form
    found: float | None  # the test's estimate; None: undefined
    found_lower: float  # its own interval at LEVEL
    found_upper: float

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> "GradedRow":
        """Return what `asdict` made, by way of JSON."""
        pairs = {
            name: tuple((float(low), float(high)) for low, high in facts[name])
            for name in ("effect", "estimate")
        }
        return cls(**facts | pairs)

    @property
    def width(self) -> float:
        """Of the forecast interval of the true effect."""
        lower, upper = self.effect[LEVELS.index(LEVEL)]
        return upper - lower

    @property
    def found_width(self) -> float:
        """Of the test's own interval."""
        return self.found_upper - self.found_lower

    @property
    def sure(self) -> bool:
        """Return whether the forecast interval leaves out no effect."""
        lower, upper = self.effect[LEVELS.index(LEVEL)]
        return lower > 0 or upper < 0

    @property
    def sign_right(self) -> bool:
        """Return whether the median has the truth's sign."""
        return (self.median > 0) == (self.truth > 0)

    def holds_truth(self, level: float) -> bool:
        """Return whether the interval of the true effect holds the truth."""
        lower, upper = self.effect[LEVELS.index(level)]
        return lower <= self.truth <= upper

    def holds_found(self, level: float) -> bool:
        """Return whether the interval of the test's estimate holds it."""
        lower, upper = self.estimate[LEVELS.index(level)]
        return self.found is not None and lower <= self.found <= upper


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShare:
    """So many of n."""

    held: int
    n: int

    @property
    def share(self) -> float:
        """Return held / n, NaN of none."""
        return self.held / self.n if self.n else math.nan

    @property
    def error(self) -> float:
        """Return the binomial standard error, NaN of none."""
        return math.sqrt(self.share * (1 - self.share) / self.n) if self.n else math.nan


def share_of_rows(rows: Iterable[GradedRow], holds: Callable[[GradedRow], bool]) -> HeldShare:
    """Return how many rows have a property."""
    found = [holds(row) for row in rows]
    return HeldShare(held=sum(found), n=len(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRange:
    """What a company's number is drawn from, and where the priors are centred."""

    name: str
    low: float
    high: float
    centres: tuple[float, ...]  # of the base's use-cases; none: no such number there


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastStudy(Rendered):
    """Forecasts graded on companies that no fit has seen."""

    companies: int
    seed: int
    labels: int  # golden, per company
    weeks: int  # of the control log, and of the test
    truth_weeks: int  # of the worlds behind a simulated truth
    draws: int
    base: str  # centre of the priors, whose default model scores
    model: str
    threshold: float
    contacts: tuple[int, int]  # fewest and most in a control log
    left_out: int  # use-cases without a forecast: too few labels, or refused
    ranges: tuple[DrawnRange, ...]
    no_entry: float  # share of use-cases whose menu has no entry for LABEL 0
    rows: tuple[GradedRow, ...]

    def of(
        self, kind: Truth, metric: str | None = None, *, has_entry: bool | None = None
    ) -> list[GradedRow]:
        """Return the rows of one kind of truth, metric and menu; None: any."""
        return [
            row
            for row in self.rows
            if row.kind == kind
            and metric in (None, row.metric)
            and has_entry in (None, row.has_entry)
        ]

    @property
    def metrics(self) -> tuple[str, ...]:
        """Return the metrics in their order."""
        return tuple(dict.fromkeys(row.metric for row in self.rows))

    def records(self) -> list[dict[str, Any]]:
        """Return one row per company, kind of truth, use-case and metric."""
        return [asdict(row) for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return facts | {
            "levels": list(LEVELS),
            "ranges": [asdict(one) for one in self.ranges],
            "rows": self.records(),
        }
