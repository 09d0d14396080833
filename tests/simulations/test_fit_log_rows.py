"""A control log as arrays: repeats, follow-up, labels, refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import DataError
from abkit.simulations.clock import DAY, HOUR
from abkit.simulations.fit_log_rows import IS_0, IS_OTHER, NO_LABEL, control_log

TIMES = [  # issue, attempt, start, end: hours from Wednesday 2024-01-03
    ("i1", 1, 0.0, 1.0), ("i2", 1, 2.0, 3.0), ("i1", 2, 5.0, 6.0), ("i1", 3, 40.0, 41.0),
    ("i3", 1, 60.0, 61.0),
]  # fmt: skip


def table(**columns: Any) -> pd.DataFrame:
    begin = pd.Timestamp("2024-01-03T00:00:00Z")
    rows = pd.DataFrame(
        {
            "contact_id": [f"c{i}" for i in range(5)],
            "issue_id": [row[0] for row in TIMES],
            "attempt": [row[1] for row in TIMES],
            "use_case": "A",
            "started_at": [begin + pd.Timedelta(hours=row[2]) for row in TIMES],
            "ended_at": [begin + pd.Timedelta(hours=row[3]) for row in TIMES],
            "menu_reason": ["defective", "others", "others", "quality", "missing"],
            "resolution": ["replacement", None, "x", "x", "x"],
            "accepted": [True, None, False, True, True],
            "response": ["positive", None, "negative", None, None],
            "outcome": [
                "resolved_by_bot", "resolved_by_agent", "abandoned_queue", "resolved_by_bot",
                "resolved_by_bot",
            ],
            "wait_s": [np.nan, 30.0, 60.0, np.nan, np.nan],
            "score": [0.5, np.nan, 0.1, 0.2, 0.9],
            "true_reason": "must not be read",
        }
    )  # fmt: skip
    return rows.assign(**columns)


def test_issues_are_followed() -> None:
    log = control_log(table(), {})  # in the order i1-1, i1-2, i1-3, i2-1, i3-1
    assert log.issues == 3
    assert log.first.tolist() == [True, False, False, True, True]
    assert log.repeated.tolist() == [True, False, False, False, False]  # the third came too late
    assert log.delay[0] == 4 * HOUR
    assert log.followed.tolist() == [True, True, False, True, False]  # the log ends at 60 h
    assert log.start[0] == 2 * DAY  # from Monday on
    assert log.offered.tolist() == [True, True, True, False, True]
    assert log.asked.tolist() == [False, True, False, True, False]
    assert log.served.tolist() == [False, False, False, True, False]
    assert log.has_text.tolist() == [True, True, True, False, True]


def test_a_label_holds_for_its_issue() -> None:
    log = control_log(table(), {"c2": "defective", "c4": "quality"})
    assert log.label.tolist() == [IS_0, IS_0, IS_0, NO_LABEL, IS_OTHER]
    assert log.reason.tolist() == [0, 0, 0, -1, 2]
    log = control_log(table(), {"c0": "Yes", "c1": "no"})
    assert log.label.tolist() == [IS_0, IS_0, IS_0, IS_OTHER, NO_LABEL]
    assert log.reason.tolist() == [-1] * 5


@pytest.mark.parametrize(
    ("columns", "labels", "fact"),
    [
        ({"arm": ["control"] * 4 + ["treatment"]}, {}, "holds 2 arms: `control`, `treatment`"),
        ({"assigned_reason": "quality"}, {}, "in 4 contacts `assigned_reason` is not"),
        ({"menu_reason": None}, {}, "`menu_reason` is empty in all 5 contacts"),
        ({"contact_id": "c"}, {}, "4 rows repeat a `contact_id`"),
        ({"menu_reason": "defectiv"}, {}, "`menu_reason` is `defectiv`"),
        ({"outcome": "gone"}, {}, "`outcome` is `gone`"),
        ({"response": "maybe"}, {}, "`response` is `maybe`"),
        ({"ended_at": pd.NaT}, {}, "`ended_at` is empty in 5 rows"),
        ({}, {"c9": "yes"}, "1 of 1 labelled contacts are not in the log, such as `c9`"),
        ({}, {"c1": "perhaps"}, "a golden label is `perhaps`"),
        ({}, {"c0": "yes", "c2": "no"}, "labels of issue `i1` contradict each other"),
        ({}, {"c0": "quality", "c2": "missing"}, "labels of issue `i1` contradict each other"),
    ],
)
def test_refusals(columns: dict[str, Any], labels: dict[str, str], fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        control_log(table(**columns), labels)


def test_nothing_in_it() -> None:
    with pytest.raises(DataError, match="no contacts"):
        control_log(table().iloc[:0], {})
