"""The closed form of one use-case against its targets, as a function of what a fit may move."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from abkit.simulations.clock import Floats
from abkit.simulations.closed_form import Rates, arm_rates, cell_weights
from abkit.simulations.fit_parameters import CaseParameters
from abkit.simulations.fit_targets import Reading, Target
from abkit.simulations.scenario import Scenario
from abkit.simulations.supply import ScoredSupply

Contacts = Literal["first", "all"]
CONTACTS: Final[tuple[Contacts, ...]] = ("first", "all")
FIELDS: Final = {"AR": "automation", "PRR": "positive", "24RR": "repeat"}  # of `Rates`
_STEP: Final = 1e-5  # in prior standard deviations, for central differences


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a fit takes as given."""

    scenario: Scenario
    supply: ScoredSupply
    threshold: float
    reading: Reading
    contacts: Contacts = "first"  # which rates the targets speak of: first contacts or all
    control: str = "control"
    treatment: str = "treatment"
    weights: dict[tuple[str, float, float, float], tuple[Floats, Floats]] = field(
        default_factory=dict, repr=False, compare=False
    )  # of the cells by arm: most evaluations of a fit differ in what follows the belief alone

    def rates(self, name: str, parameters: CaseParameters, values: Floats) -> tuple[Rates, Rates]:
        """Return control's and treatment's rates, agents unlimited."""
        case = parameters.use_case(values)
        alone = self.scenario.model_copy(update={"use_cases": {name: case}})
        key = name, case.prevalence, case.menu_error, case.menu_false_claim
        if key not in self.weights:
            self.weights.clear()
            self.weights[key] = self._weights(alone, name)
        before, after = (arm_rates(alone, name, weights) for weights in self.weights[key])
        if self.contacts == "first":
            return before.first, after.first
        return before.every, after.every

    def arms_differ(self, name: str) -> bool:
        """Return whether the base's arms ever believe differently in a use-case."""
        before, after = self._weights(self.scenario, name)
        return not np.allclose(before, after, rtol=0, atol=1e-12)

    def _weights(self, scenario: Scenario, name: str) -> tuple[Floats, Floats]:
        """Return the shares of contacts by reason, level and cell in control and treatment."""
        before, after = (
            cell_weights(
                scenario, name, arm,
                self.supply.flag_rates(scenario.arms[arm].flags_from(self.threshold)),
            )
            for arm in (self.control, self.treatment)
        )  # fmt: skip
        return before, after


def delta(reading: Reading, control: float, treatment: float) -> float:
    """Return treatment minus control, or that relative to control; NaN relative to 0."""
    difference = treatment - control
    if reading == "points":
        return difference
    return difference / control if control else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One use-case's targets; each is one equation, and so is each known level of control."""

    world: World
    name: str
    parameters: CaseParameters
    equations: tuple["Equation", ...]

    def misses(self, z: Floats) -> Floats:
        """Return (got - asked) in per cent or points, shape (m,)."""
        asked = np.array([equation.asked for equation in self.equations])
        misses: Floats = self.got(z) - 100 * asked
        return misses

    def got(self, z: Floats) -> Floats:
        """Return the left-hand sides in per cent or points, shape (m,)."""
        arms = self.world.rates(self.name, self.parameters, self.parameters.values(z))
        return np.array([100 * e.value(self.world.reading, *arms) for e in self.equations])

    def jacobian(self, z: Floats) -> Floats:
        """Return d miss / d z by central differences, shape (m, n)."""
        steps = _STEP * np.eye(z.size)
        rows = [(self.got(z + step) - self.got(z - step)) / (2 * _STEP) for step in steps]
        return np.array(rows).T


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A delta, or control's level, of one metric."""

    metric: str
    asked: float  # proportion
    is_level: bool

    def value(self, reading: Reading, control: Rates, treatment: Rates) -> float:
        """Return what the rates give for it."""
        before, after = (getattr(arm, FIELDS[self.metric]) for arm in (control, treatment))
        return before if self.is_level else delta(reading, before, after)


def equations(targets: Sequence[Target]) -> tuple[Equation, ...]:
    """Return the equations of one use-case: its deltas, then the known levels."""
    deltas = [Equation(metric=t.metric, asked=t.delta, is_level=False) for t in targets]
    levels = [
        Equation(metric=t.metric, asked=t.control, is_level=True)
        for t in targets
        if t.control is not None
    ]
    return (*deltas, *levels)
