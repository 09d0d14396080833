"""Typed reading in SQL against plain Python, for text and every native type."""

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.analysis.sources import Source, open_source
from abkit.analysis.values import (
    FALSE,
    NEGATIVE,
    OTHER,
    POSITIVE,
    TRUE,
    is_number,
    is_whole,
    number_invalid,
    number_value,
    response_value,
    text_value,
    truth_value,
)
from abkit.core.errors import DataError

COLUMN = "a \"b'; --"


def read(values: pa.Array, expression: Any) -> list[Any]:
    """What `expression` makes of each value, in their order."""
    table = pa.table({COLUMN: values, "place": range(len(values))})
    with open_source(table) as source:
        sql = expression(COLUMN, source.columns[COLUMN])
        rows = source.rows(f"SELECT {sql} AS value FROM source ORDER BY place")
    return [row["value"] for row in rows]


def word(text: str | None, ones: tuple[str, ...], zeros: tuple[str, ...]) -> int | None:
    """The same in Python."""
    bare = (text or "").strip(" \t\r\n\u00a0").lower()
    return None if not bare else 1 if bare in ones else 0 if bare in zeros else OTHER


TEXTS = [
    "1", "0", "true", "False", "YES", "no", "Y", "n", "t", "F", " 1 ", "\tyes\r\n", "0.0", "1.0",
    "", " ", None, "2", "-1", "01", "1.00", "ja", "positive", " Negative", "neutral", "NULL", "nan",
    "\u00a0no", "yes!", "1;DROP",
]  # fmt: skip


def test_words() -> None:
    texts = pa.array(TEXTS, pa.string())
    assert read(texts, truth_value) == [word(text, TRUE, FALSE) for text in TEXTS]
    assert read(texts, response_value) == [word(text, POSITIVE, NEGATIVE) for text in TEXTS]
    assert read(pa.array(["1", "positive"]), truth_value) == [1, OTHER]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.none() | st.sampled_from([*POSITIVE, *NEGATIVE, "x", "", " "]), min_size=1))
def test_words_in_any_case(words: list[str | None]) -> None:
    shouted = [text and f" {text.upper()}\t" for text in words]
    texts = pa.array([*words, *shouted], pa.string())
    assert read(texts, response_value) == [word(t, POSITIVE, NEGATIVE) for t in words] * 2


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.uint8(), pa.int16(), pa.int32(), pa.int64(), pa.uint64(), pa.float64()]
)
def test_truth_of_numbers(kind: pa.DataType) -> None:
    assert read(pa.array([1, 0, None, 7], kind), truth_value) == [1, 0, None, OTHER]
    assert read(pa.array([1, 0, None, 7], kind), response_value) == [1, 0, None, OTHER]


def test_truth_of_other_types() -> None:
    assert read(pa.array([True, None, False]), truth_value) == [1, None, 0]
    halves = pa.array([0.5, float("nan"), float("inf"), -0.0, 1.0], pa.float32())
    assert read(halves, truth_value) == [OTHER, OTHER, OTHER, 0, 1]
    money = pa.array([Decimal("1.00"), Decimal("0.50"), None])
    assert read(money, truth_value) == [1, OTHER, None]
    for values in (pa.array([[1]]), pa.array([1], pa.date32()), pa.array([b"1"])):
        for expression in (truth_value, response_value, number_value):
            with pytest.raises(DataError, match=r"expected (0/1|numbers)"):
                read(values, expression)


NUMBERS = [
    ("12.5", 12.5), (" 12.5 ", 12.5), ("-3", -3.0), ("+3", 3.0), ("1e3", 1000.0), (".5", 0.5),
    ("0", 0.0), ("9007199254740993", 9007199254740992.0), ("\t7\n", 7.0),
    ("", None), (" \t", None), (None, None), ("\u00a0", None),
    ("1,234.50", "invalid"), ("1,5", "invalid"), ("1_000", "invalid"), ("50 %", "invalid"),
    ("inf", "invalid"), ("-infinity", "invalid"), ("nan", "invalid"), ("1e999", "invalid"),
    ("true", "invalid"), ("0x1F", "invalid"), ("-", "invalid"), ("12 34", "invalid"),
]  # fmt: skip


def test_numbers_in_text() -> None:
    texts = pa.array([text for text, _ in NUMBERS], pa.string())
    assert read(texts, number_value) == [None if n == "invalid" else n for _, n in NUMBERS]
    assert read(texts, number_invalid) == [n == "invalid" for _, n in NUMBERS]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(), min_size=20))
def test_numbers_come_back_exactly(numbers: list[float]) -> None:
    finite = [number if math.isfinite(number) else None for number in numbers]
    for values in (pa.array(numbers), pa.array([repr(number) for number in numbers])):
        assert read(values, number_value) == finite
        assert read(values, number_invalid) == [number is None for number in finite]


def test_numbers_of_other_types() -> None:
    assert read(pa.array([True, None, False]), number_value) == [1.0, None, 0.0]
    assert read(pa.array([Decimal("2.50"), None]), number_value) == [2.5, None]
    for values in (pa.array([3, None]), pa.array([True, None]), pa.array([Decimal("1.5"), None])):
        assert read(values, number_invalid) == [False, False]


def test_names() -> None:
    assert read(pa.array(["007", "", " ", None, "a'b"]), text_value) == [
        "007",
        None,
        " ",
        None,
        "a'b",
    ]
    assert read(pa.array([2**53 + 1, None, -1]), text_value) == ["9007199254740993", None, "-1"]
    assert read(pa.array([2**64 - 1], pa.uint64()), text_value) == ["18446744073709551615"]
    assert read(pa.array([True, None]), text_value) == ["true", None]
    assert read(pa.array([Decimal("12")], pa.decimal128(20, 0)), text_value) == ["12"]
    for values in (pa.array([1.0]), pa.array([1], pa.float32()), pa.array([Decimal("1.5")]),
                   pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"1"])):  # fmt: skip
        with pytest.raises(DataError, match="must be text or whole numbers") as caught:
            read(values, text_value)
        assert "store the column as text" in str(caught.value.hint)


def test_kinds_of_a_database() -> None:
    with open_source(pa.table({"x": [1]})) as source:
        assert database_kinds(source) == {
            "HUGEINT": (True, True), "UHUGEINT": (True, True), "UINTEGER": (True, True),
            "DECIMAL(9,0)": (True, True), "DECIMAL(9,2)": (False, True), "FLOAT": (False, True),
            "DOUBLE": (False, True), "VARCHAR": (False, False), "DATE": (False, False),
        }  # fmt: skip


def database_kinds(source: Source) -> dict[str, tuple[bool, bool]]:
    casts = [
        f"1::{kind} AS c{place}"
        for place, kind in enumerate(
            ("HUGEINT", "UHUGEINT", "UINTEGER", "DECIMAL(9,0)", "DECIMAL(9,2)", "FLOAT", "DOUBLE")
        )
    ]
    rows = source.rows(f"DESCRIBE SELECT {', '.join(casts)}, 'a' AS t, DATE '2024-01-01' AS d")
    kinds = [row["column_type"] for row in rows]
    return {kind: (is_whole(kind), is_number(kind)) for kind in kinds}
