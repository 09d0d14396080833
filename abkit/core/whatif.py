"""What `abkit whatif` found: variants of the text check in one simulated world. Facts only."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from abkit.core.measured import Interval, Verdict
from abkit.core.metrics import TABLE_3
from abkit.core.results import Rendered
from abkit.core.whatif_thresholds import CaseThresholds, FormulaCheck, LossThresholds

Change = Literal["none", "loss", "calibrator", "policy"]  # what a variant changes of the baseline
ALL: Final = "all"  # the use-cases together
VALUE: Final = "value"  # beside the names of metrics: the value function, per 1,000 contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a text check is set up."""

    loss: str  # as CE or FL1
    calibrator: str
    policy: str

    @property
    def name(self) -> str:
        """Return what tables call it."""
        return f"{self.loss} {self.calibrator} {self.policy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one world shows above another on the same draws, for each training of the model.

    Proportions; per 1,000 contacts where the quantity is `value`. The interval of the mean over
    trainings is as wide as if their Monte-Carlo errors were one: they share all draws.
    """

    by_seed: tuple[Interval, ...]
    mean: Interval
    margin: float  # a difference within it makes none in practice
    experiment_error: float | None  # standard error that an A/B test of the two would have
    power: float | None  # that such a test shows the mean, two-sided at 5 %, unadjusted

    def verdict(self, quantity: str) -> Verdict:
        """Return what is known of it, in the words of `abkit.core.measured`.

        `tie`: the mean's interval and every training's estimate lie within the margin. `better` or
        `worse`: the mean's interval excludes 0 and every training lies on that side. `undecided`:
        neither.
        """
        estimates = [one.estimate for one in self.by_seed]
        low, high = min(self.mean.ci_lower, *estimates), max(self.mean.ci_upper, *estimates)
        if max(abs(low), abs(high)) <= self.margin:
            return "tie"
        if low <= 0 <= high:
            return "undecided"
        lower_is_better = quantity in TABLE_3 and TABLE_3[quantity].better == "lower"
        return "better" if (high < 0) == lower_is_better else "worse"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCase:
    """One variant in one use-case, everybody treated; shares are means over trainings."""

    use_case: str  # or `all`
    flagged: float | None  # of texts
    precision: float | None  # of flags
    changed: float | None  # of contacts: flags that were believed where the menu said otherwise
    incremental_precision: float | None  # of those
    rates: Mapping[str, float | None]  # by metric
    launch: Mapping[str, Difference]  # by metric and `value`: minus nobody treated
    against_baseline: Mapping[str, Difference]  # ... minus the deployed one; the same: 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run the text check, at its own threshold for the target precision."""

    setting: Setting
    change: Change
    thresholds: tuple[float, ...]  # for each training of the model
    cases: tuple[VariantCase, ...]  # use-cases, then all

    def of(self, use_case: str) -> VariantCase:
        """Return what it does in a use-case, or in `all`."""
        return next(case for case in self.cases if case.use_case == use_case)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(Rendered):
    """Variants of the text check in one simulated world, and where its threshold should stand."""

    scenario: str
    run: str | None  # whose scenario and seed these are; None: none's
    own_model: bool  # that run had a model or texts of its own, which are not used here
    weeks: int
    seed: int
    model_seeds: tuple[int, ...]
    contacts: int  # counted, of the world in which nobody is treated
    control: str
    treatment: str  # the arm whose policy is varied
    unlimited_agents: bool
    confidence_level: float
    target_precision: float
    value: Mapping[str, float]  # by outcome, per contact
    margins: Mapping[str, float]
    baseline: Setting
    variants: tuple[Variant, ...]  # the baseline first
    thresholds: tuple[CaseThresholds, ...]  # of the baseline's model, one for each use-case
    losses: tuple[LossThresholds, ...]
    formula: FormulaCheck

    @property
    def use_cases(self) -> tuple[str, ...]:
        """Return their names."""
        return tuple(case.use_case for case in self.thresholds)

    def of_change(self, *changes: Change) -> Iterator[Variant]:
        """Yield the variants that change that."""
        yield from (variant for variant in self.variants if variant.change in changes)

    def records(self) -> list[dict[str, Any]]:
        """Return one row per variant, use-case and quantity."""
        return [
            {
                **asdict(variant.setting),
                "change": variant.change,
                "use_case": case.use_case,
                "quantity": quantity,
                "launch": asdict(case.launch[quantity].mean),
                "difference": asdict(difference.mean),
                "power": difference.power,
                "verdict": difference.verdict(quantity),
            }
            for variant in self.variants
            for case in variant.cases
            for quantity, difference in case.against_baseline.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded: proportions, and values per 1,000 contacts."""
        facts = asdict(self)
        for variant, told in zip(self.variants, facts["variants"], strict=True):
            for case, one in zip(variant.cases, told["cases"], strict=True):
                for quantity, difference in case.against_baseline.items():
                    one["against_baseline"][quantity]["verdict"] = difference.verdict(quantity)
        return facts
