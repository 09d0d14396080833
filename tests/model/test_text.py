"""Normal forms, their hashes, and the split by groups of equal texts."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.model.text import MAX_CHARACTERS, normalise, split_by_text, text_hashes


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  It BROKE\n\tagain ", "it broke again"),
        ("ﬁne　ＦＵＬＬ", "fine full"),  # ligature, ideographic space, full width
        ("Straße", "strasse"),
        ("", ""),
        (" \u00a0\u2003", ""),
        ("bad \ud800", "bad ?"),
        ("nul\0", "nul\0"),
    ],
)
def test_normal_form(text: str, form: str) -> None:
    assert normalise(text) == form


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more_in_case_and_space(text: str) -> None:
    form = normalise(text)
    assert form == " ".join(form.split())
    form.encode()  # always UTF-8, whatever came in


def test_long_texts_are_read_up_to_a_stated_maximum() -> None:
    assert normalise("ab " * 10_000) == normalise("ab " * 20_000)
    assert len(normalise("x" * 10_000)) == MAX_CHARACTERS


@pytest.mark.parametrize("value", [None, 3.5, b"x"])
def test_a_text_that_is_no_string(value: object) -> None:
    with pytest.raises(DataError, match="expected a string"):
        normalise(value)


def test_hashes_are_blake2b() -> None:
    want = int.from_bytes(hashlib.blake2b(b"abc", digest_size=8).digest(), "little")
    assert text_hashes(["abc"]).tolist() == [want]
    assert text_hashes(["abc"], key="k") != text_hashes(["abc"])
    assert text_hashes([]).shape == (0,)


def test_split_shares_and_parts() -> None:
    """Binomial: 20,000 distinct texts, 4 standard deviations."""
    n = 20_000
    split = split_by_text([f"text {i}" for i in range(n)], seed=0)
    for rows, share in ((split.train, 0.8), (split.validation, 0.1), (split.test, 0.1)):
        assert abs(len(rows) - n * share) < 4 * np.sqrt(n * share * (1 - share))
    rows = np.concatenate([split.train, split.validation, split.test])
    assert sorted(rows.tolist()) == list(range(n))


def test_equal_texts_share_a_part_in_any_order() -> None:
    forms = [f"text {i % 50}" for i in range(500)]
    part = {}
    split = split_by_text(forms, seed=3)
    for name in ("train", "validation", "test"):
        for row in getattr(split, name):
            assert part.setdefault(forms[row], name) == name
    backwards = split_by_text(forms[::-1], seed=3)
    assert {forms[::-1][row] for row in backwards.test} == {forms[row] for row in split.test}
    assert split_by_text(forms, seed=4).test.tolist() != split.test.tolist()
