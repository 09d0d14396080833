"""What the flags were worth, by the truth in a simulated log."""

import pandas as pd
import pyarrow as pa

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.simulated import TextCheck
from abkit.simulations.scenario import Scenario

_COLUMNS = [
    "use_case", "arm", "counted", "flagged", "menu_reason", "assigned_reason", "true_reason",
]  # fmt: skip


def text_checks(log: pa.Table, scenario: Scenario) -> tuple[TextCheck, ...]:
    """Return the flags' worth per use-case, then over all, for each arm that reads texts."""
    rows = log.select(_COLUMNS).to_pandas()
    rows = rows[rows["counted"]]
    found = []
    for name, arm in scenario.arms.items():
        if arm.policy == "menu" or not arm.weight:
            continue
        own = rows[rows["arm"] == name]
        parts = [(case, own[own["use_case"] == case]) for case in scenario.use_cases]
        if len(parts) > 1:
            parts.append(("all", own))
        found += [_check(name, case, part) for case, part in parts]
    return tuple(found)


def _check(arm: str, use_case: str, rows: pd.DataFrame) -> TextCheck:
    with_text = rows[rows["flagged"].notna()]
    flagged = with_text["flagged"].astype(bool)
    truth, menu, believed = (
        with_text[column] == REASONS[DEFECTIVE]
        for column in ("true_reason", "menu_reason", "assigned_reason")
    )
    changed, overruled = flagged & ~menu & believed, ~flagged & menu & ~believed
    return TextCheck(
        arm=arm,
        use_case=use_case,
        contacts=len(rows),
        texts=len(with_text),
        flagged=int(flagged.sum()),
        true_flagged=int((flagged & truth).sum()),
        label_0_texts=int(truth.sum()),
        changed=int(changed.sum()),
        true_changed=int((changed & truth).sum()),
        missed_menu=int((~menu & truth).sum()),
        overruled=int(overruled.sum()),
        true_overruled=int((overruled & ~truth).sum()),
    )
