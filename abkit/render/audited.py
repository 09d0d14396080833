"""An audit: precision and NPV with intervals, the target, the paper's figures beside them."""

from typing import Final

from abkit.core import paper
from abkit.core.agreement import PairAgreement
from abkit.core.audit_report import AuditedRun, AuditReport
from abkit.core.audited import AuditedShare, AuditResult, StatedPercentage
from abkit.render.grid import Block, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, p_value, percent, share

_NAMES: Final = {
    "precision": "Precision",
    "npv": "NPV",
    "recall": "Recall",
    "prevalence": "Prevalence",
}
_MEANING: Final = {
    "precision": "Precision: flagged contacts that are LABEL 0.",
    "npv": "NPV: unflagged contacts that are not.",
}
_PAPER: Final = {"precision": paper.AUDIT_FLAGGED, "npv": paper.AUDIT_UNFLAGGED}
_BESIDE: Final = (
    "offline: at the threshold, on labelled texts that nothing was fitted on; truth: over all "
    "contacts, known to a simulation only"
)


def blocks(report: AuditReport) -> list[Block]:
    """Return what `abkit audit` prints: the sample, the shares, the target."""
    notes = () if report.paper_note is None else (report.paper_note,)
    shares = _shares(report.result, report.sampled, notes)
    stated = _consistency(report.consistency)
    if report.sampled is None:
        return [shares, _target(report.result), *stated]
    header = _header(report.result, report.sampled)
    agreement = _agreement(report.sampled.agreement, report.result.confidence_level)
    return [header, shares, _target(report.result), *agreement]


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
            f"{sampled.texts:,} distinct texts, one label each; shares are per contact",
            f"annotated by {sampled.annotators}",
            f"blind sheet: {sampled.folder / 'sheet.csv'}",
        ),
    )


def _shares(result: AuditResult, sampled: AuditedRun | None, notes: tuple[str, ...]) -> Grid:
    heads = ["", "Annotated", "%", f"{100 * result.confidence_level:g} % interval"]
    beside = [] if sampled is None else ["Offline %", "Truth %"]
    paper_column = () if sampled is None else (Column(head="Paper"),)
    shares: dict[str, AuditedShare] = {name: getattr(result, name) for name in _NAMES}
    known = {name: found for name, found in shares.items() if found.estimate is not None}
    rows = []
    for name, found in known.items():
        row = [_NAMES[name], _count(found), percent(found.estimate, 1), _interval(found)]
        if sampled is not None:
            offline = sampled.offline_precision if name == "precision" else None
            row += [percent(offline, 1), percent(sampled.truth.get(name), 1)]
            row.append(_paper(name))
        rows.append(tuple(row))
    return Grid(
        title="What the annotations say",
        columns=(
            Column(head=heads[0]),
            *(Column(head=head, align="right") for head in (*heads[1:], *beside)),
            *paper_column,
        ),
        rows=tuple(rows),
        notes=(
            " ".join(_MEANING[name] for name in known if name in _MEANING),
            *_by_words({name: found.method for name, found in known.items()}),
            *_by_words({name: found.note for name, found in shares.items() if found.note}),
            *((_BESIDE,) if sampled is not None else ()),
            *notes,
        ),
    )


def _by_words(said: dict[str, str]) -> list[str]:
    """Return `names: words`, the names together of which the same is said."""
    names: dict[str, list[str]] = {}
    for name, words in said.items():
        names.setdefault(words, []).append(name)
    return [f"{', '.join(together)}: {words}" for words, together in names.items()]


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
    title = f"Target {value}: {target.verdict.replace('_', ' ')}"
    if target.p_value_below is None or target.p_value_above is None:
        return Prose(title=title, lines=("no flagged contact was annotated",))
    limit = share((1 - result.confidence_level) / 2)
    low = f"so few right ones would have a chance of {p_value(target.p_value_below)}"
    high = f"so many right ones would have a chance of {p_value(target.p_value_above)}"
    words = {
        "meets": f"the precision is above it: were it {value}, {high}, below the limit of {limit}",
        "misses": f"the precision is below it: were it {value}, {low}, below the limit of {limit}",
        "cannot_tell": f"this sample cannot tell: were it {value}, {low}, {high}; neither is below "
        f"the limit of {limit}",
    }
    return Prose(title=title, lines=(words[target.verdict],))


def _consistency(stated: tuple[StatedPercentage, ...]) -> list[Block]:
    """Return what the check of given percentages says."""
    if not stated:
        return []
    title = "The percentages given fit their counts"
    if not all(one.fits for one in stated):
        title = "A percentage does not fit its counts"
    return [Prose(title=title, lines=tuple(f"{one.name}: {one.note}" for one in stated))]


def _agreement(pairs: tuple[PairAgreement, ...], confidence_level: float) -> list[Block]:
    """Return how far the annotators agree, pair by pair."""
    if not pairs:
        return []
    heads = ("Texts", "Both yes", "Both no", "Differ", "Agree %", "Kappa")
    rows = tuple(
        (
            (pair.first, pair.second),
            count(pair.annotated),
            count(pair.both_yes),
            count(pair.both_no),
            count(pair.annotated - pair.agreed),
            percent(pair.agreement_rate, 1),
            share(pair.kappa, 2),
            f"[{share(pair.ci_lower, 2)}, {share(pair.ci_upper, 2)}]",
        )
        for pair in pairs
    )
    notes = [f"{pair.first}, {pair.second}: {pair.note}" for pair in pairs if pair.note]
    return [
        Grid(
            title="How far the annotators agree",
            columns=(
                Column(head="Annotators"),
                *(Column(head=head, align="right") for head in heads),
                Column(head=f"{100 * confidence_level:g} % interval", align="right"),
            ),
            rows=rows,
            notes=(
                "Kappa: Cohen's, agreement beyond chance, over the texts that both judged. It "
                "depends on the share of yes, and flagged texts are over-represented here.",
                *notes,
            ),
        )
    ]
