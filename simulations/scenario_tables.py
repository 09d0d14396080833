"""Nested tables of a scenario: laid upon each other, and taken apart into keys and values."""

from collections.abc import Iterator, Mapping
from typing import Any

Keys = tuple[str, ...]  # e.g. ("use_cases", "A", "menu_error")


def merged(base: Mapping[str, Any], values: Mapping[str, Any], at: Keys = ()) -> dict[str, Any]:
    """Return `base` with `values` in place of its own, table by table.

    Another law or another way to write the heads replaces the base's table as a whole.
    """
    result = dict(base)
    if at == ("arrivals",) and isinstance(values.get("hour_weights"), Mapping):
        result.pop("weekday_weights", None)  # a table of days carries their volume
    for key, value in values.items():
        old, place = base.get(key), (*at, key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        if both and place != ("agents", "heads") and "law" not in value:
            result[key] = merged(base[key], value, place)
        else:
            result[key] = value
    return result


def leaves(values: Mapping[str, Any], at: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield the keys and the value of everything that is no table, in order."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*at, key))
        else:
            yield (*at, key), value
