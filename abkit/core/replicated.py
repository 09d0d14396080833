"""What independent replications of one experiment found: the spread behind a single Table 3."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from abkit.core.results import Rendered
from abkit.core.table3 import Table3, Verdict
from abkit.core.true_effects import TrueEffect

RowKey = tuple[str, str, str]  # treatment, use-case, metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicatedRow:
    """One row of Table 3 in one replication; proportions, as in `Effect`."""

    treatment: str
    use_case: str
    metric: str
    estimate: float | None  # of the difference, treatment - control; None: undefined
    ci_lower: float
    ci_upper: float
    standard_error: float | None  # that the analysis states
    verdict: Verdict
    all_control: float | None  # rate with everybody in control, same customers and draws
    all_treatment: float | None

    @property
    def global_effect(self) -> float | None:
        """Return what a launch changes: all_treatment - all_control."""
        if self.all_control is None or self.all_treatment is None:
            return None
        return self.all_treatment - self.all_control

    @property
    def key(self) -> RowKey:
        """Return which row of the tables it is."""
        return self.treatment, self.use_case, self.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """One replication, analysed; its contact log is not kept."""

    number: int  # 0 is what `simulate` makes of the same seed
    contacts: int  # counted
    rows: tuple[ReplicatedRow, ...]
    failed: tuple[str, ...]  # codes of the checks that failed

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values; an infinite bound is None."""
        rows = [
            asdict(row) | {side: _bound(getattr(row, side)) for side in ("ci_lower", "ci_upper")}
            for row in self.rows
        ]
        return asdict(self) | {"rows": rows, "failed": list(self.failed)}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> "Replication":
        """Return what `to_dict` wrote; a missing or strange value raises one of Python's errors."""
        return cls(
            number=facts["number"],
            contacts=facts["contacts"],
            rows=tuple(
                ReplicatedRow(
                    **row
                    | {
                        "ci_lower": -math.inf if row["ci_lower"] is None else row["ci_lower"],
                        "ci_upper": math.inf if row["ci_upper"] is None else row["ci_upper"],
                    }
                )
                for row in facts["rows"]
            ),
            failed=tuple(facts["failed"]),
        )

    @classmethod
    def of(
        cls, number: int, contacts: int, tables: tuple[Table3, ...], truth: tuple[TrueEffect, ...]
    ) -> "Replication":
        """Return what the tables of one replication say, and the truth beside each row."""
        worlds = {(one.treatment, one.use_case, one.metric): one for one in truth}
        rows = tuple(
            ReplicatedRow(
                treatment=table.treatment,
                use_case=use_case,
                metric=row.metric,
                estimate=row.difference.estimate,
                ci_lower=row.difference.ci_lower,
                ci_upper=row.difference.ci_upper,
                standard_error=row.standard_error,
                verdict=row.verdict,
                all_control=world.all_control,
                all_treatment=world.all_treatment,
            )
            for table in tables
            for use_case, row in table.rows()
            for world in [worlds[table.treatment, use_case, row.metric]]
        )
        failed = {c.code for table in tables for c in table.checks if c.status == "fail"}
        return cls(number=number, contacts=contacts, rows=rows, failed=tuple(sorted(failed)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOverReplications:
    """One row of Table 3 over all replications; deltas are proportions."""

    treatment: str
    use_case: str
    metric: str
    n: int  # replications in which the delta is defined
    mean: float | None  # of the delta; None: never defined
    ci_lower: float | None  # of the mean; None with fewer than two
    ci_upper: float | None
    sd: float | None  # between replications
    stated_se: float | None  # root mean square of the standard errors that each analysis states
    truth: float | None  # closed form over all contacts, agents unlimited
    first_contacts: float | None  # ... over first contacts
    hold_mean: int  # replications whose own interval holds the mean of all
    hold_truth: int | None  # ... the closed form over all contacts
    better: int  # verdicts
    worse: int
    n_global: int  # replications in which the delta and the global effect are defined
    global_effect: float | None  # mean over them: everybody in treatment - everybody in control
    global_se: float | None  # of that mean; None with fewer than two
    bias: float | None  # mean of delta - global effect: what sharing a queue does to the A/B test
    bias_se: float | None
    hold_global: int  # replications whose own interval holds their global effect
    variance_reduction: float | None
    """(Variance of the all-control rate + that of the all-treatment rate) / that of the global
    effect, over replications: of independent draws over keyed ones. None: it never varies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWidth:
    """When to stop: the aim, its rows, and what Stein's first stage said."""

    aim: float  # of the intervals of the mean deltas, as a proportion
    of: tuple[str, ...]  # `AR` or `A:AR`, as asked for
    first_stage: int  # replications whose spread decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Replications(Rendered):
    """Independent replications of one experiment, their spread, and the truth beside."""

    run: Path  # the run folder
    scenario: str
    weeks: int
    seed: int
    model: str | None  # digest; None: nobody types
    threshold: float | None
    unlimited_agents: bool
    confidence_level: float
    until: HalfWidth | None  # None: the number of replications was given
    rows: tuple[RowOverReplications, ...]
    replications: tuple[Replication, ...]

    @property
    def n(self) -> int:
        """Return the number of replications."""
        return len(self.replications)

    def records(self) -> list[dict[str, Any]]:
        """Return one record per row of Table 3."""
        return [asdict(row) for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return every fact; nothing in it depends on the clock, or how many processes ran."""
        return {
            "scenario": self.scenario,
            "weeks": self.weeks,
            "seed": self.seed,
            "model": self.model,
            "threshold": self.threshold,
            "unlimited_agents": self.unlimited_agents,
            "confidence_level": self.confidence_level,
            "until_half_width": None if self.until is None else asdict(self.until),
            "n_replications": self.n,
            "rows": self.records(),
            "replications": [one.to_dict() for one in self.replications],
        }


def _bound(value: float) -> float | None:
    return value if math.isfinite(value) else None
