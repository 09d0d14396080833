"""Trust before results: the checks that stand in front of Table 3."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from abkit.analysis.brought_checks import answer_checks, brought_checks, drift_checks
from abkit.analysis.ratio_checks import ratio_checks
from abkit.analysis.reading import Found, Reading
from abkit.analysis.response_check import response_checks
from abkit.core.check import Check, Status
from abkit.core.errors import DataError
from abkit.core.metrics import REPEAT_RATE

FAIL_ABOVE: Final = 0.01  # share of rows or units; below it the bias cannot exceed a hundredth
IMMATURE_WARN: Final = 0.10  # share of contacts that left 24RR
OVERLAPPING_WARN: Final = 0.01
STRAY_WARN: Final = 0.001  # share of contacts in the last week of the log


def run_checks(
    reading: Reading, *, control: str, treatments: Sequence[str], allocation: Mapping[str, float]
) -> tuple[Check, ...]:
    """Return every check, in the order in which they are read."""
    return (
        *ratio_checks(reading, allocation),
        _two_arms(reading),
        *_arm_names(reading),
        *_rows(reading),
        *_outcomes(reading),
        *_windows(reading, (control, *treatments)),
        *(
            check
            for treatment in treatments
            for check in response_checks(reading, control, treatment)
        ),
        *(
            check
            for treatment in treatments
            for check in (
                *brought_checks(reading.brought, control, treatment),
                *answer_checks(reading.brought, control, treatment),
            )
        ),
        *drift_checks(reading.brought),
    )


def not_run(code: str, why: str, *, hint: str | None = None) -> Check:
    """Return a check that could not be made."""
    return Check(code=code, status="not_run", detail=why, hint=hint)


def _why_no_units(reading: Reading) -> str:
    if reading.origin == "counts":
        return "counts do not say who was counted"
    return "no column of a unit"


def _two_arms(reading: Reading) -> Check:
    """Check that units stayed in their arm."""
    if reading.first is None:
        hint = None if reading.origin == "counts" else "name it with --unit COLUMN"
        return not_run("two_arms", _why_no_units(reading), hint=hint)
    return _shared(
        "two_arms",
        reading.first.in_two_arms,
        f"of {reading.first.in_two_arms.of:,} {reading.unit_name} saw more than one arm",
        hint="find out how they were assigned; each belongs to the arm it was assigned first",
    )


def _arm_names(reading: Reading) -> Iterator[Check]:
    """Warn of arms whose names differ in case or blanks only: one arm, most likely, torn apart."""
    by_name: dict[str, list[str]] = {}
    for arm in reading.arms:
        by_name.setdefault("".join(arm.split()).casefold(), []).append(arm)
    alike = [arm for arms in by_name.values() if len(arms) > 1 for arm in arms]
    if alike:
        yield Check(
            code="arm_names",
            status="warn",
            count=len(alike),
            examples=tuple(repr(arm) for arm in alike[:5]),
            detail=f"{len(alike)} arms have names that differ in case or blanks only",
            hint="make them one in the data if they are one",
        )


def _shared(code: str, found: Found, what: str, *, hint: str) -> Check:
    """Return a check that warns of any, and fails above a hundredth."""
    status: Status = "fail" if found.share > FAIL_ABOVE else "warn" if found.count else "pass"
    return Check(
        code=code,
        status=status,
        count=found.count,
        examples=found.examples,
        detail=f"{found.count:,} {what}",
        hint=hint if found.count else None,
    )


def _rows(reading: Reading) -> Iterator[Check]:
    """Check rows one by one: identifiers, arms, units, times."""
    problems = reading.problems
    if problems is None:
        for code in ("duplicate_contacts", "missing_arm", "missing_unit", "ended_before_start"):
            yield not_run(code, "counts have no rows")
        return
    if (copies := problems.duplicates) is None:
        yield not_run(
            "duplicate_contacts",
            "no column identifies a contact",
            hint="name it with --map contact_id=COLUMN",
        )
    else:
        yield Check(
            code="duplicate_contacts",
            status="warn" if copies.count else "pass",
            count=copies.count,
            examples=copies.examples,
            detail=f"{copies.count:,} of {copies.of:,} rows were copies of another, and dropped",
            hint="the export may have overlapping parts" if copies.count else None,
        )
    if (nameless := problems.without_contact) is not None and nameless.count:
        yield Check(
            code="missing_contact_id",
            status="warn",
            count=nameless.count,
            detail=f"{nameless.count:,} of {nameless.of:,} rows have no identifier: copies among "
            "them cannot be told from repeats",
            hint="give every contact one",
        )
    yield _shared(
        "missing_arm",
        problems.without_arm,
        f"of {problems.without_arm.of:,} rows name no arm, and were left out",
        hint="who they are may depend on what the arm did",
    )
    if problems.without_unit is None:
        yield not_run("missing_unit", _why_no_units(reading))
    else:
        yield _shared(
            "missing_unit",
            problems.without_unit,
            f"of {problems.without_unit.of:,} rows name no unit, and were left out",
            hint="contacts without an identifier can bias repeat rates",
        )
    if (named := reading.placeholder_units) is not None and named.count:
        what = f"of {named.of:,} rows belong to a unit whose name stands for nobody"
        hint = "leave them out with --where: each such name is taken for one unit"
        yield _shared("placeholder_units", named, what, hint=hint)
    if problems.reversed is None:
        lacking = "`ended_at`" if "started_at" in problems.shifted_times else "`started_at`"
        yield not_run("ended_before_start", f"no column {lacking}")
    else:
        ends = "ends before it starts" if problems.reversed.count == 1 else "end before they start"
        what = f"of {problems.reversed.of:,} contacts {ends}"
        hint = "are both times in one zone? when clocks are set back, store times with their offset"
        yield replace(
            _shared("ended_before_start", problems.reversed, what, hint=hint),
            metric=REPEAT_RATE.name,
        )
    if problems.without_end is not None and problems.without_end.count:
        yield Check(
            code="missing_end",
            status="warn",
            count=problems.without_end.count,
            detail=f"{problems.without_end.count:,} of {problems.without_end.of:,} rows have no "
            "end, and count as immature",
            hint="harmless only if they are still open",
        )
    for role, shifted in problems.shifted_times.items():
        if shifted.count:
            yield Check(
                code="clock_changes",
                status="warn",
                count=shifted.count,
                detail=f"{shifted.count:,} value{'s' if shifted.count > 1 else ''} of `{role}` "
                f"{'lie' if shifted.count > 1 else 'lies'} where the clock was changed: twice in "
                "that zone, or never",
                hint="store times with their offset",
            )


def _outcomes(reading: Reading) -> Iterator[Check]:
    """Check that every metric's values are what a metric can be made of."""
    if reading.problems is None:
        yield not_run("outcome_values", "counts have no rows")
        return
    invalid = {name: found for name, found in reading.problems.invalid.items() if found.count}
    for name, found in invalid.items():
        valid = found.of - found.count - _missing(reading, name)
        hint = _value_hint(reading, name)
        if found.count > valid:
            raise DataError(
                f"{name} cannot be made of {found.count:,} of {found.count + valid:,} values, such "
                f"as {'; '.join(found.examples)}",
                hint=hint,
            )
        what = f"of {found.of:,} rows hold a value that {name} cannot be made of: left out"
        yield replace(_shared("outcome_values", found, what, hint=hint), metric=name)
    if not invalid:
        names = ", ".join(reading.problems.invalid) or "24RR"
        yield Check(code="outcome_values", status="pass", count=0, detail=f"{names}: all valid")
    for name, found in reading.problems.missing.items():
        if found.count:
            yield Check(
                code="missing_values",
                metric=name,
                status="warn",
                count=found.count,
                detail=f"{found.count:,} of {found.of:,} rows have no value of {name}, and were "
                "left out of it",
                hint="harmless only if both arms lose them alike",
            )


def _missing(reading: Reading, name: str) -> int:
    found = reading.problems.missing.get(name) if reading.problems else None
    return found.count if found else 0


def _value_hint(reading: Reading, name: str) -> str:
    (metric,) = (metric for metric in reading.metrics if metric.name == name)
    if metric.kind == "mean":
        return "a mean needs finite numbers, with a decimal point and no thousands separator"
    if metric.column is None:
        return "expected yes or no (1/0, true/false); a response is positive, negative or empty"
    return f"expected 1/0, true/false or yes/no; for numbers: --metric {name}={metric.column}:mean"


def _windows(reading: Reading, arms: Sequence[str]) -> Iterator[Check]:
    """Check what left 24RR; counts by arm in the detail."""
    what = {
        "immature": (IMMATURE_WARN, "ended less than 24 h before the cut-off: not in 24RR"),
        "overlapping": (OVERLAPPING_WARN, "ended after their issue's next contact began"),
    }
    if REPEAT_RATE not in reading.metrics or reading.origin == "counts":
        for code in what:
            yield not_run(code, _why_no_windows(reading))
        return
    yield from _stray_start(reading)
    for code, (warn_above, words) in what.items():
        counts = {arm: _over_use_cases(reading, arm, code) for arm in arms}
        found, contacts = (sum(column) for column in zip(*counts.values(), strict=True))
        by_arm = ", ".join(f"{arm} {k:,} of {n:,}" for arm, (k, n) in counts.items())
        loud = found > warn_above * contacts
        yield Check(
            code=code,
            status="warn" if loud else "pass",
            count=found,
            detail=f"{by_arm} contacts {words}",
            hint="compare with Kaplan-Meier, which uses them" if loud and code == "immature"
            else None,
        )  # fmt: skip


def _why_no_windows(reading: Reading) -> str:
    """Return why 24RR was not worked out; in a contact log it is wherever it can be."""
    if reading.origin == "counts":
        return "counts do not say when"
    times = reading.problems is not None and reading.problems.reversed is not None
    if reading.first is not None and times:
        return "24RR was not asked for"
    return "24RR was not worked out: it needs a unit, `started_at` and `ended_at`"


def _stray_start(reading: Reading) -> Iterator[Check]:
    """Warn when few contacts came in the week up to the last start, which is the cut-off."""
    week = reading.last_week
    if week is not None and week.count < STRAY_WARN * week.of and reading.cutoff is not None:
        yield Check(
            code="stray_start",
            metric=REPEAT_RATE.name,
            status="warn",
            count=week.count,
            detail=f"{week.count:,} of {week.of:,} contacts started in the week up to the last "
            f"start, {reading.cutoff.isoformat()}, which is the cut-off",
            hint="if its time is wrong, correct it or give the true end with --until: contacts "
            "that could not be followed count as not repeated",
        )


def _over_use_cases(reading: Reading, arm: str, code: str) -> tuple[int, int]:
    cells = [sums for (_, name), sums in reading.sums.items() if name == arm]
    return sum(getattr(sums, code) for sums in cells), sum(sums.contacts for sums in cells)
