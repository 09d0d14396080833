"""From contacts to sums per use-case, arm and metric over units, by SQL.

Only integers are summed (floats as scaled integers), so the answer has the same bits for any number
of threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from abkit.analysis.contact_rows import INVALID, Contacts
from abkit.analysis.design_effect import CustomerMoments
from abkit.analysis.exact_sums import exact_sum_sql, scale_for, unscaled_sql
from abkit.analysis.groups import CELL, PART, Group, keys_of
from abkit.analysis.mean_sums import mean_moments
from abkit.analysis.means import MeanMoments
from abkit.analysis.repeats import with_repeats
from abkit.analysis.row_facts import RowFacts
from abkit.core.metrics import REPEAT_RATE

Moments = CustomerMoments | MeanMoments

NO_MEAN: Final = MeanMoments(units=0, trials=0, total=0.0, residual_squares=0.0)
NO_RATE: Final = CustomerMoments.from_groups([])


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """How long contacts were followed for a repeat: what Kaplan-Meier needs."""

    minutes: tuple[tuple[int, int, int], ...]  # minute, repeats in it, cut off after it
    whole: int  # followed for 24 hours, no repeat


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSums:
    """One arm in one use-case, counted rows only."""

    contacts: int = 0
    immature: int = 0
    overlapping: int = 0
    moments: Mapping[str, Moments] = field(default_factory=dict)  # by metric, `RESPONSES` too
    follow_up: FollowUp | None = None


def sums_over_rows(contacts: Contacts, facts: RowFacts, *, segments: bool) -> dict[Group, ArmSums]:
    """Return the sums of each group where every row is a unit of its own."""
    groups = facts.groups(segments=segments)
    keys = keys_of(contacts.source, groups, segments=segments) if contacts.means else {}
    moments: dict[Group, dict[str, Moments]] = {
        group: {metric: facts.outcomes[group, metric].moments for metric in contacts.rates}
        for group in groups
    }
    for metric, x in contacts.means.items():
        units = (
            f"SELECT {PART if segments else CELL} AS key, 1 AS n, {x} AS s FROM contacts "
            f"WHERE counted AND arm IS NOT NULL AND {x} IS NOT NULL"
        )
        found = mean_moments(contacts.source, units)
        for key, group in keys.items():
            moments[group][metric] = found.get(key, NO_MEAN)
    return {
        group: ArmSums(contacts=facts.counted[group], moments=moments[group]) for group in groups
    }


def create_events(contacts: Contacts, facts: RowFacts, *, cutoff_us: int | None) -> None:
    """Create the relation `events`: contacts with an arm and a unit, with their 24 h windows.

    `cell` stands for use-case and arm, `part` for these within the segment; the table `cells` says
    what each `cell` is, and numbers them.
    """
    source = contacts.source
    known = "WHERE unit IS NOT NULL AND arm IS NOT NULL"
    if "started_at" in contacts.times and cutoff_us is not None:
        known += f" AND start_us <= {cutoff_us}"
    keys = f"{CELL} AS cell, {PART} AS part"
    slim = f"SELECT * EXCLUDE (use_case, arm, segment), {keys} FROM contacts {known}"
    _create_cells(contacts, facts)
    if not contacts.has_windows:
        source.rows(f"CREATE TEMP VIEW events AS {slim}")
        return
    query = with_repeats(f"({slim})", tie="part, counted")
    source.rows(f"CREATE TEMP TABLE events AS {query}", cutoff_us=cutoff_us)


def sums_over_units(
    contacts: Contacts, facts: RowFacts, *, segments: bool = False
) -> dict[Group, ArmSums]:
    """Return the sums of each group over its units; `create_events` must have been called.

    Leaves the table `units` (or `segment_units`): one row per unit and group.
    """
    source, key = contacts.source, "part" if segments else "cell"
    units = "segment_units" if segments else "units"
    rates = contacts.rates | ({REPEAT_RATE.name: "r"} if contacts.has_windows else {})
    _create_units(contacts, facts, units=units, key=key)
    groups = keys_of(source, facts.groups(segments=segments), segments=segments)
    moments: dict[int, dict[str, Moments]] = {group: {} for group in groups}
    for metric, column in rates.items():
        counts: dict[int, list[tuple[int, int, int]]] = {}
        for row in source.rows(f"""
            SELECT {key} AS key, y_{column} AS y, m_{column} AS m, count(*) AS units
            FROM {units} WHERE m_{column} > 0 GROUP BY ALL ORDER BY ALL
        """):
            counts.setdefault(row["key"], []).append((row["y"], row["m"], row["units"]))
        for group in groups:
            moments[group][metric] = CustomerMoments.from_groups(counts.get(group, []))
    for metric, x in contacts.means.items():
        rows = f"SELECT {key} AS key, n_{x} AS n, s_{x} AS s FROM {units} WHERE n_{x} > 0"
        found = mean_moments(source, rows)
        for group in groups:
            moments[group][metric] = found.get(group, NO_MEAN)
    totals = {
        row["key"]: row
        for row in source.rows(f"""
            SELECT {key} AS key, sum(contacts)::BIGINT AS contacts,
                sum(immature)::BIGINT AS immature, sum(overlapping)::BIGINT AS overlapping
            FROM {units} GROUP BY ALL ORDER BY ALL
        """)
    }
    follow_ups = _follow_ups(contacts, key) if contacts.has_windows else {}
    return {
        name: ArmSums(
            contacts=totals[group]["contacts"],
            immature=totals[group]["immature"],
            overlapping=totals[group]["overlapping"],
            moments=moments[group],
            follow_up=follow_ups.get(group),
        )
        for group, name in groups.items()
        if group in totals
    }


def _create_cells(contacts: Contacts, facts: RowFacts) -> None:
    """Create the table `cells`: number, use-case and arm behind each hash."""
    contacts.source.rows(
        f"""
        CREATE TEMP TABLE cells AS SELECT {CELL} AS cell, rank, use_case, arm FROM (
            SELECT unnest($cases::VARCHAR[]) AS use_case, unnest($arms::VARCHAR[]) AS arm,
                unnest($ranks::INTEGER[]) AS rank
        )
        """,
        cases=[use_case for use_case, _ in facts.cells],
        arms=[arm for _, arm in facts.cells],
        ranks=list(range(len(facts.cells))),
    )


def _create_units(contacts: Contacts, facts: RowFacts, *, units: str, key: str) -> None:
    """Create the table `units`: successes y and trials m, values n and their sum s, per unit."""
    sums = ["count(*) AS rows", "count(*) FILTER (counted) AS contacts"]
    for column in contacts.rates.values():
        sums.append(f"count(*) FILTER (counted AND {column} = 1) AS y_{column}")
        sums.append(f"count(*) FILTER (counted AND {column} < {INVALID}) AS m_{column}")
    for metric, x in contacts.means.items():
        k = scale_for(facts.largest[metric], facts.rows)
        total = exact_sum_sql(f"CASE WHEN counted THEN {x} END", k)
        sums.append(f"count({x}) FILTER (counted) AS n_{x}")
        sums.append(f"{unscaled_sql(total, k)} AS s_{x}")
    if contacts.has_windows:
        sums += [
            "count(*) FILTER (counted AND repeated) AS y_r",
            "count(*) FILTER (counted AND mature) AS m_r",
            "count(*) FILTER (counted AND NOT mature) AS immature",
            "count(*) FILTER (counted AND overlapping) AS overlapping",
        ]
    else:
        sums += ["0 AS immature", "0 AS overlapping"]
    if "started_at" in contacts.times:
        sums.append("min(start_us) AS first_us")
        sums.append("min(start_us) FILTER (counted) AS first_counted_us")
    contacts.source.rows(
        f"CREATE TEMP TABLE {units} AS SELECT unit, {key}, {', '.join(sums)} "
        "FROM events GROUP BY ALL"
    )


def _follow_ups(contacts: Contacts, key: str) -> dict[int, FollowUp]:
    """Return how long the counted contacts of each group were followed."""
    minutes: dict[int, list[tuple[int, int, int]]] = {}
    whole: dict[int, int] = {}
    for row in contacts.source.rows(f"""
        SELECT {key} AS key,
            CASE WHEN follow_up > 0 THEN follow_up ELSE -1 - follow_up END AS minute,
            count(*) FILTER (follow_up > 0) AS repeats, count(*) FILTER (follow_up < 0) AS cut_off,
            count(*) AS contacts
        FROM events WHERE counted GROUP BY ALL ORDER BY ALL
    """):
        if row["minute"] is None:
            whole[row["key"]] = row["contacts"]
        else:
            cell = minutes.setdefault(row["key"], [])
            cell.append((row["minute"], row["repeats"], row["cut_off"]))
    return {
        group: FollowUp(minutes=tuple(minutes.get(group, ())), whole=whole.get(group, 0))
        for group in minutes.keys() | whole.keys()
    }
