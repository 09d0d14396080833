"""Hostile text cannot act: not on a terminal, not in a spreadsheet."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.escape import spreadsheet_original, spreadsheet_safe, visible

HOSTILE = [
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\y", "\x9b31m", "a\u202eb", "a\rb", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_known_attacks_become_visible(text: str) -> None:
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in visible(text))


@given(st.text())
def test_visible_keeps_length_and_printable_text(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(c.isprintable() or c == d for c, d in zip(shown, text, strict=True))
    assert visible(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        " =1",
        "\u00a0@x",
        "a\n=cmd()",
        "\t=x",
        "\rx",
        "\uff1d1",
        "-2",
        "+1",
        "x\r=1+1",
        "x\v=1",
        "x\f -1",
        "x\x85@y",
        "x\u2028=1",
        "x\u2029 \t=1",
    ],
)
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert spreadsheet_safe(text) == "'" + text


@given(st.text())
def test_spreadsheet_round_trip(text: str) -> None:
    assert spreadsheet_original(spreadsheet_safe(text)) == text


def test_a_million_blanks_are_searched_at_once() -> None:
    assert spreadsheet_safe(" \n" * 500_000) == " \n" * 500_000
