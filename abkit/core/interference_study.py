"""What simulated experiments say about a shared queue, designs against it, and its signs."""

from dataclasses import asdict, dataclass
from typing import Any

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRow:
    """The usual A/B test of one rate at one load of the agents; proportions, means over runs."""

    load: float | None  # work asked for / work on duty, all in control; None: unlimited agents
    metric: str
    control: float  # with everybody in control
    launch: float  # true effect: everybody in treatment - everybody in control
    launch_error: float  # Monte-Carlo standard error, as `bias_error`
    estimate: float  # of the A/B test
    bias: float
    bias_error: float
    covered: int  # 95 % intervals that hold the true effect, of `runs`


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRow:
    """How busy the agents are at one load, everybody in control and everybody in treatment."""

    load: float | None
    wait_s: tuple[float, float]  # mean per request
    abandon: tuple[float, float]  # share of requests


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRow:
    """One rate under one design at the study's load."""

    design: str
    metric: str
    bias: float
    bias_error: float
    sd: float  # of the estimate over runs
    half_width: float  # mean, of the 95 % intervals
    covered: int  # of `runs`, the true effect of a launch


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRow:
    """How often a sign shows (p below .05) at one load."""

    code: str
    metric: str | None
    load: float | None
    shown: int
    asked: int  # runs in which the question could be put


@dataclass(frozen=True, slots=True, kw_only=True)
class InterferenceStudy(Rendered):
    """Simulated experiments whose true effects are known, because agents are shared."""

    scenario: str
    weeks: int
    seed: int
    runs: int
    model: str  # digest
    design_load: float
    loads: tuple[LoadRow, ...]
    waits: tuple[WaitRow, ...]
    designs: tuple[DesignRow, ...]
    signs: tuple[SignRow, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per load and rate."""
        return [asdict(row) for row in self.loads]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts: proportions, seconds, counts, unrounded."""
        return asdict(self)
