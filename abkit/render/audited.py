"""An audit: precision and NPV with intervals, the target, the paper's figures beside them."""

from typing import Final

from abkit.core import paper
from abkit.core.audit_report import AuditedRun, AuditReport
from abkit.core.audited import AuditedShare, AuditResult
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, p_value, percent

_NAMES: Final = {
    "precision": "Precision",
    "npv": "NPV",
    "recall": "Recall",
    "prevalence": "Prevalence",
}


def blocks(report: AuditReport) -> list[Block]:
    """Return what `abkit audit` prints: the sample, the shares, the target."""
    header = [] if report.sampled is None else [_header(report.result, report.sampled)]
    return [*header, _shares(report), _target(report.result)]


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


def _shares(report: AuditReport) -> Grid:
    result, sampled = report.result, report.sampled
    level = f"{100 * result.confidence_level:g} %"
    heads = ["", "Annotated", "%", f"{level} interval", *(["Truth %"] if sampled else []), "Paper"]
    truth = {} if sampled is None else sampled.truth
    theirs = {"precision": paper.AUDIT_FLAGGED, "npv": paper.AUDIT_UNFLAGGED}
    shares = {name: getattr(result, name) for name in _NAMES}
    known = {name: s for name, s in shares.items() if s.estimate is not None}
    return Grid(
        title="What the annotations say",
        columns=tuple(
            Column(head=head, align="right" if 0 < i < len(heads) - 1 else "left")
            for i, head in enumerate(heads)
        ),
        rows=tuple(
            (_NAMES[name], _count(share), percent(share.estimate, 1), _interval(share),
             *([percent(truth.get(name), 1)] if sampled else []), _paper(theirs.get(name)))
            for name, share in known.items()
        ),
        notes=(
            "Precision: flagged contacts that are LABEL 0. NPV: unflagged contacts that are not.",
            *(f"{name}: {share.method}" for name, share in known.items()),
            *(f"{name}: {share.note}" for name, share in shares.items() if share.note),
            report.paper_note,
        ),
    )  # fmt: skip


def _paper(counts: tuple[int, int] | None) -> str:
    return (
        "" if counts is None else f"{counts[0]}/{counts[1]} = {percent(counts[0] / counts[1], 1)}"
    )


def _count(share: AuditedShare) -> str:
    return MISSING if share.trials is None else f"{share.successes}/{share.trials}"


def _interval(share: AuditedShare) -> str:
    return f"[{percent(share.ci_lower, 1)}, {percent(share.ci_upper, 1)}]"


def _target(result: AuditResult) -> Prose:
    target = result.target
    value = f"{100 * target.value:g} %"
    words = {
        "meets": f"the precision is above {value}",
        "misses": f"the precision is below {value}",
        "cannot_tell": f"this sample cannot tell the precision from {value}",
    }
    return Prose(
        title=f"Target {value}: {target.verdict.replace('_', ' ')}",
        lines=(
            f"{words[target.verdict]}: P(as few | target) = {p_value(target.p_value_below)}, "
            f"P(as many | target) = {p_value(target.p_value_above)}, each against "
            f"{100 * (1 - result.confidence_level) / 2:g} %",
        ),
    )
