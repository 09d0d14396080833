"""A rate's column holds few values; what holds many is refused before rows are grouped by them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.core.errors import DataError

N = 20_000


def data(values: Any) -> pd.DataFrame:
    arms = np.array(["control", "treatment"])[np.arange(N) % 2]
    return pd.DataFrame({"arm": arms, "y": values, "n": 1})


@pytest.mark.parametrize(
    "values", [np.arange(N) / 7, np.arange(N), np.arange(N).astype(str)], ids=lambda x: str(x.dtype)
)
def test_many_values(values: Any) -> None:
    fact = r"`y` holds about (19|20|21),000 different values; a rate needs 1/0, true/false or"
    for columns in (data(values), data(values)[::-1]):
        with pytest.raises(DataError, match=fact) as error:
            analyze(columns, variant="arm", metrics=["amount=y"])
        assert error.value.hint == "for numbers: --metric amount=y:mean"
    assert analyze(data(values), variant="arm", metrics=["amount=y:mean"]).rows == N


def test_many_values_of_a_log() -> None:
    log = data(0).assign(response=[f"text {i}" for i in range(N)]).drop(columns="y")
    with pytest.raises(DataError, match="`response` holds about") as error:
        analyze(log)
    assert error.value.hint == "name the column with --map response=COLUMN"


@pytest.mark.parametrize("few", [2, 3, 900])
def test_few_values(few: int) -> None:
    """They are read, and what is no outcome is counted."""
    values = np.where(np.arange(N) % 50 == 0, np.arange(N) // 50 % few, np.arange(N) % 2)
    result = analyze(data(values), variant="arm", metrics=["y=y"])
    (found,) = (check for check in result.checks if check.code == "outcome_values")
    assert found.count == (values > 1).sum()


def test_text_is_read_before_rows_are_grouped(tmp_path: Path) -> None:
    data(np.arange(N)).to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(DataError, match="y cannot be made of 19,998 of 20,000 values"):
        analyze(tmp_path / "x.csv", variant="arm", metrics=["y=y"])
