"""The effect on all contacts, of which only the triggered part can differ between the arms."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from abkit.analysis.fieller import Mean, fieller_interval
from abkit.analysis.quantiles import critical_value, two_sided_p

FEWEST: Final = 5  # successes and failures of the triggered part, in each arm, for an interval
Floats = npt.NDArray[np.float64]


class UnitGroup(NamedTuple):
    """Units of one arm that are alike in one use-case and metric."""

    stratum: str | None  # the use-case of their first triggering contact; None: never triggered
    y_before: int  # successes before it
    m_before: int  # trials before it
    y_after: int  # ... from it on
    m_after: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diluted:
    """Rates over all contacts, what lies between them, and how sure that is."""

    control: float | None
    treatment: float | None
    difference: float | None
    ratio: float | None
    difference_interval: tuple[float, float] = (-1.0, 1.0)
    ratio_interval: tuple[float, float] = (0.0, math.inf)
    p_value: float | None = None
    standard_error: float | None = None
    df: float | None = None
    note: str | None = None  # why there is no interval, or no estimate


@dataclass(frozen=True, slots=True)
class _Arm:
    """One arm's sums, its rate, and the units' parts in it."""

    groups: tuple[UnitGroup, ...]
    mean_y: Mapping[str, float]  # per triggered unit, by stratum
    mean_m: Mapping[str, float]
    rate: float
    trials: float  # over all units of both arms, had all been in this arm


def diluted_effect(
    control: Sequence[UnitGroup],
    treatment: Sequence[UnitGroup],
    triggered: tuple[Mapping[str, int], Mapping[str, int]],
    *,
    confidence_level: float,
) -> Diluted:
    """Compare the arms over all contacts, taking from each what it alone can tell.

    With U the sums over units of what came before their first triggering contact, over both arms
    (they have one law), K_s the units of both arms that first triggered in stratum s, and T_sa the
    mean per such unit of arm a of what came from it on,

        R_a = (U_y + sum_s K_s T_y,sa) / (U_m + sum_s K_s T_m,sa).

    Only T differs between the arms. Where every unit has the same trials the difference is
    the share of triggered units times the difference per triggered unit (Deng and Hu 2015); in
    ratios like these repeats are trials, too, so that no such short cut holds.

    The variance is the delta method's, sum of psi_i^2 over all units, psi = psi_1 - psi_0, with
    e(a) = y - R_a m, ebar_sa its mean over the triggered units of arm a, and A_a the denominator
    of R_a:

        A_a psi_a,i = e_before,i(a) + [i triggers] ebar_sa
                      + [i triggers in arm a] (K_s / K_sa) (e_after,i(a) - ebar_sa)

    for units of both arms, squares of triggered ones times K_sa / (K_sa - 1). If all trigger at
    once this is the linearised variance of the plain analysis. The reference is Student's t with
    Satterthwaite's degrees of freedom, 2 V^2 / sum psi^4, at most triggered units - 2; the ratio
    has Fieller's interval with both variances and their covariance, which agrees with the test.

    Args:
        control: The units of control with trials, alike ones together.
        treatment: The same of treatment.
        triggered: K_s0 and K_s1 by stratum, units without trials among them.
        confidence_level: Nominal two-sided coverage, in (0, 1).

    Returns:
        Estimates and intervals. None and a note without triggered units in both arms; no interval
        where an arm's triggered part has fewer than 5 successes or failures: a normal one would
        be too narrow.

    References:
        Deng and Hu (2015), Diluted treatment effect estimation for trigger analysis in online
        controlled experiments, WSDM, 349-358; Cochran (1977), Sampling Techniques, section 6.3;
        Fieller (1954), J. R. Stat. Soc. B 16, 175-185.
    """
    groups = tuple(map(tuple, (control, treatment)))
    if note := _why_undefined(groups, triggered):
        return Diluted(control=None, treatment=None, difference=None, ratio=None, note=note)
    shared = _shared(groups)
    strata = {s: sum(arm.get(s, 0) for arm in triggered) for arm in triggered for s in arm}
    arms = [_arm(groups[a], triggered[a], strata, shared) for a in (0, 1)]
    if any(arm is None for arm in arms):
        note = "no trials"
        return Diluted(control=None, treatment=None, difference=None, ratio=None, note=note)
    zero, one = (arm for arm in arms if arm is not None)
    found = Diluted(
        control=zero.rate,
        treatment=one.rate,
        difference=one.rate - zero.rate,
        ratio=one.rate / zero.rate if zero.rate else None,
        note=_why_no_interval(groups),
    )
    if found.note is not None:
        return found
    return _with_intervals(found, (zero, one), triggered, strata, confidence_level)


def _why_undefined(
    groups: Sequence[Sequence[UnitGroup]], triggered: Sequence[Mapping[str, int]]
) -> str | None:
    """Return why nothing can be compared."""
    told = {group.stratum for arm in groups for group in arm if group.m_after}
    if not told:
        return "no trials from a triggering contact on"
    for name, arm in zip(("control", "treatment"), triggered, strict=True):
        if any(stratum is not None and not arm.get(stratum) for stratum in told):
            return f"no triggered unit in {name}"
    return None


def _why_no_interval(groups: Sequence[Sequence[UnitGroup]]) -> str | None:
    for name, arm in zip(("control", "treatment"), groups, strict=True):
        y = sum(group.y_after * group.units for group in arm)
        m = sum(group.m_after * group.units for group in arm)
        if min(y, m - y) < FEWEST:
            return (
                f"the triggered part of {name} has {y} of {m}: fewer than {FEWEST} successes or "
                "failures bear no normal interval"
            )
    return None


def _shared(groups: Sequence[Sequence[UnitGroup]]) -> tuple[int, int]:
    """Return successes and trials before first triggering contacts, over both arms."""
    units = [group for arm in groups for group in arm]
    return (
        sum(group.y_before * group.units for group in units),
        sum(group.m_before * group.units for group in units),
    )


def _arm(
    groups: tuple[UnitGroup, ...], triggered: Mapping[str, int], strata: Mapping[str, int],
    shared: tuple[int, int],
) -> _Arm | None:  # fmt: skip
    """Return one arm's rate and means; None without trials."""
    y, m = dict.fromkeys(strata, 0), dict.fromkeys(strata, 0)
    for group in groups:
        if group.stratum is not None:
            y[group.stratum] += group.y_after * group.units
            m[group.stratum] += group.m_after * group.units
    mean_y = {s: y[s] / triggered[s] if triggered.get(s) else 0.0 for s in strata}
    mean_m = {s: m[s] / triggered[s] if triggered.get(s) else 0.0 for s in strata}
    successes = shared[0] + math.fsum(strata[s] * mean_y[s] for s in strata)
    trials = shared[1] + math.fsum(strata[s] * mean_m[s] for s in strata)
    if not trials:
        return None
    return _Arm(groups, mean_y, mean_m, successes / trials, trials)


def _with_intervals(
    found: Diluted,
    arms: tuple[_Arm, _Arm],
    triggered: tuple[Mapping[str, int], Mapping[str, int]],
    strata: Mapping[str, int],
    level: float,
) -> Diluted:
    psi, n = _influences(arms, triggered, strata)  # (2, groups), (groups,)
    covariance = (psi * n) @ psi.T
    parts = psi[1] - psi[0]
    variance = float(parts**2 @ n)
    units = sum(arm.get(s, 0) for arm in triggered for s in strata)
    doubt = float(parts**4 @ n)
    df = max(1.0, min(2 * variance**2 / doubt if doubt else math.inf, units - 2.0))
    error, critical = math.sqrt(variance), float(critical_value(level, df))
    difference = arms[1].rate - arms[0].rate
    return Diluted(
        control=found.control,
        treatment=found.treatment,
        difference=difference,
        ratio=found.ratio,
        difference_interval=(difference - critical * error, difference + critical * error),
        ratio_interval=_ratio_interval(arms, covariance, critical),
        p_value=float(two_sided_p(difference / error, df)) if error else None,
        standard_error=error,
        df=df,
    )


def _influences(
    arms: tuple[_Arm, _Arm],
    triggered: tuple[Mapping[str, int], Mapping[str, int]],
    strata: Mapping[str, int],
) -> tuple[Floats, Floats]:
    """Return psi of both rates per group of units, scaled for small samples, and the units."""
    columns, weights = [], []
    for own, arm in enumerate(arms):
        for group in (*arm.groups, *_without_trials(arm.groups, triggered[own], strata)):
            scale = 1.0
            if group.stratum is not None and (k := triggered[own].get(group.stratum, 0)) > 1:
                scale = math.sqrt(k / (k - 1))
            columns.append(
                [
                    scale * _influence(group, arms[a], triggered[a], strata, own=a == own)
                    for a in (0, 1)
                ]
            )
            weights.append(group.units)
    return np.array(columns, float).T, np.array(weights, float)


def _without_trials(
    groups: Sequence[UnitGroup], triggered: Mapping[str, int], strata: Mapping[str, int]
) -> list[UnitGroup]:
    """Return the triggered units of an arm that have no trial here: they count in the means."""
    rest = {s: triggered.get(s, 0) for s in strata}
    for group in groups:
        if group.stratum is not None:
            rest[group.stratum] -= group.units
    return [UnitGroup(s, 0, 0, 0, 0, n) for s, n in rest.items() if n > 0]


def _influence(
    group: UnitGroup, arm: _Arm, triggered: Mapping[str, int], strata: Mapping[str, int], *,
    own: bool,
) -> float:  # fmt: skip
    """Return what one unit moves the rate of `arm` by; `own`: it is a unit of that arm."""
    moved = group.y_before - arm.rate * group.m_before
    if (s := group.stratum) is not None:
        mean = arm.mean_y[s] - arm.rate * arm.mean_m[s]
        moved += mean
        if own:
            after = group.y_after - arm.rate * group.m_after
            moved += strata[s] / triggered[s] * (after - mean)
    return moved / arm.trials


def _ratio_interval(
    arms: tuple[_Arm, _Arm], covariance: Floats, critical: float
) -> tuple[float, float]:
    """Return Fieller's interval of R_1 / R_0, whose errors share the contacts before.

    R_1 less b R_0, with b their covariance over R_0's variance, is uncorrelated with R_0; its ratio
    to R_0 is the one asked for, less b.
    """
    zero, one = arms[0].rate, arms[1].rate
    if not zero:
        return 0.0, math.inf
    v00, v01, v11 = covariance[0, 0], covariance[0, 1], covariance[1, 1]
    b = float(v01 / v00) if v00 else 0.0
    rest = Mean(one - b * zero, max(0.0, float(v11 - b * v01)))
    lower, upper = fieller_interval(rest, Mean(zero, float(v00)), critical=critical)
    return lower + b, upper + b
