"""What simulated experiments with a known truth say about the analysis. Facts only."""

from dataclasses import dataclass
from typing import Any

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedShare:
    """How often something happened in the experiments, against how often it was promised to.

    The band holds the promised share give or take four standard deviations; a share outside it is
    no chance. Where the promise is "at most", the band begins at 0.
    """

    count: int
    experiments: int
    promised: float
    ci_lower: float  # exact 95 % limits of the share
    ci_upper: float
    band_lower: float
    band_upper: float

    @property
    def share(self) -> float:
        """Return count / experiments."""
        return self.count / self.experiments

    @property
    def kept(self) -> bool:
        """Return whether the share lies inside the band."""
        return self.band_lower <= self.share <= self.band_upper

    def to_dict(self) -> dict[str, Any]:
        """Return the counts, the share, its limits, the band and whether it was kept to."""
        return {
            "count": self.count,
            "experiments": self.experiments,
            "share": self.share,
            "ci_lower": self.ci_lower,
            "ci_upper": self.ci_upper,
            "promised": self.promised,
            "band_lower": self.band_lower,
            "band_upper": self.band_upper,
            "kept": self.kept,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CellValidity:
    """One metric in one use-case; `truth` and its standard error as proportions."""

    use_case: str
    metric: str
    false_positives: GradedShare  # of placebo experiments with a p-value below 1 - level
    truth: float  # treatment's rate - control's, where the arms differ
    truth_error: float
    relative_truth: float  # treatment's rate / control's - 1
    difference_coverage: GradedShare  # of experiments whose interval holds the truth
    relative_coverage: GradedShare
    power: float  # share of experiments with a p-value below 1 - level
    power_adjusted: float  # ... and after Holm's correction

    def to_dict(self) -> dict[str, Any]:
        """Return the cell as JSON-able values."""
        return {
            "use_case": self.use_case,
            "metric": self.metric,
            "false_positives": self.false_positives.to_dict(),
            "truth": self.truth,
            "truth_error": self.truth_error,
            "relative_truth": self.relative_truth,
            "difference_coverage": self.difference_coverage.to_dict(),
            "relative_coverage": self.relative_coverage.to_dict(),
            "power": self.power,
            "power_adjusted": self.power_adjusted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The simulated experiments: what a reader needs to make them again."""

    scenario: str
    divisor: int  # of the scenario's volume and staff
    first_contacts_per_week: float
    weeks: int
    seed: int
    model_digest: str
    threshold: float
    smallest_arm: float  # mean contacts of the smallest arm and use-case
    largest_arm: float

    def to_dict(self) -> dict[str, Any]:
        """Return every field by its name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityReport(Rendered):
    """Type-I error, coverage and power of Table 3, cell by cell."""

    confidence_level: float
    experiments: int  # with a placebo, and as many with an effect
    truth_experiments: int  # others, which the truth is taken from
    world: World
    cells: tuple[CellValidity, ...]
    pooled_false_positives: tuple[tuple[str, GradedShare], ...]  # by metric
    any_false_positive: GradedShare  # experiments with any row below after Holm's correction
    sample_ratio_alarms: GradedShare  # over all use-cases; of placebo and effect experiments

    def graded(self) -> list[GradedShare]:
        """Return every share that a promise stands against."""
        return [
            *(
                share
                for cell in self.cells
                for share in (
                    cell.false_positives,
                    cell.difference_coverage,
                    cell.relative_coverage,
                )
            ),
            *(share for _, share in self.pooled_false_positives),
            self.any_false_positive,
            self.sample_ratio_alarms,
        ]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per use-case and metric."""
        return [cell.to_dict() for cell in self.cells]

    def to_dict(self) -> dict[str, Any]:
        """Return the study as JSON-able values."""
        return {
            "confidence_level": self.confidence_level,
            "experiments": self.experiments,
            "truth_experiments": self.truth_experiments,
            "world": self.world.to_dict(),
            "cells": self.records(),
            "pooled_false_positives": [
                {"metric": metric, **share.to_dict()}
                for metric, share in self.pooled_false_positives
            ],
            "any_false_positive": self.any_false_positive.to_dict(),
            "sample_ratio_alarms": self.sample_ratio_alarms.to_dict(),
        }
