"""What the flags were worth, counted by hand."""

import pandas as pd
import pyarrow as pa

from abkit.pipeline.text_check import text_checks
from abkit.simulations.scenario_files import load_scenario

ROWS = [  # use-case, arm, counted, flagged, menu, truth
    ("A", "treatment", True, True, "others", "defective"),  # right, and it changed something
    ("A", "treatment", True, True, "defective", "defective"),  # right, changed nothing
    ("A", "treatment", True, True, "quality", "quality"),  # wrong, changed something
    ("A", "treatment", True, False, "others", "defective"),  # missed
    ("A", "treatment", True, None, "others", "defective"),  # no text
    ("A", "treatment", False, True, "others", "others"),  # in the tail
    ("A", "control", True, True, "others", "others"),  # a shadow score
    ("B", "treatment", True, False, "others", "others"),
]


def test_counts_by_hand() -> None:
    names = ["use_case", "arm", "counted", "flagged", "menu_reason", "true_reason"]
    log = pa.Table.from_pandas(pd.DataFrame(ROWS, columns=names))
    a, b, c, every = text_checks(log, load_scenario("returns-bot-points"))
    assert (a.use_case, a.contacts, a.texts, a.flagged) == ("A", 5, 4, 3)
    assert (a.precision, a.recall) == (2 / 3, 2 / 3)
    assert (a.changed, a.incremental_precision, a.incremental_recall) == (2, 1 / 2, 1 / 2)
    assert (b.texts, b.flagged, b.precision, b.recall) == (1, 0, None, None)
    assert c.contacts == 0
    assert (every.use_case, every.contacts, every.flagged) == ("all", 6, 3)
