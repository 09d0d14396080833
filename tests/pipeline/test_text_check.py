"""What the flags were worth, counted by hand."""

import pandas as pd
import pyarrow as pa

from abkit.pipeline.text_check import text_checks

from ..simulations.fakes import default_scenario

ROWS = [  # use-case, arm, counted, flagged, menu, believed, truth
    ("A", "treatment", True, True, "others", "defective", "defective"),  # right, a change
    ("A", "treatment", True, True, "defective", "defective", "defective"),  # right, no change
    ("A", "treatment", True, True, "quality", "defective", "quality"),  # wrong, a change
    ("A", "treatment", True, False, "others", "others", "defective"),  # missed
    ("A", "treatment", True, None, "others", "others", "defective"),  # no text
    ("A", "treatment", False, True, "others", "defective", "others"),  # in the tail
    ("A", "control", True, True, "others", "others", "others"),  # a shadow score
    ("B", "treatment", True, False, "others", "others", "others"),
    ("B", "strict", True, False, "defective", "others", "others"),  # overruled, right
    ("B", "strict", True, False, "defective", "others", "defective"),  # overruled, wrong
    ("B", "strict", True, None, "defective", "defective", "others"),  # no text, not overruled
    ("B", "strict", True, True, "quality", "quality", "defective"),  # a flag that changes nothing
    ("C", "nobody", True, True, "others", "others", "others"),  # an arm without weight
]
NAMES = [
    "use_case", "arm", "counted", "flagged", "menu_reason", "assigned_reason", "true_reason",
]  # fmt: skip


def test_counts_by_hand() -> None:
    log = pa.Table.from_pandas(pd.DataFrame(ROWS, columns=NAMES))
    strict = {"policy": "menu_and_text", "weight": 1}
    scenario = default_scenario({"arms.strict": strict, "arms.nobody": strict | {"weight": 0}})
    a, b, c, every, *others = text_checks(log, scenario)
    assert {check.arm for check in (a, b, c, every)} == {"treatment"}
    assert (a.use_case, a.contacts, a.texts, a.flagged) == ("A", 5, 4, 3)
    assert (a.precision, a.recall) == (2 / 3, 2 / 3)
    assert (a.changed, a.incremental_precision, a.incremental_recall) == (2, 1 / 2, 1 / 2)
    assert (b.texts, b.flagged, b.precision, b.recall) == (1, 0, None, None)
    assert c.contacts == 0
    assert (every.use_case, every.contacts, every.flagged, every.overruled) == ("all", 6, 3, 0)
    assert [(check.arm, check.use_case) for check in others] == [
        ("strict", "A"), ("strict", "B"), ("strict", "C"), ("strict", "all"),
    ]  # fmt: skip
    assert (others[1].flagged, others[1].changed) == (1, 0)
    assert (others[1].overruled, others[1].true_overruled) == (2, 1)
