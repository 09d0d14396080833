"""What experiments say that randomise blocks of time, since customers share a queue."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from abkit.core.check import Check
from abkit.core.results import Rendered
from abkit.core.table3 import MetricRow, Table3

DesignName = Literal["switchback", "saturation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockGroup:
    """The blocks that one side of a comparison is made of."""

    name: str  # control, treatment; or low, high
    blocks: int
    units: int  # summed over blocks: who comes in two counts twice
    treated: float  # share of the units in treatment


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockAnalysis(Rendered):
    """One experiment by blocks, analysed: blocks are the units."""

    source: str
    rows: int | None
    design: DesignName
    block: str  # the column
    groups: tuple[BlockGroup, ...]
    notes: tuple[str, ...]
    cutoff: datetime | None
    checks: tuple[Check, ...]
    tables: tuple[Table3, ...]  # by use-case; of saturation also control in high against low blocks
    together: tuple[Table3, ...]  # the same over all use-cases; empty with one use-case

    def rows_of(self, table: int = 0) -> Iterator[tuple[str, MetricRow]]:
        """Yield (use-case, row) of one comparison, `all` for those over all use-cases."""
        yield from self.tables[table].rows()
        for whole in self.together[table : table + 1]:
            yield from whole.rows()

    def records(self) -> list[dict[str, Any]]:
        """Return one row per comparison, use-case and metric."""
        return [
            {"treatment_arm": table.treatment, "control_arm": table.control, "use_case": case}
            | row.to_dict()
            for place, table in enumerate(self.tables)
            for case, row in self.rows_of(place)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts: proportions, unrounded."""
        return {
            "source": self.source,
            "rows": self.rows,
            "design": self.design,
            "block": self.block,
            "groups": [asdict(group) for group in self.groups],
            "cutoff": None if self.cutoff is None else self.cutoff.isoformat(),
            "notes": list(self.notes),
            "checks": [check.to_dict() for check in self.checks],
            "comparisons": [_comparison(table) for table in self.tables],
            "together": [_comparison(table) for table in self.together],
        }


def _comparison(table: Table3) -> dict[str, Any]:
    """Return a table without the checks, which all share, and without pooled rows."""
    return {key: value for key, value in table.to_dict().items() if key not in ("checks", "pooled")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One question about a shared queue, put to a log; None where it could not be asked.

    Of `requests` the difference of shares, treatment - control; of `queue` control's change of a
    rate per minute that the others wait; of `share` its change from no treatment to all; of
    `before` control's rate during the experiment - before it.
    """

    code: str
    metric: str | None = None
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSigns(Rendered):
    """What one log says about whether the arms share a queue."""

    source: str
    control: str
    treatment: str
    confidence_level: float
    wait: tuple[float | None, float | None]  # mean wait per request in control, treatment, seconds
    asked: tuple[float, float]  # share of contacts that ask for an agent
    abandoned: tuple[float | None, float | None]  # share of contacts that abandon the queue
    signs: tuple[Sign, ...]
    notes: tuple[str, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per sign."""
        return [asdict(sign) for sign in self.signs]

    def to_dict(self) -> dict[str, Any]:
        """Return the facts: proportions, seconds, unrounded."""
        return asdict(self)
