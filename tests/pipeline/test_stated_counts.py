"""Counts as people write them, with and without a percentage."""

import pytest

from abkit.core.errors import ConfigError
from abkit.pipeline.stated_counts import read_counts


@pytest.mark.parametrize("text", ["384/485", " 384 / 485 ", "000384/485"])
def test_counts_alone(text: str) -> None:
    assert read_counts("--flagged", text) == ((384, 485), None)


def test_pairs_and_nothing_pass() -> None:
    assert read_counts("--flagged", (3, 4)) == ((3, 4), None)
    assert read_counts("--flagged", None) == (None, None)


@pytest.mark.parametrize(
    ("text", "stated", "fits"),
    [
        ("384/485=83.8", "83.8", False),
        ("384/485 = 83,8 %", "83.8", False),
        ("384/458=83.8%", "83.8", True),
        ("384/458=.838", "83.8", True),
        ("384/458=0.838", "83.8", True),
        ("384/458=84", "84", True),
        ("4/485=.8", ".8", True),  # under 1 %: no share
        ("5/500=1", "1", True),
        ("384/485=0.8%", "0.8", False),
        ("0/9=0", "0", True),
    ],
)
def test_percentages_are_checked(text: str, stated: str, fits: bool) -> None:
    check = read_counts("--flagged", text)[1]
    assert check is not None
    assert (check.name, check.stated, check.fits) == ("flagged", stated, fits)


@pytest.mark.parametrize(
    "text",
    ["384", "384/", "/485", "384/485=", "384/485=x", "-3/4", "3.0/4", "3/4=5/6", "1/" + 30 * "9",
     "\u0663/\u0664", "", "3/4=nan", "3/4=1e5"],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected K/N or K/N=X%, as in 384/485"):
        read_counts("--flagged", text)


def test_impossible_counts_are_left_to_the_audit() -> None:
    assert read_counts("--flagged", "5/4=80") == ((5, 4), None)
    assert read_counts("--flagged", "0/0=80") == ((0, 0), None)


def test_impossible_percentages_are_refused() -> None:
    with pytest.raises(ConfigError, match="`9999` is no percentage"):
        read_counts("--flagged", "3/4=9999")
