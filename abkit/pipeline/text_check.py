"""What the flags were worth, by the truth in a simulated log."""

import pandas as pd
import pyarrow as pa

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.simulated import TextCheck
from abkit.simulations.scenario import Scenario


def text_checks(log: pa.Table, scenario: Scenario) -> tuple[TextCheck, ...]:
    """Return the flags' worth per use-case, then over all, in arms that read texts."""
    columns = ["use_case", "arm", "counted", "flagged", "menu_reason", "true_reason"]
    rows = log.select(columns).to_pandas()
    reading = [name for name, arm in scenario.arms.items() if arm.policy != "menu"]
    rows = rows[rows["counted"] & rows["arm"].isin(reading)]
    parts = [(case, rows[rows["use_case"] == case]) for case in scenario.use_cases]
    if len(parts) > 1:
        parts.append(("all", rows))
    return tuple(_check(case, part) for case, part in parts)


def _check(use_case: str, rows: pd.DataFrame) -> TextCheck:
    with_text = rows[rows["flagged"].notna()]
    flagged = with_text["flagged"].astype(bool)
    truth = with_text["true_reason"] == REASONS[DEFECTIVE]
    menu_erred = with_text["menu_reason"] != REASONS[DEFECTIVE]
    return TextCheck(
        use_case=use_case,
        contacts=len(rows),
        texts=len(with_text),
        flagged=int(flagged.sum()),
        true_flagged=int((flagged & truth).sum()),
        label_0_texts=int(truth.sum()),
        changed=int((flagged & menu_erred).sum()),
        true_changed=int((flagged & menu_erred & truth).sum()),
        missed_menu=int((menu_erred & truth).sum()),
    )
