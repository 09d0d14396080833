"""What-if in words: which variant, which threshold, what a test would show and miss."""

from collections.abc import Sequence

from abkit.core.whatif import VALUE, Difference, WhatIf
from abkit.core.whatif_thresholds import Answer, CaseThresholds
from abkit.render.grid import Prose
from abkit.render.numbers import MINUS, share

_METRICS = ("AR", "PRR", "24RR")


def reading(result: WhatIf) -> Prose:
    """Return what follows from the tables."""
    lines = [_losses(result), *(_case(case) for case in result.thresholds), _test(result)]
    check = result.formula
    gaps = ", ".join(
        f"{m} {100 * check.largest_gap[m]:.2f} (error {100 * check.standard_error[m]:.2f})"
        for m in _METRICS
    )
    queue = "" if result.unlimited_agents else "; the simulated agents share a queue"
    lines.append(
        f"Closed form against simulation at {check.n} thresholds and use-cases, largest gap of "
        f"what a launch brings, points: {gaps}{queue}."
    )
    lines.append(
        "Monte-Carlo errors take customers as independent; what a shared queue adds shows over "
        "replications only."
    )
    return Prose(title="Reading it", lines=tuple(lines))


def _losses(result: WhatIf) -> str:
    """Answer the paper's footnote 3."""
    words = [
        (
            variant.setting.loss, case.use_case, metric,
            case.against_baseline[metric].verdict(metric),
        )
        for variant in result.of_change("loss")
        for case in variant.cases
        for metric in _METRICS
    ]  # fmt: skip
    told = {
        verdict: sum(one[3] == verdict for one in words)
        for verdict in ("tie", "better", "worse", "undecided")
    }
    counts = ", ".join(f"{n} {verdict}" for verdict, n in told.items() if n)
    n_seeds = len(result.model_seeds)
    text = (
        "The paper's footnote 3: \u201cwe don't deploy and compare multiple models online, at same "
        f"time\u201d. Here: of {len(words)} comparisons of a loss with {result.baseline.loss}, "
        f"{counts}."
        if words
        else "No other loss was compared."
    )
    shown = [f"{c} {loss} {m}" for loss, c, m, verdict in words if verdict in ("better", "worse")]
    if shown:
        text += f" Not ties: {', '.join(shown)}."
    if words:
        text += (
            " At its own best threshold each loss gains the same value within "
            f"{_spread(result):.0f} per 1,000 contacts, in every use-case and training."
        )
    if n_seeds == 1 and words:
        text += " One training each: another seed may turn them; --model-seeds 3 asks three."
    return text


def _spread(result: WhatIf) -> float:
    """Return the largest difference of gains at the best threshold within a use-case."""
    found = [
        [one.gain_at_best for one in result.losses if one.use_case == case]
        for case in result.use_cases
    ]
    return max(max(one.high for one in of) - min(one.low for one in of) for of in found)


def _case(case: CaseThresholds) -> str:
    """Return one use-case's advice."""
    used, best = case.of("in use"), case.of(VALUE)
    if used.threshold is None or best.threshold is None or best.flat is None:
        return f"{case.use_case}: no threshold to judge."
    inside = best.flat.low <= used.threshold <= best.flat.high
    lost = best.gains[VALUE].form - used.gains[VALUE].form
    judged = (
        "is as good as the best"
        if inside
        else f"loses {lost:.0f} value per 1,000 contacts at the scenario's own harm"
    )
    found = used.gains[VALUE].band
    sign = "above 0" if found.low > 0 else "below 0" if found.high < 0 else "of either sign"
    return (
        f"{case.use_case}: {share(used.threshold, 3)}, in use, {judged} "
        f"({share(best.threshold, 2)} is best for value, {share(case.of('safest').threshold, 2)} "
        f"safest); its value is {sign} over all assumed "
        "harms and recalls."
    ) + ("" if inside else _worst(case))


def _worst(case: CaseThresholds) -> str:
    """Return what the three thresholds are worth if all is as bad as assumed, and so which."""
    names: tuple[Answer, ...] = (VALUE, "in use", "safest")
    low = [case.of(name).gains[VALUE].band.low for name in names]
    words = ", ".join(
        f"{share(case.of(name).threshold, 2)} {worth:+.0f}".replace("-", MINUS)
        for name, worth in zip(names, low, strict=True)
    )
    return (
        f" At the worst of them, per 1,000 contacts: {words}. So move to the best one once the "
        "harm of a wrong flag is measured and small; until then the safest loses least."
    )


def _test(result: WhatIf) -> str:
    """Return what an A/B test of the deployed check, and one between losses, would show."""
    base = result.variants[0]
    launch = _powers(
        [
            (case.use_case, metric, case.launch[metric])
            for case in base.cases[:-1]
            for metric in _METRICS
        ]
    )
    between = [
        case.against_baseline[metric].power or 0.0
        for variant in result.of_change("loss")
        for case in variant.cases
        for metric in _METRICS
    ]
    text = f"An A/B test of {result.weeks} weeks, half of the customers treated, shows {launch}."
    if between:
        text += (
            f" One between two losses: at most {100 * max(between):.0f} % in any use-case and "
            "metric."
        )
    return text + " Without Holm's correction."


def _powers(found: Sequence[tuple[str, str, Difference]]) -> str:
    sure = [row for row in found if (row[2].power or 0) >= 0.8]
    rest = [row for row in found if (row[2].power or 0) < 0.8]
    words = f"{len(sure)} of {len(found)} effects with a chance of 80 % or more"
    if rest:
        missed = ", ".join(f"{c} {m} {100 * (d.power or 0):.0f} %" for c, m, d in rest)
        words += f"; the others: {missed}"
    return words
