"""What an audit of a run found: the sample, who annotated it, precision and NPV."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abkit.core.audited import AuditResult
from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAudit(Rendered):
    """An audit of one run's live model from annotated samples of its two predictions."""

    run: str
    folder: Path  # of the sheet, the key and the answers
    seed: int
    annotators: str  # who answered, in words
    simulated: bool
    result: AuditResult
    true_precision: float | None  # over the whole population: only a simulation knows
    true_npv: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as DESIGN defines it, with the sample and the truth beside it."""
        return self.result.to_dict() | {
            "run": self.run,
            "seed": self.seed,
            "annotators": self.annotators,
            "truth": {"precision": self.true_precision, "npv": self.true_npv},
        }
