"""What `abkit fit-scenario --log` found: what a control log shows, and what it cannot show.

Facts only: shares are proportions, durations seconds unless a name says otherwise (`_h` hours).
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from abkit.core.results import Rendered

Kept = Literal["log", "bound", "prior"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEstimate:
    """One number estimated from a log, with its 95 % interval."""

    value: float
    standard_error: float | None  # None: none is claimed
    lower: float | None
    upper: float | None
    by: str  # what identifies it, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class LogParameter:
    """One parameter of the scenario: the base's value, what the log says, what was taken.

    `log`: the log's. `bound`: moved so that a wrong resolution does not help. `prior`: the base's,
    as the log says nothing, or less than the prior does.
    """

    name: str  # its key in the scenario file, dotted
    base: float | None  # None: the base has no such number
    fitted: float
    estimate: LogEstimate | None
    kept: Kept
    moved: float | None  # in prior standard deviations of its logit; shares taken from the log only


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTextCheck:
    """What the text check would do in one use-case where the menu did not say LABEL 0."""

    use_case: str
    recall: LogEstimate | None  # P(flagged | true LABEL 0, menu other, text)
    false_flags: LogEstimate | None  # P(flagged | true other, menu other, text)
    labels: tuple[int, int]  # first contacts labelled: LABEL 0, other


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedToLog(Rendered):
    """A scenario fitted to a control log."""

    scenario: str
    out: Path
    base: str
    log: str
    labels: str  # the file of golden labels
    contacts: int
    issues: int
    days: int  # whole days that arrivals were counted on
    threshold: float | None
    threshold_origin: str
    prior_sd: float  # of the logit of a share
    parameters: tuple[LogParameter, ...]
    text_check: tuple[LogTextCheck, ...]
    held: tuple[tuple[str, str], ...]  # what no control log shows: key, why
    notes: tuple[str, ...]
    next_command: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Minus twice the log prior of the shares taken from the log, 0 at the base."""
        return sum(p.moved**2 for p in self.parameters if p.moved is not None)

    def records(self) -> list[dict[str, Any]]:
        """Return one row per parameter."""
        return [asdict(parameter) for parameter in self.parameters]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {
            "out": str(self.out),
            "cost": self.cost,
            "parameters": self.records(),
            "text_check": [asdict(check) for check in self.text_check],
            "held": dict(self.held),
            "notes": list(self.notes),
            "next_command": list(self.next_command),
        }
