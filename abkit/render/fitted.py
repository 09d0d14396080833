"""A fitted scenario: targets beside what is met, what moved, what no target can tell."""

import shlex
from typing import Final

from abkit.core.fitted import FittedCell, FittedParameter, FittedScenario, SimulatedCell
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, in_weeks, p_value, percent, share, signed

_MOVED: Final = 0.1  # prior standard deviations: what moved less is counted only
_KNOWN: Final = 0.5  # posterior / prior standard deviation below which a parameter is known
_UNIT: Final = {"points": "points", "relative": "% of control"}
_SHARED: Final = "all that the use-cases share (what is asked at once, after a rejection, repeats)"


def blocks(result: FittedScenario) -> list[Block]:
    """Return everything that `abkit fit-scenario` prints, in reading order."""
    return [_header(result), _targets(result), _moved(result), _unknown(result), _next(result)]


def _header(result: FittedScenario) -> Prose:
    by_case = ", ".join(f"{case.use_case} {case.cost:.2f}" for case in result.cases)
    left = f"; no targets for {', '.join(result.left_alone)}" if result.left_alone else ""
    return Prose(
        title=f"Scenario {result.scenario}: {result.base} fitted to {result.source}",
        lines=(
            f"deltas read as {_UNIT[result.reading]}, over {result.contacts} contacts{left}",
            f"model {result.model[:12]}, flags from {share(result.threshold, 4)} "
            f"({result.threshold_origin})",
            f"cost against the priors {result.cost:.2f} ({by_case}): minus twice the log "
            "posterior, 0 at the base",
        ),
    )


def _targets(result: FittedScenario) -> Grid:
    heads = (
        ("", ""), ("Control", "%"), ("Asked", ""), ("Closed", "form"),
        ("Simulated,", "no queue"), ("z", ""), ("Simulated,", "own agents"), ("By the", "queue"),
    )  # fmt: skip
    cases = [cell.use_case for cell in result.cells]
    return Grid(
        title=f"Treatment minus control, {_UNIT[result.reading]}",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(map(_cell, result.cells)),
        section_ends=frozenset(i for i in range(len(cases) - 1) if cases[i] != cases[i + 1]),
        notes=_target_notes(result),
    )


def _cell(cell: FittedCell) -> tuple[str, ...]:
    control = percent(cell.control)
    if cell.asked_control is not None:
        control += f" ({percent(cell.asked_control)})"
    return (
        f"{cell.use_case} {cell.metric}",
        control,
        signed(cell.asked),
        signed(cell.delta),
        _simulated(cell.simulated),
        MISSING if cell.z is None else f"{cell.z:+.1f}".replace("-", "\u2212"),
        _simulated(cell.with_agents),
        signed(cell.by_the_queue),
    )


def _simulated(cell: SimulatedCell | None) -> str:
    return MISSING if cell is None else f"{signed(cell.delta)} \u00b1{percent(cell.standard_error)}"


def _target_notes(result: FittedScenario) -> tuple[str, ...]:
    if not result.weeks:
        return ("Not simulated: --weeks 0.",)
    weeks = in_weeks(result.weeks)
    notes = [
        f"Simulated: everybody in treatment minus everybody in control, {weeks}, seed "
        f"{result.seed}, the same draws; \u00b1 is one standard error.",
    ]
    if result.p_value is not None:
        notes.append(
            f"So large a |z| among {len(result.cells)} has p = {p_value(result.p_value)}: the "
            "simulation " + ("agrees." if result.p_value > 0.001 else "does not agree.")
        )
    if any(cell.with_agents for cell in result.cells):
        notes.append(
            "The targets are met without a queue. By the queue: what waiting and hanging up add "
            "when all customers are treated; an A/B test in one queue shows part of it."
        )
    return tuple(notes)


def _moved(result: FittedScenario) -> Block:
    heads = (
        ("Parameter", ""), ("Base", ""), ("Fitted", ""), ("Moved", "prior SDs"),
        ("Within 1 SD", ""), ("SD kept", "%"), ("", ""),
    )  # fmt: skip
    shown = [p for p in result.parameters if abs(p.moved) >= _MOVED]
    small = len(result.parameters) - len(shown)
    if not shown:
        return Prose(
            title="What moved",
            lines=(f"none of {small} parameters by {_MOVED} prior SDs or more", *_bound(result)),
        )
    return Grid(
        title="What moved",
        columns=tuple(
            Column(head=head, align="right" if 0 < i < 6 else "left")
            for i, head in enumerate(heads)
        ),
        rows=tuple(map(_parameter, shown)),
        section_ends=frozenset(
            i for i in range(len(shown) - 1) if shown[i].use_case != shown[i + 1].use_case
        ),
        notes=(
            *([f"{small} others moved less than {_MOVED} prior SDs."] if small else []),
            *_bound(result),
            "SD kept: posterior of the prior standard deviation; 100 % means nothing learnt.",
        ),
    )


def _bound(result: FittedScenario) -> tuple[str, ...]:
    """Return the parameters at a bound, cells of one quantity together: `A repeat.fp/tn`."""
    names: dict[str, list[str]] = {}
    for parameter in result.parameters:
        if parameter.at_bound:
            group, _, cell = _name(parameter).rpartition(".")
            names.setdefault(group, []).append(cell)
    if not names:
        return ()
    listed = ", ".join(f"{group}.{'/'.join(cells)}".lstrip(".") for group, cells in names.items())
    return (
        f"Bound, where a wrong resolution would begin to help, or at a share's limit: {listed}",
    )


def _name(parameter: FittedParameter) -> str:
    return f"{parameter.use_case} {parameter.name}"


def _parameter(parameter: FittedParameter) -> tuple[str, ...]:
    return (
        _name(parameter),
        share(parameter.base, 4),
        share(parameter.fitted, 4),
        f"{parameter.moved:+.2f}".replace("-", "\u2212"),
        f"{share(parameter.lower)} to {share(parameter.upper)}",
        percent(parameter.kept, 0),
        "bound" if parameter.at_bound else "",
    )


def _unknown(result: FittedScenario) -> Prose:
    lines = [
        f"{case.use_case}: {case.targets} targets fix {case.rank} combinations of {case.free} "
        f"parameters; {case.free - case.rank} directions keep their prior"
        for case in result.cases
    ]
    known = [p for p in result.parameters if p.kept < _KNOWN]
    best = min(result.parameters, key=lambda p: p.kept)
    if known:
        named = ", ".join(f"{_name(p)} (keeps {percent(p.kept, 0)} %)" for p in known)
        lines.append(f"they at least halve the prior SD of {named}")
    else:
        lines.append(
            "of no single parameter do they halve the prior SD; nearest to it is "
            f"{_name(best)}, which keeps {percent(best.kept, 1)} %"
        )
    lines.append(f"held at the base: {', '.join([*_held(result), _SHARED])}")
    lines.append("other parameters meet the same targets: this scenario is one of many")
    return Prose(title="What the targets cannot tell", lines=tuple(lines))


def _held(result: FittedScenario) -> list[str]:
    """Return what no fit moved, with the use-case where it is held in some of them only."""
    by_name: dict[str, list[str]] = {}
    for case in result.cases:
        for name in case.held:
            by_name.setdefault(name, []).append(case.use_case)
    return [
        name if len(cases) == len(result.cases) else f"{'/'.join(cases)} {name}"
        for name, cases in by_name.items()
    ]


def _next(result: FittedScenario) -> Prose:
    checks = [
        f"{c.use_case}: precision {percent(c.precision, 1)} %, recall {percent(c.recall, 1)} % "
        f"({percent(c.recall_mis_selected, 1)} % where the menu erred); of the flags that change "
        f"something {percent(c.incremental_precision, 1)} % are right"
        for c in result.cases
    ]
    return Prose(
        title="The text check in this world",
        lines=(*checks, f"Written to {result.out}; next: {shlex.join(result.next_command)}"),
    )
