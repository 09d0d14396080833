"""Trust before results: the checks that stand in front of Table 3."""

from collections.abc import Mapping
from typing import Final

from abkit.analysis.comparison import compare
from abkit.analysis.contact_sums import FirstContacts
from abkit.analysis.sample_ratio import ALARM, LEAST_EXPECTED, sample_ratio_test
from abkit.analysis.two_arms import TwoArms
from abkit.core.table3 import Check, Status

TWO_ARMS_FAIL: Final = 0.01  # share of customers; below it the bias cannot exceed a hundredth
IMMATURE_WARN: Final = 0.10  # share of contacts that left 24RR
OVERLAPPING_WARN: Final = 0.01


def run_checks(log: TwoArms, allocation: Mapping[str, float]) -> tuple[Check, ...]:
    """Return every check, in the order in which they are read."""
    broken = (
        ("duplicate_ids", "contacts repeat a `contact_id`"),
        ("ended_before_start", "contacts end before they start"),
    )
    shares = (
        ("immature", IMMATURE_WARN, "ended less than 24 h before the cut-off: not in 24RR"),
        ("overlapping", OVERLAPPING_WARN, "ended after their issue's next contact began"),
    )
    return (
        *(_sample_ratio(log, allocation, case) for case in (None, *log.first.use_cases)),
        _two_arms(log.first),
        *(_broken(code, int(log.facts[code]), what) for code, what in broken),
        *(_share(log, code, warn_above, what) for code, warn_above, what in shares),
        *_responses(log),
    )


def _sample_ratio(log: TwoArms, allocation: Mapping[str, float], use_case: str | None) -> Check:
    """Check one use-case, or all (None)."""
    observed: dict[str, int] = {}
    for (case, arm), customers in log.first.customers.items():
        if use_case in (None, case):
            observed[arm] = observed.get(arm, 0) + customers
    result = sample_ratio_test(observed, allocation)
    arms = sorted({*observed, *(arm for arm, weight in allocation.items() if weight > 0)})
    counts = ", ".join(f"{arm} {observed.get(arm, 0)}" for arm in arms)
    weights = ":".join(f"{allocation.get(arm, 0):g}" for arm in arms)
    detail = f"customers at their first contact: {counts}; allocation {weights}"
    if result.leaked:
        detail += f"; {result.leaked} in arms meant to get none"
    if result.p_value is None:
        detail += f"; fewer than {LEAST_EXPECTED} expected in an arm, or only one arm"
    return Check(
        code="sample_ratio",
        use_case=use_case,
        status="not_run"
        if result.p_value is None
        else ("fail" if result.p_value < ALARM else "pass"),
        p_value=result.p_value,
        count=sum(observed.values()),
        detail=detail,
    )


def _two_arms(first: FirstContacts) -> Check:
    """Check that customers stayed in their arm."""
    share = first.in_two_arms / first.all_customers
    status: Status = "fail" if share > TWO_ARMS_FAIL else "warn" if first.in_two_arms else "pass"
    return Check(
        code="two_arms",
        status=status,
        count=first.in_two_arms,
        detail=f"{first.in_two_arms} of {first.all_customers} customers saw more than one arm",
    )


def _broken(code: str, count: int, what: str) -> Check:
    """Check that no row breaks a rule."""
    return Check(
        code=code, status="fail" if count else "pass", count=count, detail=f"{count} {what}"
    )


def _share(log: TwoArms, code: str, warn_above: float, what: str) -> Check:
    """Check a share of the counted contacts of the two arms; counts by arm in the detail."""
    counts = {
        arm: (
            sum(getattr(sums, code) for (_, name), sums in log.sums.items() if name == arm),
            sum(sums.contacts for (_, name), sums in log.sums.items() if name == arm),
        )
        for arm in (log.control, log.treatment)
    }
    found, contacts = (sum(column) for column in zip(*counts.values(), strict=True))
    by_arm = ", ".join(f"{arm} {k} of {n}" for arm, (k, n) in counts.items())
    return Check(
        code=code,
        status="warn" if found > warn_above * contacts else "pass",
        count=found,
        detail=f"{by_arm} contacts {what}",
    )


def _responses(log: TwoArms) -> list[Check]:
    """Check that offers were answered equally often in both arms; PRR sees answers only."""
    pairs = {case: log.pair(case, "responses") for case in log.use_cases}
    compared = compare(list(pairs.values()), confidence_level=0.95)
    checks = []
    for (use_case, pair), result in zip(pairs.items(), compared, strict=True):
        parts = [
            f"{name} {arm.successes} of {arm.trials}"
            for name, arm in ((log.control, pair.control), (log.treatment, pair.treatment))
        ]
        offered = pair.control.trials > 0 and pair.treatment.trials > 0
        detail = f"responses to offers: {', '.join(parts)}"
        checks.append(
            Check(
                code="response_rate",
                use_case=use_case,
                status="not_run" if not offered else ("warn" if result.p_value < ALARM else "pass"),
                p_value=result.p_value if offered else None,
                detail=detail if offered else f"{detail}; an arm without offers",
            )
        )
    return checks
