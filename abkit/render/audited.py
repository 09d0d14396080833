"""An audit: precision and NPV with intervals, the target, the paper's figures beside them."""

from typing import Final

from abkit.core import paper
from abkit.core.audited import AuditedShare, AuditResult
from abkit.core.run_audit import RunAudit
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, p_value, percent

_NAMES: Final = {
    "precision": "Precision (flagged that are LABEL 0)",
    "npv": "NPV (unflagged that are not)",
    "recall": "Recall (LABEL 0 that are flagged)",
    "prevalence": "Prevalence of LABEL 0",
}


def result_blocks(result: AuditResult) -> list[Block]:
    """Return an audit from counts."""
    return [_shares(result, {}), _target(result), _paper()]


def run_blocks(audit: RunAudit) -> list[Block]:
    """Return an audit of a run: the sample, the shares, the target, the truth."""
    result = audit.result
    truth = {"precision": audit.true_precision, "npv": audit.true_npv}
    flagged, unflagged = result.population or (0, 0)
    header = Prose(
        title=f"Audit of run {audit.run}",
        lines=(
            f"{result.precision.trials:,} of {flagged:,} flagged and {result.npv.trials:,} of "
            f"{unflagged:,} unflagged contacts, drawn at random (seed {audit.seed}) from the "
            "counted contacts with text where texts are checked",
            f"annotated by {audit.annotators}",
            f"blind sheet: {audit.folder / 'sheet.csv'}",
        ),
    )
    return [header, _shares(result, truth), _target(result), _paper()]


def _shares(result: AuditResult, truth: dict[str, float | None]) -> Grid:
    shown = any(value is not None for value in truth.values())
    level = f"{100 * result.confidence_level:g} %"
    heads = ["", "Annotated", "%", f"{level} interval", *(["Truth %"] if shown else [])]
    shares = {name: getattr(result, name) for name in _NAMES}
    known = {name: s for name, s in shares.items() if s.estimate is not None}
    return Grid(
        title="What the annotations say",
        columns=tuple(
            Column(head=head, align="right" if i else "left") for i, head in enumerate(heads)
        ),
        rows=tuple(
            (_NAMES[name], _count(share), percent(share.estimate, 1), _interval(share),
             *([percent(truth.get(name), 1)] if shown else []))
            for name, share in known.items()
        ),
        notes=(
            *(f"{name}: {share.method}" for name, share in known.items()),
            *(f"{name}: {share.note}" for name, share in shares.items() if share.note),
        ),
    )  # fmt: skip


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


def _paper() -> Prose:
    k, n = paper.AUDIT_FLAGGED
    k0, n0 = paper.AUDIT_UNFLAGGED
    return Prose(
        title="The paper (section 5.1)",
        lines=(
            f"it states {k}/{n} = {percent(paper.AUDIT_STATED_PRECISION, 1)} % and {k0}/{n0} = "
            f"{percent(paper.AUDIT_STATED_NPV, 0)} %; but {k}/{n} is {percent(k / n, 1)} %, "
            f"below its target of {percent(paper.TARGET_PRECISION, 0)} %; {k}/458 would be "
            f"{percent(k / 458, 1)} %",
        ),
    )
