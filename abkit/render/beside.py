"""Beside PRR and 24RR: who did not answer, and who could not be followed."""

from collections.abc import Callable
from dataclasses import dataclass

from abkit.core.table3 import MetricRow, Table3
from abkit.render.grid import Cell, Column, Grid
from abkit.render.numbers import count, interval, percent


@dataclass(frozen=True, slots=True)
class _Part:
    """A column, of which row it is, and its value there; None: not known."""

    metric: str
    head: tuple[str, ...]
    value: Callable[[MetricRow], str | None]


def _answered(row: MetricRow, arm: str) -> str | None:
    share = row.control_responses if arm == "control" else row.treatment_responses
    return None if share is None or not share.trials else percent(share.rate, 1)


def _bounds(row: MetricRow) -> str | None:
    return None if row.worst_case is None else interval(*row.worst_case, 1)


def _kaplan_meier(row: MetricRow, arm: str) -> str | None:
    share = None if row.kaplan_meier is None else getattr(row.kaplan_meier, arm)
    return None if share is None else percent(share)


def _immature(row: MetricRow) -> str | None:
    arms, followed = row.immature, row.kaplan_meier
    if arms is None or followed is None or followed.control is followed.treatment is None:
        return None
    return count((arms.control or 0) + (arms.treatment or 0))


_PARTS = (
    _Part("PRR", ("Answered %", "control"), lambda row: _answered(row, "control")),
    _Part("PRR", ("", "treatment"), lambda row: _answered(row, "treatment")),
    _Part("PRR", ("Worst case of", "\u0394 PRR, points"), _bounds),
    _Part("24RR", ("24RR % by", "Kaplan-Meier", "control"),
          lambda row: _kaplan_meier(row, "control")),
    _Part("24RR", ("", "", "treatment"), lambda row: _kaplan_meier(row, "treatment")),
    _Part("24RR", ("Immature", "contacts"), _immature),
)  # fmt: skip
_TITLES = {"PRR": "who did not answer", "24RR": "who could not be followed"}


def beside(table: Table3) -> Grid | None:
    """Return by use-case what is known beside PRR and 24RR; None where nothing is."""
    by_case = {
        group.use_case: {row.metric: row for row in group.metrics} for group in table.use_cases
    }

    def value(part: _Part, rows: dict[str, MetricRow]) -> str | None:
        return part.value(rows[part.metric]) if part.metric in rows else None

    known = {
        metric
        for metric in _TITLES
        for part in _PARTS
        if part.metric == metric and any(value(part, rows) for rows in by_case.values())
    }
    parts = [part for part in _PARTS if part.metric in known]
    if not parts:
        return None
    lines = max(len(part.head) for part in parts)
    heads: list[Cell] = ["", *(("",) * (lines - len(p.head)) + p.head for p in parts)]
    metrics = [metric for metric in _TITLES if metric in known]
    return Grid(
        title=f"Beside {' and '.join(metrics)}: " + ", ".join(_TITLES[name] for name in metrics),
        columns=tuple(Column(head=h, align="right" if i else "left") for i, h in enumerate(heads)),
        rows=tuple(
            (case, *(value(part, rows) or percent(None) for part in parts))
            for case, rows in by_case.items()
        ),
        notes=_notes(known),
    )


def _notes(known: set[str]) -> tuple[str, ...]:
    notes = []
    if "PRR" in known:
        notes.append(
            "Whatever the customers who did not answer would have said, the difference of PRR over "
            "all offers lies between the two numbers of the worst case."
        )
    if "24RR" in known:
        notes.append("Kaplan-Meier uses the immature contacts, which 24RR leaves out.")
    return (" ".join(notes),)
