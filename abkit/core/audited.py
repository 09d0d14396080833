"""What an audit of sampled annotations found: precision, NPV, recall, prevalence, the target."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from abkit.core.results import Rendered

SHARES: Final = ("precision", "npv", "recall", "prevalence")
TargetVerdict = Literal["meets", "misses", "cannot_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedShare:
    """A share with its interval; None where it cannot be known, and then `note` says why.

    `successes` of `trials` annotated contacts, None for a share that mixes both samples.
    """

    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    method: str
    successes: int | None = None
    trials: int | None = None
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return estimate, interval, method; counts and note where there are any."""
        names = ("estimate", "ci_lower", "ci_upper", "method")
        optional = ("successes", "trials", "note")
        share = {name: getattr(self, name) for name in names}
        extra = {name: getattr(self, name) for name in optional}
        return share | {name: value for name, value in extra.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPercentage:
    """A "k of n = x %" that somebody wrote, and whether its three numbers fit each other."""

    name: str  # what was counted: flagged or unflagged
    successes: int
    trials: int
    stated: str  # per cent, as written: its decimals say how it was rounded
    fits: bool
    note: str  # what is right or wrong with it

    def to_dict(self) -> dict[str, Any]:
        """Return the statement and the finding."""
        return {
            "name": self.name,
            "successes": self.successes,
            "trials": self.trials,
            "stated": self.stated,
            "fits": self.fits,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTarget:
    """The promised precision against what was found, by two one-sided exact tests.

    Both p-values are None where no flagged contact was annotated.
    """

    value: float
    p_value_below: float | None  # P(X <= k | target): small when the precision misses the target
    p_value_above: float | None  # P(X >= k | target): small when the precision exceeds the target
    verdict: TargetVerdict

    def to_dict(self) -> dict[str, Any]:
        """Return the target, both p-values and the verdict."""
        return {
            "value": self.value,
            "p_value_below": self.p_value_below,
            "p_value_above": self.p_value_above,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult(Rendered):
    """Precision and NPV of a live classifier from annotated samples of its two predictions."""

    precision: AuditedShare
    npv: AuditedShare
    recall: AuditedShare
    prevalence: AuditedShare
    target: AuditTarget
    confidence_level: float
    population: tuple[int, int] | None = None  # flagged and unflagged contacts sampled from

    def to_dict(self) -> dict[str, Any]:
        """Return DESIGN's JSON of an audit: proportions, unrounded."""
        population = (
            None
            if self.population is None
            else {"flagged": self.population[0], "unflagged": self.population[1]}
        )
        return {name: share.to_dict() for name, share in self._shares().items()} | {
            "target": self.target.to_dict(),
            "confidence_level": self.confidence_level,
            "population": population,
        }

    def records(self) -> list[dict[str, Any]]:
        """Return one row per share; the target stays out."""
        return [{"share": name, **share.to_dict()} for name, share in self._shares().items()]

    def _shares(self) -> dict[str, AuditedShare]:
        return {name: getattr(self, name) for name in SHARES}
