"""A log in two phases: before a customer's first triggering contact, and from it on.

Single contacts that trigger cannot be compared: who comes back, and with what, is itself an effect
of the first one. Up to and not including a customer's first triggering contact, however, both arms
did the same, so that everything before has the same law in both, and so has whether and when a
first one comes. From it on (inclusive) all contacts of the customer belong to the triggered part,
in every use-case.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from abkit.analysis.contact_rows import (
    MISSING,
    WHOLE,
    Contacts,
    check_counted,
    create_contacts,
    create_filtered,
)
from abkit.analysis.duplicates import without_copies
from abkit.analysis.groups import PART, Group
from abkit.analysis.instants import read_instants
from abkit.analysis.roles import Roles, find_roles
from abkit.analysis.row_facts import RowFacts, row_facts
from abkit.analysis.sources import Data, Source, open_source, quoted
from abkit.analysis.triggered_definition import (
    Trigger,
    check_beliefs,
    check_shadow,
    find_trigger,
    unheard_label,
)
from abkit.analysis.triggered_diluted import UnitGroup
from abkit.analysis.unit_sums import ArmSums, create_events, sums_over_units
from abkit.analysis.values import text_value
from abkit.core.errors import DataError
from abkit.core.metrics import REPEAT_RATE, Metric

BEFORE: Final = "before"
TRIGGERED: Final = "triggered"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Cell = tuple[str, str]  # use-case, arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How the rows are read and what triggers: arguments as of `reading_rows.read_rows`."""

    metrics: Sequence[Metric]
    variant: str | None
    unit: str | None
    use_case: str | None
    mapping: Mapping[str, str]  # roles of `roles.ROLES`
    where: str | None
    zone: str | None
    table: str | None
    memory_limit: str | None
    trigger: str | None
    threshold: float | None
    label_0: str
    trigger_mapping: Mapping[str, str]  # roles of `triggered_definition.ROLES`


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """The integers of both phases, over units."""

    words: str  # when a contact triggers
    notes: tuple[str, ...]
    sums: Mapping[str, Mapping[Cell, ArmSums]]  # by phase
    units: Mapping[str, int]  # distinct, by arm
    triggered: Mapping[Cell, int]  # units by the use-case of their first triggering contact
    groups: Mapping[tuple[str, str, str], tuple[UnitGroup, ...]]  # (use-case, arm, metric)


def read_phases(
    data: Data, asked: Asked, *, arms: Sequence[str], control: str, cutoff: datetime | None
) -> Phases:
    """Read both phases; whoever `read_rows` refuses has been refused before.

    Args:
        data: As for `read_rows`.
        asked: How to read it.
        arms: Those compared.
        control: One of them.
        cutoff: Until when repeats are looked for, and rows at all; None: the last start.

    Raises:
        ConfigError: The definition of what triggers lies outside its domain.
        DataError: The log cannot tell what triggers.
    """
    with open_source(data, table=asked.table, memory_limit=asked.memory_limit) as source:
        roles = find_roles(
            source, asked.metrics, variant=asked.variant, unit=asked.unit,
            use_case=asked.use_case, mapping=asked.mapping,
        )  # fmt: skip
        _require_order(source, roles)
        trigger = find_trigger(
            source, column=asked.trigger, threshold=asked.threshold, label_0=asked.label_0,
            mapping=asked.trigger_mapping,
        )  # fmt: skip
        relation = create_filtered(source, asked.where)
        check_counted(source, roles, relation)
        if roles.has("contact_id"):
            relation = without_copies(source, roles, relation).relation
        check_shadow(source, relation, roles, trigger)
        check_beliefs(source, relation, roles, trigger, arms, control)
        notes = unheard_label(source, relation, trigger)
        contacts, facts = _phased(source, roles, relation, trigger, asked.zone, cutoff)
        sums = sums_over_units(contacts, facts, segments=True)
        _create_unit_phases(contacts, facts)
        return Phases(
            words=trigger.words,
            notes=tuple(notes),
            sums=_by_phase(sums),
            units=_units(contacts),
            triggered=_triggered(contacts),
            groups=_groups(contacts),
        )


def _require_order(source: Source, roles: Roles) -> None:
    """Raise `DataError` unless it is known whose contact came first."""
    for role, what in (("customer_id", "whose contacts"), ("started_at", "which contact")):
        if not roles.has(role):
            raise DataError(
                f"`{source.name}` has no column `{role}`: {what} came first is not known, and "
                "from the first triggering contact on a customer is another one",
                hint=f"name it with --map {role}=COLUMN",
            )


def _phased(
    source: Source,
    roles: Roles,
    relation: str,
    trigger: Trigger,
    zone: str | None,
    cutoff: datetime | None,
) -> tuple[Contacts, RowFacts]:
    """Create `contacts`, whose segment is the phase, and `events`."""
    start = read_instants(
        source, roles.columns["started_at"], zone=zone, role="started_at", relation=relation
    )
    until_us = None if cutoff is None else (cutoff - _EPOCH) // timedelta(microseconds=1)
    unit = f"hash({_text(source, roles, 'customer_id')})"
    case = _text(source, roles, "use_case") if roles.has("use_case") else f"'{WHOLE}'"
    triggers = trigger.sql(source)
    if until_us is not None:  # who triggers later has not yet
        triggers += f" AND {start.sql} <= {until_us}"
    _create_first_triggers(source, relation, triggers, unit, start.sql, case)
    phase = _unused(source.columns)
    source.rows(  # names with blanks: none of them is a column of the data
        f'CREATE TEMP VIEW phased AS SELECT r.*, CASE WHEN "since us" <= {start.sql} '
        f"THEN '{TRIGGERED}' ELSE '{BEFORE}' END AS {quoted(phase)} FROM {relation} AS r LEFT JOIN "
        '(SELECT unit_hash AS "unit hash", since_us AS "since us" FROM first_triggers) '
        f'ON "unit hash" = {unit}'
    )
    wider = replace(source, columns={**source.columns, phase: "VARCHAR"})
    contacts = create_contacts(wider, replace(roles, segment=phase), relation="phased", zone=zone)
    facts = row_facts(contacts, cutoff_us=until_us)
    last = facts.last_start_us if until_us is None else until_us
    create_events(contacts, facts, cutoff_us=last)
    return contacts, facts


def _create_first_triggers(
    source: Source, relation: str, triggers: str, unit: str, start: str, case: str
) -> None:
    """Create the table `first_triggers`: when and in which use-case each unit first triggered."""
    source.rows(f"""
        CREATE TEMP TABLE first_triggers AS
        WITH found AS (
            SELECT {unit} AS unit_hash, {start} AS start_us,
                coalesce({case}, '{MISSING}') AS stratum
            FROM {relation} WHERE {triggers}
        ), earliest AS (
            SELECT unit_hash, min(start_us) AS since_us FROM found GROUP BY ALL
        )
        SELECT unit_hash, since_us, min(stratum) AS stratum
        FROM found JOIN earliest USING (unit_hash) WHERE start_us = since_us GROUP BY ALL
    """)


def _text(source: Source, roles: Roles, role: str) -> str:
    column = roles.columns[role]
    return text_value(column, source.columns[column])


def _unused(columns: Mapping[str, str]) -> str:
    """Return a name that no column has."""
    taken, name = {column.casefold() for column in columns}, "phase"
    while name in taken:
        name += "_"
    return name


def _by_phase(sums: Mapping[Group, ArmSums]) -> dict[str, dict[Cell, ArmSums]]:
    found: dict[str, dict[Cell, ArmSums]] = {BEFORE: {}, TRIGGERED: {}}
    for (case, arm, phase), of in sums.items():
        found[str(phase)][case, arm] = of
    return found


def _create_unit_phases(contacts: Contacts, facts: RowFacts) -> None:
    """Create the table `unit_phases`: each unit's successes and trials in both phases, by cell."""
    groups = facts.groups(segments=True)
    contacts.source.rows(
        f"""
        CREATE TEMP TABLE parts AS SELECT {PART} AS part, use_case, arm, segment FROM (
            SELECT unnest($cases::VARCHAR[]) AS use_case, unnest($arms::VARCHAR[]) AS arm,
                unnest($phases::VARCHAR[]) AS segment
        )
        """,
        cases=[case for case, _, _ in groups],
        arms=[arm for _, arm, _ in groups],
        phases=[str(phase) for _, _, phase in groups],
    )
    sums = ", ".join(
        f"coalesce(sum({of}_{column}) FILTER (segment = '{phase}'), 0)::BIGINT AS {of}{name}"
        for column in _columns(contacts).values()
        for phase, name in ((BEFORE, f"_before_{column}"), (TRIGGERED, f"_after_{column}"))
        for of in ("y", "m")
    )
    contacts.source.rows(f"""
        CREATE TEMP TABLE unit_phases AS SELECT use_case, arm, stratum, unit, {sums}
        FROM segment_units JOIN parts USING (part)
        LEFT JOIN first_triggers ON unit_hash = unit GROUP BY ALL
    """)


def _columns(contacts: Contacts) -> dict[str, str]:
    """Return the column of each rate that a row of the result is about."""
    columns = {metric.name: contacts.rates.get(metric.name) for metric in contacts.roles.metrics}
    repeats = {REPEAT_RATE.name: "r"} if contacts.has_windows else {}
    return {name: column for name, column in columns.items() if column is not None} | repeats


def _units(contacts: Contacts) -> dict[str, int]:
    rows = contacts.source.rows(
        "SELECT arm, count(DISTINCT unit) AS units FROM events JOIN cells USING (cell) "
        "GROUP BY ALL ORDER BY ALL"
    )
    return {row["arm"]: row["units"] for row in rows}


def _triggered(contacts: Contacts) -> dict[Cell, int]:
    """Return the units that triggered within the log, by the use-case in which they first did."""
    rows = contacts.source.rows(
        "SELECT stratum, arm, count(DISTINCT unit) AS units FROM events JOIN cells USING (cell) "
        "JOIN first_triggers ON unit_hash = unit WHERE start_us >= since_us "
        "GROUP BY ALL ORDER BY ALL"
    )
    return {(row["stratum"], row["arm"]): row["units"] for row in rows}


def _groups(contacts: Contacts) -> dict[tuple[str, str, str], tuple[UnitGroup, ...]]:
    """Return units alike in stratum, successes and trials, counted."""
    found: dict[tuple[str, str, str], list[UnitGroup]] = {}
    for metric, column in _columns(contacts).items():
        names = [f"{of}_{phase}_{column}" for phase in ("before", "after") for of in ("y", "m")]
        for row in contacts.source.rows(f"""
            SELECT use_case, arm, stratum, {", ".join(names)}, count(*) AS units FROM unit_phases
            WHERE {names[1]} + {names[3]} > 0 GROUP BY ALL ORDER BY ALL
        """):
            y_before, m_before, y_after, m_after = (int(row[name]) for name in names)
            group = UnitGroup(row["stratum"], y_before, m_before, y_after, m_after, row["units"])
            found.setdefault((row["use_case"], row["arm"], metric), []).append(group)
    return {key: tuple(groups) for key, groups in found.items()}
