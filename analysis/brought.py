"""First contacts: what customers bring before any arm did anything, and who answers after it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from abkit.analysis.contact_rows import Contacts
from abkit.analysis.sources import quoted
from abkit.analysis.values import is_whole, number_value, text_value, truth_value

_MOST_REASONS: Final = 20  # a menu has few entries; more values are no menu
_SCALE: Final = 1_000_000  # scores are summed as whole millionths, so that bytes repeat
_DAY_US: Final = 24 * 60 * 60 * 1_000_000
SCORE: Final = "mean score"
UNSURE: Final = "share of scores between .1 and .9"  # moves where texts get harder
_WHO: Final = {True: "accepted", False: "rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Sums of one quantity over first contacts."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: "Total") -> "Total":
        return Total(
            n=self.n + other.n,
            total=self.total + other.total,
            squares=self.squares + other.squares,
        )

    @property
    def mean(self) -> float:
        """Return the mean, 0 of nothing."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self) -> float:
        """Return the variance, divisor n - 1; fewer than two: 0."""
        if self.n < 2:
            return 0.0
        return max(self.squares - self.total**2 / self.n, 0.0) / (self.n - 1)


Cell = tuple[str, str, int]  # use-case, arm, day of the log


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Sums by cell of each quantity: the share of each menu reason, the mean score."""

    quantities: Mapping[str, Mapping[Cell, Total]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[Cell, Total]] = field(default_factory=dict)  # by acceptance
    days: int = 0  # 24 h each, from the first start on, the last one whole


def what_was_brought(contacts: Contacts, *, cutoff_us: int | None) -> Brought | None:
    """Return what first contacts brought; None where the log does not say.

    It needs `attempt`, `started_at` and `menu_reason` or `score`, under these names. Whatever came
    before a first contact, no arm has touched it: later contacts depend on what the arm did.
    """
    kinds = contacts.source.columns
    if "started_at" not in contacts.times or not _is_number(kinds.get("attempt")):
        return None
    parts = {
        "menu": _menu(contacts),
        "score": _score(kinds.get("score")),
        "attempt": number_value("attempt", kinds["attempt"]),
        "accepted": _accepted(contacts),
        "answered": _answered(contacts),
    }
    if parts["menu"] is None and parts["score"] is None:
        return None
    rows = contacts.source.rows(_query(contacts, parts, cutoff_us))
    return _sums(rows, scored=parts["score"] is not None) if rows else None


def _is_number(kind: str | None) -> bool:
    return kind is not None and (kind == "VARCHAR" or is_whole(kind))


def _menu(contacts: Contacts) -> str | None:
    """Return the SQL of the menu's reason; None where there is none, or it is no menu."""
    kind = contacts.source.columns.get("menu_reason")
    if kind is None or not (kind == "VARCHAR" or kind.startswith("ENUM")):
        return None
    (found,) = contacts.source.rows(
        f"SELECT approx_count_distinct({quoted('menu_reason')}) AS n FROM {contacts.relation}"
    )
    return text_value("menu_reason", kind) if 1 < found["n"] <= _MOST_REASONS else None


def _score(kind: str | None) -> str | None:
    if kind not in ("DOUBLE", "FLOAT", "VARCHAR"):
        return None
    value = number_value("score", kind)
    return f"CASE WHEN {value} BETWEEN 0 AND 1 THEN round({value} * {_SCALE})::BIGINT END"


def _accepted(contacts: Contacts) -> str | None:
    """Return the SQL of 1, 0 or null: no offer, or none known."""
    kinds = contacts.source.columns
    kind = kinds.get("accepted")
    if not contacts.roles.has("resolution", "response") or kind not in ("BOOLEAN", "VARCHAR"):
        return None
    return truth_value("accepted", kind)


def _answered(contacts: Contacts) -> str | None:
    if not contacts.roles.has("response"):
        return None
    column = contacts.roles.columns["response"]
    return f"{text_value(column, contacts.source.columns[column])} IS NOT NULL"


def _query(contacts: Contacts, parts: Mapping[str, str | None], cutoff_us: int | None) -> str:
    named, start = contacts.expressions, contacts.times["started_at"].sql
    until = "" if cutoff_us is None else f"AND {start} <= {cutoff_us}"
    first = f"(SELECT min({start}) FROM {contacts.relation})"
    return f"""
        SELECT use_case, arm, day, menu, accepted, answered, count(*) AS n, count(score) AS scored,
            coalesce(sum(score), 0)::HUGEINT AS total,
            coalesce(sum(score::HUGEINT * score), 0)::HUGEINT AS squares,
            count(*) FILTER (score BETWEEN {_SCALE // 10} AND {_SCALE - _SCALE // 10}) AS unsure
        FROM (
            SELECT {named["use_case"]} AS use_case, {named["arm"]} AS arm,
                ({start} - {first}) // {_DAY_US} AS day,
                {parts["menu"] or "NULL"} AS menu, {parts["score"] or "NULL::BIGINT"} AS score,
                {parts["accepted"] or "NULL"} AS accepted, {parts["answered"] or "NULL"} AS answered
            FROM {contacts.relation}
            WHERE {parts["attempt"]} = 1 AND {named["counted"]} {until}
        ) WHERE arm IS NOT NULL GROUP BY ALL ORDER BY ALL
    """


def _sums(rows: list[dict[str, Any]], *, scored: bool) -> Brought:
    """Return the sums by quantity and cell."""
    reasons = sorted({str(row["menu"]) for row in rows if row["menu"] is not None})
    found: dict[str, dict[Cell, Total]] = {_in_menu(reason): {} for reason in reasons}
    if scored:
        found |= {SCORE: {}, UNSURE: {}}
    answers: dict[str, dict[Cell, Total]] = {}
    for row in rows:
        cell: Cell = row["use_case"], row["arm"], row["day"]
        for reason in reasons if row["menu"] is not None else ():
            _add(
                found[_in_menu(reason)], cell, _share(row["n"], row["n"] * (reason == row["menu"]))
            )
        if row["scored"]:
            _add(found[SCORE], cell, _mean(row["scored"], row["total"], row["squares"]))
            _add(found[UNSURE], cell, _share(row["scored"], row["unsure"]))
        if row["accepted"] in (0, 1):
            by_cell = answers.setdefault(_WHO[bool(row["accepted"])], {})
            _add(by_cell, cell, _share(row["n"], row["n"] * bool(row["answered"])))
    return Brought(quantities=found, answers=answers, days=1 + max(row["day"] for row in rows))


def _in_menu(reason: str) -> str:
    return f"`{reason}` in the menu"


def _share(n: int, hits: int) -> Total:
    return Total(n=n, total=hits, squares=hits)


def _mean(n: int, total: int, squares: int) -> Total:
    return Total(n=n, total=total / _SCALE, squares=squares / _SCALE**2)


def _add(sums: dict[Cell, Total], cell: Cell, more: Total) -> None:
    sums[cell] = sums.get(cell, Total()) + more
