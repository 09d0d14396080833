"""What theory says of the simulator, and what the simulator does. Facts only."""

from dataclasses import dataclass
from typing import Any

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class TheoryCheck:
    """One number of theory against what was simulated.

    `z` is the distance in standard errors, brought to the normal scale: from replications it is
    Student's t with their degrees of freedom, from a chi-square or a Kolmogorov-Smirnov test it is
    the normal quantile of its probability, so that one limit holds for all.
    """

    group: str  # what the check belongs to, e.g. `queue`
    subject: str  # the system, e.g. `M/M/20+M, load 20`
    quantity: str  # e.g. `P(abandon)`
    theory: float
    simulated: float
    standard_error: float | None  # of `simulated`; None: z comes from a test of a whole law
    z: float
    unit: str | None = None  # None: a share, or a number without one

    def to_dict(self) -> dict[str, Any]:
        """Return every field."""
        return {
            "group": self.group,
            "subject": self.subject,
            "quantity": self.quantity,
            "unit": self.unit,
            "theory": self.theory,
            "simulated": self.simulated,
            "standard_error": self.standard_error,
            "z": self.z,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheck:
    """Something that must hold exactly, without any tolerance."""

    subject: str  # the world it was looked at in
    statement: str
    compared: int  # contacts, moments or rows; 0 is a failure: nothing was shown
    differences: int

    @property
    def passed(self) -> bool:
        """Return whether something was compared and nothing differs."""
        return self.compared > 0 and self.differences == 0

    def to_dict(self) -> dict[str, Any]:
        """Return every field and the verdict."""
        return {
            "subject": self.subject,
            "statement": self.statement,
            "compared": self.compared,
            "differences": self.differences,
            "passed": self.passed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldReport(Rendered):
    """The whole battery: the simulator against theory, and what must hold exactly."""

    seed: int
    long: bool
    replications: int  # of each queue
    contacts: int  # simulated in all
    z_limit: float
    false_alarm: float  # a right simulator fails in at most this share of seeds
    checks: tuple[TheoryCheck, ...]
    identities: tuple[IdentityCheck, ...]

    @property
    def passed(self) -> bool:
        """Return whether every check and every identity passed."""
        return all(map(self.within, self.checks)) and all(i.passed for i in self.identities)

    def within(self, check: TheoryCheck) -> bool:
        """Return whether |z| is at most the limit; NaN is not."""
        return abs(check.z) <= self.z_limit

    def group(self, name: str) -> list[TheoryCheck]:
        """Return the checks of one group."""
        return [check for check in self.checks if check.group == name]

    def records(self) -> list[dict[str, Any]]:
        """Return one row per comparison with theory."""
        return [check.to_dict() | {"passed": self.within(check)} for check in self.checks]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-able values."""
        return {
            "seed": self.seed,
            "long": self.long,
            "replications": self.replications,
            "contacts": self.contacts,
            "passed": self.passed,
            "z_limit": self.z_limit,
            "false_alarm": self.false_alarm,
            "checks": self.records(),
            "identities": [identity.to_dict() for identity in self.identities],
        }
