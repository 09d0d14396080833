"""Sheets: blind and one row per text; what a person filled in is read, or the reason why not."""

from pathlib import Path

import pandas as pd
import pytest

from abkit.core.errors import DataError
from abkit.core.tables import to_safe_csv
from abkit.pipeline.sheets import ANSWER, SheetRow, blank_sheet, load_sheet

TEXTS = ["x\r=1+1", "x\r\n=1", "\u2028@y", "\r", '"', "=cmd()", "plain", "a,b"]
CONTACTS = pd.DataFrame({"contact_id": [f"c{i}" for i in range(8)], "text": TEXTS})


def load(tmp_path: Path, content: str) -> tuple[SheetRow, ...]:
    path = tmp_path / "filled.csv"
    path.write_text(content)
    return load_sheet(path).rows


def test_each_text_once_under_its_first_contact_in_random_order() -> None:
    contacts = pd.DataFrame(
        {"contact_id": [f"c{i}" for i in range(40)], "text": [f"t{i % 25}" for i in range(40)]}
    )
    sheet = blank_sheet(contacts, seed=1)
    assert sheet.columns.tolist() == ["contact_id", "text", ANSWER]
    assert sorted(sheet["contact_id"]) == sorted(f"c{i}" for i in range(25))
    assert all(c[1:] == t[1:] for c, t in zip(sheet["contact_id"], sheet["text"], strict=True))
    assert sheet["contact_id"].tolist() != contacts["contact_id"][:25].tolist()
    assert blank_sheet(contacts, seed=1).equals(sheet)
    assert not blank_sheet(contacts, seed=2).equals(sheet)


def test_a_sheet_of_hostile_texts_is_read_back(tmp_path: Path) -> None:
    sheet = blank_sheet(CONTACTS, seed=1)
    sheet[ANSWER] = ["yes" if name in ("c0", "c5") else "no" for name in sheet["contact_id"]]
    rows = load(tmp_path, to_safe_csv(sheet))
    assert {row.contact_id for row in rows if row.answers[ANSWER]} == {"c0", "c5"}
    texts = dict(zip(CONTACTS["contact_id"], CONTACTS["text"], strict=True))
    assert {row.contact_id: row.text for row in rows} == {c: t.strip() for c, t in texts.items()}


@pytest.mark.parametrize(
    ("word", "meant"),
    [("yes", True), ("Y", True), ("TRUE", True), (" t ", True), ("1", True), ("'1", True),
     ("1.0", True), ("no", False), ("N", False), ("False", False), ("f", False), ("0", False),
     ("0.0", False)],
)  # fmt: skip
def test_every_word_for_yes_and_no(tmp_path: Path, word: str, meant: bool) -> None:
    (row,) = load(tmp_path, f"contact_id,{ANSWER}\n007,{word}\n")
    assert (row.contact_id, row.answers, row.text) == ("007", {ANSWER: meant}, None)


def test_columns_in_any_order_beside_others(tmp_path: Path) -> None:
    path = tmp_path / "filled.csv"
    path.write_text(
        "note,is_label_0_ben,text,is_label_0,contact_id,is_label_0_eve,is_label_0_anna\n"
        "late,yes,hello,,a,,no\nearly,,hi,no,b,,yes\ntotal,,,,,,\n"
    )
    sheet = load_sheet(path)
    assert sheet.annotators == ("is_label_0_ben", "is_label_0_anna")  # eve has not begun
    first, second = sheet.rows
    assert first.answers == {"is_label_0_ben": True, "is_label_0_anna": False}
    assert (second.number, second.text) == (3, "hi")
    assert second.answers == {"is_label_0": False, "is_label_0_anna": True}


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        ("contact_id,answer\na,yes\n", "has no column `is_label_0`; it has `contact_id`, `answer`"),
        ("contact,is_label_0\na,yes\n", "has no column `contact_id`; it has `contact`"),
        ("contact_id,is_label_0,is_label_0\na,yes,no\n", "has 2 columns `is_label_0`"),
        ("contact_id,is_label_0_b,is_label_0_b\na,y,n\n", "has 2 columns `is_label_0_b`"),
        (
            "contact_id,is_label_0,is_label_0_b\na,x,no\nb,maybe,yes\n",
            "has 2 answers that are neither yes nor no: `x` in row 2 of "
            "`is_label_0`, `maybe` in row 3 of `is_label_0`$",
        ),
        ("contact_id,is_label_0\n" + 9 * "a,?\n", "`.` in row 6 of `is_label_0`, ...$"),
        ("contact_id,is_label_0\na,\nb,\n", "has no answer yet: no row has a yes or no in"),
        ("contact_id,is_label_0\na,yes\n,no\n", "row 3 has an answer but no `contact_id`"),
    ],
)
def test_sheets_that_cannot_be_used(tmp_path: Path, content: str, fact: str) -> None:
    with pytest.raises(DataError, match=fact):
        load(tmp_path, content)


def test_a_column_called_like_answers_is_to_be_renamed(tmp_path: Path) -> None:
    for name in ("label", "Answer"):
        with pytest.raises(DataError) as caught:
            load(tmp_path, f"contact_id,text,{name}\na,x,yes\n")
        assert caught.value.hint == f"rename `{name}` to `is_label_0`"
