"""What `abkit threshold` found: a promised threshold or none, the plug-in one, other priors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold:
    """What flagging from a threshold on does, on labelled rows; None: 0/0."""

    threshold: float
    precision: float | None
    recall: float | None
    false_positive_rate: float | None
    flag_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AtPrior:
    """The same threshold where another share of rows is positive, were nothing else to change."""

    prior: float
    expected_precision: float | None
    guaranteed_precision: float | None  # what is left of the promise; None: there was none
    flag_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPrior:
    """The share of the positive class among what is served."""

    prior: float
    origin: str  # in words
    standard_error: float | None  # of an estimate from unlabelled scores
    p_value: float | None  # of no shift, likewise
    golden_target: float | None  # precision to show on the labelled rows; None: goal is recall
    threshold: float | None  # certified for the target at this prior
    corrected_threshold: float | None  # the same on scores corrected to this prior; two classes
    estimated: bool = False  # from unlabelled scores; then the four below
    by_means: float | None = None  # the same share without a belief in calibrated scores
    by_means_error: float | None = None
    lower_limit: float | None = None  # of the share, where a corrected promise is made; None: none
    calibration_p_value: float | None = None  # of calibrated scores, on the labelled rows


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCaseFlags:
    """One week of first contacts of one use-case."""

    use_case: str
    prior: float  # share of the positive class
    texts_per_week: float  # first contacts with usable text
    flagged_per_week: float | None
    expected_precision: float | None
    guaranteed_precision: float | None  # what is left of the promise at this share


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdReport(Rendered):
    """A threshold for a target, with what it promises and what it rests on."""

    source: str  # the labelled rows that certify, in words
    positive: str  # the class that is flagged
    goal: Literal["precision", "recall"]
    target: float
    confidence: float
    threshold: float | None  # flag when score >= threshold; None: none can be promised
    promise_at_prior: float | None  # share of positives at which the promise holds
    corrected: bool  # True: that is the served one, as was asked for
    certified: Mapping[str, Any]  # how it was tested: sequence, rows, observed shares
    expected: AtThreshold | None  # of the certified threshold
    plug_in: AtThreshold | None
    expected_on: str  # the rows of `expected` and `plug_in`, in words
    more_labels_needed: int | None  # 0: certified; None: `more_labels_note` says why
    start_then: int | None  # the first set to test in that many labels
    breaks_at_prior: float | None  # below this share expected precision misses the target
    by_prior: tuple[AtPrior, ...]
    served: ServedPrior | None
    scenario: str | None  # whose week the use-cases are
    use_cases: tuple[UseCaseFlags, ...]
    tables_for: Literal["certified", "plug-in"] | None  # the threshold of the tables
    golden: Mapping[str, Any]  # the model's parts by hash; empty for a file of scores
    notes: tuple[str, ...]

    @property
    def more_labels_note(self) -> str | None:
        """Return why no number of labels is known to do; None: there is one."""
        if self.more_labels_needed is not None:
            return None
        rows = self.certified
        if not rows["n_positive"]:
            return "no labelled row is of the class, so nobody can say how many labels would do"
        if self.goal == "recall":
            return "the class is so rare that more than ten million labels would be needed"
        if not rows["tests"]:
            return (
                f"so few rows cannot say how many labels would do; the first test alone takes "
                f"{rows['start']} flagged rows"
            )
        return (
            "no threshold's observed precision exceeds the target by more than chance would: more "
            "labels would not help at this aim, another model might"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the facts under the names of docs/reference.md."""
        promised = self.target if self.threshold is not None else None
        expected = self.expected
        return {
            "threshold": self.threshold,
            "guaranteed_precision": promised if self.goal == "precision" else None,
            "guaranteed_recall": promised if self.goal == "recall" else None,
            "confidence": self.confidence,
            "expected_precision": expected.precision if expected else None,
            "expected_recall": expected.recall if expected else None,
            "expected_on": self.expected_on,
            "plug_in_threshold": self.plug_in.threshold if self.plug_in else None,
            "plug_in": asdict(self.plug_in) if self.plug_in else None,
            "more_labels_needed": self.more_labels_needed,
            "more_labels_note": self.more_labels_note,
            "start_then": self.start_then,
            "goal": self.goal,
            "target": self.target,
            "positive": self.positive,
            "source": self.source,
            "certified": dict(self.certified),
            "promise_at_prior": self.promise_at_prior,
            "corrected": self.corrected,
            "breaks_at_prior": self.breaks_at_prior,
            "by_prior": [asdict(row) for row in self.by_prior],
            "served": asdict(self.served) if self.served else None,
            "scenario": self.scenario,
            "use_cases": [asdict(row) for row in self.use_cases],
            "tables_for": self.tables_for,
            "golden": dict(self.golden),
            "notes": list(self.notes),
        }
