"""From estimates of a control log to a scenario: what is taken, what keeps the base's value."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from scipy.special import logit

from abkit.core.fitted_log import LogEstimate, LogParameter
from abkit.core.reasons import REASONS
from abkit.simulations.clock import Floats
from abkit.simulations.fit_log import LogFit
from abkit.simulations.fit_log_rates import weighted_mean
from abkit.simulations.fit_log_times import ENOUGH_S
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import parse_scenario
from abkit.simulations.staffing import WEEKDAYS

PRIOR_SD: Final = 0.5  # of the logit of a share: what knows less than this leaves the base's value
DIGITS: Final = 6  # decimals of a share
_CELLS: Final = {"acceptance": 1, "positive": 1, "repeat": -1}  # -1: lower is better
_PAIRS: Final = (("tp", "fn"), ("tn", "fp"))  # better, worse
_CASE: Final = ("share", "prevalence", "menu_error", "menu_false_claim")
_SHARED: Final = (
    "menu_confusion", "text_rate", "asks_at_once", "asks_after_rejecting", "response_rate",
    "positive_if_rejected", "repeat_if_served", "repeat_if_silent", "repeat_if_abandoned",
)  # fmt: skip
HELD: Final = (
    ("customers.hardness_slope", "how menu errors go with hard texts needs truths by hardness"),
    ("customers.max_attempts", "a bound, not a behaviour"),
    ("agents.backlog", "who waited before the log began is not in it"),
    ("arms", "a control log has no treatment"),
)


@dataclass(slots=True)
class Settled:
    """A scenario in the making: its values as tables, and what was decided of each parameter."""

    values: dict[str, Any]
    parameters: dict[str, LogParameter] = field(default_factory=dict)
    held: list[tuple[str, str]] = field(default_factory=lambda: list(HELD))
    notes: list[str] = field(default_factory=list)

    def scenario(self) -> Scenario:
        """Return the scenario, validated."""
        return parse_scenario(self.values, source="the fitted scenario")


def settle(fit: LogFit, base: Scenario, *, name: str, resolutions: Sequence[str | None]) -> Settled:
    """Return the scenario with what the log identifies, all else as in the base.

    A share is the log's if the standard error of its logit is at most the prior's, 0.5. Where a
    wrong resolution would then help (tp below fn, tn below fp; repeats the other way round), both
    cells get their mean, weighted by 1 / error^2; a cell that is at its prior gives way to the
    log's.

    Args:
        fit: The log's estimates.
        base: The priors.
        name: Of the new scenario.
        resolutions: What the log says is offered, by reason; None: as in the base.
    """
    found = Settled(base.model_dump())
    found.values["name"] = name
    found.values["description"] = f"Fitted to a control log, on {base.name}."
    for key in _keys(base, fit):
        _take(found, key, fit.estimates.get(key))
    for case in base.use_cases:
        _order(found, case)
        _drop_wrong(found, case)
    _sum_to_one(found, [f"use_cases.{case}.share" for case in base.use_cases])
    _sum_to_one(found, [f"other_reasons.{reason}" for reason in REASONS[1:]])
    _arrivals(found, fit, base)
    _heads(found, fit.heads, base)
    for reason, offered in zip(REASONS, resolutions, strict=True):
        if offered:
            found.values["resolutions"][reason] = offered
    return found


def _keys(base: Scenario, fit: LogFit) -> list[str]:
    """Return every number that could come from the log, but for arrivals and heads."""
    keys = [f"use_cases.{c}.{name}" for c in base.use_cases for name in (*_CASE, *_cell_names())]
    keys += [f"customers.{name}" for name in _SHARED]
    keys += [f"other_reasons.{reason}" for reason in REASONS[1:]]
    keys += [
        f"{section}.{name}"
        for section in ("bot", "repeat_delay", "agents.service", "agents.patience")
        for name in _numbers(_at(base.model_dump(), section.split(".")))
    ]
    return keys


def _numbers(table: Mapping[str, Any]) -> list[str]:
    """Return the keys of a law's numbers; those of a list by their place, ends of steps apart."""
    names = [name for name, value in table.items() if isinstance(value, float)]
    return names + [f"per_s.{i}" for i in range(len(table.get("per_s", ())))]


def _cell_names() -> list[str]:
    return [f"{group}.{cell}" for group in _CELLS for cell in ("tp", "fn", "fp", "tn")]


def _parts(key: str) -> list[str]:
    """Return a key's names; that of a use-case may hold dots."""
    head, _, rest = key.partition(".")
    for tail in (*_CASE, *_cell_names()) if head == "use_cases" else ():
        if rest.endswith(f".{tail}"):
            return [head, rest.removesuffix(f".{tail}"), *tail.split(".")]
    return key.split(".")


def _at(values: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        values = values[int(part)] if isinstance(values, list | tuple) else values[part]
    return values


def _put(values: Any, key: str, value: float) -> None:
    *path, last = _parts(key)
    table = _at(values, path)
    if isinstance(table, tuple):  # a list of rates: written anew
        changed = (*table[: int(last)], value, *table[int(last) + 1 :])
        _at(values, path[:-1])[path[-1]] = changed
    else:
        table[last] = value


def _take(found: Settled, key: str, estimate: LogEstimate | None) -> None:
    """Take the log's value, or leave the base's, and note which."""
    old = float(_at(found.values, _parts(key)))
    kept = estimate is not None and _knows_more(key, estimate)
    value = round(estimate.value, DIGITS) if estimate is not None and kept else old
    if key.endswith(".share") and estimate is None:
        value, kept = 0.0, True  # nobody of this use-case came
    _put(found.values, key, value)
    found.parameters[key] = LogParameter(
        name=key,
        base=old,
        fitted=value,
        estimate=estimate,
        kept="log" if kept else "prior",
        moved=_moved(key, old, value) if kept else None,
    )


def _knows_more(key: str, estimate: LogEstimate) -> bool:
    """Return whether the log's error is at most the prior's, for a share of customers."""
    if not _has_prior(key):
        return True
    p, error = estimate.value, estimate.standard_error
    return not error or (0 < p < 1 and error / (p * (1 - p)) <= PRIOR_SD)


def _has_prior(key: str) -> bool:
    return key.startswith("customers.") or (
        key.startswith("use_cases.") and not key.endswith(".share")
    )


def _moved(key: str, old: float, new: float) -> float | None:
    """Return by how many prior standard deviations of the logit a share moved."""
    if not (_has_prior(key) and 0 < old < 1 and 0 < new < 1):
        return None
    return float((logit(new) - logit(old)) / PRIOR_SD)


def _order(found: Settled, case: str) -> None:
    """Keep a wrong resolution from helping."""
    for group, sign in _CELLS.items():
        for pair in _PAIRS:
            better, worse = (found.parameters[f"use_cases.{case}.{group}.{c}"] for c in pair)
            if sign * (better.fitted - worse.fitted) >= 0:
                continue
            for parameter, value in _pooled(better, worse):
                _put(found.values, parameter.name, value)
                found.parameters[parameter.name] = replace(
                    parameter,
                    fitted=value,
                    kept="bound",
                    moved=_moved(parameter.name, parameter.base or 0.0, value),
                )


def _pooled(one: LogParameter, other: LogParameter) -> list[tuple[LogParameter, float]]:
    """Return which of two cells in the wrong order move, and where to."""
    priors = [p for p in (one, other) if p.kept == "prior"]
    if len(priors) == 1:
        return [(p, (other if p is one else one).fitted) for p in priors]
    errors = [(p.estimate and p.estimate.standard_error) or 1e-6 for p in (one, other)]
    value = round(weighted_mean(np.array([one.fitted, other.fitted]), np.array(errors)), DIGITS)
    return [(one, value), (other, value)]


def _drop_wrong(found: Settled, case: str) -> None:
    """Count the cells of wrong other reasons in tn, where the log counts them."""
    for group in _CELLS:
        if found.values["use_cases"][case][group].pop("wrong", None) is not None:
            found.held.append(
                (f"use_cases.{case}.{group}.wrong", "not told from tn: taken as tn, not as prior")
            )


def _sum_to_one(found: Settled, keys: list[str]) -> None:
    """Make rounded shares sum to 1, the largest taking the rest."""
    values = {key: float(_at(found.values, _parts(key))) for key in keys}
    largest = max(values, key=lambda key: values[key])
    rest = math.fsum(value for key, value in values.items() if key != largest)
    value = round(1 - rest, DIGITS)
    _put(found.values, largest, value)
    found.parameters[largest] = replace(found.parameters[largest], fitted=value)


def _arrivals(found: Settled, fit: LogFit, base: Scenario) -> None:
    """Take volume, weekdays and hours; a weekday that was not seen keeps its base's proportion."""
    week = base.arrivals.hourly_means().reshape(7, 24)
    means, weights = fit.arrivals.weekday_means, week.sum(axis=1)
    seen = ~np.isnan(means)
    scale = np.nanmean(means) / weights[seen].mean() if weights[seen].any() else 0.0
    means = np.where(seen, means, weights * scale)
    new = found.values["arrivals"]
    new["first_contacts_per_week"] = round(float(means.sum()), 2)
    new["weekday_weights"] = tuple(np.round(means, 2).tolist())
    new["hour_weights"] = tuple(np.round(1_000 * fit.arrivals.hours, 3).tolist())
    if (variation := fit.estimates.get("arrivals.day_factor_cv")) is not None:
        new["day_factor_cv"] = round(variation.value, DIGITS)
    if not seen.all():
        days = ", ".join(day for day, there in zip(WEEKDAYS, seen, strict=True) if not there)
        found.notes.append(f"no whole {days} in the log: their volume keeps the base's proportion")
    if (hours := fit.arrivals.by_weekday) is not None:
        del new["weekday_weights"]
        new["hour_weights"] = {
            day: tuple(np.round(row, 3).tolist()) for day, row in zip(WEEKDAYS, hours, strict=True)
        }
        found.notes.append("hours differ by weekday: hour_weights are each weekday's mean counts")
    for key, before, after in _arrival_values(base, week, means, fit, new):
        estimate = fit.estimates.get(key)
        found.parameters[key] = LogParameter(
            name=key, base=before, fitted=after, estimate=estimate,
            kept="prior" if estimate is None else "log", moved=None,
        )  # fmt: skip


def _arrival_values(
    base: Scenario, week: Floats, means: Floats, fit: LogFit, new: Mapping[str, Any]
) -> list[tuple[str, float, float]]:
    """Return key, base's and new value of arrivals; weights as shares of the week or the day."""
    rows = [
        (f"arrivals.{name}", float(getattr(base.arrivals, name)), float(new[name]))
        for name in ("first_contacts_per_week", "day_factor_cv")
    ]
    shares = {
        "weekday_weights": (week.sum(axis=1), means),
        "hour_weights": (week.sum(axis=0), fit.arrivals.hours),
    }
    for name, (before, after) in shares.items():
        rows += [
            (f"arrivals.{name}.{i}", float(a), float(b))
            for i, (a, b) in enumerate(zip(before / before.sum(), after / after.sum(), strict=True))
        ]
    return rows


def _heads(found: Settled, heads: tuple[Floats, Floats] | None, base: Scenario) -> None:
    """Take agents by hour of the week, whole numbers; nobody ever waited: unlimited."""
    if heads is None:
        found.values["agents"]["heads"] = "unlimited"
        found.notes.append("nobody ever waited: agents are taken as unlimited")
        return
    by_hour, queued = heads
    absent = np.isnan(by_hour)
    instead = np.array(base.agents.by_hour())
    instead = np.where(np.isinf(instead), np.nanmax(by_hour), instead)
    whole = np.rint(np.where(absent, instead, by_hour)).astype(int).reshape(7, 24)
    found.values["agents"]["heads"] = {
        day: tuple(row.tolist()) for day, row in zip(WEEKDAYS, whole, strict=True)
    }
    enough = int((queued >= ENOUGH_S).sum())
    found.notes.append(
        f"agents by hour of the week, without errors: in {enough} hours those at work while "
        f"somebody waited (five minutes or more), in {168 - enough - int(absent.sum())} the most "
        f"at once, a guess, in {int(absent.sum())} the base's"
    )
