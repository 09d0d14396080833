"""The page docs/language.md, from a finished study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from abkit.core.reasons import REASONS

if TYPE_CHECKING:
    from abkit.pipeline.language_study import LanguageStudy, MarginRow


def page(study: LanguageStudy) -> str:
    """Return the study as GitHub Markdown."""
    parts = [
        _INTRODUCTION,
        *_margin_section(study),
        *_telling_section(study),
        *_log_section(study),
        *_distinct_section(study),
        *_difficulty_section(study),
        *_transfer_section(study),
        *_sample_section(study),
    ]
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """# The customers' language

No public data set pairs return comments with logged and with audited reason codes, so abkit writes
its own. This page says how close the generated texts come to real ones. It is made by
`abkit language`; every figure is measured, none is typed in.

The real texts were written by real customers: chat turns to a telecom support bot, negative
sentences of phone reviews, clothing reviews that announce a return. The generator aims at the
mixture of the three with weights 1/2, 1/4, 1/4. Their golden labels were set from the text alone
by one rater who was no domain expert: provisional."""


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _margin_section(study: LanguageStudy) -> list[str]:
    columns = ["telecom turns", "phone sentences", "returns", "mixture"]
    header = ["measure", "generated", *(columns if study.quantiles[0].columns else [])]
    rows = [_margin(r, "{:.0f}") for r in study.quantiles]
    rows += [_margin(r, "{:.1%}") for r in study.shares]
    words = [[name, f"{share:.1%}"] for name, share in study.defect_words.items()]
    return [
        "## Margins",
        "The same functions measured every column. Shares are shares of texts, but for the last "
        "line, which counts words; the vocabulary is every word that three texts of all the real "
        "files share, and the generator's own word lists.",
        _table(header, rows),
        "Texts with a literal defect word (defect\\*, broke\\*, damaged, faulty, not working, "
        "dead, died), by true reason: defects are told as symptoms.",
        _table(["true reason", "share"], words),
    ]


def _margin(row: MarginRow, form: str) -> list[str]:
    mixed = [] if row.mixture is None else [form.format(row.mixture)]
    return [row.name, form.format(row.generated), *map(form.format, row.columns), *mixed]


def _telling_section(study: LanguageStudy) -> list[str]:
    header = ["how", *(f"hardness {level}" for level in range(5)), "all"]
    rows = [
        [_WAYS[way], *(f"{v:.1%}" for v in shares), f"{sum(shares) / 5:.1%}"]
        for way, shares in study.tellings.items()
    ]
    return [
        "## How the reason is told",
        "Hardness, in five equally likely levels, belongs to the issue; it raises the menu's "
        "errors, too. All but the first and the last way carry a plausible second reason; the last "
        "three say little or nothing of the true one.",
        _table(header, rows),
    ]


_WAYS = {
    "clear": "the reason and no other",
    "both": "the reason beside a second one",
    "hinted": "words that fit two reasons",
    "buried": "a second reason in full, the true one hinted",
    "empty": "no reason at all",
}


def _log_section(study: LanguageStudy) -> list[str]:
    rows = [
        [name, *(f"{v:.1%}" for v in row)]
        for name, row in zip(REASONS, study.log_codes, strict=True)
    ]
    return [
        "## Logged codes",
        "How true reasons are logged in the training history: LABEL 0 leaks into the others, they "
        "hardly leak back. Golden labels are the truth.",
        _table(["true reason", *(f"logged {name}" for name in REASONS)], rows),
    ]


def _distinct_section(study: LanguageStudy) -> list[str]:
    rows = [[part, f"{n:,}"] for part, n in study.distinct.items()]
    return [
        "## Distinct texts",
        "Among 200,000 draws. Each part owns its own sentence frames; only texts of at most four "
        "words are common to all.",
        _table(["part", "distinct texts"], rows),
    ]


def _difficulty_section(study: LanguageStudy) -> list[str]:
    rows = [
        [
            f"{d.defective_share:.1%}, {d.labels} codes",
            *(f"{v:.3f}" for v in (d.accuracy, d.balanced_accuracy, d.best_balanced_accuracy)),
            *(f"{v:.3f}" for v in (d.macro_f1, d.average_precision)),
            "none" if d.recall is None else f"{d.recall:.3f}",
            " / ".join(f"{v:.2f}" for v in d.recall_by_level) or "none",
        ]
        for d in study.difficulty
    ]
    header = [
        "share of LABEL 0, training labels", "accuracy", "balanced accuracy", "best threshold",
        "macro F1, five classes", "average precision", "recall at precision 85 %",
        "by hardness, easiest first",
    ]  # fmt: skip
    return [
        "## Difficulty",
        "TF-IDF (words and word pairs in at least two texts) and logistic regression (C = 3), "
        "trained on a history of 20,000 texts, scored on 8,000 golden texts of the same prior. "
        'Accuracies are for LABEL 0 against the rest at probability 1/2; "best threshold" is the '
        "largest balanced accuracy of any threshold on the golden texts. A model trained on logged "
        "codes finds too few at 1/2, because four in ten defects were logged as something else.",
        _table(header, rows),
    ]


def _transfer_section(study: LanguageStudy) -> list[str]:
    if not study.transfers:
        return []
    rows = [
        [
            t.trained_on,
            t.scored_on,
            f"{t.n:,}",
            f"{t.prevalence:.3f}",
            f"{t.average_precision:.3f}",
            f"{t.ci_lower:.3f} to {t.ci_upper:.3f}",
        ]
        for t in study.transfers
    ]
    header = ["trained on", "scored on", "n", "prevalence", "average precision", "95 % interval"]
    return [
        "## Transfer",
        "The same model, trained here and scored there; a random order reaches the prevalence. "
        'Rows of clothing returns count with their sampling weights. "Other folds" is what the few '
        "hundred real rows teach about themselves. Telecom turns speak of accounts, e-mail and "
        "television service, of which the generated texts know nothing.",
        _table(header, rows),
    ]


def _sample_section(study: LanguageStudy) -> list[str]:
    rows = [[name, f"{h:.2f}", text.replace("|", "/")] for name, h, text in study.samples]
    lines = ["| true reason | hardness | text |", "| --- | ---: | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return [
        "## Samples",
        "Three golden texts of each reason, an easy, a middling and a hard one, as drawn.",
        "\n".join(lines),
    ]
