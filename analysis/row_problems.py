"""What is wrong with rows, with the names of some of them."""

from collections.abc import Mapping
from typing import Final

from abkit.analysis.contact_rows import INVALID, Contacts
from abkit.analysis.duplicates import EXAMPLES, Duplicates
from abkit.analysis.rate_columns import OWN
from abkit.analysis.reading import Found, Problems
from abkit.analysis.row_facts import RowFacts
from abkit.analysis.sources import quoted
from abkit.analysis.values import number_invalid, text_value
from abkit.core.metrics import PRR, Metric

_SHOWN: Final = 60  # characters of an example


def row_problems(
    contacts: Contacts, facts: RowFacts, copies: Duplicates | None, relation: str
) -> Problems:
    """Return what the passes found; rows are asked for names only where something is wrong.

    Args:
        contacts: The typed relation.
        facts: Its facts.
        copies: Which rows were dropped; None: contacts have no identifier.
        relation: The SQL relation of the raw rows.
    """
    rows, has_end = facts.rows, "ended_at" in contacts.times
    metrics = [metric for metric in contacts.roles.metrics if _is_read(metric, contacts)]
    return Problems(
        duplicates=None
        if copies is None
        else Found(count=copies.dropped, of=rows + copies.dropped, examples=copies.examples),
        without_contact=None
        if copies is None
        else Found(count=copies.without_id, of=rows + copies.dropped),
        reversed=_reversed(contacts, facts, relation) if has_end else None,
        without_end=Found(count=facts.without_end, of=rows) if has_end else None,
        without_arm=Found(count=facts.without_arm, of=rows),
        without_unit=_without_unit(contacts, facts) if contacts.has_units else None,
        invalid={metric.name: _invalid(metric, contacts, facts, relation) for metric in metrics},
        missing={
            metric.name: _missing(metric, contacts, facts)
            for metric in metrics
            if metric != PRR  # no response is no missing value
        },
        shifted_times={
            role: Found(count=instants.ambiguous + instants.nonexistent, of=rows)
            for role, instants in contacts.times.items()
        },
    )


def _without_unit(contacts: Contacts, facts: RowFacts) -> Found:
    """Return the rows with an arm that have no unit: they did not come into `units`."""
    (row,) = contacts.source.rows("SELECT coalesce(sum(rows), 0)::BIGINT AS rows FROM units")
    return Found(count=facts.rows - facts.without_arm - row["rows"], of=facts.rows)


def _is_read(metric: Metric, contacts: Contacts) -> bool:
    return metric.name in contacts.rates or metric.name in contacts.means


def _counts(metric: Metric, facts: RowFacts) -> tuple[int, int, int]:
    """Return the counted rows, those with a value, and those with an invalid one."""
    wholes = facts.groups(segments=False)
    found = [facts.outcomes[group, metric.name] for group in wholes]
    valid = sum(of.successes + of.failures for of in found)
    return sum(facts.counted[group] for group in wholes), valid, sum(of.invalid for of in found)


def _missing(metric: Metric, contacts: Contacts, facts: RowFacts) -> Found:
    rows, valid, invalid = _counts(metric, facts)
    return Found(count=rows - valid - invalid, of=rows)


def _invalid(metric: Metric, contacts: Contacts, facts: RowFacts, relation: str) -> Found:
    """Return the rows whose value is no outcome, with the values of some."""
    rows, _, invalid = _counts(metric, facts)
    if not invalid:
        return Found(count=0, of=rows)
    column = metric.column or contacts.roles.columns[OWN[metric.name]]
    sql = contacts.expressions
    if metric.kind == "mean":
        bad = number_invalid(column, contacts.source.columns[column])
    else:
        bad = f"{sql[contacts.rates[metric.name]]} = {INVALID}"
    bad = f"({bad}) AND ({sql['counted']}) AND {sql['arm']} IS NOT NULL"
    shown = f"{quoted(column)}::VARCHAR"
    examples = _examples(contacts, facts, relation, bad, shown=shown)
    return Found(count=invalid, of=rows, examples=examples)


def _reversed(contacts: Contacts, facts: RowFacts, relation: str) -> Found:
    if not facts.reversed:
        return Found(count=0, of=facts.rows)
    start, end = (contacts.times[role].sql for role in ("started_at", "ended_at"))
    examples = _examples(contacts, facts, relation, f"{end} < {start}", shown="NULL::VARCHAR")
    return Found(count=facts.reversed, of=facts.rows, examples=examples)


def _examples(
    contacts: Contacts, facts: RowFacts, relation: str, condition: str, *, shown: str
) -> tuple[str, ...]:
    """Return some rows that fulfil the condition: who, and the value that is wrong with them.

    Only rows that `facts` are about, which start until the last start of them.
    """
    named = {role: contacts.roles.columns[role] for role in ("contact_id", "customer_id")
             if contacts.roles.has(role)}  # fmt: skip
    who = "NULL::VARCHAR"
    for column in list(named.values())[:1]:
        who = text_value(column, contacts.source.columns[column])
    if facts.last_start_us is not None:
        condition += f" AND {contacts.times['started_at'].sql} <= {facts.last_start_us}"
    rows = contacts.source.rows(
        f"SELECT DISTINCT left({who}, {_SHOWN}) AS who, left({shown}, {_SHOWN}) AS value "
        f"FROM {relation} WHERE {condition} ORDER BY ALL LIMIT {EXAMPLES}"
    )
    return tuple(_example(row) for row in rows)


def _example(row: Mapping[str, object]) -> str:
    parts = [str(row[name]) for name in ("who", "value") if row[name] is not None]
    return ": ".join(parts)
