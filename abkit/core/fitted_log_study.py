"""How well a fit to a control log recovers a known world: facts of the study."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveredParameter:
    """One parameter, or like ones together, over the simulated logs."""

    name: str
    truth: float | None  # None: several
    base: float | None  # the prior's centre
    mean: float | None  # of the estimates
    spread: float | None  # standard deviation of the estimates
    error: float | None  # mean stated standard error
    labels_alone: float | None  # mean standard error from labelled contacts only
    held: int  # intervals that hold the truth
    intervals: int
    kept_prior: int  # fits in which the base's value was kept
    bias_z: float | None  # (mean - truth) / (spread / sqrt(logs))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStudy:
    """All parameters over all logs."""

    logs: int
    labels: int
    weeks: int
    seed: int
    contacts: float  # mean per log
    parameters: tuple[RecoveredParameter, ...]
    never_seen: tuple[str, ...]  # cells that no log identified
    bound: int  # parameters moved to keep a wrong resolution from helping, all logs
    heads_told: float  # share of the hours of the week in which somebody waited long enough
    heads_exact: float  # share of those in which the agents are right
    heads_near: float  # ... off by one at most
    heads_below: float  # share of the other hours in which the guess is not too high
    lowest_p: float  # that the worst coverage is so low if all are 95 %, Bonferroni
    bias_p: float  # that the largest |bias_z| is so large without bias, Bonferroni

    @property
    def held(self) -> int:
        """Intervals that hold the truth, all parameters."""
        return sum(p.held for p in self.parameters)

    @property
    def intervals(self) -> int:
        """Intervals, all parameters."""
        return sum(p.intervals for p in self.parameters)
