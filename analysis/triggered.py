"""`analyze --triggered`: compare only what the text check would change; the rest is a placebo."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from abkit.analysis.chosen_arms import Allocation, chosen_arms, notes_on_arms, planned_weights
from abkit.analysis.gate import run_checks
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.reading import Reading
from abkit.analysis.reading_rows import read_rows
from abkit.analysis.sources import Data
from abkit.analysis.table3 import RowKey, by_use_case, make_rows
from abkit.analysis.triggered_checks import (
    placebo_checks,
    require_triggers,
    trigger_checks,
    trigger_counts,
)
from abkit.analysis.triggered_definition import ROLES as TRIGGER_ROLES
from abkit.analysis.triggered_diluted import Diluted, diluted_effect
from abkit.analysis.triggered_rows import BEFORE, TRIGGERED, Asked, Phases, read_phases
from abkit.analysis.until import moment_until
from abkit.analysis.verdict import verdict
from abkit.core import checks
from abkit.core.arms import Effect
from abkit.core.check import Check
from abkit.core.errors import ConfigError, listed
from abkit.core.metrics import Metric, parse_metric
from abkit.core.table3 import MetricRow
from abkit.core.triggered import DilutedRow, PlainEffect, TriggeredAnalysis, TriggeredTable

_DEFINITION = (
    "triggered: from a customer's first contact that triggers on, in every use-case, since what "
    "comes after is an effect of it; before it both arms did the same"
)


def analyze_triggered(
    data: Data,
    *,
    trigger: str | None = None,
    threshold: float | None = None,
    label_0: str = "defective",
    control: str | None = None,
    treatment: str | Sequence[str] | None = None,
    metrics: Iterable[str | Metric] | str | Metric = (),
    variant: str | None = None,
    unit: str | None = None,
    use_case: str | None = None,
    mapping: Mapping[str, str] | None = None,
    allocation: Allocation | None = None,
    where: str | None = None,
    until: date | str | None = None,
    zone: str | None = None,
    confidence_level: float = 0.95,
    table: str | None = None,
    memory_limit: str | None = None,
) -> TriggeredAnalysis:
    """Compare arms through the contacts that the text check would change.

    A contact triggers if its text is flagged while the menu says something else than LABEL 0: right
    for a text check that only adds LABEL 0. A customer belongs to the triggered part from the first
    such contact on. What lies before has one law in both arms: it is shared in the effect on all
    contacts, and compared as a placebo.

    Args:
        data: As for `analyze`, with the columns `menu_reason` and `flagged` (or `score`) known in
            both arms, a unit and `started_at`.
        trigger: A column that is true where a contact triggers, for other policies.
        threshold: Flagged means `score` >= this, in place of the column `flagged`.
        label_0: What `menu_reason` calls LABEL 0.
        control: As for `analyze`, as are the others; rates only.
        treatment: One treatment arm or several.
        metrics: Rates.
        variant: The column of the arm, in data that are no contact log.
        unit: The column of the randomised unit.
        use_case: The column of the use-case.
        mapping: Role -> column; `menu_reason`, `flagged`, `score` and `assigned_reason` are roles
            here, too.
        allocation: Planned weight per arm.
        where: An SQL condition; it must not depend on what an arm did.
        until: As if the data had been taken then.
        zone: The IANA time zone of timestamps without one.
        confidence_level: Nominal two-sided coverage, in (0, 1).
        table: The table or view of a database.
        memory_limit: As in `1GB`.

    Raises:
        ConfigError: An argument lies outside its domain, or an arm is not in the data.
        DataError: The data cannot be read, cannot tell what triggers, nothing triggers, or
            triggering itself differs between the arms.
    """
    checks.level("confidence_level", confidence_level)
    declared = _rates(metrics)
    own, others = _split(mapping or {})
    moment = moment_until(until, zone)
    reading = read_rows(
        data, metrics=declared, variant=variant, unit=unit, use_case=use_case, mapping=others,
        where=where, until=moment, zone=zone, table=table, memory_limit=memory_limit,
    )  # fmt: skip
    control, treatments = chosen_arms(reading, control, treatment)
    weights = planned_weights(reading, control, treatments, allocation)
    asked = Asked(
        metrics=declared, variant=variant, unit=unit, use_case=use_case, mapping=others,
        where=where, zone=zone, table=table, memory_limit=memory_limit, trigger=trigger,
        threshold=threshold, label_0=label_0, trigger_mapping=own,
    )  # fmt: skip
    phases = read_phases(data, asked, arms=(control, *treatments), control=control, cutoff=moment)
    gate = run_checks(reading, control=control, treatments=treatments, allocation=weights)
    notes = (f"a contact triggers where {phases.words}", _DEFINITION, *phases.notes)
    return TriggeredAnalysis(
        source=reading.source,
        rows=reading.rows,
        notes=(*notes, *notes_on_arms(reading)),
        cutoff=reading.cutoff,
        trigger=phases.words,
        tables=_tables(reading, phases, gate, control, treatments, confidence_level),
    )


def _rates(metrics: Iterable[str | Metric] | str | Metric) -> list[Metric]:
    given = [metrics] if isinstance(metrics, str | Metric) else metrics
    found = [parse_metric(item) if isinstance(item, str) else item for item in given]
    if means := [metric.name for metric in found if metric.kind == "mean"]:
        raise ConfigError(
            f"`metric` {listed(means)} is a mean; a triggered comparison takes rates only",
            hint="leave `triggered` away for means",
        )
    return found


def _split(mapping: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the columns of what triggers, and all others."""
    own = {role: column for role, column in mapping.items() if role in TRIGGER_ROLES}
    return own, {role: column for role, column in mapping.items() if role not in TRIGGER_ROLES}


def _tables(
    reading: Reading, phases: Phases, gate: Sequence[Check], control: str,
    treatments: Sequence[str], level: float,
) -> tuple[TriggeredTable, ...]:  # fmt: skip
    """Return one table per treatment; the rows of all are one family in each part."""
    counts, found = {}, list(gate)
    units = "units" if reading.unit_column else reading.unit_name
    for treatment in treatments:
        arms = (control, treatment)
        counts[treatment] = trigger_counts(phases, reading.use_cases(arms), arms)
        require_triggers(counts[treatment], arms, words=phases.words, units=units)
        found += trigger_checks(counts[treatment], arms, units=units)
    phased = _with_phases(reading, phases)
    keys = [
        RowKey(treatment, case, metric)
        for treatment in treatments
        for case in reading.use_cases((control, treatment))
        for metric in reading.metrics
    ]
    placebo = _rows(phased, found, keys, BEFORE, control, level)
    found += placebo_checks(placebo)
    triggered = _rows(phased, found, keys, TRIGGERED, control, level)
    plain = make_rows(reading, found, keys, control=control, confidence_level=level)
    diluted = _diluted_rows(phases, found, plain, control, level)
    return tuple(
        TriggeredTable(
            control=control,
            treatment=name,
            confidence_level=level,
            family=len(keys),
            units=reading.unit_column or reading.unit_name,
            triggers=counts[name],
            diluted=tuple(row for key, row in diluted.items() if key.treatment == name),
            triggered=by_use_case({k: row for k, row in triggered.items() if k.treatment == name}),
            placebo=by_use_case({k: row for k, row in placebo.items() if k.treatment == name}),
            checks=tuple(
                check
                for check in found
                if check.concerns(treatment=name, use_case=None, metric=None)
            ),
        )
        for name in treatments
    )


def _with_phases(reading: Reading, phases: Phases) -> Reading:
    return replace(reading, segments=phases.sums)


def _rows(
    phased: Reading, found: Sequence[Check], keys: Sequence[RowKey], phase: str, control: str,
    level: float,
) -> dict[RowKey, MetricRow]:  # fmt: skip
    """Return the rows of one phase: the machinery of Table 3, a family of their own."""
    inside = [RowKey(key.treatment, key.use_case, key.metric, phase) for key in keys]
    return make_rows(phased, found, inside, control=control, confidence_level=level)


def _diluted_rows(
    phases: Phases, found: Sequence[Check], plain: Mapping[RowKey, MetricRow], control: str,
    level: float,
) -> dict[RowKey, DilutedRow]:  # fmt: skip
    """Return the effect on all contacts: a family of its own for Holm's adjustment."""
    effects = {key: _diluted(phases, key, control, level) for key in plain}
    tested = {key: 1.0 if e.p_value is None else e.p_value for key, e in effects.items()}
    adjusted = dict(zip(tested, holm_adjusted(list(tested.values())), strict=True))
    rows = {}
    for key, effect in effects.items():
        metric = key.metric
        difference = Effect(
            estimate=effect.difference,
            ci_lower=effect.difference_interval[0],
            ci_upper=effect.difference_interval[1],
            note=effect.note,
        )
        shown = verdict(metric.better, difference, tested[key], adjusted[key], level)
        rows[key] = DilutedRow(
            use_case=key.use_case,
            metric=metric.name,
            better=metric.better,
            control=effect.control,
            treatment=effect.treatment,
            difference=difference,
            relative=_relative(effect),
            p_value=effect.p_value,
            p_value_adjusted=None if effect.p_value is None else adjusted[key],
            standard_error=effect.standard_error,
            df=effect.df,
            plain=_beside(plain[key], effect),
            verdict=shown if _trusted(found, key) else "not_trusted",
        )
    return rows


def _relative(effect: Diluted) -> Effect:
    lower, upper = effect.ratio_interval
    note = "no successes in control" if effect.ratio is None else None
    if note is None and not math.isfinite(upper):
        note = "the data put no finite upper bound on the ratio"
    return Effect(
        estimate=None if effect.ratio is None else effect.ratio - 1,
        ci_lower=lower - 1,
        ci_upper=upper - 1,
        note=effect.note or note,
    )


def _diluted(phases: Phases, key: RowKey, control: str, level: float) -> Diluted:
    arms = (control, key.treatment)
    zero, one = (phases.groups.get((key.use_case, arm, key.metric.name), ()) for arm in arms)
    strata = [
        {case: n for (case, name), n in phases.triggered.items() if name == arm} for arm in arms
    ]
    return diluted_effect(zero, one, (strata[0], strata[1]), confidence_level=level)


def _beside(plain: MetricRow, effect: Diluted) -> PlainEffect:
    gain = None
    if plain.standard_error is not None and effect.standard_error:
        gain = (plain.standard_error / effect.standard_error) ** 2
    return PlainEffect(
        difference=plain.difference,
        p_value=plain.p_value,
        standard_error=plain.standard_error,
        gain=gain,
    )


def _trusted(found: Sequence[Check], key: RowKey) -> bool:
    return not any(
        check.status == "fail"
        and check.concerns(treatment=key.treatment, use_case=key.use_case, metric=key.metric.name)
        for check in found
    )
