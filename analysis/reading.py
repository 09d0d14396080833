"""An experiment, read: what Table 3 and its gate look at, from rows or from counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from abkit.analysis.brought import Brought
from abkit.analysis.comparison import ArmPair
from abkit.analysis.crossings import Crossings
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.means import MeanMoments, MeanPair
from abkit.analysis.unit_sums import NO_MEAN, NO_RATE, ArmSums
from abkit.core.metrics import Metric

NO_SUMS = ArmSums()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How many rows or units something was found in, with some of their names."""

    count: int
    of: int
    examples: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Return count / of, 0 of nothing."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContacts:
    """Distinct units at their first contact, or wherever they were seen where time is unknown."""

    by_use_case: Mapping[tuple[str, str], int]  # (use-case, arm)
    by_arm: Mapping[str, int]
    by_day: Mapping[str, Mapping[str, int]] | None  # ISO date (UTC) -> arm; None without times
    in_two_arms: Found
    in_several_cells: int  # units in more than one use-case or arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What is wrong with rows; None where it could not be looked for."""

    duplicates: Found | None
    without_contact: Found | None  # rows without the identifier of a contact
    reversed: Found | None  # ended before they started
    without_end: Found | None
    without_arm: Found
    without_unit: Found | None
    invalid: Mapping[str, Found] = field(default_factory=dict)  # by metric
    missing: Mapping[str, Found] = field(default_factory=dict)
    shifted_times: Mapping[str, Found] = field(default_factory=dict)  # by role: clock changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The integers of a data set, over units."""

    source: str
    origin: Literal["log", "file", "counts"]  # a contact log, any A/B file, counts alone
    rows: int | None
    metrics: tuple[Metric, ...]
    arms: tuple[str, ...]  # of the data, sorted
    unit_name: str  # what was randomised: customers, units, rows, trials
    unit_column: str | None  # of the units of a file that is no contact log
    notes: tuple[str, ...]
    cutoff: datetime | None  # of the 24 h windows
    first: FirstContacts | None  # None where there are no units
    problems: Problems | None  # None for counts
    sums: Mapping[tuple[str, str], ArmSums]  # (use-case, arm)
    segments: Mapping[str, Mapping[tuple[str, str], ArmSums]]
    crossings: Crossings = field(default_factory=dict)  # of units in several use-cases
    placeholder_units: Found | None = None  # rows of units called NA or the like
    brought: Brought | None = None  # what first contacts were about, where the log says
    last_week: Found | None = None  # starts in the week before the last one, where that counts

    def use_cases(self, arms: Sequence[str]) -> list[str]:
        """Return the use-cases in which at least one of `arms` has counted rows."""
        return sorted({case for case, arm in self.sums if arm in arms})

    def arm(self, use_case: str, arm: str, segment: str | None = None) -> ArmSums:
        """Return one arm's sums in one use-case, of one segment."""
        sums = self.sums if segment is None else self.segments[segment]
        return sums.get((use_case, arm), NO_SUMS)

    def rates(
        self, metric: str, use_case: str, arms: tuple[str, str], segment: str | None = None
    ) -> ArmPair:
        """Return a rate's sums in control and treatment, empty ones where there is nothing."""
        found = [self.arm(use_case, arm, segment).moments.get(metric) for arm in arms]
        return ArmPair(*(of if isinstance(of, CustomerMoments) else NO_RATE for of in found))

    def means(
        self, metric: str, use_case: str, arms: tuple[str, str], segment: str | None = None
    ) -> MeanPair:
        """Return a mean's sums in control and treatment, empty ones where there is nothing."""
        found = [self.arm(use_case, arm, segment).moments.get(metric) for arm in arms]
        return MeanPair(*(of if isinstance(of, MeanMoments) else NO_MEAN for of in found))

    def knows(self, metric: str) -> bool:
        """Return whether anything is known of a metric."""
        return any(metric in sums.moments for sums in self.sums.values())
