"""Keys and values as TOML writes them, in one line."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")  # a key that needs no quotes


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
