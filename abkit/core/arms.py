"""The numbers of two arms and what lies between them. Facts only, unrounded."""

from dataclasses import dataclass
from typing import Any

from abkit.core.store import finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """Successes of trials in one arm."""

    successes: int
    trials: int

    @property
    def rate(self) -> float | None:
        """Return successes / trials, None without trials."""
        return self.successes / self.trials if self.trials else None

    def to_dict(self) -> dict[str, Any]:
        """Return counts and rate."""
        return {"successes": self.successes, "trials": self.trials, "rate": self.rate}


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """The sum of a number over the trials of one arm."""

    total: float
    trials: int

    @property
    def mean(self) -> float | None:
        """Return total / trials, None without trials."""
        return self.total / self.trials if self.trials else None

    def to_dict(self) -> dict[str, Any]:
        """Return sum, trials and mean."""
        return {"total": self.total, "trials": self.trials, "mean": self.mean}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Treatment against control on one scale, unrounded.

    A difference of rates is a proportion (0.02 is 2 points), one of means has the metric's unit; a
    relative effect is a proportion of control (0.02 is 2 per cent). `estimate` is None where it is
    undefined; a bound may be infinite; `note` says why.
    """

    estimate: float | None
    ci_lower: float
    ci_upper: float
    note: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return estimate and interval; a non-finite number is None, with the note."""
        names = ("estimate", "ci_lower", "ci_upper")
        numbers: dict[str, Any] = finite({name: getattr(self, name) for name in names})
        return numbers | ({"note": self.note} if self.note else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class PerArm:
    """One number per arm, None where it is undefined."""

    control: float | None
    treatment: float | None

    def to_dict(self) -> dict[str, float | None]:
        """Return both numbers."""
        return {"control": self.control, "treatment": self.treatment}
