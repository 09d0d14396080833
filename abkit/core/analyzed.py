"""What `analyze` found in a data set: Table 3 for each treatment, its segments, how it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from abkit.core.check import Check
from abkit.core.errors import ConfigError
from abkit.core.results import Rendered
from abkit.core.table3 import Heterogeneity, Intervals, MetricRow, Table3, UseCaseRows


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRows:
    """The rows of one value of the segments' column."""

    value: str
    use_cases: tuple[UseCaseRows, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the segment and its rows."""
        return {"value": self.value, "use_cases": [group.to_dict() for group in self.use_cases]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Whether the segments' differences of one metric in one use-case differ."""

    use_case: str
    metric: str
    heterogeneity: Heterogeneity
    p_value_adjusted: float | None  # Holm over the agreements of the analysis

    def to_dict(self) -> dict[str, Any]:
        """Return the test, with its adjusted p-value."""
        return {
            "use_case": self.use_case,
            "metric": self.metric,
            **self.heterogeneity.to_dict(),
            "p_value_adjusted": self.p_value_adjusted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """One treatment against control in each segment.

    A family of its own: the segments' p-values are adjusted over all rows of all segments.
    """

    column: str
    treatment: str
    values: tuple[SegmentRows, ...]
    agreements: tuple[Agreement, ...]
    intervals: Intervals = "unadjusted"  # whatever those of Table 3 are

    def rows(self) -> Iterator[tuple[str, str, MetricRow]]:
        """Yield (value, use-case, row)."""
        for segment in self.values:
            for group in segment.use_cases:
                for row in group.metrics:
                    yield segment.value, group.use_case, row

    def to_dict(self) -> dict[str, Any]:
        """Return the segments and whether they agree."""
        return {
            "column": self.column,
            "treatment": self.treatment,
            "intervals": self.intervals,
            "values": [segment.to_dict() for segment in self.values],
            "agreements": [agreement.to_dict() for agreement in self.agreements],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(Rendered):
    """One data set, analysed: a table for each treatment arm, all rows one family."""

    source: str  # what was read
    rows: int | None  # of the data, None for counts
    notes: tuple[str, ...]  # how it was read, what is absent
    cutoff: datetime | None = None  # until when repeats were looked for
    tables: tuple[Table3, ...]
    segments: tuple[Segments, ...] = ()

    @property
    def table3(self) -> Table3:
        """Return the only table.

        Raises:
            ConfigError: There are several treatment arms; `tables` has one for each.
        """
        if len(self.tables) > 1:
            names = ", ".join(f"`{table.treatment}`" for table in self.tables)
            raise ConfigError(
                f"there is a table for each of {names}",
                hint="`tables` has them all; or analyse one with treatment=...",
            )
        return self.tables[0]

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return every check once, in the order in which they are read."""
        return tuple(dict.fromkeys(check for table in self.tables for check in table.checks))

    def records(self) -> list[dict[str, Any]]:
        """Return one row per treatment, use-case and metric; segments stay out."""
        return [
            {"treatment_arm": table.treatment, **record} if len(self.tables) > 1 else record
            for table in self.tables
            for record in table.records()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return DESIGN's JSON: one table's facts, or `results` with several treatment arms."""
        facts = {
            "source": self.source,
            "rows": self.rows,
            "cutoff": None if self.cutoff is None else self.cutoff.isoformat(),
            "notes": list(self.notes),
        }
        tables = [table.to_dict() for table in self.tables]
        found = tables[0] if len(tables) == 1 else {"results": tables}
        segments = [segments.to_dict() for segments in self.segments]
        return facts | found | ({"segments": segments} if segments else {})
