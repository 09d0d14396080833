"""From a sheet to labels: decisions, majorities, ties, contradictions, agreement."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.pipeline.annotations import Annotations
from abkit.pipeline.decisions import sheet_annotations
from abkit.pipeline.sheets import load_sheet

CONTACTS = pd.DataFrame(
    {"contact_id": list("abcdef"), "text": ["u", "v", "u", "w", "x", "v"], "flagged": True}
)
PEOPLE = "contact_id,is_label_0,is_label_0_anna,is_label_0_ben,is_label_0_cem"


def decide(folder: Path, *lines: str, head: str = "contact_id,is_label_0") -> Annotations:
    path = folder / "filled.csv"
    path.write_text("\n".join([head, *lines]))
    return sheet_annotations(load_sheet(path), CONTACTS, runs=folder)


def test_a_label_counts_for_every_contact_of_its_text(tmp_path: Path) -> None:
    found = decide(tmp_path, "a,yes", "b,no", "d,no", "e,yes")
    assert found.labels.tolist() == [True, False, True, False, True, False]
    assert found.annotators == f"a person, in {tmp_path / 'filled.csv'}"
    assert found.agreement == ()


def test_old_sheets_with_a_row_per_contact(tmp_path: Path) -> None:
    lines = [f"{c},{w}" for c, w in zip("abcdef", ["1", "0", "1", "0", "1", "0"], strict=True)]
    assert decide(tmp_path, *lines).labels.tolist() == [True, False, True, False, True, False]
    lines[2] = "c,"  # its text is answered in another row
    assert decide(tmp_path, *lines).labels.tolist() == [True, False, True, False, True, False]


def test_contradictions_are_refused_with_examples(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        decide(tmp_path, "a,yes", "b,no", "c,no", "d,no", "e,no", "f,no")
    assert str(caught.value).endswith(
        "contradicts itself on 1 texts that several contacts wrote: yes in row 2 (`a`), no in "
        "row 4 (`c`)"
    )


def test_the_decision_comes_before_the_majority(tmp_path: Path) -> None:
    lines = ("a,,y,y,n", "b,,n,,", "d,yes,n,n,n", "e,no,y,n,")
    found = decide(tmp_path, *lines, head=PEOPLE)
    assert found.labels.tolist() == [True, False, True, True, False, False]
    assert "anna, ben and cem in" in found.annotators
    assert "is_label_0 decided 2 of 4 texts, the majority the rest" in found.annotators
    pairs = {(p.first, p.second): (p.annotated, p.agreed) for p in found.agreement}
    assert pairs == {("anna", "ben"): (3, 2), ("anna", "cem"): (2, 1), ("ben", "cem"): (2, 1)}


def test_ties_are_refused_with_kappa_and_a_remedy(tmp_path: Path) -> None:
    head = "contact_id,is_label_0_anna,is_label_0_ben"
    with pytest.raises(DataError) as caught:
        decide(tmp_path, "a,y,n", "b,n,n", "d,n,y", "e,y,y", head=head)
    message = str(caught.value)
    assert (
        "the annotators are evenly split on 2 of 4 texts: row 2 (`a`): anna yes, ben no; "
        in message
    )
    assert "Cohen's kappa: anna and ben 0.00 [-0.98, 0.98]" in message
    assert "into the column `is_label_0`" in str(caught.value.hint)
    lines = ("a,y,n,yes", "b,n,n,", "d,n,y,no", "e,y,y,")
    settled = decide(tmp_path, *lines, head=f"{head},is_label_0")
    assert settled.labels.tolist() == [True, False, True, False, True, False]


def test_one_annotator_and_degenerate_kappa(tmp_path: Path) -> None:
    alone = decide(tmp_path, "a,y", "b,n", "d,n", "e,y", head="contact_id,is_label_0_anna")
    assert alone.annotators.startswith("anna in ")
    assert alone.agreement == ()
    with pytest.raises(DataError) as caught:  # the votes on one text, from both of its rows
        decide(tmp_path, "a,,y,,", "b,,n,,n", "d,,,n,n", "e,,,y,", "c,,,,n", head=PEOPLE)
    message = str(caught.value)
    assert "row 2 (`a`): anna yes, cem no; Cohen's kappa: " in message
    assert "anna and ben unknown (no text was judged by both)" in message
    assert "ben and cem unknown (both always gave the same answer: kappa is 0/0)" in message


def test_unanswered_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"2 of 4 texts have no yes or no: row 3 \(`b`\), row 4"):
        decide(tmp_path, "a,yes", "b,", "d,", "e,no")


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["y", "n", ""]), min_size=3, max_size=3), min_size=4,
                max_size=4))  # fmt: skip
def test_majority_law(tmp_path_factory: pytest.TempPathFactory, votes: list[list[str]]) -> None:
    """Every text has the label that most give it; else the sheet is refused."""
    lines = [f"{c},,{','.join(v)}" for c, v in zip("abde", votes, strict=True)]
    counts = [v.count("y") - v.count("n") for v in votes]
    folder = tmp_path_factory.getbasetemp()
    if 0 in counts:
        with pytest.raises(DataError):
            decide(folder, *lines, head=PEOPLE)
        return
    u, v, w, x = (balance > 0 for balance in counts)
    assert decide(folder, *lines, head=PEOPLE).labels.tolist() == [u, v, u, w, x, v]
