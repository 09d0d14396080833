"""What `abkit audit` found: the sample, who annotated it, the shares, the truth, the paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abkit.core.agreement import PairAgreement
from abkit.core.audited import AuditResult, StatedPercentage
from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedRun:
    """The run that was sampled; the truth over its whole population is a simulation's alone."""

    run: str
    folder: Path  # of the sheet, the key and the answers
    seed: int
    texts: int  # distinct ones among the sampled contacts: each has one label
    annotators: str  # who answered, in words
    agreement: tuple[PairAgreement, ...]  # of every two annotators
    offline_precision: float | None  # before deployment, on a part that nothing was fitted on
    truth: Mapping[str, float]  # precision, npv, recall, prevalence


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport(Rendered):
    """An audit of a live classifier, from a run or from counts alone."""

    result: AuditResult
    sampled: AuditedRun | None  # None: from counts alone
    consistency: tuple[StatedPercentage, ...] = ()  # of the percentages that were given
    paper_note: str | None = None  # what is wrong with the paper's own figure, where that is shown

    def records(self) -> list[dict[str, Any]]:
        """Return the audited shares, one row each."""
        return self.result.records()

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as DESIGN defines it, with the sample and the truth beside it."""
        facts = self.result.to_dict() | {
            "consistency": [stated.to_dict() for stated in self.consistency],
            "paper_note": self.paper_note,
        }
        if self.sampled is None:
            return facts
        return facts | {
            "run": self.sampled.run,
            "seed": self.sampled.seed,
            "texts": self.sampled.texts,
            "annotators": self.sampled.annotators,
            "agreement": [pair.to_dict() for pair in self.sampled.agreement],
            "offline_precision": self.sampled.offline_precision,
            "truth": dict(self.sampled.truth),
        }
