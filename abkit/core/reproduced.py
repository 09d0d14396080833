"""What `abkit reproduce` measured: Tables 1 and 2 with the paper's values. Facts only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from abkit.core.pictured import Pictured
from abkit.core.results import Rendered

Golden = Literal["served", "paper"]  # whose class balance golden texts have
Stopping = Literal["last", "early"]
# One temperature, and what fitted it: golden texts, the logs' validation part with its noisy
# labels, that part with its true labels, or with as many of those flipped at random.
Calibration = Literal["none", "golden", "logs", "truth", "flips"]
Sign = Literal["lower", "higher", "tie"]

MIN_SEEDS: Final = 3  # fewer say nothing about gamma


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and its bootstrap percentile interval."""

    estimate: float
    ci_lower: float
    ci_upper: float

    @property
    def sign(self) -> Sign:
        """Return on which side of 0 the interval lies; `tie` when it holds 0."""
        if self.ci_lower <= 0 <= self.ci_upper:
            return "tie"
        return "higher" if self.ci_lower > 0 else "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of one model: every seed, and the mean over seeds.

    The interval of the mean resamples every seed's golden texts: it says how far another golden
    set would move the figure, not how far another training would. The seeds' range says that.
    """

    by_seed: tuple[Interval, ...]
    mean: Interval

    @property
    def lowest(self) -> float:
        """Return the lowest seed's estimate."""
        return min(one.estimate for one in self.by_seed)

    @property
    def highest(self) -> float:
        """Return the highest seed's estimate."""
        return max(one.estimate for one in self.by_seed)

    @property
    def sign(self) -> Sign:
        """Return the side of 0 on which the interval of every single seed lies, else `tie`."""
        signs = {one.sign for one in self.by_seed}
        return signs.pop() if len(signs) == 1 else "tie"

    def to_dict(self) -> dict[str, Any]:
        """Return the intervals and, for differences, the side of 0 they lie on."""
        return {
            "mean": asdict(self.mean),
            "by_seed": [asdict(one) for one in self.by_seed],
            "lowest": self.lowest,
            "highest": self.highest,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One classifier of a table: how it was trained, stopped and calibrated, and its metrics."""

    model: str  # CE, FL1, ...
    gamma: float
    stopping: Stopping
    calibration: Calibration
    epochs: tuple[int, ...]  # whose weights were taken, by seed
    temperatures: tuple[float, ...]  # by seed; 1 without calibration
    training_accuracy: tuple[float, ...]  # on the logged training labels, by seed
    noise_learnt: tuple[float, ...]  # share of wrong training labels that are repeated, by seed
    metrics: Mapping[str, Measured]
    differences: Mapping[str, Measured]  # minus CE of the last epoch, paired; empty for that one
    paper: Mapping[str, float | None]  # empty where the paper has no such row

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        return {
            "model": self.model,
            "gamma": self.gamma,
            "stopping": self.stopping,
            "calibration": self.calibration,
            "epochs": list(self.epochs),
            "temperatures": list(self.temperatures),
            "training_accuracy": list(self.training_accuracy),
            "noise_learnt": list(self.noise_learnt),
            "metrics": {name: one.to_dict() for name, one in self.metrics.items()},
            "differences_to_ce": {
                name: one.to_dict() | {"verdict": one.sign}
                for name, one in self.differences.items()
            },
            "paper": dict(self.paper),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """Table 1 or 2 on golden texts of one class balance."""

    number: int
    golden: Golden
    share: float  # of LABEL 0 that golden texts were drawn with
    n: int
    n_label_0: tuple[int, ...]  # by seed
    rows: tuple[Row, ...]

    def row(self, model: str, stopping: Stopping, calibration: Calibration) -> Row:
        """Return the row of that name."""
        wanted = (model, stopping, calibration)
        return next(r for r in self.rows if (r.model, r.stopping, r.calibration) == wanted)

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        return {
            "table": self.number,
            "golden": self.golden,
            "share_label_0": self.share,
            "n": self.n,
            "n_label_0": list(self.n_label_0),
            "rows": [row.to_dict() for row in self.rows],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The lowest mean NLL that a stated accuracy, ECE and MCE leave possible."""

    table: int
    model: str
    stated: float  # what the paper prints as NLL
    floor: float

    @property
    def possible(self) -> bool:
        """Return whether the stated value, read with its rounding, can be a mean NLL."""
        return self.stated + 0.0005 >= self.floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of the paper, or about it, tried in many cells: seeds, golden sets, models."""

    code: str
    table: int
    n_true: int  # cells where it was so
    n_cells: int
    n_seeds: int

    @property
    def verdict(self) -> Literal["holds", "fails", "mixed", "open"]:
        """Return whether it was so everywhere or nowhere; with under three seeds it is open."""
        if self.n_seeds < MIN_SEEDS:
            return "open"
        if self.n_true == self.n_cells:
            return "holds"
        return "mixed" if self.n_true else "fails"


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
class Reproduction(Rendered):
    """Tables 1 and 2 of the paper made again, what they mean, and what the figures show."""

    study: Study
    tables: tuple[PaperTable, ...]
    floors: tuple[Floor, ...]
    claims: tuple[Claim, ...]
    pictured: tuple[Pictured, ...]  # by table
    figures: tuple[Path, ...] = ()  # written files

    def records(self) -> list[dict[str, Any]]:
        """Return one row per table, golden set and classifier: the means over seeds."""
        return [
            {
                "table": table.number,
                "golden": table.golden,
                "model": row.model,
                "stopping": row.stopping,
                "calibration": row.calibration,
                **{name: one.mean.estimate for name, one in row.metrics.items()},
            }
            for table in self.tables
            for row in table.rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the study as JSON-able values, unrounded."""
        study = asdict(self.study)
        study["wrong_labels"] = {str(k): list(v) for k, v in self.study.wrong_labels.items()}
        return {
            "study": study,
            "tables": [table.to_dict() for table in self.tables],
            "floors": [asdict(one) | {"possible": one.possible} for one in self.floors],
            "claims": [asdict(one) | {"verdict": one.verdict} for one in self.claims],
            "pictured": [one.to_dict() for one in self.pictured],
            "figures": [str(path) for path in self.figures],
        }
