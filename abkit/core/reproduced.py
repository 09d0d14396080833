"""What `abkit reproduce` measured: Tables 1 and 2 with the paper's values. Facts only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from abkit.core.measured import MARGIN, Measured, Verdict
from abkit.core.measured import Interval as Interval  # the real texts' results name it here
from abkit.core.pictured import Pictured
from abkit.core.results import Rendered
from abkit.core.study import Study, Times

Golden = Literal["served", "paper"]  # whose class balance golden texts have
Stopping = Literal["last", "early"]
# One temperature, and what fitted it: golden texts, the logs' validation part with its noisy
# labels, that part with its true labels, or with as many of those flipped at random.
Calibration = Literal["none", "golden", "logs", "truth", "flips"]
Key = tuple[str, Stopping, Calibration]  # of a row: the model (CE, FL1, ...), how it was made

REFERENCE: Final[Key] = ("CE", "last", "none")  # what every row's differences are to
MIN_SEEDS: Final = 3  # fewer say nothing about gamma
_OPPOSITE: Final[Mapping[Verdict, Verdict]] = {"better": "worse", "worse": "better"}


def model_name(gamma: float) -> str:
    """Return the paper's name: CE, or FL and gamma."""
    return "CE" if gamma == 0 else f"FL{gamma:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One classifier of a table: how it was trained, stopped and calibrated, and its metrics.

    Its differences are paired, minus CE of the last epoch; that row has none.
    """

    model: str  # CE, FL1, ...
    gamma: float
    stopping: Stopping
    calibration: Calibration
    epochs: tuple[int, ...]  # whose weights were taken, by seed
    temperatures: tuple[float, ...]  # by seed; 1 without calibration
    training_accuracy: tuple[float, ...]  # on the logged training labels, by seed
    noise_learnt: tuple[float, ...]  # share of wrong training labels that are repeated, by seed
    metrics: Mapping[str, Measured]
    differences: Mapping[str, Measured]
    paper: Mapping[str, float | None]  # empty where the paper has no such row

    @property
    def key(self) -> Key:
        """Return what tells the row from the others."""
        return self.model, self.stopping, self.calibration

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
                name: one.to_dict() | {"verdict": one.verdict(name)}
                for name, one in self.differences.items()
            },
            "paper": dict(self.paper),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two rows on the same resamples: ours minus the other."""

    ours: Key
    other: Key
    differences: Mapping[str, Measured]

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        differences = {
            name: one.to_dict() | {"verdict": one.verdict(name)}
            for name, one in self.differences.items()
        }
        return {"ours": list(self.ours), "other": list(self.other), "differences": differences}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The threshold of LABEL 0 for the target precision, chosen on other golden texts, by seed.

    Of the last epoch, uncalibrated; all None where no threshold reached the target there.
    """

    model: str
    target: float
    thresholds: tuple[float | None, ...]
    precision: tuple[float | None, ...]  # here
    recall: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """Table 1 or 2 on golden texts of one class balance.

    `objective_farther` answers what the paper calls NLL: over its focal rows, by how much our
    training objective, relative to CE's, lies farther from the paper's NLL, relative to CE's, than
    our NLL does; sums of absolute log ratios.
    """

    number: int
    golden: Golden
    share: float  # of LABEL 0 that golden texts were drawn with
    n: int
    n_label_0: tuple[int, ...]  # by seed
    rows: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    objective_farther: Measured
    chosen: tuple[Chosen, ...]

    def row(self, model: str, stopping: Stopping, calibration: Calibration) -> Row:
        """Return the row of that name."""
        return next(r for r in self.rows if r.key == (model, stopping, calibration))

    def difference(self, ours: Key, other: Key, metric: str) -> Measured:
        """Return one row's metric minus another's, paired; only for pairs that were compared."""
        if other == REFERENCE:
            return self.row(*ours).differences[metric]
        found = next(one for one in self.pairs if (one.ours, one.other) == (ours, other))
        return found.differences[metric]

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        return {
            "table": self.number,
            "golden": self.golden,
            "share_label_0": self.share,
            "n": self.n,
            "n_label_0": list(self.n_label_0),
            "rows": [row.to_dict() for row in self.rows],
            "pairs": [pair.to_dict() for pair in self.pairs],
            "objective_farther_than_nll": self.objective_farther.to_dict(),
            "chosen_thresholds": [asdict(one) for one in self.chosen],
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
class Comparison:
    """One metric of one row against another's, as a case of a claim."""

    ours: str  # in words, such as FL5
    other: str
    metric: str
    difference: Measured  # paired, ours minus the other
    hotter: bool | None = None  # ours has the higher temperature in every seed; None: no matter

    @property
    def verdict(self) -> Verdict:
        """Return what the difference shows."""
        return self.difference.verdict(self.metric)

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        facts: dict[str, Any] = {"ours": self.ours, "other": self.other, "metric": self.metric}
        if self.hotter is not None:
            facts |= {"hotter": self.hotter}
        return facts | self.difference.to_dict() | {"verdict": self.verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim on one table at one class balance: what every comparison should show, and shows."""

    code: str
    of_paper: bool  # else it is about what the paper lacks
    table: int
    golden: Golden
    wanted: Verdict
    comparisons: tuple[Comparison, ...]
    n_seeds: int

    @property
    def n_true(self) -> int:
        """Return how many comparisons show what the claim says."""
        return sum(
            one.verdict == self.wanted and one.hotter is not False for one in self.comparisons
        )

    @property
    def verdict(self) -> Literal["holds", "mixed", "reversed", "fails", "undecided", "open"]:
        """Return whether all comparisons show it, some, or none.

        None: `reversed` if most show the opposite, `undecided` if all are undecided, else `fails`.
        With under three seeds everything is `open`.
        """
        shown = [one.verdict for one in self.comparisons]
        if self.n_seeds < MIN_SEEDS:
            return "open"
        if self.n_true:
            return "holds" if self.n_true == len(shown) else "mixed"
        if 2 * sum(one == _OPPOSITE.get(self.wanted) for one in shown) > len(shown):
            return "reversed"
        return "undecided" if set(shown) == {"undecided"} else "fails"

    def to_dict(self) -> dict[str, Any]:
        """Return every fact, unrounded."""
        return {
            "code": self.code,
            "of_paper": self.of_paper,
            "table": self.table,
            "golden": self.golden,
            "wanted": self.wanted,
            "verdict": self.verdict,
            "n_true": self.n_true,
            "n_comparisons": len(self.comparisons),
            "n_seeds": self.n_seeds,
            "comparisons": [one.to_dict() for one in self.comparisons],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction(Rendered):
    """Tables 1 and 2 of the paper made again, what they mean, and what the figures show."""

    study: Study
    tables: tuple[PaperTable, ...]
    floors: tuple[Floor, ...]
    claims: tuple[Claim, ...]
    pictured: tuple[Pictured, ...]  # by table
    times: Times = field(default_factory=Times)
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
        """Return the study as JSON-able values, unrounded; without times, so that bytes repeat."""
        study = asdict(self.study)
        study["wrong_labels"] = {str(k): list(v) for k, v in self.study.wrong_labels.items()}
        return {
            "study": study,
            "tables": [table.to_dict() for table in self.tables],
            "floors": [asdict(one) | {"possible": one.possible} for one in self.floors],
            "margin": MARGIN,
            "claims": [one.to_dict() for one in self.claims],
            "pictured": [one.to_dict() for one in self.pictured],
            "figures": [str(path) for path in self.figures],
        }
