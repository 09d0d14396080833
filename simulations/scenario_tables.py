"""Nested tables of a scenario: laid upon each other, taken apart into keys and values, written."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Keys = tuple[str, ...]  # e.g. ("use_cases", "A", "menu_error")

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")  # a key that needs no quotes


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


def key_text(keys: Iterable[str]) -> str:
    """Return keys as TOML writes them, with dots between: `use_cases.A.menu_error`."""
    return ".".join(key if _BARE.fullmatch(key) else _quoted(key) for key in keys)


def value_text(value: Any) -> str:
    """Return a value as TOML writes it in one line."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text([key])} = {value_text(v)}" for key, v in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
