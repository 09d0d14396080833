"""Exact coverage of intervals and exact size of tests: every table, weighted by its probability."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from abkit.analysis.difference_intervals import (
    agresti_caffo_interval,
    newcombe_interval,
    pooled_corrected_interval,
    wald_interval,
)
from abkit.analysis.enumerated import Tables
from abkit.analysis.peer_tests import pooled_z_p_value, unpooled_z_p_value
from abkit.analysis.quantiles import two_sided_p
from abkit.analysis.ratio_intervals import (
    delta_interval,
    fieller_interval,
    katz_interval,
    pooled_log_interval,
    walter_interval,
)
from abkit.analysis.score_test import score_inference, score_statistic
from abkit.analysis.two_proportions import Arm, Bounds, Floats
from abkit.core import checks
from abkit.core.coverage_report import (
    ArmSetting,
    CoverageReport,
    IntervalCoverage,
    Scale,
    Setting,
    SettingCoverage,
    SizeOfTest,
)
from abkit.core.errors import ConfigError
from abkit.core.progress import SILENT, Progress

MAX_TABLES: Final = 50_000_000  # some five minutes
MAX_TRIALS: Final = 10**9

Plan = tuple[Tables, Tables]  # at the true rates, and both arms at control's
Intervals = dict[tuple[str, Scale], Bounds]
# (method, scale) -> coverage, coverage as a set; (method, "test") -> size
Found = dict[tuple[str, str], Floats]

_PEERS: Final[dict[tuple[str, Scale], Callable[..., Bounds]]] = {
    ("Wald", "difference"): wald_interval,
    ("pooled variance, corrected", "difference"): pooled_corrected_interval,
    ("Newcombe hybrid score", "difference"): newcombe_interval,
    ("Agresti-Caffo", "difference"): agresti_caffo_interval,
    ("delta method", "ratio"): delta_interval,
    ("log (Katz)", "ratio"): katz_interval,
    ("pooled log", "ratio"): pooled_log_interval,
    ("Fieller", "ratio"): fieller_interval,
    ("log, 1/2 added", "ratio"): walter_interval,
}
OURS: Final = "Miettinen-Nurminen"


def _score_p_value(treatment: Arm, control: Arm) -> Floats:
    return two_sided_p(score_statistic(treatment, control))


_TESTS: Final[dict[str, Callable[[Arm, Arm], Floats]]] = {
    "pooled z": pooled_z_p_value,
    "pooled z, corrected": partial(pooled_z_p_value, corrected=True),
    "unpooled z": unpooled_z_p_value,
    OURS: _score_p_value,
}


def exact_coverage(
    settings: Sequence[Setting], *, confidence_level: float = 0.95, progress: Progress = SILENT
) -> CoverageReport:
    """Return the coverage of every interval and the size of every test, by full enumeration.

    Both arms are binomial. Coverage is the sum of the probabilities of the tables whose interval
    holds the true difference or ratio; size that of the tables with p < 1 - `confidence_level` when
    both arms have control's rate. Tables that an arm reaches with less than 2e-11 on either side
    are left out, in all less than 1e-10.

    Args:
        settings: Trials and true rates, rates strictly between 0 and 1.
        confidence_level: Nominal coverage, in (0, 1).
        progress: Shown by block of tables.

    Raises:
        ConfigError: A setting or the level lies outside its domain, or all settings together
            have more than 50 million tables.
    """
    checks.level("confidence_level", confidence_level)
    for setting in settings:
        _check(setting)
    plans = [(Tables.of(setting), Tables.of(setting.no_effect)) for setting in settings]
    total = sum(tables.size for plan in plans for tables in plan)
    if total > MAX_TABLES:
        raise ConfigError(
            f"these settings have {total:,} tables; at most {MAX_TABLES:,} are enumerated",
            hint="give smaller arms, or fewer settings",
        )
    sums: list[Found] = [{} for _ in settings]
    steps = _steps(plans, confidence_level)
    n_steps = sum(tables.n_blocks for plan in plans for tables in plan)
    for index, found in progress.track(steps, description="Enumerating", total=n_steps):
        for key, value in found.items():
            sums[index][key] = sums[index].get(key, np.zeros(1)) + value
    return CoverageReport(
        confidence_level=confidence_level, settings=tuple(map(_collected, plans, sums))
    )


def _steps(plans: Sequence[Plan], level: float) -> Iterator[tuple[int, Found]]:
    """Yield what each block of tables adds, with the index of its setting."""
    for index, (effect, no_effect) in enumerate(plans):
        setting = effect.setting
        truth = {
            "difference": setting.treatment.rate - setting.control.rate,
            "ratio": setting.treatment.rate / setting.control.rate,
        }
        for treatment, control, weights in effect.blocks():
            intervals = _intervals(treatment, control, level)
            yield index, {key: _hits(intervals[key], truth[key[1]], weights) for key in intervals}
        for treatment, control, weights in no_effect.blocks():
            yield index, _sizes(treatment, control, weights, 1 - level)


def _intervals(treatment: Arm, control: Arm, level: float) -> Intervals:
    """Return every interval of every table."""
    found = {
        key: interval(treatment, control, confidence_level=level)
        for key, interval in _PEERS.items()
    }
    ours = score_inference(treatment, control, confidence_level=level)
    return found | {
        (OURS, "difference"): Bounds(ours.difference_lower, ours.difference_upper),
        (OURS, "ratio"): Bounds(ours.ratio_lower, ours.ratio_upper),
    }


def _hits(bounds: Bounds, truth: float, weights: Floats) -> Floats:
    """Return the probability of the intervals that hold `truth`: finite ones, all."""
    inside = (bounds.lower <= truth) & (truth <= bounds.upper)  # NaN holds nothing
    finite = inside & np.isfinite(bounds.lower) & np.isfinite(bounds.upper)
    return np.array([weights[finite].sum(), weights[inside].sum()])


def _sizes(treatment: Arm, control: Arm, weights: Floats, alpha: float) -> Found:
    """Return the probability of the tables that each test rejects."""
    return {
        (name, "test"): weights[p_value(treatment, control) < alpha].sum(keepdims=True)
        for name, p_value in _TESTS.items()
    }


def _collected(plan: Plan, sums: Found) -> SettingCoverage:
    keys: list[tuple[str, Scale]] = [*_PEERS, (OURS, "difference"), (OURS, "ratio")]
    keys.sort(key=lambda key: key[1])  # by scale, ours last
    return SettingCoverage(
        setting=plan[0].setting,
        tables=sum(tables.size for tables in plan),
        omitted=max(tables.omitted for tables in plan),
        intervals=tuple(
            IntervalCoverage(
                method=method,
                scale=scale,
                coverage=float(sums[method, scale][0]),
                coverage_as_set=float(sums[method, scale][1]),
            )
            for method, scale in keys
        ),
        tests=tuple(SizeOfTest(method=name, size=float(sums[name, "test"][0])) for name in _TESTS),
    )


def _check(setting: Setting) -> None:
    """Raise `ConfigError` for arms that cannot be enumerated."""
    arms: dict[str, ArmSetting] = {"control": setting.control, "treatment": setting.treatment}
    for name, arm in arms.items():
        if not 1 <= arm.trials <= MAX_TRIALS:
            raise ConfigError(
                f"`{name}` has {arm.trials} trials; expected 1 to {MAX_TRIALS:,}",
            )
        if not 0 < arm.rate < 1:
            hint = f"write {arm.rate / 100:g} for {arm.rate:g} %" if 1 <= arm.rate < 100 else None
            raise ConfigError(
                f"`{name}` has a rate of {arm.rate:g}; expected a share strictly in (0, 1)",
                hint=hint,
            )
