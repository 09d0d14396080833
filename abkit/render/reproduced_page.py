"""The page docs/calibration.md: what of the paper holds, the tables, the figures."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from abkit.core.reproduced import MIN_SEEDS, Claim, Reproduction
from abkit.core.study import Study
from abkit.render import markup, reproduced
from abkit.render.numbers import percent
from abkit.render.reproduced_claims import BALANCES, claim_text, findings, floors

_INTRODUCTION: Final = """# Does focal loss calibrate? The paper's Tables 1 and 2 again

The paper trains a BiLSTM with focal loss on noisy, imbalanced return reasons and finds it better
calibrated than cross-entropy (CE), the more so the higher gamma is. Its texts are not public. Here
the same models are trained on abkit's generated logs and measured on generated golden texts;
nothing was tuned to meet the paper's figures.
"""
_WHERE: Final = """All models of this part are trained on after they have learnt the noisy labels
by heart ([the regime](#the-regime)). A comparison is one model against another over all seeds, on
golden texts with the class balance that is served, or with that of the paper's golden set.
"""
_MADE_BY: Final = """This page is printed by

```sh
{command}
```
"""
_GROUPS: Final = {
    "all": "Holds in every comparison, in both tables and at both class balances:",
    "most": "Holds in more than half of the comparisons:",
    "few": "Holds in half of the comparisons or fewer:",
    "none": "Holds in no comparison:",
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
    matrices = [markup.to_markdown(one) for one in findings(report)]
    parts = [
        _INTRODUCTION,
        _rests_on(report.study),
        "## What of the paper holds here\n",
        _WHERE,
        _summary([one for one in report.claims if one.of_paper]),
        matrices[0],
        "## What holds of what the paper lacks\n",
        _summary([one for one in report.claims if not one.of_paper]),
        matrices[1],
        f"What a difference is called: {reproduced.verdicts()}.\n",
        "## The regime\n",
        _regime(report),
        markup.to_markdown(reproduced.made(report)),
        markup.to_markdown(reproduced.took(report)),
        _MADE_BY.format(command=_command(report)),
    ]
    for table in report.tables:
        parts += [
            f"## Table {table.number}, {percent(table.share, 1)} % LABEL 0\n",
            *map(markup.to_markdown, reproduced.table_blocks(table)),
        ]
    parts += ["## What the paper's NLL cannot be\n", *map(markup.to_markdown, floors(report))]
    parts += _figures(report)
    return "\n".join(part for part in parts if part)


def _rests_on(study: Study) -> str:
    """Return how many seeds there are, and whether the networks have the paper's sizes."""
    n = len(study.seeds)
    seeds = (
        f"Every figure rests on {n} seeds, each with its own logs, golden sets and weights."
        if n >= MIN_SEEDS
        else f"{n} seed{'s' if n > 1 else ''} only: no claim about gamma can be made from this; "
        "they are open below."
    )
    smaller = (
        " The networks have the paper's shape and are smaller; its own sizes were not run "
        "([what that would take](#the-regime))."
    )
    return seeds + (smaller if study.preset == "compact" else "") + "\n"


def _summary(claims: Sequence[Claim]) -> str:
    """Return the claims in groups, by how many of all their comparisons show them."""
    groups: dict[str, list[str]] = {}
    for code in dict.fromkeys(claim.code for claim in claims):
        same = [claim for claim in claims if claim.code == code]
        n_true, n = sum(one.n_true for one in same), sum(len(one.comparisons) for one in same)
        group = "open" if same[0].verdict == "open" else _group(n_true / n)
        groups.setdefault(group, []).append(f"- {claim_text(code)} ({_tally(same, n_true, n)})")
    return "\n".join(
        "\n".join([f"{words}\n", *groups[group], ""])
        for group, words in _GROUPS.items()
        if group in groups
    )


def _group(share_true: float) -> str:
    if share_true == 1:
        return "all"
    return "most" if share_true > 0.5 else "few" if share_true else "none"


def _tally(claims: Sequence[Claim], n_true: int, n: int) -> str:
    """Return in how many comparisons it is so, and what the others show."""
    others = Counter(
        f"{one.verdict} with a lower T" if one.verdict == claim.wanted else one.verdict
        for claim in claims
        for one in claim.comparisons
        if one.verdict != claim.wanted or one.hotter is False
    )
    parts = [f"{n_true} of {n}"]
    if others:
        said = ", ".join(f"{count} {verdict}" for verdict, count in others.most_common())
        parts.append(f"of the others {said}")
    parts += [
        f"reversed in Table {claim.table} with the {BALANCES[claim.golden]} balance"
        for claim in claims
        if claim.verdict == "reversed"
    ]
    return "; ".join(parts)


def _command(report: Reproduction) -> str:
    figures = f" --figures --out {report.figures[0].parent}" if report.figures else ""
    return f"{reproduced.command(report)}{figures} --format markdown"


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
        "What the paper sees needs a training that goes on after the noisy labels have been learnt "
        "by heart, so the long training is long enough for that. It differs from abkit's default "
        "in a constant learning rate, larger batches, no hidden tokens and no early stopping, all "
        "of which the paper lacks or does not mention. By seed:\n\n" + "\n".join(lines) + "\n"
    )


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, sorted(set(numbers))))


def _percents(shares: tuple[float, ...]) -> str:
    return ", ".join(percent(one, 1) for one in shares)


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
