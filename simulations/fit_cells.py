"""Fit what customers do to given effects: most plausible parameters that meet them exactly.

Three to six equations stand against a dozen parameters or more, so the equations are constraints
and the priors decide the rest: minimise sum z^2 subject to them (`fit_parameters` says what z is).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.optimize import minimize

from abkit.core.errors import ConfigError, listed, nearest, unknown_choice
from abkit.core.rng import rng_for
from abkit.simulations.clock import Floats
from abkit.simulations.fit_moments import Equation, Problem, World, equations
from abkit.simulations.fit_parameters import SHARE_LIMITS, CaseParameters, case_parameters
from abkit.simulations.fit_targets import TargetTable
from abkit.simulations.scenario import Scenario, UseCase

DIGITS: Final = 6  # decimals of a fitted share
_STARTS: Final = 3
_FEW: Final = 2  # starts of a search that only says how far one can get
_EXACT: Final = 1e-7  # points or per cent: what counts as met
_REACHED: Final = 1e-3  # ... after a search that says how far one can get
_OPTIONS: Final[Any] = {"ftol": 1e-10, "maxiter": 100}
_KEPT: Final = 1e-7  # by how much an ordering may be broken


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFit:
    """One use-case, fitted.

    Attributes:
        parameters: What could move, and from where.
        equations: What it was fitted to.
        z: Moves in prior standard deviations, shape (n,).
        values: Fitted values, rounded to `DIGITS` decimals, shape (n,).
        kept: Posterior standard deviation of z, linearised at the fit, shape (n,); 1: the targets
            say nothing about this parameter alone.
        rank: How many combinations of the parameters the targets fix.
        at_bound: Names of parameters at a limit of shares or of an ordering.
    """

    parameters: CaseParameters
    equations: tuple[Equation, ...]
    z: Floats
    values: Floats
    kept: Floats
    rank: int
    at_bound: tuple[str, ...]

    @property
    def cost(self) -> float:
        """Minus twice the log posterior, 0 at the base."""
        return float(self.z @ self.z)

    @property
    def use_case(self) -> UseCase:
        """Return the fitted use-case."""
        return self.parameters.use_case(self.values)


def fit_cells(
    world: World, table: TargetTable, *, prior_sd: Mapping[str, float] | None = None
) -> dict[str, CaseFit]:
    """Return each targeted use-case with the most plausible parameters that meet its targets.

    Args:
        world: Scenario, scored texts, threshold, and how targets are meant.
        table: Effects, and control's levels where they are known.
        prior_sd: See `case_parameters`.

    Raises:
        ConfigError: A name is unknown, no flag changes anything, or no parameters reach the
            targets; then those that clash are quoted beside the closest that can be had.
    """
    parameters = check_fit(world.scenario, table, prior_sd, arms=(world.control, world.treatment))
    fits = {}
    for name, targets in table.by_use_case().items():
        problem = Problem(
            world=world, name=name, parameters=parameters[name], equations=equations(targets)
        )
        _check_flags(problem)
        fits[name] = _fit(problem)
    return fits


def check_fit(
    scenario: Scenario,
    table: TargetTable,
    prior_sd: Mapping[str, float] | None = None,
    *,
    arms: tuple[str, str] = ("control", "treatment"),
) -> dict[str, CaseParameters]:
    """Return what may move by use-case: to be asked before any long work.

    Raises:
        ConfigError: A use-case, an arm or a parameter is unknown, or nothing may move.
    """
    for arm in arms:
        if arm not in scenario.arms:
            raise unknown_choice("arm", arm, scenario.arms)
    targets = table.by_use_case()
    if unknown := [name for name in targets if name not in scenario.use_cases]:
        cells = sum(len(targets[name]) for name in unknown)
        raise ConfigError(
            f"{cells} of {len(table.targets)} targets of `{table.source}` are for "
            f"{listed(unknown)}, which scenario `{scenario.name}` does not have: its use-cases are "
            f"{listed(scenario.use_cases)}",
            hint=nearest(unknown[0], scenario.use_cases)
            or "fit to a base that has these use-cases, or write targets for its own",
        )
    return {name: case_parameters(name, scenario.use_cases[name], prior_sd) for name in targets}


def fitted_scenario(scenario: Scenario, fits: Mapping[str, CaseFit]) -> Scenario:
    """Return the scenario with its fitted use-cases, validated."""
    values = scenario.model_dump()
    for name, fit in fits.items():
        values["use_cases"][name] = fit.use_case.model_dump()
    return Scenario.model_validate(values)


def _check_flags(problem: Problem) -> None:
    """Refuse a world whose arms believe the same, or whose rates have no ratio."""
    name = problem.name
    misses = problem.misses(np.zeros(problem.parameters.base.size))
    if not np.isfinite(misses).all():
        raise ConfigError(f"use-case `{name}`: a rate of control is 0; no ratio to it exists")
    if not problem.world.arms_differ(name):
        raise ConfigError(
            f"use-case `{name}`: no flag changes what the bot believes, so there is no effect",
            hint="a lower --threshold flags more; a text rate or menu error of 0 leaves nothing",
        )


def _fit(problem: Problem) -> CaseFit:
    """Return the least costly of the solutions from several starts."""
    closest = _closest(problem)
    if np.abs(problem.misses(closest)).max() > _REACHED:
        raise _unreachable(problem)
    found = [_cheapest(problem, start) for start in (*_starts(problem, _STARTS), closest)]
    met = [z for z in found if _meets(problem, z)]
    if not met:  # targets at the very limit
        raise _unreachable(problem)
    z = min(met, key=lambda z: float(z @ z))
    jacobian = problem.jacobian(z)
    parameters = problem.parameters
    return CaseFit(
        parameters=parameters,
        equations=problem.equations,
        z=z,
        values=np.round(parameters.values(z), DIGITS),
        kept=_kept(jacobian),
        rank=int(np.linalg.matrix_rank(jacobian, tol=1e-6)),
        at_bound=_at_bound(parameters, z),
    )


def _starts(problem: Problem, n_starts: int) -> list[Floats]:
    """Return the base and points around it, inside the bounds."""
    n, rng = problem.parameters.base.size, rng_for(0, "starts of a fit")
    low, high = problem.parameters.bounds()
    points = [np.zeros(n), *rng.standard_normal((n_starts - 1, n))]
    return [np.clip(point, low, high) for point in points]


def _cheapest(problem: Problem, start: Floats) -> Floats:
    """Minimise sum z^2 subject to the targets, from `start`."""
    parameters = problem.parameters
    low, high = parameters.bounds()
    exact = {"type": "eq", "fun": problem.misses, "jac": problem.jacobian}
    ordered = {"type": "ineq", "fun": parameters.slacks, "jac": parameters.slack_slopes}

    def cost(z: Floats) -> float:
        return float(z @ z)

    def slope(z: Floats) -> Floats:
        return 2 * z

    found = minimize(
        cost, start, jac=slope, method="SLSQP",
        bounds=list(zip(low, high, strict=True)), options=_OPTIONS,
        constraints=_stated(exact, ordered if parameters.orderings else None),
    )  # fmt: skip
    return _inside(found.x, low, high)


def _closest(problem: Problem) -> Floats:
    """Return where the squared misses are least, over a few starts.

    The search moves the values, not z, in which the limits of shares are far away.
    """
    parameters = problem.parameters
    low, high = (parameters.values(bound) for bound in parameters.bounds())

    def loss(values: Floats) -> float:
        return float(np.square(problem.misses(parameters.z(values))).sum())

    def slope(values: Floats) -> Floats:
        z = parameters.z(values)
        gradient: Floats = 2 * problem.misses(z) @ problem.jacobian(z) / parameters.slopes(z)
        return gradient

    ordered = {
        "type": "ineq",
        "fun": lambda values: parameters.slacks(parameters.z(values)),
        "jac": lambda values: parameters.slack_signs(),
    }
    found = [
        minimize(
            loss, parameters.values(start), jac=slope, method="SLSQP", options=_OPTIONS,
            bounds=list(zip(low, high, strict=True)),
            constraints=_stated(ordered if parameters.orderings else None),
        ).x
        for start in _starts(problem, _FEW)
    ]  # fmt: skip
    ends = [parameters.z(_inside(end, low, high)) for end in found]
    kept = [z for z in ends if (parameters.slacks(z) >= -_KEPT).all()]
    return min(kept or ends, key=lambda z: float(np.square(problem.misses(z)).sum()))


def _stated(*constraints: dict[str, Any] | None) -> list[Any]:
    return [constraint for constraint in constraints if constraint is not None]


def _inside(point: Any, low: Floats, high: Floats) -> Floats:
    inside: Floats = np.clip(np.asarray(point, dtype=float), low, high)
    return inside


def _meets(problem: Problem, z: Floats) -> bool:
    slacks = problem.parameters.slacks(z)
    return bool((np.abs(problem.misses(z)) < _EXACT).all() and (slacks >= -_KEPT).all())


def _kept(jacobian: Floats) -> Floats:
    """Return posterior standard deviations of z given J z = 0: sqrt diag (I - J^+ J)."""
    explained = np.linalg.pinv(jacobian) @ jacobian
    kept: Floats = np.sqrt(np.clip(1 - np.diag(explained), 0, 1))
    return kept


def _at_bound(parameters: CaseParameters, z: Floats) -> tuple[str, ...]:
    low, high = parameters.bounds()
    near = [n for n, a, b, c in zip(parameters.names, low, z, high, strict=True)
            if min(b - a, c - b) < 1e-4]  # fmt: skip
    for ordering, slack in zip(parameters.orderings, parameters.slacks(z), strict=True):
        if slack < 1e-5:
            near += [ordering.better, ordering.worse]
    return tuple(dict.fromkeys(near))


def _unreachable(problem: Problem) -> ConfigError:
    """Return the error that quotes a smallest set of targets that clash."""
    clash = list(problem.equations)
    for equation in problem.equations:  # leave one out: still unreachable? it is not needed
        rest = [e for e in clash if e is not equation]
        if rest and not _reachable(replace(problem, equations=tuple(rest))):
            clash = rest
    alone = replace(problem, equations=tuple(clash))
    got = alone.got(_closest(alone)) / 100
    unit = {"points": "points", "relative": "% of control"}[problem.world.reading]
    asked = " and ".join(_shown(e, e.asked, unit) for e in clash)
    closest = " and ".join(_shown(e, value, unit) for e, value in zip(clash, got, strict=True))
    return ConfigError(
        f"use-case `{problem.name}`: no parameters give {asked}; the closest "
        f"{'is' if len(clash) == 1 else 'together are'} {closest}",
        hint=f"all shares from {SHARE_LIMITS[0]} to {SHARE_LIMITS[1]} were allowed, a wrong "
        "resolution that helps was not; more prevalence (`--sd prevalence=0.5` lets it move), a "
        "higher text rate or a classifier with more recall reach further",
    )


def _reachable(problem: Problem) -> bool:
    return bool(np.abs(problem.misses(_closest(problem))).max() < _REACHED)


def _shown(equation: Equation, value: float, unit: str) -> str:
    if equation.is_level:
        return f"a control {equation.metric} of {100 * value:.2f} %"
    return f"{equation.metric} {100 * value:+.2f} {unit}"
