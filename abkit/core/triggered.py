"""What a triggered comparison found: only contacts that the text check would change can differ."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from abkit.core.arms import Effect, Proportion
from abkit.core.check import Check
from abkit.core.metrics import Direction
from abkit.core.results import Rendered
from abkit.core.store import finite
from abkit.core.table3 import UseCaseRows, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerCount:
    """Customers with a triggering contact, among all of their arm."""

    use_case: str | None  # of the first triggering contact; None: any
    control: Proportion
    treatment: Proportion
    p_value: float | None  # of equal shares; None: nobody triggers

    def to_dict(self) -> dict[str, Any]:
        """Return both shares and the test."""
        return {
            "use_case": self.use_case,
            "control": self.control.to_dict(),
            "treatment": self.treatment.to_dict(),
            "p_value": self.p_value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainEffect:
    """The same row of Table 3: what the plain analysis says, and the gain over it."""

    difference: Effect
    p_value: float | None
    standard_error: float | None  # of the difference, linearised over customers
    gain: float | None  # its variance over the diluted one's: times as many customers

    def to_dict(self) -> dict[str, Any]:
        """Return the row and the gain."""
        return {
            "difference": self.difference.to_dict(),
            "p_value": self.p_value,
            "standard_error": self.standard_error,
            "gain": self.gain,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DilutedRow:
    """One metric in one use-case over all contacts, the untriggered part shared by the arms."""

    use_case: str
    metric: str
    better: Direction
    control: float | None  # rates
    treatment: float | None
    difference: Effect
    relative: Effect
    p_value: float | None  # None: nothing to test, or too few for a normal law
    p_value_adjusted: float | None  # Holm over the diluted rows
    standard_error: float | None
    df: float | None  # of Student's t
    plain: PlainEffect
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the row, unrounded."""
        names = ("control", "treatment", "p_value", "p_value_adjusted", "standard_error", "df")
        numbers: dict[str, Any] = finite({name: getattr(self, name) for name in names})
        return {
            "use_case": self.use_case,
            "metric": self.metric,
            "better": self.better,
            **numbers,
            "difference": self.difference.to_dict(),
            "relative": self.relative.to_dict(),
            "plain": self.plain.to_dict(),
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredTable:
    """One treatment against control."""

    control: str  # the arms' names
    treatment: str
    confidence_level: float
    family: int  # rows that Holm's adjustment is over, in each of the three parts
    units: str
    triggers: tuple[TriggerCount, ...]
    diluted: tuple[DilutedRow, ...]
    triggered: tuple[UseCaseRows, ...]  # from a customer's first triggering contact on
    placebo: tuple[UseCaseRows, ...]  # before it
    checks: tuple[Check, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values: proportions, unrounded."""
        return {
            "arms": {"control": self.control, "treatment": self.treatment},
            "units": self.units,
            "confidence_level": self.confidence_level,
            "family": self.family,
            "checks": [check.to_dict() for check in self.checks],
            "triggers": [count.to_dict() for count in self.triggers],
            "diluted": [row.to_dict() for row in self.diluted],
            "triggered": [group.to_dict() for group in self.triggered],
            "placebo": [group.to_dict() for group in self.placebo],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredAnalysis(Rendered):
    """One data set, compared through its triggered part: a table for each treatment arm."""

    source: str
    rows: int | None
    notes: tuple[str, ...]
    cutoff: datetime | None
    trigger: str  # when a contact triggers, in words
    tables: tuple[TriggeredTable, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return every check once."""
        return tuple(dict.fromkeys(check for table in self.tables for check in table.checks))

    def records(self) -> list[dict[str, Any]]:
        """Return one diluted row per treatment, use-case and metric."""
        return [
            {"treatment_arm": table.treatment, **row.to_dict()}
            for table in self.tables
            for row in table.diluted
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return one table's facts, or `results` with several treatment arms."""
        facts = {
            "source": self.source,
            "rows": self.rows,
            "cutoff": None if self.cutoff is None else self.cutoff.isoformat(),
            "notes": list(self.notes),
            "trigger": self.trigger,
        }
        tables = [table.to_dict() for table in self.tables]
        return facts | (tables[0] if len(tables) == 1 else {"results": tables})


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """One metric in one use-case over simulated experiments of a known world."""

    use_case: str
    metric: str
    truth: float  # difference of the rates, in closed form
    plain_mean: float
    plain_spread: float  # standard deviation over the experiments
    diluted_mean: float
    diluted_spread: float
    diluted_error: float  # mean of the stated standard errors
    gain: float  # variance ratio of the two estimates
    gain_error: float  # its Monte-Carlo standard error
    stated_gain: float  # median of what each experiment states
    stated: int  # experiments with an interval
    held: int  # diluted intervals that hold the truth
    plain_held: int
    shown: int  # diluted p below 1 - level
    plain_shown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredStudy:
    """How triggered comparisons fare where the truth is known."""

    scenario: str
    agents: str  # unlimited, or the scenario's
    experiments: int
    weeks: int
    seed: int
    model: str
    threshold: float
    confidence_level: float
    triggered_share: float  # of customers
    rows: tuple[GainRow, ...]
    placebo_alarms: int  # experiments with a Holm-adjusted placebo p below 1 - level
    placebo_fails: int  # ... below the gate's .001
    trigger_alarms: int  # shares of triggering customers that differ, p below 1 - level

    def to_dict(self) -> dict[str, Any]:
        """Return the study as JSON-able values."""
        return asdict(self)
