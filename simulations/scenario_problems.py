"""What is wrong with a scenario's values: every problem with its key, the value and a hint."""

import re
import typing
from typing import Any, Final

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from abkit.core.errors import nearest, unknown_choice
from abkit.core.scenarios import ScenarioProblem
from abkit.simulations.scenario import Scenario
from abkit.simulations.staffing import WORD
from abkit.simulations.week_profile import ONE_DAY

Location = tuple[int | str, ...]

_TAG: Final = re.compile(r"(law|heads|hours) .*")  # what pydantic adds to a location in a choice
_NUMBERS: Final = ("float_type", "int_type")  # what pydantic says of a text for a number
_PERIODS: Final = (7, 24)  # lists by day of the week, or hour of the day: neither more nor fewer


def problems_of(error: ValidationError) -> list[ScenarioProblem]:
    """Return every problem; misspelt keys first, since such a key also misses the right one."""
    found = error.errors(include_url=False)
    found.sort(key=lambda problem: problem["type"] != "extra_forbidden")
    return [_problem(each) for each in found]


def _problem(problem: ErrorDetails) -> ScenarioProblem:
    fact, hint = _explain(problem)
    key = ".".join(str(part) for part in problem["loc"] if not _is_tag(part))
    return ScenarioProblem(key=key, fact=fact, hint=hint)


def _explain(problem: ErrorDetails) -> tuple[str, str | None]:
    """Turn one pydantic problem into a fact that quotes key and value, and a hint."""
    location = tuple(part for part in problem["loc"] if not _is_tag(part))
    path = ".".join(map(str, location))
    if problem["type"] == "extra_forbidden":
        allowed = _keys_at(problem["loc"][:-1])
        hint = nearest(str(location[-1]), allowed) or f"known keys: {', '.join(allowed)}"
        return f"unknown key `{path}`", hint
    if problem["type"] == "missing":
        return f"key `{path}` is missing", None
    if problem["type"] == "value_error":
        reason = problem["msg"].removeprefix("Value error, ")
        return f"`{path}`: {reason}" if path else reason, None
    if problem["type"] in ("too_long", "too_short"):
        return f"`{path}` has {_length(problem)}", None
    if problem["type"] == "union_tag_invalid":
        laws = re.findall(r"law (\w+)", problem["ctx"]["expected_tags"])
        law = problem["ctx"]["tag"].removeprefix("law ")
        error = unknown_choice(f"{path}.law", law, laws)
        return str(error), error.hint
    expected = problem["msg"].removeprefix("Input should be ").removeprefix("String should have ")
    if problem["type"] in ("model_type", "dict_type"):
        expected = "a table"
    if problem["loc"][-1] == ONE_DAY:
        expected = "24 numbers, or a table of days with 24 each"
    if problem["loc"][-1] == WORD:
        expected += ", a whole number, a table of days with 24 whole numbers each, or shifts"
    if problem["type"] in _NUMBERS and isinstance(problem["input"], str):
        return f'`{path}` is `"{problem["input"]}"`, a text; expected {expected}', None
    return f"`{path}` is `{problem['input']}`; expected {expected}", None


def _is_tag(part: int | str) -> bool:
    return _TAG.fullmatch(str(part)) is not None


def _length(problem: ErrorDetails) -> str:
    """Return how long a table or list is, and how long it should be."""
    facts = problem["ctx"]
    word, bound = (
        ("most", facts["max_length"]) if "max_length" in facts else ("least", facts["min_length"])
    )
    exact = facts["field_type"] == "Tuple" and bound in _PERIODS
    return f"{len(problem['input'])} entries; expected {bound if exact else f'at {word} {bound}'}"


def _keys_at(location: Location) -> list[str]:
    """Return the keys that the section at pydantic's `location` knows."""
    kind: Any = Scenario
    for part in location:
        if _is_tag(part):  # one of several ways to write a section
            ways = (typing.get_args(way) for way in typing.get_args(kind))
            kind = next(way for way, *marks in ways if Tag(str(part)) in marks)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:  # a table of named sections, e.g. `use_cases.A`, or a list of them
            key, *values = typing.get_args(kind)
            kind = key if isinstance(part, int) else values[0]
    return list(kind.model_fields)
