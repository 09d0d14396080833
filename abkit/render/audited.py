"""An audit: precision and NPV with intervals, the target, the paper's figures beside them."""

from typing import Final

from abkit.core import paper
from abkit.core.audit_report import AuditedRun, AuditReport
from abkit.core.audited import AuditedShare, AuditResult
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, p_value, percent, share

_NAMES: Final = {
    "precision": "Precision",
    "npv": "NPV",
    "recall": "Recall",
    "prevalence": "Prevalence",
}

_PAPER: Final = {"precision": paper.AUDIT_FLAGGED, "npv": paper.AUDIT_UNFLAGGED}
_BESIDE: Final = (
    "offline: at the threshold, on labelled texts that nothing was fitted on; truth: over all "
    "contacts, known to a simulation only"
)


def blocks(report: AuditReport) -> list[Block]:
    """Return what `abkit audit` prints: the sample, the shares, the target."""
    header = [] if report.sampled is None else [_header(report.result, report.sampled)]
    shares = _shares(report.result, report.sampled, (report.paper_note,))
    return [*header, shares, _target(report.result)]


def result_blocks(result: AuditResult) -> list[Block]:
    """Return the shares and the target alone."""
    return [_shares(result, None, ()), _target(result)]


def _header(result: AuditResult, sampled: AuditedRun) -> Prose:
    flagged, unflagged = result.population or (0, 0)
    return Prose(
        title=f"Audit of run {sampled.run}",
        lines=(
            f"{result.precision.trials:,} of {flagged:,} flagged and {result.npv.trials:,} of "
            f"{unflagged:,} unflagged contacts, drawn at random (seed {sampled.seed}) from the "
            "counted treatment contacts that have text",
            f"annotated by {sampled.annotators}",
            f"blind sheet: {sampled.folder / 'sheet.csv'}",
        ),
    )


def _shares(result: AuditResult, sampled: AuditedRun | None, notes: tuple[str, ...]) -> Grid:
    heads = ["", "Annotated", "%", f"{100 * result.confidence_level:g} % interval"]
    beside = [] if sampled is None else ["Offline %", "Truth %"]
    shares: dict[str, AuditedShare] = {name: getattr(result, name) for name in _NAMES}
    known = {name: found for name, found in shares.items() if found.estimate is not None}
    rows = []
    for name, found in known.items():
        row = [_NAMES[name], _count(found), percent(found.estimate, 1), _interval(found)]
        if sampled is not None:
            offline = sampled.offline_precision if name == "precision" else None
            row += [percent(offline, 1), percent(sampled.truth.get(name), 1)]
        rows.append((*row, _paper(name)))
    return Grid(
        title="What the annotations say",
        columns=(
            Column(head=heads[0]),
            *(Column(head=head, align="right") for head in (*heads[1:], *beside)),
            Column(head="Paper"),
        ),
        rows=tuple(rows),
        notes=(
            "Precision: flagged contacts that are LABEL 0. NPV: unflagged contacts that are not.",
            *(f"{name}: {found.method}" for name, found in known.items()),
            *(f"{name}: {found.note}" for name, found in shares.items() if found.note),
            *((_BESIDE,) if sampled is not None else ()),
            *notes,
        ),
    )


def _paper(name: str) -> str:
    if name not in _PAPER:
        return ""
    k, n = _PAPER[name]
    return f"{k}/{n} = {percent(k / n, 1)}"


def _count(found: AuditedShare) -> str:
    return MISSING if found.trials is None else f"{found.successes}/{found.trials}"


def _interval(found: AuditedShare) -> str:
    return f"[{percent(found.ci_lower, 1)}, {percent(found.ci_upper, 1)}]"


def _target(result: AuditResult) -> Prose:
    target = result.target
    value = f"{100 * target.value:g} %"
    limit = share((1 - result.confidence_level) / 2)
    low = f"so few right ones would have a chance of {p_value(target.p_value_below)}"
    high = f"so many right ones would have a chance of {p_value(target.p_value_above)}"
    words = {
        "meets": f"the precision is above it: were it {value}, {high}, below the limit of {limit}",
        "misses": f"the precision is below it: were it {value}, {low}, below the limit of {limit}",
        "cannot_tell": f"this sample cannot tell: were it {value}, {low}, {high}; neither is below "
        f"the limit of {limit}",
    }
    title = f"Target {value}: {target.verdict.replace('_', ' ')}"
    return Prose(title=title, lines=(words[target.verdict],))
