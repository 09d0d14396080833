"""A sweep: one simulated experiment per value, on the same draws, side by side. Facts only."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abkit.core.results import Rendered
from abkit.core.table3 import MetricRow, PooledRow, Table3
from abkit.core.true_effects import TrueEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptRun:
    """One run of a sweep."""

    values: tuple[Any, ...]  # of the keys that vary
    run: Path
    model: str | None  # digest; None: nobody types
    tables: tuple[Table3, ...]  # one per treatment arm
    truth: tuple[TrueEffect, ...]  # for each of their rows, but for the pooled ones

    @property
    def trusted(self) -> bool:
        """Return whether no check failed."""
        return all(table.trusted for table in self.tables)

    def truth_of(self, treatment: str, use_case: str | None, metric: str) -> TrueEffect | None:
        """Return the truth beside a row; pooled rows have none."""
        for one in self.truth:
            if (one.treatment, one.use_case, one.metric) == (treatment, use_case, metric):
                return one
        return None

    def rows(self) -> Iterator[tuple[str, str | None, MetricRow | PooledRow]]:
        """Yield (treatment, use-case, row); pooled rows have no use-case."""
        for table in self.tables:
            for use_case, row in table.rows():
                yield table.treatment, use_case, row
            if len(table.use_cases) > 1:
                for pooled in table.pooled:
                    yield table.treatment, None, pooled


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Rendered):
    """Deltas by the values of one or several keys."""

    scenario: str
    weeks: int
    seed: int  # of every run
    keys: tuple[str, ...]  # that vary, dotted
    runs: tuple[SweptRun, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per run, treatment, use-case and metric; pooled: no use-case."""
        return [
            {
                "values": dict(zip(self.keys, run.values, strict=True)),
                "run": run.run.name,
                "treatment": treatment,
                "use_case": use_case,
                "metric": row.metric,
                "difference": row.difference.to_dict(),
                "relative": row.relative.to_dict(),
                "p_value": row.p_value,
                "verdict": row.verdict,
                "truth": None if truth is None else truth.to_dict(),
            }
            for run in self.runs
            for treatment, use_case, row in run.rows()
            for truth in [run.truth_of(treatment, use_case, row.metric)]
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the sweep as JSON-able values: proportions, unrounded."""
        return {
            "scenario": self.scenario,
            "weeks": self.weeks,
            "seed": self.seed,
            "keys": list(self.keys),
            "runs": [
                {
                    "values": dict(zip(self.keys, run.values, strict=True)),
                    "run": str(run.run),
                    "model": run.model,
                    "trusted": run.trusted,
                }
                for run in self.runs
            ],
            "rows": self.records(),
        }
