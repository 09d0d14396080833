"""What a triggered comparison found: only contacts that the text check would change can differ."""

from dataclasses import dataclass
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
