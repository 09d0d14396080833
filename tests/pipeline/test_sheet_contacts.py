"""Whose sheet it is: another audit's is named, changed ids and torn rows are noticed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.pipeline.sheet_contacts import by_text, changed_numbers
from abkit.pipeline.sheets import FilledSheet, load_sheet

TEXTS = {"a": "broken", "b": "too small", "c": "broken", "d": "late"}


def sheet(tmp_path: Path, *lines: str, head: str = "contact_id,is_label_0") -> FilledSheet:
    path = tmp_path / "filled.csv"
    path.write_text("\n".join([head, *lines]))
    return load_sheet(path)


def refusal(filled: FilledSheet, texts: dict[str, str], runs: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        by_text(filled, texts, runs=runs)
    return caught.value


def test_any_contact_of_a_text_answers_for_it(tmp_path: Path) -> None:
    """As in a sheet of one row per text, and in an old one with a row per contact."""
    for lines in (["a,yes", "b,no", "d,no"], ["d,no", "c,yes", "a,yes", "b,no"]):
        rows = by_text(sheet(tmp_path, *lines), TEXTS, runs=tmp_path)
        assert list(rows) == ["broken", "too small", "late"]
        assert {row.contact_id for row in rows["broken"]} <= {"a", "c"}
        assert sum(map(len, rows.values())) == len(lines)


@pytest.mark.parametrize(
    ("lines", "facts"),
    [
        (["a,1", "b,1", "d,1", "zz,1"], ["1 of the sheet's 4 contacts are not in it, such as"]),
        (["a,1"], ["2 of its 3 texts are missing"]),
        (["a,1", "zz,1"], ["2 of its 3 texts are missing", "1 of the sheet's 2 contacts are not"]),
    ],
)  # fmt: skip
def test_another_sheet_is_refused_with_what_differs(
    tmp_path: Path, lines: list[str], facts: list[str]
) -> None:
    error = refusal(sheet(tmp_path, *lines), TEXTS, tmp_path)
    assert all(fact in str(error) for fact in facts)
    assert " 0 of" not in str(error)
    assert str(error.hint).startswith("give the same --run")


def test_deleted_rows_are_named(tmp_path: Path) -> None:
    """By the contact of the blank sheet: the first of those that wrote the text."""
    error = refusal(sheet(tmp_path, "b,1", "d,1"), TEXTS, tmp_path)
    assert "filled.csv` lacks 1 of the 3 texts of this audit: the rows of `a`" in str(error)
    assert "copy these rows again" in str(error.hint)


def make_key(runs: Path, run: str, audit: str, contacts: list[str]) -> None:
    place = runs / run / "audits" / audit
    place.mkdir(parents=True)
    (runs / run / "manifest.json").write_text("{}")
    (place / "key.csv").write_text("\n".join(['"contact_id"', *(f'"{c}"' for c in contacts)]))


def test_the_run_that_a_sheet_belongs_to_is_named(tmp_path: Path) -> None:
    """The closest of all audits, if it is closer than this one; damaged keys are passed over."""
    runs = tmp_path / "runs"
    make_key(runs, "2024-one", "3-1-seed1", list("pqrs"))
    make_key(runs, "2024-two", "3-2-seed7", list("pqrst"))
    make_key(runs, "2024-two", "other", list("abcd"))
    make_key(runs, "2024-bad", "1-1-seed1", [])
    (runs / "2024-bad" / "audits" / "1-1-seed1" / "key.csv").write_bytes(b"\xff\xfe\0")
    found = refusal(sheet(tmp_path, *(f"{c},yes" for c in "pqrst")), TEXTS, runs)
    assert found.hint == (
        "it seems to belong to the run `2024-two`: give --run 2024-two --sample 3 "
        "--sample-unflagged 2 --seed 7"
    )
    near = refusal(sheet(tmp_path, *(f"{c},yes" for c in "pqrs")), TEXTS, runs)
    assert "give --run 2024-one --sample 3 --sample-unflagged 1 --seed 1" in str(near.hint)
    ours = refusal(sheet(tmp_path, "a,yes"), TEXTS, runs)
    assert str(ours.hint).startswith("give the same --run")


@pytest.mark.parametrize(
    ("now", "was"),
    [
        ("7", "007"), ("100000", "1e5"), ("1.00E+05", "1e5"), ("1,0E+05", "100000"),
        ("9.00719925474099E+15", "9007199254740993"), ("9,0072E+15", "9007199254740993"),
        ("9007199254740990", "9007199254740993"), ("1.23457E+11", "123456789012"),
        ("-5", "-05"),
    ],
)  # fmt: skip
def test_numbers_as_a_spreadsheet_writes_them(now: str, was: str) -> None:
    assert changed_numbers([now], ["x1", was]) == [(now, was)]


@pytest.mark.parametrize(
    ("now", "was"),
    [
        ("8", "007"), ("1.3E+05", "1e5"), ("c7", "c007"), ("1e99999999", "5"), ("5", "1e99999999"),
        ("9" * 50, "0" + "9" * 50), ("\u0667", "7"), ("12", "123"), ("", "0"),
    ],
)  # fmt: skip
def test_other_numbers_are_no_changed_ones(now: str, was: str) -> None:
    assert changed_numbers([now], [was]) == []


@given(st.integers(0, 10**20), st.integers(1, 5))
def test_shortened_numbers_are_recognised(number: int, zeros: int) -> None:
    """What 15 digits, five decimals of an exponent and lost zeros leave of an id."""
    was = "0" * zeros + str(number)
    for now in (str(number), f"{number:.5E}", f"{number:.14E}"):
        assert changed_numbers([now], [was]) == [(now, was)]


def test_many_ids_are_compared_in_no_time() -> None:
    """30,000 with 30,000: in pairs that would take minutes."""
    expected = [f"0{n}" for n in range(10**11, 10**11 + 30_000)]
    assert len(changed_numbers([word[1:] for word in expected], expected)) == 30_000


def test_changed_ids_are_noticed(tmp_path: Path) -> None:
    error = refusal(sheet(tmp_path, "7,yes", "8,no"), {"007": "x", "008": "y"}, tmp_path)
    assert "changed 2 contact ids, such as `7` (was `007`), `8` (was `008`)" in str(error)
    assert "imported as text" in str(error.hint)


def test_texts_torn_from_their_ids_are_noticed(tmp_path: Path) -> None:
    head = "contact_id,text,is_label_0"
    whole = sheet(tmp_path, "a, BROKEN!,yes", "b,edited,no", "d,,no", head=head)
    assert len(by_text(whole, TEXTS, runs=tmp_path)) == 3
    torn = sheet(tmp_path, "a,late,yes", "b,too small,no", "d,broken,no", head=head)
    error = refusal(torn, TEXTS, tmp_path)
    assert "2 rows show the text of another contact: row 2 (`a`), row 4 (`d`)" in str(error)
