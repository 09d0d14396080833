"""What a column could be, from its name, its type and some of its values."""

import re
from collections.abc import Sequence
from typing import Final

from abkit.analysis.instants import is_date, is_local_time, is_offset_time
from abkit.analysis.values import FALSE, NEGATIVE, POSITIVE, TRUE, is_number, is_whole
from abkit.core.inspected import Kind

FEW: Final = 100  # distinct values that are all listed
ARMS: Final = range(2, 11)  # arms of an experiment
ODD: Final = 0.01  # of the rows: values that a column of 0/1 may hold besides
_TRUTH: Final = {*TRUE, *FALSE}
_RESPONSES: Final = {*POSITIVE, *NEGATIVE}
_WHOLE: Final = re.compile(r"[+-]?\d+")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BETWEEN: Final = re.compile(r"[\s.:=/-]+")  # "user id" is read as "user_id"
_ARM: Final = re.compile(
    r"(.+_)?(arm|variant|variation|treatment|treated|group|segment|condition|branch|bucket|cell)"
    r"(_?(id|name|group))?",
    re.IGNORECASE,
)
_UNIT: Final = re.compile(
    r"(customer|user|visitor|client|member|account|subscriber|donor|person|household|patient|"
    r"device|player|cookie|unit)(_?(id|key|no|nr|number|hash))?",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(
    r"(^|_)(amount|spend|spent|revenue|price|cost|refund|value|sales|handle|wait|duration|seconds|"
    r"minutes|time|orders|purchases|visits|clicks)(_|$)",
    re.IGNORECASE,
)
_OUTCOME: Final = re.compile(
    r"(^|_)(visit|visited|convert|converted|conversion|gave|donated|click|clicked|opened|bought|"
    r"purchase|purchased|paid|booked|ordered|resolved|automated|success|succeeded|solved|retained|churned|"
    r"returned|signup|subscribed|activated|completed|outcome|responded|repeat|repeated)(_|$)",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(r"(^|_)(reason|label|category|class|intent|topic|gold)\d*(_|$)", re.I)
_SCORE: Final = re.compile(r"(^|_)(score|prob|probability|confidence|p)(_|$)", re.IGNORECASE)


def kind_of(stored: str, values: Sequence[str], *, few: bool) -> Kind:
    """Return what the values are.

    Args:
        stored: The column's DuckDB type.
        values: All distinct values if `few`, else some of them, none null or empty.
        few: There are at most `FEW` distinct values.
    """
    if not values:
        return "empty"
    if few and all(value.strip().lower() in _TRUTH for value in values):
        return "0/1"
    if is_number(stored):
        return "whole numbers" if is_whole(stored) or _all(_WHOLE, values) else "numbers"
    if stored.startswith("TIMESTAMP"):
        return "times" if "TZ" in stored or "ZONE" in stored else "times without zone"
    if stored == "DATE":
        return "dates"
    return _kind_of_text(values, few=few) if stored in ("VARCHAR", "UUID") else "other"


def could_be(name: str, kind: Kind, values: Sequence[str], *, distinct: int) -> tuple[str, ...]:
    """Return the parts that a column could play, for its kind and its name; a suggestion only."""
    few, name = distinct <= FEW, _BETWEEN.sub("_", name)
    facts = {
        "arm": may_be_arm(kind, distinct) and _ARM.fullmatch(name) is not None,
        "unit": kind in ("names", "whole numbers", "texts")
        and not few
        and _UNIT.fullmatch(name) is not None,
        "outcome": kind == "0/1" and _OUTCOME.search(name) is not None,
        "amount": kind in ("numbers", "whole numbers") and _AMOUNT.search(name) is not None,
        "time": kind in ("times", "times without zone"),
        "text": kind == "texts",
        "label": kind == "words" and distinct > 1 and _LABEL.search(name) is not None,
        "score": kind in ("numbers", "0/1", "whole numbers")
        and _SCORE.search(name) is not None
        and all(0 <= float(value) <= 1 for value in values if _NUMBER.fullmatch(value)),
    }
    return tuple(part for part, true in facts.items() if true)


def odd_truths(values: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return the values, with their rows, that keep a column from being 0/1, if they are few.

    Args:
        values: All distinct values with their rows; none where a column has many.

    Returns:
        At most `ODD` of the rows; nothing where both truths are not there, or more is odd.
    """
    words = [(value.strip().lower(), value, n) for value, n in values]
    odd = tuple((value, n) for word, value, n in words if word not in _TRUTH)
    truths = {word in TRUE for word, _, _ in words if word in _TRUTH}
    few = 0 < sum(n for _, n in odd) <= ODD * sum(n for _, n in values)
    return odd if few and len(truths) == 2 else ()


def may_be_arm(kind: Kind, distinct: int) -> bool:
    """Say whether a column has as few values, and such ones, as the arms of an experiment."""
    return kind in ("0/1", "words", "whole numbers") and distinct in ARMS


def _kind_of_text(values: Sequence[str], *, few: bool) -> Kind:
    lowered = [value.strip().lower() for value in values]
    if few and all(value in _RESPONSES for value in lowered):
        return "responses"
    if _all(_WHOLE, values):
        return "whole numbers"
    if _all(_NUMBER, values):
        return "numbers"
    if all(map(is_date, values)):
        return "dates"
    if all(is_local_time(value) or is_offset_time(value) for value in values):
        return "times" if all(map(is_offset_time, values)) else "times without zone"
    if few:
        return "words"
    spaced = sum(value.strip().count(" ") >= 2 for value in values)
    return "texts" if 2 * spaced >= len(values) else "names"


def _all(pattern: re.Pattern[str], values: Sequence[str]) -> bool:
    return all(pattern.fullmatch(value.strip()) for value in values)
