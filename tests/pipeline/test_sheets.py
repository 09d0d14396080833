"""Sheets: what a person filled in is read back, or the reason why not is told."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abkit.core.errors import DataError
from abkit.pipeline.sheets import ANSWER, read_sheet, write_csv, write_sheet

TEXTS = ["x\r=1+1", "x\r\n=1", "\u2028@y", "\r", '"', "=cmd()", "plain", "a,b"]
CONTACTS = pd.DataFrame({"contact_id": [f"c{i}" for i in range(8)], "text": TEXTS})


def test_a_sheet_of_hostile_texts_is_read_back(tmp_path: Path) -> None:
    blank, filled = tmp_path / "sheet.csv", tmp_path / "filled.csv"
    write_sheet(blank, CONTACTS, seed=1)
    sheet = pd.read_csv(blank, dtype="string", keep_default_na=False)
    assert sorted(sheet["contact_id"]) == CONTACTS["contact_id"].tolist()
    sheet[ANSWER] = ["yes" if name in ("c0", "c5") else "no" for name in sheet["contact_id"]]
    write_csv(filled, sheet)
    answers = read_sheet(filled, CONTACTS["contact_id"].tolist())
    assert np.flatnonzero(answers).tolist() == [0, 5]


@pytest.mark.parametrize(
    ("ids", "facts"),
    [
        (["a", "b", "zz"], ["1 of the sheet's are not in it, such as `zz`"]),
        (["a"], ["1 of its 2 contacts are missing"]),
        (["a", "zz"], ["1 of its 2 contacts are missing", "1 of the sheet's are not in it"]),
    ],
)
def test_another_sheet_is_refused_with_what_differs(
    tmp_path: Path, ids: list[str], facts: list[str]
) -> None:
    path = tmp_path / "sheet.csv"
    write_csv(path, pd.DataFrame({"contact_id": ids, ANSWER: "yes"}))
    with pytest.raises(DataError) as caught:
        read_sheet(path, ["a", "b"])
    assert all(fact in str(caught.value) for fact in facts)
    assert "0 of" not in str(caught.value)
