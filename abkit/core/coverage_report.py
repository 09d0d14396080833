"""How often intervals hold the truth and tests cry wolf, by full enumeration. Facts only."""

from dataclasses import dataclass
from typing import Any, Final, Literal

from abkit.core.results import Rendered

Scale = Literal["difference", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSetting:
    """One arm: how many trials, and the true rate."""

    trials: int
    rate: float

    def to_dict(self) -> dict[str, Any]:
        """Return both numbers."""
        return {"trials": self.trials, "rate": self.rate}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Two arms of an experiment."""

    control: ArmSetting
    treatment: ArmSetting

    @property
    def no_effect(self) -> "Setting":
        """Return the same arms, both at control's rate."""
        treatment = ArmSetting(trials=self.treatment.trials, rate=self.control.rate)
        return Setting(control=self.control, treatment=treatment)


# Small and middling arms, rates near 0 and 1, and the unequal arms that pooled variances fail at.
DEFAULT_SETTINGS: Final = tuple(
    Setting(control=ArmSetting(trials=n0, rate=p0), treatment=ArmSetting(trials=n1, rate=p1))
    for n0, p0, n1, p1 in (
        (50, 0.1, 50, 0.1),
        (100, 0.02, 100, 0.05),
        (200, 0.95, 200, 0.9),
        (500, 0.6, 500, 0.65),
        (4500, 0.02, 500, 0.04),
        (4500, 0.1, 500, 0.2),
        (2000, 0.005, 2000, 0.005),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalCoverage:
    """The probability that an interval holds the true difference or ratio.

    An interval that is undefined, or has an infinite bound, is a miss in `coverage`. In
    `coverage_as_set` an infinite bound is a bound like any other; an undefined one is a miss.
    """

    method: str
    scale: Scale
    coverage: float
    coverage_as_set: float

    def to_dict(self) -> dict[str, Any]:
        """Return the method and both probabilities."""
        return {
            "method": self.method,
            "scale": self.scale,
            "coverage": self.coverage,
            "coverage_as_set": self.coverage_as_set,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeOfTest:
    """The probability that a test of no effect rejects although both arms have control's rate."""

    method: str
    size: float

    def to_dict(self) -> dict[str, Any]:
        """Return the method and the probability."""
        return {"method": self.method, "size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingCoverage:
    """All methods at one setting."""

    setting: Setting
    tables: int  # enumerated, for the intervals and for the tests together
    omitted: float  # probability of the tables left out: true values lie at most this much higher
    intervals: tuple[IntervalCoverage, ...]
    tests: tuple[SizeOfTest, ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures of every method, intervals first."""
        return [*(row.to_dict() for row in self.intervals), *(row.to_dict() for row in self.tests)]

    def to_dict(self) -> dict[str, Any]:
        """Return the setting, what was enumerated, and every method's figures."""
        return {
            "control": self.setting.control.to_dict(),
            "treatment": self.setting.treatment.to_dict(),
            "tables": self.tables,
            "omitted": self.omitted,
            "intervals": [row.to_dict() for row in self.intervals],
            "tests": [row.to_dict() for row in self.tests],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageReport(Rendered):
    """Exact coverage of intervals and size of tests, setting by setting."""

    confidence_level: float
    settings: tuple[SettingCoverage, ...]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per setting and method."""
        return [
            {
                "control_trials": found.setting.control.trials,
                "control_rate": found.setting.control.rate,
                "treatment_trials": found.setting.treatment.trials,
                "treatment_rate": found.setting.treatment.rate,
                **row,
            }
            for found in self.settings
            for row in found.rows()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able values."""
        return {
            "confidence_level": self.confidence_level,
            "settings": [found.to_dict() for found in self.settings],
        }
