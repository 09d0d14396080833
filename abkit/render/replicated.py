"""Replications: mean deltas with their intervals, the spread, the truth, and what one run shows."""

from typing import Final

from abkit.core.replicated import Replications, RowOverReplications
from abkit.render.grid import Block, Cell, Column, Grid, Prose
from abkit.render.numbers import MISSING, count, in_weeks, interval, percent, share, signed
from abkit.render.true_effects import times, with_error

_HEADS = (
    ("", ""), ("Mean Δ", "95 %"), ("SD", "points"), ("SE as", "stated"), ("Closed", "form Δ"),
    ("Hold", "mean"), ("Hold", "form"), ("Better", ""), ("Worse", ""),
)  # fmt: skip
_TRUTH_HEADS: Final[tuple[Cell, ...]] = (
    "", ("True Δ,", "points ±SE"), ("Bias of the A/B", "test, points ±SE"), ("Hold", "true Δ"),
    ("Variance", "saved"),
)  # fmt: skip


def blocks(result: Replications) -> list[Block]:
    """Return what `abkit simulate --replications` prints, in reading order."""
    treatments = list(dict.fromkeys(row.treatment for row in result.rows))
    tables = [
        _table(result, name, last=name == treatments[-1], several=len(treatments) > 1)
        for name in treatments
    ]
    worlds = [
        _launches(result, name, last=name == treatments[-1], several=len(treatments) > 1)
        for name in treatments
    ]
    return [_header(result), *tables, *worlds, _reading(result)]


def _header(result: Replications) -> Prose:
    weeks = in_weeks(result.weeks)
    contacts = [one.contacts for one in result.replications]
    model = "nobody types, no model"
    if result.model is not None:
        model = f"model {result.model[:12]}, flags from {share(result.threshold, 4)}"
    return Prose(
        title=f"Replications {result.run.name}",
        lines=(
            f"{result.n} times {weeks} of scenario {result.scenario}, seed {result.seed}, each "
            f"with draws of its own: {count(min(contacts))} to {count(max(contacts))} contacts, "
            f"{count(sum(contacts))} in all",
            model,
            *_stopped(result),
            *_failed(result),
        ),
    )


def _stopped(result: Replications) -> tuple[str, ...]:
    until = result.until
    if until is None:
        return ()
    why = (
        "which their spread would not have asked for"
        if result.n == until.first_stage
        else f"as many as the spread of the first {until.first_stage} asked for"
    )
    return (
        f"intervals of the mean Δ of {', '.join(until.of)} within ±{100 * until.aim:g} points: "
        f"{result.n} replications, {why}",
    )


def _failed(result: Replications) -> tuple[str, ...]:
    """Return which checks failed, and in how many replications."""
    names = sorted({name for one in result.replications for name in one.failed})
    if not names:
        return ("checks: none failed in any replication",)
    words = [
        f"{name.replace('_', ' ')} in {sum(name in one.failed for one in result.replications)}"
        for name in names
    ]
    return (f"checks that failed: {', '.join(words)} of {result.n} replications",)


def _table(result: Replications, treatment: str, *, last: bool, several: bool) -> Grid:
    rows = [row for row in result.rows if row.treatment == treatment]
    cases = [row.use_case for row in rows]
    ends = {i for i, case in enumerate(cases[:-1]) if case != cases[i + 1]}
    of = f" of {treatment} against control" if several else ""
    return Grid(
        title=f"Δ in points over {result.n} replications{of}",
        columns=tuple(Column(head=h, align="right" if i else "left") for i, h in enumerate(_HEADS)),
        rows=tuple(_row(row) for row in rows),
        section_ends=frozenset(ends),
        notes=_notes(result) if last else (),
    )


def _row(row: RowOverReplications) -> tuple[str | tuple[str, ...], ...]:
    return (
        f"{row.use_case} {row.metric}",
        (signed(row.mean), interval(row.ci_lower, row.ci_upper) if row.n > 1 else ""),
        percent(row.sd),
        percent(row.stated_se),
        signed(row.truth),
        f"{row.hold_mean}/{row.n}" if row.n else MISSING,
        MISSING if row.hold_truth is None or not row.n else f"{row.hold_truth}/{row.n}",
        str(row.better),
        str(row.worse),
    )


def _launches(result: Replications, treatment: str, *, last: bool, several: bool) -> Grid:
    """Return the global effects of one treatment, and how its A/B tests miss them."""
    rows = [row for row in result.rows if row.treatment == treatment]
    cases = [row.use_case for row in rows]
    return Grid(
        title="The truth: everybody in "
        + (treatment if several else "treatment")
        + " against in control, same random numbers",
        columns=tuple(
            Column(head=h, align="right" if i else "left") for i, h in enumerate(_TRUTH_HEADS)
        ),
        rows=tuple(
            (
                f"{row.use_case} {row.metric}",
                with_error(row.global_effect, row.global_se),
                with_error(row.bias, row.bias_se),
                f"{row.hold_global}/{row.n_global}" if row.n_global else MISSING,
                times(row.variance_reduction),
            )
            for row in rows
        ),
        section_ends=frozenset(i for i, case in enumerate(cases[:-1]) if case != cases[i + 1]),
        notes=_truth_notes(result) if last else (),
    )


def _truth_notes(result: Replications) -> tuple[str, ...]:
    level = percent(result.confidence_level, 0)
    shared = (
        ()
        if result.unlimited_agents
        else (
            "Both arms share the agents' queue: what the treatment takes off it helps control, "
            "too. By chance alone a bias passes twice its error in one row of twenty.",
        )
    )
    return (
        "True Δ, bias of the A/B test: means over replications, ± their standard errors. The bias "
        "is each A/B test's Δ minus the true Δ of its own customers.",
        *shared,
        f"Hold: replications whose own {level} % interval holds their true Δ. Variance saved: "
        "that of two worlds with draws of their own, divided by that of the true Δ, both over "
        "replications.",
    )


def _notes(result: Replications) -> tuple[str, ...]:
    queue = "" if result.unlimited_agents else ", as if nobody waited for an agent"
    level = percent(result.confidence_level, 0)
    method = (
        "Student's t over the replications"
        if result.until is None
        else "Stein's, with the spread of the first stage: exact for normal Δ, although that "
        "spread said when to stop"
    )
    return (
        f"95 % interval of the mean: {method}. SD: between replications, which is what one "
        "experiment's Δ varies by. SE as stated: by the analyses themselves; it should equal SD.",
        f"Closed form: exact Δ over all contacts{queue}.",
        f"Hold: replications whose own {level} % interval holds the mean, or the closed form. "
        "Better, worse: verdicts, Holm's correction included.",
    )


def _reading(result: Replications) -> Prose:
    waits = (
        ()
        if result.unlimited_agents
        else (
            "Where agents are short, customers repeat for other reasons than the bot's, in both "
            "arms: the mean may then differ from the closed form.",
        )
    )
    return Prose(
        title="Reading it",
        lines=(
            *waits,
            "Replication 0 is what `abkit simulate` makes of the same seed.",
            f"Everything is in {result.run}; contact logs are not kept",
        ),
    )
