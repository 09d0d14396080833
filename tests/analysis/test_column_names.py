"""Whatever a user's columns are called, and however their metrics, the numbers are the same."""

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.arms import Proportion

N = 400
INNER = (  # names that the queries use themselves
    "n", "N", "no_start", "reversed", "last_start_us", "rows", "cell", "part", "unit", "contact",
    "start_us", "issue", "segment", "counted", "v0", "x0", "sum_n", "y_v0", "condition", "source",
    "contacts", "h", "kinds", "units", "rank", "who", "value", "key",
)  # fmt: skip


@pytest.fixture
def plain() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "variant": np.array(["control", "treatment"])[np.arange(N) % 2],
            "id": np.arange(N).astype(str),
            "outcome": (np.arange(N) % 3 == 0).astype(int),
            "group": np.where(np.arange(N) % 4 < 2, 5, 7),
        }
    )


@pytest.mark.parametrize("name", INNER)
def test_no_name_stands_for_two_things(plain: pd.DataFrame, name: str) -> None:
    def read(data: pd.DataFrame, **names: str) -> object:
        columns = {"outcome": "outcome", "group": "group", "id": "id"} | names
        found = analyze(
            data, variant="variant", unit=columns["id"], metrics=[f"y={columns['outcome']}"],
            use_case=columns["group"],
        )  # fmt: skip
        rows = analyze(data, variant="variant", unit="row", metrics=[f"y={columns['outcome']}"])
        segments = analyze(
            data, variant="variant", metrics=[f"y={columns['outcome']}"], segment=columns["group"]
        ).segments
        return [list(found.table3.rows()), list(rows.table3.rows()), list(segments[0].rows())]

    wanted = read(plain)
    for column in ("outcome", "group", "id"):
        assert read(plain.rename(columns={column: name}), **{column: name}) == wanted


def test_a_metric_called_responses_is_a_metric() -> None:
    log = pd.DataFrame(
        {
            "arm": np.array(["control", "treatment"])[np.arange(N) % 2],
            "resolution": "refund",
            "response": np.where(np.arange(N) % 4 < 2, "positive", None),
            "solved": np.arange(N) % 8 < 4,
        }
    )
    (_, prr), (_, solved) = analyze(log, metrics=["PRR", "responses=solved"]).table3.rows()
    assert prr.control_responses == Proportion(successes=100, trials=200)
    assert solved.control == Proportion(successes=100, trials=200)
    assert prr.worst_case is not None
