"""What `abkit fit-scenario` found: the targets, how they are met, what moved and what is not known.

Facts only. Deltas are treatment minus control as proportions, or relative to control, as `reading`
says.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCell:
    """One delta between two simulated worlds on the same draws, all control and all treatment."""

    control: float
    treatment: float
    delta: float
    standard_error: float  # of the delta


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCell:
    """One target beside what the fitted scenario gives."""

    use_case: str
    metric: str
    asked: float  # the delta
    asked_control: float | None  # control's level, where it was a target
    control: float  # closed form, agents unlimited
    treatment: float
    delta: float
    simulated: SimulatedCell | None  # agents unlimited
    with_agents: SimulatedCell | None  # the scenario's own; None: not simulated, or unlimited too

    @property
    def z(self) -> float | None:
        """How many standard errors simulation and closed form are apart."""
        if self.simulated is None or not self.simulated.standard_error:
            return None
        return (self.simulated.delta - self.delta) / self.simulated.standard_error

    @property
    def by_the_queue(self) -> float | None:
        """What the queue adds to the delta, on the same draws."""
        if self.simulated is None or self.with_agents is None:
            return None
        return self.with_agents.delta - self.simulated.delta

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as JSON-able values."""
        return asdict(self) | {"z": self.z, "by_the_queue": self.by_the_queue}


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedParameter:
    """One parameter that could move; standard deviations are those of its logit."""

    use_case: str
    name: str
    base: float
    fitted: float
    prior_sd: float
    moved: float  # in prior standard deviations
    kept: float  # posterior / prior standard deviation, linearised; 1: nothing is learnt of it
    lower: float  # fitted value minus, plus one posterior standard deviation
    upper: float
    at_bound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedCase:
    """One use-case: its cost, what its targets can tell, and what the text check does in it."""

    use_case: str
    cost: float  # minus twice the log posterior, 0 at the base
    targets: int  # equations: deltas and levels
    rank: int  # combinations of parameters that they fix
    free: int  # parameters that could move
    held: tuple[str, ...]
    prevalence: float
    precision: float
    recall: float
    recall_mis_selected: float  # where the menu did not say LABEL 0
    incremental_precision: float  # of flags that change what the bot believes


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedScenario(Rendered):
    """A scenario fitted to a target table."""

    scenario: str  # its name
    out: Path
    base: str
    source: str  # of the targets
    reading: Literal["points", "relative"]
    contacts: Literal["first", "all"]
    model: str  # digest
    threshold: float
    threshold_origin: str
    weeks: int  # of each simulated world; 0: none was simulated
    seed: int
    left_alone: tuple[str, ...]  # use-cases without a target
    cells: tuple[FittedCell, ...]
    cases: tuple[FittedCase, ...]
    parameters: tuple[FittedParameter, ...]
    p_value: float | None  # that among so many cells one |z| is as large as the largest, by chance
    next_command: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Minus twice the log posterior, all use-cases together."""
        return sum(case.cost for case in self.cases)

    def records(self) -> list[dict[str, Any]]:
        """Return one row per target."""
        return [cell.to_dict() for cell in self.cells]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        return {
            "scenario": self.scenario,
            "out": str(self.out),
            "base": self.base,
            "targets": self.source,
            "reading": self.reading,
            "contacts": self.contacts,
            "model": self.model,
            "threshold": self.threshold,
            "weeks": self.weeks,
            "seed": self.seed,
            "cost": self.cost,
            "left_alone": list(self.left_alone),
            "cells": self.records(),
            "use_cases": [asdict(case) for case in self.cases],
            "parameters": [asdict(parameter) for parameter in self.parameters],
            "p_value": self.p_value,
            "next_command": list(self.next_command),
        }
