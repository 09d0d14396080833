"""Did the arms get the units they were meant to get: over all, by use-case, by day?"""

from collections.abc import Iterator, Mapping

from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.reading import Reading
from abkit.analysis.sample_ratio import ALARM, LEAST_EXPECTED, SampleRatio, sample_ratio_test
from abkit.core.check import Check, Status

HINT = (
    "the assignment, or who was logged, differs between the arms: find out why before reading on; "
    "a planned ratio other than 1:1 is given by --allocation, blocks of time by --design"
)


def ratio_checks(reading: Reading, allocation: Mapping[str, float]) -> Iterator[Check]:
    """Yield the sample-ratio checks of distinct units at their first contact."""
    first = reading.first
    if first is None:
        yield from _without_units(reading, allocation)
        return
    what = (
        f"{reading.unit_name} at their first contact"
        if first.by_day is not None
        else f"distinct {reading.unit_name}"
    )
    yield _ratio(first.by_arm, allocation, None, what)
    cases = sorted({use_case for use_case, _ in first.by_use_case})
    if len(cases) > 1:
        for case in cases:
            observed = {arm: n for (name, arm), n in first.by_use_case.items() if name == case}
            yield _ratio(observed, allocation, case, what)
    if first.by_day is None:
        yield Check(
            code="sample_ratio_by_day", status="not_run", detail="no column `started_at`",
            hint="name it with --map started_at=COLUMN",
        )  # fmt: skip
    else:
        yield _by_day(first.by_day, allocation)


def _without_units(reading: Reading, allocation: Mapping[str, float]) -> Iterator[Check]:
    """Take rows for units where every row is one; counts say nothing about units."""
    if reading.origin == "file":
        observed: dict[str, int] = {}
        for (_, arm), sums in reading.sums.items():
            observed[arm] = observed.get(arm, 0) + sums.contacts
        yield _ratio(observed, allocation, None, "rows, each taken for a unit")
        why = "no unit"
    else:
        why = (
            "counts do not say how many units the arms had"
            if reading.origin == "counts"
            else "contacts repeat, and the arms may repeat differently: it needs a unit"
        )
        yield Check(code="sample_ratio", status="not_run", detail=why)
    yield Check(code="sample_ratio_by_day", status="not_run", detail=why)


def _ratio(
    observed: Mapping[str, int], allocation: Mapping[str, float], use_case: str | None, what: str
) -> Check:
    result = sample_ratio_test(observed, allocation)
    arms = sorted({*observed, *(arm for arm, weight in allocation.items() if weight > 0)})
    counts = ", ".join(f"{arm} {observed.get(arm, 0):,}" for arm in arms)
    weights = ":".join(f"{allocation.get(arm, 0):g}" for arm in arms)
    detail = f"{what}: {counts}; allocation {weights}"
    if result.leaked:
        detail += f"; {result.leaked:,} in arms meant to get none"
    if result.p_value is None:
        detail += f"; fewer than {LEAST_EXPECTED} expected in an arm, or only one arm"
    status = _status(result)
    return Check(
        code="sample_ratio",
        use_case=use_case,
        status=status,
        p_value=result.p_value,
        count=sum(observed.values()),
        detail=detail,
        hint=HINT if status == "fail" else None,
    )


def _status(result: SampleRatio) -> Status:
    if result.p_value is None:
        return "not_run"
    return "fail" if result.p_value < ALARM else "pass"


def _by_day(by_day: Mapping[str, Mapping[str, int]], allocation: Mapping[str, float]) -> Check:
    """Test each day, Holm-adjusted over the days."""
    tested = {
        day: result.p_value
        for day, observed in by_day.items()
        if (result := sample_ratio_test(observed, allocation)).p_value is not None
    }
    if not tested:
        return Check(
            code="sample_ratio_by_day",
            status="not_run",
            detail=f"on none of {len(by_day)} days are {LEAST_EXPECTED} units expected in each arm",
        )
    adjusted = dict(zip(tested, holm_adjusted(list(tested.values())), strict=True))
    alarms = [day for day, p in adjusted.items() if p < ALARM]
    lowest = min(adjusted, key=lambda day: adjusted[day])
    return Check(
        code="sample_ratio_by_day",
        status="fail" if alarms else "pass",
        p_value=adjusted[lowest],
        count=len(alarms),
        examples=tuple(alarms[:5]),
        detail=f"{len(alarms)} of {len(tested)} days (UTC) are out of ratio; lowest p, "
        f"Holm-adjusted, on {lowest}",
        hint=HINT if alarms else None,
    )
