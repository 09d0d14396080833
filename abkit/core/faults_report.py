"""How the gate does where faults were planted on purpose, and where there are none. Facts only."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from abkit.core.results import Rendered

_HARM: Final = 0.5  # of an estimate's standard deviation: a 95 % interval then holds 92 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of replications with Wilson's 95 % interval."""

    count: int
    of: int
    ci_lower: float
    ci_upper: float

    @property
    def share(self) -> float:
        """Return count / of."""
        return self.count / self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far a fault moves a metric's pooled delta from that of the same world without it."""

    metric: str
    mean: float
    error: float  # standard error of the mean over replications
    chance: float  # as far as chance alone moves the mean, but for one mean in 370: Student's t
    sound_sd: float  # standard deviation of the delta without the fault, over replications

    @property
    def large(self) -> bool:
        """Return whether the shift is no chance, and more than half a standard deviation."""
        return abs(self.mean) > max(_HARM * self.sound_sd, self.chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One fault at one strength."""

    fault: str
    strength: float  # the share that is struck
    words: str
    drift: bool  # the effect itself changes with the world: no fault of the estimate
    failed: Rate  # replications with a failed check, which withdraws verdicts
    noticed: Rate  # replications with a failed check or a warning
    codes: tuple[tuple[str, int], ...]  # checks that failed or warned, and in how many replications
    shifts: tuple[Shift, ...]

    @property
    def harmful(self) -> bool:
        """Return whether it biases some delta by more than half its standard deviation."""
        return not self.drift and any(shift.large for shift in self.shifts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsReport(Rendered):
    """The gate on healthy worlds, and on worlds with one fault each."""

    scenario: str
    weeks: int
    seed: int
    contacts: float  # mean over the healthy replications
    failed: Rate  # healthy replications with a failed check
    noticed: Rate
    codes: tuple[tuple[str, Rate], ...]  # alarms of each check on healthy worlds
    rows: tuple[FaultRow, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per fault and strength."""
        return [asdict(row) | {"harmful": row.harmful} for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able values: proportions, unrounded."""
        return {
            "scenario": self.scenario,
            "weeks": self.weeks,
            "seed": self.seed,
            "contacts": self.contacts,
            "healthy": {
                "failed": asdict(self.failed),
                "noticed": asdict(self.noticed),
                "codes": {code: asdict(rate) for code, rate in self.codes},
            },
            "faults": self.records(),
        }
