"""One row per metric over all use-cases: Mantel-Haenszel for rates, weighted means for means."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from abkit.analysis.average_comparison import mean_effects
from abkit.analysis.comparison import ArmPair, effective_tables, noted_effect
from abkit.analysis.constrained import Tables
from abkit.analysis.crossings import Products, variance_inflation
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
    rows = []
    arms = control, treatment
    cases = reading.use_cases(arms)
    for metric in reading.metrics:
        trusted = not any(
            check.status == "fail"
            and check.concerns(treatment=treatment, use_case=None, metric=metric.name)
            for check in found
        )
        crossed = [reading.crossings.get((metric.name, arm), {}) for arm in arms]
        if metric.kind == "mean":
            means = [reading.means(metric.name, case, arms) for case in cases]
            inflated = _inflated_means(cases, means, crossed)
            rows.append(_mean_row(metric, means, inflated, level, trusted=trusted))
        else:
            rates = [reading.rates(metric.name, case, arms) for case in cases]
            tables = _inflated_tables(cases, rates, crossed)
            rows.append(_rate_row(metric, rates, tables, level, trusted=trusted))
    return tuple(rows)


Crossed = Sequence[Mapping[tuple[str, str], Products]]  # of control and of treatment


def _inflated_tables(cases: Sequence[str], pairs: Sequence[ArmPair], crossed: Crossed) -> Tables:
    """Return the effective counts, divided again where units come to several use-cases."""
    tables = effective_tables(pairs)
    if not any(crossed):
        return tables
    weights = dict(zip(cases, mantel_haenszel_weights(tables), strict=True))
    control, treatment = (
        variance_inflation(dict(zip(cases, arms, strict=True)), weights, products)
        for arms, products in zip(zip(*pairs, strict=True), crossed, strict=True)
    )
    return Tables(
        tables.x1 / treatment, tables.n1 / treatment, tables.x0 / control, tables.n0 / control
    )


def _inflated_means(
    cases: Sequence[str], pairs: Sequence[MeanPair], crossed: Crossed
) -> list[MeanPair]:
    """Return the moments with larger squares where units come to several use-cases."""
    if not any(crossed):
        return list(pairs)
    trials = [(pair.control.trials, pair.treatment.trials) for pair in pairs]
    weights = {
        case: n0 * n1 / (n0 + n1) if n0 and n1 else 0.0
        for case, (n0, n1) in zip(cases, trials, strict=True)
    }
    inflation = [
        variance_inflation(dict(zip(cases, arms, strict=True)), weights, products)
        for arms, products in zip(zip(*pairs, strict=True), crossed, strict=True)
    ]
    return [
        MeanPair(
            *(
                replace(arm, residual_squares=arm.residual_squares * factor)
                for arm, factor in zip(pair, inflation, strict=True)
            )
        )
        for pair in pairs
    ]


def _rate_row(
    metric: Metric, pairs: Sequence[ArmPair], tables: Tables, level: float, *, trusted: bool
) -> PooledRow:
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
        p_value=None if difference.estimate is None else effect.p_value,
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
    metric: Metric,
    pairs: Sequence[MeanPair],
    inflated: Sequence[MeanPair],
    level: float,
    *,
    trusted: bool,
) -> PooledRow:
    pooled = pooled_means(inflated, confidence_level=level)
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
        p_value=None if difference.estimate is None else p_value,
        method="weighted mean of the differences, Welch-Satterthwaite",
        heterogeneity=Heterogeneity(q=pooled.q, df=pooled.q_df, p_value=pooled.q_p_value),
        verdict=shown if trusted else "not_trusted",
    )
