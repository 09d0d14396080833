"""One row per metric over all use-cases: Mantel-Haenszel for rates, weighted means for means."""

import math
from collections.abc import Sequence

from abkit.analysis.average_comparison import mean_effects
from abkit.analysis.comparison import ArmPair, effective_tables, noted_effect
from abkit.analysis.design_effect import CustomerMoments, reference_df
from abkit.analysis.means import MeanPair, pooled_means
from abkit.analysis.pooled import mantel_haenszel_weights, pooled_effect
from abkit.analysis.reading import Reading
from abkit.analysis.verdict import verdict
from abkit.core.arms import Average, Proportion
from abkit.core.check import Check
from abkit.core.metrics import Metric
from abkit.core.table3 import Heterogeneity, PooledRow


def pooled_rows(
    reading: Reading, found: Sequence[Check], control: str, treatment: str, level: float
) -> tuple[PooledRow, ...]:
    """Return one metric a row; outside the family, so each verdict rests on the plain p-value."""
    trusted = not any(check.status == "fail" and check.concerns(None, treatment) for check in found)
    rows = []
    arms = control, treatment
    cases = reading.use_cases(arms)
    for metric in reading.metrics:
        if metric.kind == "mean":
            means = [reading.means(metric.name, case, arms) for case in cases]
            rows.append(_mean_row(metric, means, level, trusted=trusted))
        else:
            rates = [reading.rates(metric.name, case, arms) for case in cases]
            rows.append(_rate_row(metric, rates, level, trusted=trusted))
    return tuple(rows)


def _rate_row(
    metric: Metric, pairs: Sequence[ArmPair], level: float, *, trusted: bool
) -> PooledRow:
    tables = effective_tables(pairs)
    weights = mantel_haenszel_weights(tables)
    df = reference_df((arm, w) for pair, w in zip(pairs, weights, strict=True) for arm in pair)
    effect = pooled_effect(tables, confidence_level=level, df=df)
    control, treatment = (_total(arms) for arms in zip(*pairs, strict=True))
    difference = noted_effect(control, treatment, *effect.difference)
    shown = verdict(metric.better, difference, effect.p_value, effect.p_value, level)
    reference = "" if math.isinf(df) else f", counts divided by design effects, t with {df:.0f} df"
    return PooledRow(
        metric=metric.name,
        better=metric.better,
        control=control,
        treatment=treatment,
        difference=difference,
        relative=noted_effect(control, treatment, *(value - 1 for value in effect.ratio)),
        p_value=effect.p_value,
        method=f"Mantel-Haenszel, Cochran-Mantel-Haenszel test{reference}",
        heterogeneity=Heterogeneity(q=effect.q, df=effect.q_df, p_value=effect.q_p_value),
        verdict=shown if trusted else "not_trusted",
    )


def _total(arms: Sequence[CustomerMoments]) -> Proportion:
    """Return the counts summed over use-cases."""
    return Proportion(
        successes=sum(arm.successes for arm in arms), trials=sum(arm.trials for arm in arms)
    )


def _mean_row(
    metric: Metric, pairs: Sequence[MeanPair], level: float, *, trusted: bool
) -> PooledRow:
    pooled = pooled_means(pairs, confidence_level=level)
    control, treatment = (
        Average(total=math.fsum(arm.total for arm in arms), trials=sum(arm.trials for arm in arms))
        for arms in zip(*pairs, strict=True)
    )
    difference, relative = mean_effects(control, treatment, pooled.effect)
    p_value = pooled.effect.p_value
    shown = verdict(metric.better, difference, p_value, p_value, level)
    return PooledRow(
        metric=metric.name,
        better=metric.better,
        kind="mean",
        control=control,
        treatment=treatment,
        difference=difference,
        relative=relative,
        p_value=p_value,
        method="weighted mean of the differences, Welch-Satterthwaite",
        heterogeneity=Heterogeneity(q=pooled.q, df=pooled.q_df, p_value=pooled.q_p_value),
        verdict=shown if trusted else "not_trusted",
    )
