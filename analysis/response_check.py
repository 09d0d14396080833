"""Were offers answered equally often in both arms? PRR sees answers only."""

from collections.abc import Iterator

from abkit.analysis.comparison import compare
from abkit.analysis.contact_rows import RESPONSES
from abkit.analysis.reading import Reading
from abkit.analysis.sample_ratio import ALARM
from abkit.core.check import Check
from abkit.core.metrics import PRR


def response_checks(reading: Reading, control: str, treatment: str) -> Iterator[Check]:
    """Yield a check per use-case: the score test of equal response rates, customers as units."""
    if PRR not in reading.metrics:
        return
    unknown = None
    if reading.origin == "counts":  # there, `responses` is but a metric's name
        unknown = "counts do not say what was offered"
    elif not reading.knows(RESPONSES):
        unknown = "offers are unknown: no column `resolution`"
    if unknown is not None:
        yield Check(code="response_rate", status="not_run", treatment=treatment, detail=unknown)
        return
    arms = control, treatment
    pairs = {case: reading.rates(RESPONSES, case, arms) for case in reading.use_cases(arms)}
    compared = compare(list(pairs.values()), confidence_level=0.95)
    for (case, pair), result in zip(pairs.items(), compared, strict=True):
        counts = ", ".join(
            f"{name} {arm.successes:,} of {arm.trials:,}"
            for name, arm in ((control, pair.control), (treatment, pair.treatment))
        )
        detail, offered = f"responses to offers: {counts}", all(arm.trials for arm in pair)
        loud = offered and result.p_value < ALARM
        yield Check(
            code="response_rate",
            use_case=case,
            treatment=treatment,
            status="not_run" if not offered else "warn" if loud else "pass",
            p_value=result.p_value if offered else None,
            detail=detail if offered else f"{detail}; an arm without offers",
            hint="PRR compares other customers than were offered: see its worst case"
            if loud
            else None,
        )
