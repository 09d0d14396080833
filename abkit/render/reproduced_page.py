"""The page docs/calibration.md: what of the paper holds, the tables, the figures."""

from typing import Final

from abkit.core.reproduced import MIN_SEEDS, Reproduction
from abkit.render import markup, reproduced
from abkit.render.numbers import percent
from abkit.render.reproduced_claims import claim_text, findings, floors

_INTRODUCTION: Final = """# Does focal loss calibrate? The paper's Tables 1 and 2 again

The paper trains a BiLSTM with focal loss on noisy, imbalanced return reasons and finds it better
calibrated the higher gamma is. Its texts are not public. Here the same models are trained on
abkit's generated logs and measured on generated golden texts; nothing was tuned to meet the
paper's figures.

{seeds}

This page is printed by

```sh
{command}
```
"""
_VERDICTS: Final = {
    "holds": "So in every case that was tried:",
    "mixed": "So in some cases, not in others:",
    "fails": "Not so in any case:",
    "open": "Open, for fewer than three seeds were run:",
}
_CAPTIONS: Final = {
    "figure-2": "Figure 2: class balance of the logs, as logged, and of both golden sets.",
    "figure-3": "Figure 3: two classes, last epoch. Above: how the scores are spread. Below: how "
    "often the top label is right, by confidence, with exact 95 % intervals; the figures over the "
    "panels are texts per bin.",
    "figure-4": "Figure 4: the same for five classes.",
    "figure-5": "Figure 5: precision and recall of LABEL 0. Any map that keeps the order of the "
    "scores leaves a curve exactly as it was; what differs between losses is where the thresholds "
    ".1 to .9 lie on it.",
    "figure-6": "Figure 6: precision and recall against the threshold; the squares stand at the "
    "threshold that was chosen for the target precision on other golden texts, and show what it "
    "gives here.",
}


def page(report: Reproduction) -> str:
    """Return the page as GitHub Markdown; figures are linked where they were drawn."""
    n = len(report.study.seeds)
    seeds = (
        f"Every figure rests on {n} seeds, each with its own logs, golden sets and weights."
        if n >= MIN_SEEDS
        else f"{n} seed{'s' if n > 1 else ''} only: no claim about gamma can be made from this; "
        "they are open below."
    )
    parts = [
        _INTRODUCTION.format(seeds=seeds, command=_command(report)),
        "## What holds\n",
        _summary(report),
        markup.to_markdown(findings(report)),
        "## The regime\n",
        _regime(report),
        markup.to_markdown(reproduced.made(report)),
    ]
    for table in report.tables:
        parts += [
            f"## Table {table.number}, {percent(table.share, 1)} % LABEL 0\n",
            *map(markup.to_markdown, reproduced.table_blocks(table)),
        ]
    parts += ["## What the paper's NLL cannot be\n", *map(markup.to_markdown, floors(report))]
    parts += [_chosen(report), *_figures(report)]
    return "\n".join(part for part in parts if part)


def _summary(report: Reproduction) -> str:
    """Return the claims by their verdicts, each with its tables and in how many cases it was so."""
    parts = []
    for verdict, words in _VERDICTS.items():
        tables: dict[str, list[str]] = {}
        for claim in report.claims:
            if claim.verdict == verdict:
                cases = f"Table {claim.table}: {claim.n_true} of {claim.n_cells}"
                tables.setdefault(claim.code, []).append(cases)
        lines = [f"- {claim_text(code)} ({', '.join(of)})" for code, of in tables.items()]
        if lines:
            parts.append("\n".join([f"{words}\n", *lines, ""]))
    return "\n".join(parts)


def _command(report: Reproduction) -> str:
    study = report.study
    tables = " ".join(f"--table {n}" for n in sorted({table.number for table in report.tables}))
    changed = [
        f" --{name} {value}"
        for name, value, usual in (
            ("seeds", len(study.seeds), 1), ("texts", study.n_texts, 8_000),
            ("epochs", study.epochs, 30), ("preset", study.preset, "compact"),
        )
        if value != usual
    ]  # fmt: skip
    figures = f" --figures --out {report.figures[0].parent}" if report.figures else ""
    return f"abkit reproduce {tables}{''.join(changed)}{figures} --format markdown"


def _regime(report: Reproduction) -> str:
    """Return why training goes on so long, with the numbers that chose it."""
    lines = []
    for table in report.tables:
        if table.golden == "paper":
            early, last = (table.row("CE", stopping, "none") for stopping in ("early", "last"))
            lines.append(
                f"- Table {table.number}, CE: after {_list(early.epochs)} epochs (early-stopped) "
                f"it repeats {_percents(early.noise_learnt)} % of the wrong labels it was trained "
                f"on, after {_list(last.epochs)} epochs {_percents(last.noise_learnt)} %; its "
                f"accuracy on all logged training labels is then "
                f"{_percents(last.training_accuracy)} %."
            )
    return (
        "Calibration suffers only where training goes on after the noisy labels have been learnt "
        "by heart, so the long training is long enough for that. It differs from abkit's default "
        "in a constant learning rate, larger batches, no hidden tokens and no early stopping, all "
        "of which the paper lacks or does not mention. By seed:\n\n" + "\n".join(lines) + "\n"
    )


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, sorted(set(numbers))))


def _percents(shares: tuple[float, ...]) -> str:
    return ", ".join(percent(one, 1) for one in shares)


def _chosen(report: Reproduction) -> str:
    """Return the thresholds that were chosen for the target precision, and what they gave."""
    lines = []
    for shown in report.pictured:
        for curve in shown.curves:
            if curve.chosen is None:
                lines.append(f"- {curve.model}: none reaches it on the texts that choose")
                continue
            lines.append(
                f"- {curve.model}: {curve.chosen:.6g}, which gives a precision of "
                f"{percent(curve.chosen_precision, 1)} % and a recall of "
                f"{percent(curve.chosen_recall, 1)} %"
            )
    if not lines:
        return ""
    shown = report.pictured[0]
    return (
        f"## Thresholds\n\nThe lowest threshold with {percent(shown.target_precision, 0)} % "
        f"precision on the calibrate part, seed {shown.seed}, last epoch, uncalibrated, "
        f"{percent(shown.share, 0)} % LABEL 0, and what it gives on the report part. It is no "
        "guarantee: it was chosen by its observed precision.\n\n" + "\n".join(lines) + "\n"
    )


def _figures(report: Reproduction) -> list[str]:
    drawn = [path for path in report.figures if path.suffix == ".png"]
    if not drawn:
        return []
    shown = report.pictured[0]
    heading = (
        f"## Figures\n\nDrawn from seed {shown.seed} at {percent(shown.share, 0)} % LABEL 0; "
        "PNG, SVG and PDF stand side by side. The paper's own figures are not in its text.\n"
    )
    return [
        heading,
        *(
            f"![{_CAPTIONS[path.stem]}]({path.parent.name}/{path.name})\n\n{_CAPTIONS[path.stem]}\n"
            for path in sorted(drawn)
        ),
    ]
