"""How a study of the paper's tables was made, and what it took."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What was trained: all that a reader needs to make it again."""

    n_texts: int
    epochs: int
    seeds: tuple[int, ...]
    preset: str
    device: str
    batch_size: int
    learning_rate: float
    token_dropout: float
    wrong_labels: Mapping[int, tuple[float, ...]]  # share in the training part, by table and seed
    replications: int
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds that work took."""

    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedTime:
    """What the trainings of one seed took: sums over trainings, which may stand side by side."""

    seed: int
    n_trainings: int
    n_timed: int  # of those; 0: the sums are of nothing
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the study took, and what the paper's sizes would take. No result: never in JSON."""

    by_seed: tuple[SeedTime, ...] = ()
    paper_epoch_cpu_s: Mapping[int, float] | None = None  # one epoch of preset `paper`, by table
