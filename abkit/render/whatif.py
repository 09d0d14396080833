"""What-if: variants beside the deployed text check, thresholds, and what they rest on."""

from typing import Final

from abkit.core.measured import Verdict
from abkit.core.whatif import ALL, Difference, Variant, WhatIf
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MINUS, count, in_weeks, interval, percent, share, signed
from abkit.render.whatif_page import answer, page_of
from abkit.render.whatif_reading import reading
from abkit.render.whatif_thresholds import METRICS, threshold_blocks

_MARKS: Final[dict[Verdict, str]] = {"tie": "=", "undecided": "?", "better": "+", "worse": MINUS}


def blocks(result: WhatIf) -> list[Block]:
    """Return everything that `whatif` prints."""
    return [
        _source(result),
        answer(result),
        _variants(result),
        _by_use_case(result),
        *threshold_blocks(result),
        reading(result),
    ]


def page(result: WhatIf) -> str:
    """Return docs/what-if.md."""
    return page_of(result, blocks(result))


def _source(result: WhatIf) -> Prose:
    weeks = in_weeks(result.weeks)
    where = f" (run {result.run})" if result.run else ""
    seeds = len(result.model_seeds)
    value = ", ".join(f"{name} {_amount(w)}" for name, w in result.value.items())
    lines = [
        f"{weeks} of scenario {result.scenario}{where}, seed {result.seed}: "
        f"{count(result.contacts)} contacts when nobody is treated",
        f"deployed: {result.baseline.loss}, calibrator {result.baseline.calibrator}, policy "
        f"{result.baseline.policy}; {seeds} training{'s' if seeds > 1 else ''} of each loss",
        f"value per contact: {value}, an assumption: --value states yours",
    ]
    if result.own_model:
        lines.append(
            "the run had a model or texts of its own; here all models are made for its scenario "
            "and texts are generated"
        )
    return Prose(title="What if", lines=tuple(lines))


def _amount(value: float) -> str:
    return f"{value:+g}".replace("-", MINUS)


def _name(variant: Variant) -> Cell:
    one = variant.setting
    if variant.change == "none":
        return ("deployed", one.loss)
    if variant.change == "policy":
        return _policy(one.policy)
    return one.loss if variant.change == "loss" else f"{one.loss} {one.calibrator}"


def _policy(name: str) -> Cell:
    """Return a policy's name in lines of at most two words, for a narrow column."""
    first, *rest = name.split("_", 1)
    return (first, *(f"_{words}" for words in rest)) if rest else first


def _variants(result: WhatIf) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    ends = []
    for variant in result.variants:
        of = variant.of(ALL)
        against = of.launch if variant.change == "none" else of.against_baseline
        cells = [_difference(against[m], m, verdict=variant.change != "none") for m in METRICS]
        rows.append(
            (
                _name(variant),
                tuple(dict.fromkeys(share(one, 3) for one in variant.thresholds)),
                (
                    percent(of.flagged, 1),
                    percent(of.changed, 1),
                    percent(of.incremental_precision, 1),
                ),
                *cells,
            )
        )
        ends.append(variant.change)
    sections = {i for i in range(len(ends) - 1) if ends[i] != ends[i + 1]}
    return Grid(
        title="Everybody treated, each variant at its own threshold for "
        f"{100 * result.target_precision:g} %: minus the deployed one, points",
        columns=(
            Column(head=("Variant",)),
            Column(head=("From", "score"), align="right"),
            Column(head=("Flagged", "changed", "right %"), align="right"),
            *(Column(head=f"Δ{metric}", align="right") for metric in METRICS),
        ),
        rows=tuple(rows),
        section_ends=frozenset(sections),
        notes=(
            "First row: the deployed check minus nobody treated. Flagged: of texts. Changed: of "
            "contacts, a flag was believed against the menu. Right: of those changes, LABEL 0 "
            "indeed (incremental precision).",
            f"In brackets {100 * result.confidence_level:g} % intervals of the paired "
            "difference, on the same random numbers. " + _margins(result),
        ),
    )


def _margins(result: WhatIf) -> str:
    margins = ", ".join(f"{m} {100 * result.margins[m]:g}" for m in METRICS)
    return (
        f"tie: within {margins} points, in every training; better, worse: 0 lies outside, on one "
        "side in every training; undecided: neither."
    )


def _difference(one: Difference, metric: str, *, verdict: bool) -> Cell:
    lines = [signed(one.mean.estimate), interval(one.mean.ci_lower, one.mean.ci_upper)]
    if len(one.by_seed) > 1:
        found = [seed.estimate for seed in one.by_seed]
        lines.append(f"{signed(min(found))} to {signed(max(found))}")
    return (*lines, one.verdict(metric)) if verdict else tuple(lines)


def _by_use_case(result: WhatIf) -> Grid:
    rows: list[tuple[Cell, ...]] = []
    for variant in result.variants:
        cells: list[Cell] = [_name(variant)]
        for case in result.use_cases:
            of = variant.of(case)
            for metric in METRICS:
                if variant.change == "none":
                    cells.append(signed(of.launch[metric].mean.estimate))
                    continue
                one = of.against_baseline[metric]
                cells.append(signed(one.mean.estimate) + _MARKS[one.verdict(metric)])
        rows.append(tuple(cells))
    heads = [
        Column(head=(case if metric == METRICS[0] else "", metric), align="right")
        for case in result.use_cases
        for metric in METRICS
    ]
    return Grid(
        title="The same by use-case, points",
        columns=(Column(head="Variant"), *heads),
        rows=tuple(rows),
        section_ends=frozenset({0}),
        notes=(f"= tie, ? undecided, + better, {MINUS} worse than the deployed one.",),
    )
