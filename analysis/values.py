"""SQL that reads a column as text, as 0/1, as a number or as a response, whatever its type.

Each function returns an expression over a column that is named and typed as `Source.columns` says.
None of them ends a query: what cannot be read becomes a value that the caller counts.
"""

import re
from typing import Final

from abkit.analysis.sources import quoted
from abkit.core.errors import DataError

OTHER: Final = 2  # of `truth_value` and `response_value`: there is a value, but none of the words
TRUE: Final = ("1", "true", "yes", "y", "t", "1.0")
FALSE: Final = ("0", "false", "no", "n", "f", "0.0")
POSITIVE: Final = ("positive", *TRUE)
NEGATIVE: Final = ("negative", *FALSE)

BLANKS: Final = " \t\r\n\u00a0"
_WHOLE: Final = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,0\)")
_FLOAT: Final = ("DOUBLE", "FLOAT")
_NAMES: Final = ("VARCHAR", "BOOLEAN", "UUID", "DATE")


def is_whole(kind: str) -> bool:
    """Say whether a DuckDB type holds whole numbers only."""
    return _WHOLE.fullmatch(kind) is not None


def is_number(kind: str) -> bool:
    """Say whether a DuckDB type holds numbers."""
    return is_whole(kind) or kind in _FLOAT or kind.startswith("DECIMAL")


def text_value(column: str, kind: str) -> str:
    """Return VARCHAR: the name of an arm, a customer, a use-case; NULL where there is none.

    Raises:
        DataError: The column holds floating-point numbers, of which two different ones may read
            the same, or lists or other nested values.
    """
    name = quoted(column)
    if kind == "VARCHAR":
        return f"NULLIF({name}, '')"
    if is_whole(kind) or kind in _NAMES:
        return f"CAST({name} AS VARCHAR)"
    raise DataError(
        f"`{column}` is {kind}; identifiers and names must be text or whole numbers",
        hint="store the column as text; in pandas, missing values turn whole numbers into floats",
    )


def truth_value(column: str, kind: str) -> str:
    """Return TINYINT: 1 or 0, NULL where nothing is, `OTHER` for what is neither.

    Words in any case, blanks around them ignored: `TRUE` and `FALSE` above, and the numbers.

    Raises:
        DataError: The type is neither text nor boolean nor a number.
    """
    if kind == "BOOLEAN":
        return f"CAST({quoted(column)} AS TINYINT)"
    if kind == "VARCHAR":
        return _worded(column, TRUE, FALSE)
    _check_number(column, kind, "0/1, true/false or yes/no")
    return f"CAST(CASE WHEN {quoted(column)} IN (0, 1) THEN {quoted(column)} " + (
        f"WHEN {quoted(column)} IS NOT NULL THEN {OTHER} END AS TINYINT)"
    )


def response_value(column: str, kind: str) -> str:
    """Return TINYINT: 1 positive, 0 negative, NULL no response, `OTHER` for what is neither."""
    if kind == "VARCHAR":
        return _worded(column, POSITIVE, NEGATIVE)
    return truth_value(column, kind)


def number_value(column: str, kind: str) -> str:
    """Return DOUBLE; NULL where nothing is and where `number_invalid` holds.

    Text is a number as in `-12.5` or `1e3`, blanks around it ignored; `1,234.50`, which one reader
    takes for a thousand and another for one, `1_000`, `50 %`, `inf` and `nan` are not.

    Raises:
        DataError: The type is neither text nor boolean nor a number.
    """
    name = quoted(column)
    if kind == "VARCHAR":
        # TRY_CAST also takes 1_000, infinity and nan
        number = f"TRY_CAST({name} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) AND NOT contains({name}, '_') THEN {number} END"
    if kind in _FLOAT:
        return f"CASE WHEN isfinite({name}) THEN CAST({name} AS DOUBLE) END"
    if kind != "BOOLEAN":
        _check_number(column, kind, "numbers")
    return f"CAST({name} AS DOUBLE)"


def number_invalid(column: str, kind: str) -> str:
    """Return BOOLEAN: there is a value, but no finite number."""
    there = f"{quoted(column)} IS NOT NULL"
    if kind == "VARCHAR":
        there = f"COALESCE({trimmed(column)} <> '', false)"
    # CASE looks at the text of the few rows without a number only; AND would look at all
    return f"CASE WHEN ({number_value(column, kind)}) IS NULL THEN {there} ELSE false END"


def trimmed(column: str) -> str:
    """Return the text of a VARCHAR column without the blanks around it."""
    return f"trim({quoted(column)}, '{BLANKS}')"


def _worded(column: str, ones: tuple[str, ...], zeros: tuple[str, ...]) -> str:
    """Return 1, 0, NULL or `OTHER` for a column of words.

    Lower case takes three times as long as comparing, trimming ten times: they are left to what is
    no word as it stands.
    """
    name, word = quoted(column), f"lower({trimmed(column)})"
    return (
        f"CAST(CASE WHEN {name} IS NULL THEN NULL WHEN {name} = '{ones[0]}' THEN 1 "
        f"WHEN {name} = '{zeros[0]}' THEN 0 WHEN {name} IN ({_listed(ones)}) THEN 1 "
        f"WHEN {name} IN ({_listed(zeros)}) THEN 0 WHEN {word} IN ({_listed(ones)}) THEN 1 "
        f"WHEN {word} IN ({_listed(zeros)}) THEN 0 WHEN {word} <> '' THEN {OTHER} END AS TINYINT)"
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _check_number(column: str, kind: str, expected: str) -> None:
    if not is_number(kind):
        raise DataError(f"`{column}` is {kind}; expected {expected}")
