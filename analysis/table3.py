"""Table 3 from a reading: each treatment against control, by use-case and pooled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from abkit.analysis.average_comparison import compare_averages
from abkit.analysis.comparison import Comparison, compare, proportion
from abkit.analysis.contact_rows import RESPONSES
from abkit.analysis.kaplan_meier import repeated_share
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.pooled_rows import pooled_rows
from abkit.analysis.reading import Reading
from abkit.analysis.response_bounds import Answers, worst_case
from abkit.analysis.unit_sums import FollowUp
from abkit.analysis.verdict import verdict
from abkit.core.arms import PerArm
from abkit.core.check import Check
from abkit.core.metrics import PRR, REPEAT_RATE, Metric
from abkit.core.table3 import Intervals, MetricRow, Table3, UseCaseRows


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row of one treatment's table."""

    treatment: str
    use_case: str
    metric: Metric
    segment: str | None = None


def make_tables(
    reading: Reading,
    found: Sequence[Check],
    *,
    control: str,
    treatments: Sequence[str],
    confidence_level: float,
    intervals: Intervals,
) -> tuple[Table3, ...]:
    """Return one table per treatment; the rows of all are one family for Holm's adjustment."""
    keys = [
        RowKey(treatment, case, metric)
        for treatment in treatments
        for case in reading.use_cases((control, treatment))
        for metric in reading.metrics
        if _is_stated(reading, metric, case, (control, treatment))
    ]
    rows = make_rows(
        reading, found, keys, control=control, confidence_level=confidence_level,
        intervals=intervals,
    )  # fmt: skip
    return tuple(
        Table3(
            control=control,
            treatment=treatment,
            confidence_level=confidence_level,
            intervals=intervals,
            family=len(keys),
            units=reading.unit_column or reading.unit_name,
            use_cases=by_use_case(
                {key: row for key, row in rows.items() if key.treatment == treatment}
            ),
            pooled=pooled_rows(reading, found, control, treatment, confidence_level),
            checks=tuple(
                check
                for check in found
                if check.concerns(treatment=treatment, use_case=None, metric=None)
            ),
        )
        for treatment in treatments
    )


def _is_stated(reading: Reading, metric: Metric, use_case: str, arms: Sequence[str]) -> bool:
    """Return whether a row has a question: counts may have a metric in some use-cases only."""
    if reading.origin != "counts":
        return True
    return any(metric.name in reading.arm(use_case, arm).moments for arm in arms)


def by_use_case(rows: Mapping[RowKey, MetricRow]) -> tuple[UseCaseRows, ...]:
    """Return rows grouped by use-case, in their order."""
    groups: dict[str, list[MetricRow]] = {}
    for key, row in rows.items():
        groups.setdefault(key.use_case, []).append(row)
    return tuple(UseCaseRows(use_case=case, metrics=tuple(group)) for case, group in groups.items())


def make_rows(
    reading: Reading,
    found: Sequence[Check],
    keys: Sequence[RowKey],
    *,
    control: str,
    confidence_level: float,
    intervals: Intervals = "unadjusted",
) -> dict[RowKey, MetricRow]:
    """Return one row per key: one family for Holm's adjustment, and for Bonferroni's intervals."""
    level = confidence_level
    if intervals == "bonferroni" and keys:
        level = 1 - (1 - confidence_level) / len(keys)
    compared = _compared(reading, keys, control, level)
    adjusted = holm_adjusted([comparison.p_value for comparison in compared])
    rows = {}
    for key, comparison, p_adjusted in zip(keys, compared, adjusted, strict=True):
        trusted = not any(
            check.status == "fail"
            and check.concerns(
                treatment=key.treatment, use_case=key.use_case, metric=key.metric.name
            )
            for check in found
        )
        shown = verdict(
            key.metric.better, comparison.difference, comparison.p_value, p_adjusted,
            confidence_level,
        )  # fmt: skip
        tested = comparison.difference.estimate is not None  # else an arm without trials: p is 1
        rows[key] = MetricRow(
            metric=key.metric.name,
            better=key.metric.better,
            kind=key.metric.kind,
            control=comparison.control,
            treatment=comparison.treatment,
            difference=comparison.difference,
            relative=comparison.relative,
            p_value=comparison.p_value if tested else None,
            p_value_adjusted=p_adjusted if tested else None,
            method=comparison.method,
            design_effect=comparison.design_effect,
            standard_error=comparison.standard_error,
            intraclass_correlation=comparison.intraclass_correlation,
            verdict=shown if trusted else "not_trusted",
            **_beside(reading, key, control),
        )
    return rows


def _compared(
    reading: Reading, keys: Sequence[RowKey], control: str, level: float
) -> list[Comparison]:
    """Return the comparison of each key: rates all at once, means one by one."""
    arms = {key: (control, key.treatment) for key in keys}
    rates = {
        key: reading.rates(key.metric.name, key.use_case, arms[key], key.segment)
        for key in keys
        if key.metric.kind == "proportion"
    }
    found = dict(zip(rates, compare(list(rates.values()), confidence_level=level), strict=True))
    for key in keys:
        if key.metric.kind == "mean":
            pair = reading.means(key.metric.name, key.use_case, arms[key], key.segment)
            found[key] = compare_averages(pair, confidence_level=level)
    return [found[key] for key in keys]


def _beside(reading: Reading, key: RowKey, control: str) -> dict[str, Any]:
    """Return what stands beside a metric: non-response by PRR, what left 24RR by 24RR."""
    if reading.origin == "counts":
        return {}
    if key.metric == PRR:
        return _beside_responses(reading, key, control)
    if key.metric == REPEAT_RATE:
        sides = [reading.arm(key.use_case, arm, key.segment) for arm in (control, key.treatment)]
        return {
            "immature": PerArm(control=sides[0].immature, treatment=sides[1].immature),
            "overlapping": PerArm(control=sides[0].overlapping, treatment=sides[1].overlapping),
            "kaplan_meier": PerArm(
                control=_kaplan_meier(sides[0].follow_up),
                treatment=_kaplan_meier(sides[1].follow_up),
            ),
        }
    return {}


def _kaplan_meier(follow_up: FollowUp | None) -> float | None:
    if follow_up is None:
        return None
    return repeated_share(follow_up.minutes, followed=follow_up.whole)


def _beside_responses(reading: Reading, key: RowKey, control: str) -> dict[str, Any]:
    if not reading.knows(RESPONSES):
        return {}
    arms = control, key.treatment
    answers = reading.rates(RESPONSES, key.use_case, arms, key.segment)
    positive = reading.rates(PRR.name, key.use_case, arms, key.segment)
    counts = [
        Answers(positive=good.successes, responses=answered.successes, offers=answered.trials)
        for good, answered in zip(positive, answers, strict=True)
    ]
    return {
        "control_responses": proportion(answers.control),
        "treatment_responses": proportion(answers.treatment),
        "worst_case": worst_case(*counts),
    }
