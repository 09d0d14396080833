"""How numbers look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.render.numbers import count, interval, p_value, percent, share, signed

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0213, "+2.13"), (-0.0065, "−0.65"), (0.0, "0.00"), (-1e-9, "−0.00"), (INF, "+∞"),
     (-INF, "−∞"), (NAN, "–"), (None, "–"), (0.1285, "+12.85")],
)  # fmt: skip
def test_signed(value: float | None, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00004, "<.0001"),
        (0.0, "<.0001"),
        (0.0123, ".0123"),
        (0.31, ".31"),
        (1.0, "1.00"),
        (None, "–"),
    ],
)
def test_p_value(p: float | None, text: str) -> None:
    assert p_value(p) == text


def test_the_rest() -> None:
    assert count(12345) == "12,345"
    assert percent(0.60749) == "60.75"
    assert share(0.79175) == ".792"
    assert share(1.0) == "1.000"
    assert share(-0.5) == "−.500"
    assert interval(-0.01, 0.02) == "[−1.00, +2.00]"


@given(st.floats(-1, 1))
def test_signed_reads_back(value: float) -> None:
    assert float(signed(value).replace("−", "-")) == pytest.approx(100 * value, abs=0.00501)
