"""How triggered comparisons fare on simulated experiments whose truth is known. Facts only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """One metric in one use-case; differences of rates, proportions."""

    use_case: str
    metric: str
    truth: float | None  # in closed form; None: agents are limited, and there is none
    plain_mean: float
    plain_spread: float  # standard deviation over the experiments
    diluted_mean: float
    diluted_spread: float
    diluted_error: float  # mean of the stated standard errors
    gain: float  # ratio of the two variances
    gain_error: float  # its Monte-Carlo standard error
    stated_gain: float  # mean of what each experiment states
    held: int  # diluted intervals that hold the truth
    plain_held: int
    shown: int  # diluted p below 1 - level
    plain_shown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeredStudy:
    """Experiments of one world."""

    scenario: str
    unlimited_agents: bool
    experiments: int
    weeks: int
    seed: int
    model: str  # digest
    threshold: float
    confidence_level: float
    triggered_share: float  # of customers
    rows: tuple[GainRow, ...]
    placebo_alarms: int  # experiments with a Holm-adjusted placebo p below 1 - level
    placebo_fails: int  # ... below the gate's .001
    trigger_alarms: int  # ... whose shares of triggering customers differ, p below 1 - level
    refused: int  # ... below the gate's .001
