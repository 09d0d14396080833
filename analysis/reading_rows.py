"""From the rows of a contact log, or of any A/B file, to a reading."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from abkit.analysis.brought import what_was_brought
from abkit.analysis.contact_rows import (
    Contacts,
    check_counted,
    create_contacts,
    create_filtered,
)
from abkit.analysis.crossings import crossings
from abkit.analysis.duplicates import without_copies
from abkit.analysis.first_contacts import first_contacts
from abkit.analysis.groups import Group
from abkit.analysis.placeholders import placeholder_units
from abkit.analysis.reading import FirstContacts, Found, Reading
from abkit.analysis.roles import absences, find_roles
from abkit.analysis.row_facts import RowFacts, row_facts
from abkit.analysis.row_problems import row_problems
from abkit.analysis.sources import Data, open_source
from abkit.analysis.unit_sums import ArmSums, create_events, sums_over_rows, sums_over_units
from abkit.core.errors import ConfigError
from abkit.core.metrics import Metric

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK_US: Final = 7 * 24 * 60 * 60 * 1_000_000


def read_rows(
    data: Data,
    *,
    metrics: Sequence[Metric] = (),
    variant: str | None = None,
    unit: str | None = None,
    use_case: str | None = None,
    segment: str | None = None,
    mapping: Mapping[str, str] | None = None,
    where: str | None = None,
    until: datetime | None = None,
    zone: str | None = None,
    table: str | None = None,
    memory_limit: str | None = None,
) -> Reading:
    """Read what an analysis needs; the rows themselves never enter Python.

    Args:
        data: See `sources.open_source`, as for `table` and `memory_limit`.
        metrics: See `roles.find_roles`, as for `variant`, `unit`, `use_case`, `segment`, `mapping`.
        where: An SQL condition on the columns; other rows are not looked at.
        until: As if the data had been taken then: later starts are not looked at, and 24 h windows
            must have closed. Default: the last start.
        zone: The IANA time zone of timestamps without one.

    Raises:
        ConfigError: An argument lies outside its domain.
        DataError: The data cannot be read, or contradict themselves.
    """
    cutoff = None if until is None else _microseconds(until)
    with open_source(data, table=table, memory_limit=memory_limit) as source:
        roles = find_roles(
            source, metrics, variant=variant, unit=unit, use_case=use_case, segment=segment,
            mapping=mapping,
        )  # fmt: skip
        if until is not None and not roles.has("started_at"):
            raise ConfigError(
                f"`until` is {until.isoformat()}, but `{source.name}` has no `started_at`",
                hint="name the column of the start with --map started_at=COLUMN",
            )
        relation = create_filtered(source, where)
        check_counted(source, roles, relation)
        copies = without_copies(source, roles, relation) if roles.has("contact_id") else None
        relation = copies.relation if copies else relation
        contacts = create_contacts(source, roles, relation=relation, zone=zone)
        facts = row_facts(contacts, cutoff_us=cutoff)
        sums, segments, first = _sums(contacts, facts, cutoff)
        crossed = crossings(contacts) if first is not None and first.in_several_cells else {}
        return Reading(
            source=source.name,
            origin="log" if variant is None else "file",
            rows=facts.rows,
            metrics=roles.metrics,
            arms=facts.arms,
            unit_name="rows" if not contacts.has_units else "units" if variant else "customers",
            unit_column=roles.columns.get("customer_id") if variant else None,
            cutoff=_cutoff(contacts, facts, until),
            notes=(*absences(roles), *_time_notes(contacts, facts, until)),
            first=first,
            problems=row_problems(contacts, facts, copies, relation),
            sums=sums,
            segments=segments,
            crossings=crossed,
            placeholder_units=placeholder_units(contacts) if contacts.has_units else None,
            brought=what_was_brought(contacts, cutoff_us=cutoff) if variant is None else None,
            last_week=_last_week(contacts, facts) if contacts.has_windows else None,
        )


def _cutoff(contacts: Contacts, facts: RowFacts, until: datetime | None) -> datetime | None:
    """Return until when repeats were looked for."""
    if not contacts.has_windows or facts.last_start_us is None:
        return None
    return until or _moment(facts.last_start_us)


def _time_notes(contacts: Contacts, facts: RowFacts, until: datetime | None) -> list[str]:
    """Return how times were read, and as of when."""
    notes = [note for instants in contacts.times.values() for note in instants.notes]
    if facts.last_start_us is None:
        return notes
    last = _moment(facts.last_start_us).isoformat()
    if until is not None:
        notes.append(
            f"as of {until.isoformat()} (--until): the last contact before it started at {last}; "
            "none is taken to have come after that"
        )
    elif contacts.has_windows:
        notes.append(f"as of {last}, the last start: a 24 h window that was open then is immature")
    return notes


def _last_week(contacts: Contacts, facts: RowFacts) -> Found:
    """Return how many contacts started in the seven days up to the last start."""
    (row,) = contacts.source.rows(
        "SELECT count(*) AS starts FROM events WHERE start_us > $since",
        since=(facts.last_start_us or 0) - _WEEK_US,
    )
    return Found(count=row["starts"], of=facts.rows)


def _moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def _microseconds(moment: datetime) -> int:
    """Return UTC microseconds since 1970, exactly."""
    if moment.tzinfo is None:
        raise ConfigError(
            f"`until` is {moment.isoformat()} without a time zone",
            hint=f"write {moment.isoformat()}+00:00 for UTC",
        )
    return (moment - _EPOCH) // timedelta(microseconds=1)


Cells = dict[tuple[str, str], ArmSums]


def _sums(
    contacts: Contacts, facts: RowFacts, cutoff_us: int | None
) -> tuple[Cells, dict[str, Cells], FirstContacts | None]:
    """Return the sums of whole use-cases, of each segment, and who came first where."""
    cutoff_us = facts.last_start_us if cutoff_us is None else cutoff_us
    segmented = contacts.roles.segment is not None
    first, parts = None, {}
    if contacts.has_units:
        create_events(contacts, facts, cutoff_us=cutoff_us)
        whole = sums_over_units(contacts, facts)
        first = first_contacts(contacts)
        if segmented:
            parts = sums_over_units(contacts, facts, segments=True)
    else:
        whole = sums_over_rows(contacts, facts, segments=False)
        if segmented:
            parts = sums_over_rows(contacts, facts, segments=True)
    return _cells(whole), _by_segment(parts), first


def _cells(sums: Mapping[Group, ArmSums]) -> Cells:
    return {(use_case, arm): of for (use_case, arm, _), of in sums.items()}


def _by_segment(sums: Mapping[Group, ArmSums]) -> dict[str, Cells]:
    found: dict[str, Cells] = {}
    for (use_case, arm, segment), of in sums.items():
        found.setdefault(str(segment), {})[use_case, arm] = of
    return dict(sorted(found.items()))
