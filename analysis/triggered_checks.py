"""Is the triggered part comparable, and do the arms agree where nothing was done to them?"""

from collections.abc import Iterator, Mapping, Sequence

from abkit.analysis.quantiles import two_sided_p
from abkit.analysis.sample_ratio import ALARM
from abkit.analysis.score_test import score_statistic
from abkit.analysis.table3 import RowKey
from abkit.analysis.triggered_rows import Phases
from abkit.core.arms import Proportion
from abkit.core.check import Check, Status
from abkit.core.errors import DataError
from abkit.core.table3 import MetricRow
from abkit.core.triggered import TriggerCount

_HINT = (
    "both arms must decide alike, and before they differ, which contacts the text check would "
    "change: are the scores of one model, were all texts scored in both arms, is the threshold the "
    "same?"
)


def trigger_counts(
    phases: Phases, use_cases: Sequence[str], arms: tuple[str, str]
) -> tuple[TriggerCount, ...]:
    """Return the customers that trigger: over all, then by use-case if there are several."""
    cases: list[str | None] = [None, *(use_cases if len(use_cases) > 1 else [])]
    return tuple(_count(phases, case, arms) for case in cases)


def _count(phases: Phases, use_case: str | None, arms: tuple[str, str]) -> TriggerCount:
    """Compare the shares among all of the arm: who comes to a use-case may be an effect."""
    control, treatment = (
        Proportion(
            successes=sum(
                n
                for (case, name), n in phases.triggered.items()
                if name == arm and use_case in (None, case)
            ),
            trials=phases.units.get(arm, 0),
        )
        for arm in arms
    )
    p_value = None
    if control.successes + treatment.successes and control.trials and treatment.trials:
        z = score_statistic(
            (treatment.successes, treatment.trials), (control.successes, control.trials)
        )
        p_value = float(two_sided_p(z))
    return TriggerCount(use_case=use_case, control=control, treatment=treatment, p_value=p_value)


def require_triggers(
    counts: Sequence[TriggerCount], arms: tuple[str, str], *, words: str, units: str
) -> None:
    """Refuse a comparison of parts that are not comparable, or of nothing.

    Raises:
        DataError: Nobody triggers, or the arms' shares differ with p below .001.
    """
    whole = counts[0]
    if whole.p_value is None:
        raise DataError(
            f"no contact triggers in `{arms[0]}` and `{arms[1]}`: in none {words}",
            hint="there is nothing that the arms could differ in",
        )
    if whole.p_value < ALARM:
        raise DataError(
            "triggering itself differs between the arms: "
            f"{_told(whole, arms, units)}, p below {ALARM:g}",
            hint=_HINT,
        )


def trigger_checks(
    counts: Sequence[TriggerCount], arms: tuple[str, str], *, units: str
) -> Iterator[Check]:
    """Yield whether the arms trigger alike, over all and by use-case."""
    for count in counts:
        status: Status = "not_run" if count.p_value is None else "pass"
        if count.p_value is not None and count.p_value < ALARM:
            status = "fail"
        yield Check(
            code="trigger_ratio",
            use_case=count.use_case,
            treatment=arms[1],
            status=status,
            p_value=count.p_value,
            count=count.control.successes + count.treatment.successes,
            detail="nobody triggers" if count.p_value is None else _told(count, arms, units),
            hint=_HINT if status == "fail" else None,
        )


def _told(count: TriggerCount, arms: tuple[str, str], units: str) -> str:
    return ", ".join(
        f"{name} {of.successes:,} of {of.trials:,} {units} ({100 * (of.rate or 0):.2f} %)"
        for name, of in zip(arms, (count.control, count.treatment), strict=True)
    )


def placebo_checks(rows: Mapping[RowKey, MetricRow]) -> Iterator[Check]:
    """Yield whether the arms agree before first triggering contacts, by Holm-adjusted p-values.

    Everything that makes the arms unlike but the text check itself can show here: another
    assignment, logging, or bot; not what agents share, since both arms wait in one queue.
    """
    for key, row in rows.items():
        p = row.p_value_adjusted
        where = f"{key.use_case} {row.metric} before any triggering contact"
        status: Status = "not_run" if p is None else "fail" if p < ALARM else "pass"
        difference = row.difference.estimate
        yield Check(
            code="placebo",
            use_case=key.use_case,
            treatment=key.treatment,
            metric=row.metric,
            status=status,
            p_value=p,
            detail=f"{where}: no trials in an arm"
            if difference is None
            else f"{where} differs by {100 * difference:+.2f} points, where both arms did the same",
            hint="the arms differ in more than the text check: find out in what"
            if status == "fail"
            else None,
        )
