"""The parameters of one use-case that a fit may move: their priors, bounds and orderings.

A parameter that is v0 in the base scenario has the prior logit v ~ N(logit v0, sd^2); z counts
prior standard deviations: v = expit(logit v0 + sd z). A fit's cost, sum z^2, is minus twice the log
posterior up to a constant.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from abkit.core.errors import ConfigError, unknown_choice
from abkit.simulations.clock import Floats
from abkit.simulations.scenario import Cells, UseCase

PRIOR_SD: Final = {  # of the logit; 0: held at the base's value
    "prevalence": 0.0,  # golden labels know it, and the default model depends on it
    "menu_error": 0.5,
    "menu_false_claim": 0.0,
    "acceptance": 0.5,
    "positive": 0.5,
    "repeat": 0.5,
}
SHARE_LIMITS: Final = (0.001, 0.999)  # of a fitted share
_CELLS: Final = ("acceptance", "positive", "repeat")
_HIGHER_IS_BETTER: Final = {"acceptance": 1, "positive": 1, "repeat": -1}
_FALSE_FLAG_MARGIN: Final = {"acceptance": 0.04, "positive": 0.04, "repeat": 0.01}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """`sign` (better - worse) >= margin, for two parameters by name."""

    better: str
    worse: str
    sign: int
    margin: float


@dataclass(frozen=True, slots=True)
class CaseParameters:
    """What may move in one use-case, n parameters.

    Attributes:
        case: The base's values.
        names: Of the free parameters, e.g. `menu_error`, `acceptance.tp`.
        base: Their values in the base, strictly inside (0, 1), shape (n,).
        sd: Prior standard deviations of their logits, > 0, shape (n,).
        held: Names of the parameters that stay as they are.
        orderings: What must hold so that a wrong resolution never helps.
    """

    case: UseCase
    names: tuple[str, ...]
    base: Floats
    sd: Floats
    held: tuple[str, ...]
    orderings: tuple[Ordering, ...]

    def values(self, z: Floats) -> Floats:
        """Return the values at z, shape (n,)."""
        values: Floats = expit(logit(self.base) + self.sd * z)
        return values

    def z(self, values: Floats) -> Floats:
        """Return where these values lie, shape (n,)."""
        z: Floats = (logit(values) - logit(self.base)) / self.sd
        return z

    def slopes(self, z: Floats) -> Floats:
        """Return d value / d z, shape (n,)."""
        values = self.values(z)
        return self.sd * values * (1 - values)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the lowest and highest z, shape (n,) each; a base outside the limits may stay."""
        low = np.minimum(SHARE_LIMITS[0], self.base)
        high = np.maximum(SHARE_LIMITS[1], self.base)
        centre = logit(self.base)
        return (logit(low) - centre) / self.sd, (logit(high) - centre) / self.sd

    def use_case(self, values: Floats) -> UseCase:
        """Return the use-case with these values of its free parameters; nothing is validated."""
        given = dict(zip(self.names, map(float, values), strict=True))
        changes: dict[str, float | Cells] = {}
        for key in _CELLS:
            cells = {n.partition(".")[2]: v for n, v in given.items() if n.startswith(f"{key}.")}
            if cells:
                changes[key] = getattr(self.case, key).model_copy(update=cells)
        changes |= {name: value for name, value in given.items() if "." not in name}
        return self.case.model_copy(update=changes)

    def slacks(self, z: Floats) -> Floats:
        """Return by how much each ordering is kept, shape (k,); negative: broken."""
        value = {name: float(v) for name, v in zip(self.names, self.values(z), strict=True)}

        def of(name: str) -> float:
            return value[name] if name in value else stated(self.case, name)

        return np.array([o.sign * (of(o.better) - of(o.worse)) - o.margin for o in self.orderings])

    def slack_slopes(self, z: Floats) -> Floats:
        """Return d slack / d z, shape (k, n)."""
        return self.slack_signs() * self.slopes(z)

    def slack_signs(self) -> Floats:
        """Return d slack / d value, shape (k, n)."""
        place = {name: i for i, name in enumerate(self.names)}
        matrix = np.zeros((len(self.orderings), len(self.names)))
        for row, ordering in enumerate(self.orderings):
            for name, sign in ((ordering.better, 1), (ordering.worse, -1)):
                if name in place:
                    matrix[row, place[name]] = ordering.sign * sign
        return matrix


def case_parameters(
    name: str, case: UseCase, prior_sd: Mapping[str, float] | None = None
) -> CaseParameters:
    """Return what may move in a use-case.

    Args:
        name: Of the use-case, for messages.
        case: The base's values. A share of exactly 0 or 1 is meant so, and held.
        prior_sd: Standard deviations that differ from `PRIOR_SD`, by parameter (`acceptance.fn`)
            or by group (`acceptance`); 0 holds a parameter.

    Raises:
        ConfigError: A name is unknown, a standard deviation is no number from 0 to 10, or a wrong
            resolution helps in cells that are held.
    """
    given = dict(prior_sd or {})
    check_prior_sd(given)
    every = _names(case)
    sd = {n: given.get(n, (PRIOR_SD | given)[n.partition(".")[0]]) for n in every}
    free = tuple(n for n in every if sd[n] > 0 and 0 < stated(case, n) < 1)
    parameters = CaseParameters(
        case=case,
        names=free,
        base=np.array([stated(case, n) for n in free]),
        sd=np.array([sd[n] for n in free]),
        held=tuple(n for n in every if n not in free),
        orderings=_orderings(name, case, free),
    )
    if not free:
        raise ConfigError(f"use-case `{name}`: every parameter is held, so nothing can be fitted")
    return parameters


def stated(case: UseCase, name: str) -> float:
    """Return the value of a parameter by name."""
    group, _, cell = name.partition(".")
    value = getattr(case, group)
    return float(getattr(value, cell) if cell else value)


def _names(case: UseCase) -> list[str]:
    """Return all parameters of a use-case; a cell that is not stated is none."""
    names = [group for group in PRIOR_SD if group not in _CELLS]
    for group in _CELLS:
        cells = getattr(case, group)
        names += [f"{group}.{cell}" for cell in Cells.model_fields if _has(cells, cell)]
    return names


def _has(cells: Cells, cell: str) -> bool:
    return getattr(cells, cell) is not None


def check_prior_sd(given: Mapping[str, float], option: str = "prior_sd") -> None:
    """Refuse standard deviations of priors that `case_parameters` cannot take.

    Raises:
        ConfigError: A name is unknown, or a standard deviation is no number from 0 to 10; said as
            the caller's `option`.
    """
    known = [*PRIOR_SD, *(f"{group}.{cell}" for group in _CELLS for cell in Cells.model_fields)]
    for name, sd in given.items():
        if name not in known:
            raise unknown_choice(option, name, known)
        if not (math.isfinite(sd) and 0 <= sd <= 10):
            raise ConfigError(f"`{option}` of `{name}` is `{sd:g}`; expected a number from 0 to 10")


def _orderings(name: str, case: UseCase, free: tuple[str, ...]) -> tuple[Ordering, ...]:
    """Return the orderings among cells; refuse those that are held and broken."""
    orderings = []
    for group in _CELLS:
        sign, margin = _HIGHER_IS_BETTER[group], _FALSE_FLAG_MARGIN[group]
        for better, worse, gap in (("tp", "fn", 0.0), ("tn", "fp", margin), ("tn", "wrong", 0.0)):
            if worse not in Cells.model_fields or not _has(getattr(case, group), worse):
                continue
            pair = f"{group}.{better}", f"{group}.{worse}"
            if any(part in free for part in pair):
                orderings.append(Ordering(better=pair[0], worse=pair[1], sign=sign, margin=gap))
            elif sign * ((a := stated(case, pair[0])) - (b := stated(case, pair[1]))) < 0:
                raise ConfigError(
                    f"`use_cases.{name}.{pair[1]}` = {b:.4f} is better than `{better}` = {a:.4f}; "
                    "a wrong resolution must not help"
                )
    return tuple(orderings)
