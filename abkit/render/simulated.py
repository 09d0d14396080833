"""A simulated experiment: what was run, Table 3 beside the paper's, what the flags were worth."""

from typing import Final

from abkit.core.simulated import ModelInLoop, PaperCell, SimulationResult, TextCheck
from abkit.render import table3
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import count, percent, share

_USUAL_POWER: Final = 0.8
_READING: Final = "The paper prints deltas without counts, levels or a unit; read here as points. "
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
    paper = {(cell.use_case, cell.metric): cell.delta for cell in result.paper}
    return [
        _header(result),
        *table3.blocks(result.table3, paper),
        _text_check(result.text_checks),
        _reading(result),
    ]


def _header(result: SimulationResult) -> Prose:
    model = result.model
    offline = ""
    if model.offline_precision is not None and model.offline_recall is not None:
        offline = (
            f"; offline (nothing was fitted on those texts): precision "
            f"{percent(model.offline_precision, 1)} %, recall {percent(model.offline_recall, 1)} %"
        )
    weeks = f"{result.weeks} week" + ("s" if result.weeks > 1 else "")
    return Prose(
        title=f"Run {result.run.name}",
        lines=(
            f"{weeks} of scenario {result.scenario}, seed {result.seed}: "
            f"{count(result.contacts)} contacts of {count(result.customers)} customers, "
            f"and {count(result.tail_contacts)} in the 24 h after",
            f"model {model.digest[:12]} ({model.loss}), flags from {share(model.threshold, 4)}"
            f"{offline}",
            f"threshold: {model.threshold_origin}",
            *_certified(model),
            f"texts: {result.texts}",
        ),
    )


def _certified(model: ModelInLoop) -> tuple[str, ...]:
    """Return the certified threshold beside another one that is used."""
    found = model.certified_threshold
    if found == model.threshold:
        return ()
    return (f"certified{'' if found is None else ' ' + share(found, 4)}: {model.certified_note}",)


def _text_check(checks: tuple[TextCheck, ...]) -> Grid:
    heads = (
        ("", ""), ("Texts", ""), ("Flagged", ""), ("Precision", "%"), ("Recall", "%"),
        ("Changed", "by flag"), ("Of those", "right %"), ("Recall where", "menu erred %"),
    )  # fmt: skip
    return Grid(
        title="What the text check was worth, by the truth that only a simulation knows",
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
            "Only flags where the menu said something else change what the bot offers; their "
            "precision is what the customers feel.",
            *_no_entry(checks),
        ),
    )  # fmt: skip


def _no_entry(checks: tuple[TextCheck, ...]) -> tuple[str, ...]:
    cases = [check.use_case for check in checks if 0 < check.flagged == check.changed]
    if not cases or len(cases) == len(checks):
        return ()
    return (f"In {', '.join(cases)} nobody with a flagged text had selected LABEL 0 in the menu.",)


def _reading(result: SimulationResult) -> Prose:
    lines = []
    if result.paper:
        solved = _SOLVED if result.solved_for_this else _NOT_SOLVED
        lines.append(_READING + solved)
    weak = [c for c in result.paper if c.power is not None and c.power < _USUAL_POWER]
    if weak:
        rest = "; at least 80 % in the other rows" if len(weak) < len(result.paper) else ""
        lines.append(
            "Chance that an experiment of this size shows the paper's delta in points "
            f"(unadjusted): {', '.join(map(_power, weak))}{rest}. Where that chance is small, "
            "`none shown` contradicts nothing."
        )
    fitted, served = result.model.label_0_share, result.model.served_label_0_share
    if abs(fitted - served) > 0.2 * max(fitted, served):
        lines.append(
            f"The texts that calibrated the model hold {percent(fitted, 1)} % LABEL 0, the "
            f"scenario's customers {percent(served, 1)} %: scores and expected precision are for "
            "the former."
        )
    lines.append(f"Everything is in {result.run}; next: abkit audit --sample 485")
    return Prose(title="Reading it", lines=tuple(lines))


def _power(cell: PaperCell) -> str:
    return f"{cell.use_case} {cell.metric} {percent(cell.power, 0)} %"
