"""The consistency check of stated percentages (GRIM)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.analysis.consistency import check_stated, consistency_note, percentage_fits
from abkit.core.errors import ConfigError


def test_paper_section_5_1() -> None:
    assert consistency_note(384, 485, "83.8") == (
        "384/485 is 79.2 %, not 83.8 %; 384/458 is 83.8 %"
    )
    assert consistency_note(194, 200, "97") is None
    assert [n for n in range(440, 501) if percentage_fits(384, n, "83.8")] == [458]
    assert not any(percentage_fits(k, 485, "83.8") for k in range(486))


def test_published_example() -> None:
    """Brown and Heathers (2017): of 28 people no share is 18.5 %; 17.9 and 21.4 % are."""
    assert not any(percentage_fits(k, 28, "18.5") for k in range(29))
    assert percentage_fits(5, 28, "17.9")
    assert percentage_fits(6, 28, "21.4")


@pytest.mark.parametrize("stated", ["0.1", "0.2"])
def test_halves_may_go_either_way(stated: str) -> None:
    assert percentage_fits(3, 2000, stated) == (stated == "0.2")  # .15: up, and to even
    assert percentage_fits(1, 800, {"0.1": "0.12", "0.2": "0.13"}[stated])  # .125: either


@given(st.integers(1, 3000), st.data(), st.integers(0, 4))
def test_what_was_rounded_from_the_counts_fits(
    trials: int, data: st.DataObject, decimals: int
) -> None:
    successes = data.draw(st.integers(0, trials))
    exact = Decimal(100 * successes) / Decimal(trials)
    assert percentage_fits(successes, trials, f"{exact:.{decimals}f}")
    assert not percentage_fits(successes, trials, f"{exact + 2:.{decimals}f}")


def test_no_swap_is_offered_that_does_not_fit() -> None:
    assert consistency_note(10, 21, "10") == "10/21 is 48 %, not 10 %"
    assert consistency_note(1, 12, "99.9") == "1/12 is 8.3 %, not 99.9 %"


def test_any_statement_is_checked() -> None:
    right, wrong = check_stated("npv", 194, 200, "97.0"), check_stated("x", 384, 485, "83.8")
    assert (right.fits, right.note) == (True, "194/200 is 97.0 %, as stated")
    assert (wrong.fits, wrong.note) == (False, "384/485 is 79.2 %, not 83.8 %; 384/458 is 83.8 %")
    assert wrong.to_dict() == {
        "name": "x", "successes": 384, "trials": 485, "stated": "83.8", "fits": False,
        "note": wrong.note,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("trials", "stated"),
    [(0, "5"), (10, "five"), (10, "nan"), (10, "inf"), (10, "-5"), (10, "1e999999"),
     (10, "33." + 30 * "3")],
)  # fmt: skip
def test_impossible_input_is_refused(trials: int, stated: str) -> None:
    with pytest.raises(ConfigError):
        percentage_fits(0, trials, stated)
