"""A simulated experiment: what was run, Table 3 beside the paper's, what the flags were worth."""

from typing import Final

from abkit.core.simulated import (
    AgentQueue,
    ModelInLoop,
    PaperCell,
    PaperReading,
    SimulatedArm,
    SimulatedDesign,
    SimulationResult,
    TextCheck,
)
from abkit.render import table3, true_effects
from abkit.render.checks import checks_block
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.legend import legend
from abkit.render.numbers import count, in_weeks, percent, share

_USUAL_POWER: Final = 0.8
_SAMPLE: Final = 485  # the paper's
_PAPERS_ARM: Final = "treatment"  # the paper's deltas stand beside it, and `abkit audit` samples it
_USUAL_ARMS: Final = [("control", "menu", False), ("treatment", "menu_or_text", False)]
_POLICY: Final = {
    "menu": "menu",
    "menu_or_text": "menu or text",
    "text_over_menu": "text over menu",
    "menu_and_text": "menu and text",
}
_READING: Final = "The paper prints deltas without counts, levels or a unit; read here as {unit}. "
_SOLVED: Final = (
    "This scenario's parameters were solved for that reading with the default model: agreement is "
    "an illustration, no evidence."
)
_NOT_SOLVED: Final = (
    "Only the packaged scenario with the default model, threshold and texts was solved to agree "
    "with them; this run differs."
)


def blocks(result: SimulationResult) -> list[Block]:
    """Return everything that `abkit simulate` prints, in reading order."""
    arms = list(dict.fromkeys(check.arm for check in result.text_checks))
    by_arm = [tuple(c for c in result.text_checks if c.arm == arm) for arm in arms]
    return [
        _header(result),
        *_tables(result),
        *(_text_check(checks, several=len(arms) > 1) for checks in by_arm),
        _reading(result),
    ]


def _tables(result: SimulationResult) -> list[Block]:
    """Return the checks, then a table for each treatment; the paper's deltas beside its own."""
    deltas = {(cell.use_case, cell.metric): cell.delta for cell in result.paper}
    found: list[Block] = [checks_block(result.analysis.checks)]
    explained = true_effects.notes(result.truth, unlimited_agents=result.unlimited_agents)
    for table in result.tables:
        notes = legend(result.tables) if table is result.tables[-1] else ()
        paper = deltas if table.treatment == _PAPERS_ARM else {}
        found.extend(
            table3.tables(table, paper, title="Table 3: ", notes=notes, unit=_unit(result))
        )
        if own := [one for one in result.truth if one.treatment == table.treatment]:
            found.append(
                true_effects.truth_grid(
                    own, level=table.confidence_level, several=len(result.tables) > 1,
                    notes=explained if notes else (),
                )
            )  # fmt: skip
    return found


def _header(result: SimulationResult) -> Prose:
    weeks = in_weeks(result.weeks)
    return Prose(
        title=f"Run {result.run.name}",
        lines=(
            f"{weeks} of scenario {result.scenario}, seed {result.seed}: "
            f"{count(result.contacts)} contacts of {count(result.customers)} customers, "
            f"and {count(result.tail_contacts)} in the 24 h after",
            *_arms(result.arms),
            *_design(result.design),
            *_model(result.model, result.arms),
            f"texts: {result.texts}",
            *(_queue(result.queue) if result.model is None else ()),
        ),
    )


def _queue(queue: AgentQueue) -> tuple[str, ...]:
    """Return how the queue went: all that there is to see where nobody types."""
    if not queue.asked or queue.mean_wait_s is None:
        return ()
    return (
        f"agents: {count(queue.asked)} contacts asked for one, "
        f"{percent(queue.waited / queue.asked, 1)} % of them waited, "
        f"{percent(queue.abandoned / queue.asked, 1)} % abandoned; mean wait of all "
        f"{queue.mean_wait_s:.1f} s",
    )


def _design(design: SimulatedDesign) -> tuple[str, ...]:
    """Return how customers came to their arm, and which analysis fits that."""
    lines = []
    if design.control_weeks:
        weeks = in_weeks(design.control_weeks)
        lines.append(
            f"design: {weeks} of control alone before the test, which abkit analyze --interference "
            "compares with it; below all weeks are taken together, so that checks of the "
            "assignment fail"
        )
    if design.kind != "customer":
        lines.append(
            f"design: {design.kind}, blocks of {design.block_h:g} h, which abkit analyze --design "
            f"{design.kind} --block block takes as units; below customers are taken one by one, "
            "so that checks of the assignment fail"
        )
    return tuple(lines)


def _arms(arms: tuple[SimulatedArm, ...]) -> tuple[str, ...]:
    """Return what each arm does, unless the usual two do the usual thing."""
    if [(arm.arm, arm.policy, arm.own_threshold) for arm in arms] == _USUAL_ARMS:
        return ()
    words = [
        f"{arm.arm} ({_POLICY[arm.policy]}"
        + (f", flags from {share(arm.threshold, 4)}" if _flags_alone(arm) else "")
        + ")"
        for arm in arms
        if arm.weight > 0
    ]
    return (f"arms: {', '.join(words)}",)


def _flags_alone(arm: SimulatedArm) -> bool:
    return arm.own_threshold and arm.threshold is not None


def _model(model: ModelInLoop | None, arms: tuple[SimulatedArm, ...]) -> tuple[str, ...]:
    if model is None:
        return ()
    offline, digest = "", model.digest[:12]
    reading = [arm for arm in arms if arm.weight > 0 and arm.policy != "menu"]
    if reading and all(map(_flags_alone, reading)):
        own = ", ".join(f"{arm.arm} flags from {share(arm.threshold, 4)}" for arm in reading)
        unused = f"its threshold {share(model.threshold, 4)} is not used: {own}"
        return (f"model {digest} ({model.loss}); {unused}",)
    if model.offline_precision is not None and model.offline_recall is not None:
        offline = (
            f"; offline (nothing was fitted on those texts): precision "
            f"{percent(model.offline_precision, 1)} %, recall {percent(model.offline_recall, 1)} %"
        )
    return (
        f"model {digest} ({model.loss}), flags from {share(model.threshold, 4)}{offline}",
        f"threshold: {model.threshold_origin}",
        *_certified(model),
    )


def _certified(model: ModelInLoop) -> tuple[str, ...]:
    """Return the certified threshold beside another one that is used."""
    found = model.certified_threshold
    if found == model.threshold:
        return ()
    return (f"certified{'' if found is None else ' ' + share(found, 4)}: {model.certified_note}",)


def _text_check(checks: tuple[TextCheck, ...], *, several: bool) -> Grid:
    heads = (
        ("", ""), ("Texts", ""), ("Flagged", ""), ("Precision", "%"), ("Recall", "%"),
        ("Changed", "by flag"), ("Of those", "right %"), ("Recall where", "menu erred %"),
    )  # fmt: skip
    return Grid(
        title="What the text check was worth"
        + (f" in {checks[0].arm}" if several else "")
        + ", by the truth that only a simulation knows",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(
            (
                check.use_case, count(check.texts), count(check.flagged),
                percent(check.precision, 1), percent(check.recall, 1), count(check.changed),
                percent(check.incremental_precision, 1), percent(check.incremental_recall, 1),
            )
            for check in checks
        ),
        section_ends=frozenset({len(checks) - 2} if len(checks) > 1 else ()),
        notes=(
            *_what_changes(checks[-1]),
            *_no_entry(checks),
            *_overruled(checks[-1]),
        ),
    )  # fmt: skip


def _no_entry(checks: tuple[TextCheck, ...]) -> tuple[str, ...]:
    cases = [check.use_case for check in checks if 0 < check.flagged == check.changed]
    if not cases or len(cases) == len(checks):
        return ()
    return (f"In {', '.join(cases)} nobody with a flagged text had selected LABEL 0 in the menu.",)


def _what_changes(check: TextCheck) -> tuple[str, ...]:
    if check.overruled and not check.changed:
        return ("A flag changes nothing here: the menu must say LABEL 0, too.",)
    return (
        "Only flags where the menu said something else change what the bot offers; their "
        "precision is what the customers feel.",
    )


def _overruled(check: TextCheck) -> tuple[str, ...]:
    """Return how often an unflagged text overruled the menu's LABEL 0, where the policy lets it."""
    if not check.overruled:
        return ()
    return (
        f"{count(check.overruled)} texts without a flag overruled LABEL 0 of the menu, "
        f"{percent(check.true_overruled / check.overruled, 1)} % of them rightly.",
    )


def _unit(result: SimulationResult) -> PaperReading:
    return result.paper_reading or "points"


def _reading(result: SimulationResult) -> Prose:
    lines = []
    if result.paper:
        solved = _SOLVED if result.solved_for_this else _NOT_SOLVED
        lines.append(_READING.format(unit=result.paper_reading) + solved)
    weak = [c for c in result.paper if c.power is not None and c.power < _USUAL_POWER]
    if weak:
        rest = "; at least 80 % in the other rows" if len(weak) < len(result.paper) else ""
        lines.append(
            f"Chance that an experiment of this size shows the paper's delta in {_unit(result)} "
            f"(unadjusted): {', '.join(map(_power, weak))}{rest}. Where that chance is small, "
            "`none shown` contradicts nothing."
        )
    audit = f"; next: abkit audit --sample {_SAMPLE}" if _can_be_audited(result) else ""
    lines += [*_other_prior(result.model), f"Everything is in {result.run}{audit}"]
    return Prose(title="Reading it", lines=tuple(lines))


def _can_be_audited(result: SimulationResult) -> bool:
    """Return whether the arm that `abkit audit` looks at flagged texts."""
    return any(check.arm == _PAPERS_ARM and check.flagged for check in result.text_checks)


def _other_prior(model: ModelInLoop | None) -> tuple[str, ...]:
    if model is None:
        return ()
    fitted, served = model.label_0_share, model.served_label_0_share
    if abs(fitted - served) <= 0.2 * max(fitted, served):
        return ()
    return (
        f"The texts that calibrated the model hold {percent(fitted, 1)} % LABEL 0, the "
        f"scenario's customers {percent(served, 1)} %: scores and expected precision are for "
        "the former.",
    )


def _power(cell: PaperCell) -> str:
    return f"{cell.use_case} {cell.metric} {percent(cell.power, 0)} %"
