"""What `abkit forecast` says before an experiment, and how it fared after. Facts only.

Rates and differences are proportions; differences are treatment minus control.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from abkit.core.results import Rendered
from abkit.core.store import digest_of, finite

HASH: Final = "sha256"  # the key of a written forecast's hash of all else


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The middle of the draws, and an interval that holds the forecast's level of them."""

    median: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRow:
    """One metric in one use-case."""

    use_case: str
    metric: str
    control: Span  # the rate
    effect: Span  # the true difference: labels, recall, behaviour
    estimate: Span  # what the planned test will estimate: the same, and the test's own chance
    standard_error: float  # of the planned test's estimate
    positive: float  # share of the draws in which the effect is above 0
    shown: float  # share of planned tests whose 95 % interval leaves out no effect


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastCase:
    """What one use-case's forecast rests on."""

    use_case: str
    labels: tuple[int, int]  # first contacts labelled: LABEL 0, other
    prevalence: Span
    menu_error: Span
    recall: Span  # P(flagged | true LABEL 0, menu other, text)
    false_flags: Span  # P(flagged | true other, menu other, text)
    from_prior: tuple[str, ...]  # of which the log knows less than the prior
    helps: tuple[str, ...]  # wrong resolutions that help by what the log says
    contacts_per_arm: float  # in the planned test


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(Rendered):
    """The effects that an A/B test will show."""

    log: str
    labels: str
    scenario: str  # centre of the priors
    arguments: dict[str, Any]  # as the command line names them
    inputs: dict[str, str]  # SHA-256 by what it is: log, labels, scenario, model
    versions: dict[str, str]
    contacts: int
    threshold: float
    threshold_origin: str
    weeks: float
    draws: int
    seed: int
    level: float
    cases: tuple[ForecastCase, ...]
    rows: tuple[ForecastRow, ...]
    notes: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Return the hash of everything but itself, as canonical JSON."""
        return forecast_hash(self._facts())

    def _facts(self) -> dict[str, Any]:
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return facts | {
            "cases": [_listed(asdict(case)) for case in self.cases],
            "rows": self.records(),
            "notes": list(self.notes),
        }

    def records(self) -> list[dict[str, Any]]:
        """Return one row per use-case and metric."""
        return [asdict(row) for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return what is written before the experiment, its own hash last."""
        return self._facts() | {HASH: self.sha256}


def _listed(case: dict[str, Any]) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in case.items()}


def forecast_hash(facts: dict[str, Any]) -> str:
    """Return the SHA-256 of a forecast's facts as canonical JSON, without the hash they hold."""
    return digest_of(finite({key: value for key, value in facts.items() if key != HASH}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """One row of a forecast beside what the experiment found."""

    use_case: str
    metric: str
    effect: Span  # forecast of the true difference
    forecast: Span  # of the test's estimate
    estimate: float | None  # the test's; None: undefined, or not in the experiment
    ci_lower: float | None  # the test's own interval at the forecast's level
    ci_upper: float | None

    @property
    def inside(self) -> bool | None:
        """Return whether the estimate lies in the interval that was forecast for it."""
        if self.estimate is None:
            return None
        return self.forecast.lower <= self.estimate <= self.forecast.upper

    @property
    def overlaps(self) -> bool | None:
        """Return whether the test's interval and that of the forecast effect share a point."""
        if self.ci_lower is None or self.ci_upper is None:
            return None
        return self.ci_lower <= self.effect.upper and self.effect.lower <= self.ci_upper


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastCheck(Rendered):
    """A forecast whose hash is right, beside the experiment."""

    forecast: str  # the file
    sha256: str
    against: str
    level: float
    control: str
    treatment: str
    trusted: bool  # no check of the experiment failed
    rows: tuple[CheckedRow, ...]

    @property
    def inside(self) -> int:
        """Estimates inside their interval."""
        return sum(row.inside is True for row in self.rows)

    @property
    def compared(self) -> int:
        """Rows that the experiment has."""
        return sum(row.inside is not None for row in self.rows)

    def records(self) -> list[dict[str, Any]]:
        """Return one row per use-case and metric."""
        return [asdict(row) | {"inside": row.inside, "overlaps": row.overlaps} for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-able values."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return facts | {
            "inside": self.inside, "compared": self.compared, "rows": self.records(),
        }  # fmt: skip
