"""Table 3 from a contact log: AR, PRR and 24RR by use-case, treatment against control."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from abkit.analysis.comparison import ArmPair, Comparison, compare, effective_tables, noted_effect
from abkit.analysis.design_effect import CustomerMoments, reference_df
from abkit.analysis.gate import run_checks
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.pooled import mantel_haenszel_weights, pooled_effect
from abkit.analysis.two_arms import TwoArms, read_two_arms
from abkit.core import checks
from abkit.core.table3 import (
    BETTER,
    METRICS,
    Check,
    Effect,
    Heterogeneity,
    MetricRow,
    PerArm,
    PooledRow,
    Proportion,
    Table3,
    UseCaseRows,
    Verdict,
)


def analyze_contacts(
    path: Path,
    *,
    control: str = "control",
    treatment: str = "treatment",
    confidence_level: float = 0.95,
    allocation: Mapping[str, float] | None = None,
    until: datetime | None = None,
) -> Table3:
    """Compare two arms of a Parquet contact log on AR, PRR and 24RR, by use-case and pooled.

    Customers are the units: where they repeat, each arm's counts are divided by its design effect.
    Verdicts use Holm's adjustment over all use-case x metric rows, and are withdrawn where a check
    failed: for its use-case, or for all rows when the check is about the whole log.

    Args:
        path: The log; columns as in `abkit.core.contacts`, the `true_` ones are never read.
        control: Name of the control arm.
        treatment: Name of the treatment arm.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        allocation: Designed weight per arm; default equal over the arms in the log.
        until: Cut-off for the 24 h windows, with its zone; default the last start in the log.

    Raises:
        ConfigError: An arm is not in the log, or an argument lies outside its domain.
        DataError: The file cannot be read as a contact log, or holds no counted contact.
    """
    checks.level("confidence_level", confidence_level)
    log = read_two_arms(Path(path), control=control, treatment=treatment, until=until)
    found = run_checks(log, allocation or dict.fromkeys(log.arms, 1.0))
    return Table3(
        control=control,
        treatment=treatment,
        confidence_level=confidence_level,
        use_cases=_use_cases(log, found, confidence_level),
        pooled=tuple(_pooled_row(metric, log, found, confidence_level) for metric in METRICS),
        checks=found,
    )


def _proportion(moments: CustomerMoments) -> Proportion:
    return Proportion(successes=moments.successes, trials=moments.trials)


def _use_cases(log: TwoArms, found: Sequence[Check], level: float) -> tuple[UseCaseRows, ...]:
    """Return the rows of the table: one family for Holm's adjustment."""
    keys = [(case, metric) for case in log.use_cases for metric in METRICS]
    compared = compare([log.pair(*key) for key in keys], confidence_level=level)
    adjusted = holm_adjusted([comparison.p_value for comparison in compared])
    rows: dict[str, list[MetricRow]] = {case: [] for case in log.use_cases}
    for (case, metric), comparison, p_adjusted in zip(keys, compared, adjusted, strict=True):
        trusted = not any(c.status == "fail" and c.use_case in (None, case) for c in found)
        verdict = _verdict(metric, comparison.difference, comparison.p_value, p_adjusted, level)
        row = _row(
            metric,
            log.pair(case, metric),
            comparison,
            p_value_adjusted=p_adjusted,
            verdict=verdict if trusted else "not_trusted",
            **_beside(metric, case, log),
        )
        rows[case].append(row)
    return tuple(UseCaseRows(use_case=case, metrics=tuple(group)) for case, group in rows.items())


def _row(
    metric: str,
    pair: ArmPair,
    comparison: Comparison,
    *,
    p_value_adjusted: float,
    verdict: Verdict,
    **beside: Any,
) -> MetricRow:
    return MetricRow(
        metric=metric,
        better=BETTER[metric],
        control=_proportion(pair.control),
        treatment=_proportion(pair.treatment),
        difference=comparison.difference,
        relative=comparison.relative,
        p_value=comparison.p_value,
        p_value_adjusted=p_value_adjusted,
        method=comparison.method,
        design_effect=comparison.design_effect,
        standard_error=comparison.standard_error,
        intraclass_correlation=comparison.intraclass_correlation,
        verdict=verdict,
        **beside,
    )


def _beside(metric: str, use_case: str, log: TwoArms) -> dict[str, Proportion | PerArm]:
    """Return what stands beside a metric: non-response by PRR, what left 24RR by 24RR."""
    if metric == "PRR":
        responses = log.pair(use_case, "responses")
        return {
            "control_responses": _proportion(responses.control),
            "treatment_responses": _proportion(responses.treatment),
        }
    if metric == "24RR":
        control, treatment = log.sides(use_case)
        return {
            "immature": PerArm(control=control.immature, treatment=treatment.immature),
            "overlapping": PerArm(control=control.overlapping, treatment=treatment.overlapping),
        }
    return {}


def _verdict(
    metric: str, difference: Effect, p_value: float, p_adjusted: float, level: float
) -> Verdict:
    """Return what a row shows, if it can be trusted; the same comparison as the interval's."""
    if p_value >= 1 - level or difference.estimate is None:
        return "no_difference_shown"
    if p_adjusted >= 1 - level:
        return "lost_after_correction"
    gained = (difference.estimate > 0) == (BETTER[metric] == "higher")
    return "better" if gained else "worse"


def _pooled_row(metric: str, log: TwoArms, found: Sequence[Check], level: float) -> PooledRow:
    """Return one metric over all use-cases."""
    pairs = [log.pair(case, metric) for case in log.use_cases]
    tables = effective_tables(pairs)
    weights = mantel_haenszel_weights(tables)
    df = reference_df((arm, w) for pair, w in zip(pairs, weights, strict=True) for arm in pair)
    effect = pooled_effect(tables, confidence_level=level, df=df)
    control, treatment = (_total(arms) for arms in zip(*pairs, strict=True))
    difference = noted_effect(control, treatment, *effect.difference)
    verdict = _verdict(metric, difference, effect.p_value, effect.p_value, level)
    reference = "" if math.isinf(df) else f", counts divided by design effects, t with {df:.0f} df"
    return PooledRow(
        metric=metric,
        better=BETTER[metric],
        control=control,
        treatment=treatment,
        difference=difference,
        relative=noted_effect(control, treatment, *(value - 1 for value in effect.ratio)),
        p_value=effect.p_value,
        method=f"Mantel-Haenszel, Cochran-Mantel-Haenszel test{reference}",
        heterogeneity=Heterogeneity(q=effect.q, df=effect.q_df, p_value=effect.q_p_value),
        verdict="not_trusted" if any(c.status == "fail" for c in found) else verdict,
    )


def _total(arms: Sequence[CustomerMoments]) -> Proportion:
    """Return the counts summed over use-cases."""
    return Proportion(
        successes=sum(arm.successes for arm in arms), trials=sum(arm.trials for arm in arms)
    )
