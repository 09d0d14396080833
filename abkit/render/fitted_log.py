"""A scenario fitted to a control log: estimates with errors, what kept its prior, and why."""

import shlex
from typing import Final

from abkit.core.fitted_log import FittedToLog, LogEstimate, LogParameter, LogTextCheck
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, percent, plain, share

_LISTS: Final = ("arrivals.weekday_weights.", "arrivals.hour_weights.")
_SECONDS: Final = ("_s", "_h", "_per_week", "sigma", "shape", ".cv")


def blocks(result: FittedToLog) -> list[Block]:
    """Return everything that `abkit fit-scenario --log` prints, in reading order."""
    return [
        _header(result),
        _estimates(result),
        _text_check(result),
        _prior(result),
        _next(result),
    ]


def _header(result: FittedToLog) -> Prose:
    threshold = "no threshold known, so no recall is given"
    if result.threshold is not None:
        threshold = f"flags from {share(result.threshold, 4)} ({result.threshold_origin})"
    return Prose(
        title=f"Scenario {result.scenario}: {result.base} fitted to {result.log}",
        lines=(
            f"{count(result.contacts)} contacts of {count(result.issues)} issues, arrivals on "
            f"{result.days} whole days; labels from {result.labels}",
            threshold,
            f"cost against the priors {result.cost:.2f}: minus twice the log prior of the shares "
            f"that the log moved, each with SD {result.prior_sd:g} on its logit",
        ),
    )


def _estimates(result: FittedToLog) -> Grid:
    shown = [p for p in result.parameters if p.kept != "prior" and not p.name.startswith(_LISTS)]
    heads = ("Parameter", "Base", "Fitted", "SE", "Moved", "Identified by")
    return Grid(
        title="What the log tells",
        columns=tuple(
            Column(head=head, align="right" if 0 < i < 5 else "left")
            for i, head in enumerate(heads)
        ),
        rows=tuple(map(_row, shown)),
        section_ends=frozenset(
            i for i in range(len(shown) - 1) if _section(shown[i]) != _section(shown[i + 1])
        ),
        notes=_estimate_notes(result),
    )


def _section(parameter: LogParameter) -> str:
    if parameter.name.startswith("use_cases."):
        return ".".join(parameter.name.split(".")[:2])
    return parameter.name.partition(".")[0]


def _row(parameter: LogParameter) -> tuple[str, ...]:
    estimate = parameter.estimate
    error = MISSING if estimate is None else _number(parameter.name, estimate.standard_error)
    by = estimate.by if estimate is not None else "log lacks it"
    return (
        _short(parameter.name),
        _number(parameter.name, parameter.base),
        _number(parameter.name, parameter.fitted),
        error,
        MISSING if parameter.moved is None else f"{parameter.moved:+.1f}".replace("-", "\u2212"),
        f"bound; {by}" if parameter.kept == "bound" else by,
    )


def _short(name: str) -> str:
    """Return a key without the section that its rows stand in."""
    for section in ("use_cases.", "customers.", "arrivals.", "agents.", "other_reasons."):
        name = name.removeprefix(section)
    return name


def _number(name: str, value: float | None) -> str:
    """Return a share with four decimals, another number with four figures."""
    return plain(value) if name.endswith(_SECONDS) else share(value, 4)


def _interval(name: str, estimate: LogEstimate) -> str:
    return f"{_number(name, estimate.lower)} to {_number(name, estimate.upper)}"


def _estimate_notes(result: FittedToLog) -> tuple[str, ...]:
    notes = [*result.notes]
    for prefix in _LISTS:
        parts = [p for p in result.parameters if p.name.startswith(prefix)]
        errors = [
            p.estimate.standard_error / p.estimate.value
            for p in parts
            if p.estimate and p.estimate.standard_error and p.estimate.value
        ]
        if errors:
            notes.append(
                f"{prefix.rstrip('.')}: {len(parts)} shares, standard errors up to "
                f"{percent(max(errors), 1)} % of the share"
            )
    notes.append("Moved: in prior standard deviations of the logit; \u2013: no such prior")
    if any(p.kept == "bound" for p in result.parameters):
        notes.append(
            "Bound: otherwise a wrong resolution would help; both cells have their mean, or a "
            "prior gives way to the log"
        )
    return tuple(notes)


def _text_check(result: FittedToLog) -> Grid:
    heads = ("Use-case", "Labels", "Recall", "SE", "95 %", "False flags", "SE", "95 %")
    return Grid(
        title="The text check where the menu did not say LABEL 0, %",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(map(_check, result.text_check)),
        notes=(
            "Labels: of LABEL 0 + of others, first contacts. No part of the scenario: texts and "
            "their scores come from abkit's own customers.",
        ),
    )


def _check(check: LogTextCheck) -> tuple[str, ...]:
    cells = [check.use_case, f"{check.labels[0]} + {check.labels[1]}"]
    for rate in (check.recall, check.false_flags):
        if rate is None:
            cells += [MISSING] * 3
        else:
            cells += [
                percent(rate.value, 1),
                percent(rate.standard_error, 1),
                f"{percent(rate.lower, 1)} to {percent(rate.upper, 1)}",
            ]
    return tuple(cells)


def _prior(result: FittedToLog) -> Prose:
    lines = []
    for p in (p for p in result.parameters if p.kept == "prior"):
        said = "the log says nothing of it"
        if p.estimate is not None:
            said = f"the log says {_interval(p.name, p.estimate)}, less than the prior knows"
        lines.append(f"{p.name} = {_number(p.name, p.fitted)}: {said}")
    lines += [f"{name}: {why}" for name, why in result.held]
    return Prose(title="What kept the base's value", lines=tuple(lines))


def _next(result: FittedToLog) -> Prose:
    return Prose(
        title="",
        lines=(f"Written to {result.out}; next: {shlex.join(result.next_command)}",),
    )
