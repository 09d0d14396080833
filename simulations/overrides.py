"""Changes to a scenario from the command line: `use_cases.A.menu_error=0.2`; lists make a sweep."""

import functools
import itertools
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.toml_text import key_text, value_text
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_tables import Keys, merged

MAX_RUNS: Final = 64  # of a sweep

_NAMED: Final = ("arms", "use_cases")  # tables whose keys are names that the file gives
_EXAMPLE: Final = "for example: --set use_cases.A.menu_error=0.2"


@dataclass(frozen=True, slots=True)
class Grid:
    """What changes from run to run, and all changes of each run."""

    varied: tuple[str, ...]  # keys; empty: one run
    runs: tuple[dict[str, Any], ...]


def read_changes(words: Sequence[str]) -> dict[str, Any]:
    """Return values by dotted key, from words KEY=VALUE, both in TOML syntax.

    Raises:
        ConfigError: One is not written so, or a key is given twice.
    """
    changes: dict[str, Any] = {}
    for word in words:
        key, value = _read(word)
        if key in changes:
            raise ConfigError(
                f"`--set` gives `{key}` twice",
                hint="several values make a sweep: --set KEY=[0.1,0.2]",
            )
        changes[key] = value
    return changes


def keys_of(key: str) -> Keys:
    """Return the parts of a dotted key, as TOML reads it.

    Raises:
        ConfigError: It is no key.
    """
    found = _toml(f"{key}=0")
    if found is None or "\n" in key:
        raise ConfigError(f"`{key}` is no key; expected one as in `use_cases.A.menu_error`")
    return _only_keys(found)


def _read(word: str) -> tuple[str, Any]:
    for place in (place for place, letter in enumerate(word) if letter == "="):
        found = _toml(f"{word[:place]}=0")
        if found is None:  # not yet the whole key: a quoted one may hold a `=`
            continue
        key = key_text(_only_keys(found))
        value = _toml(f"value = {word[place + 1 :]}")
        if value is None or list(value) != ["value"]:
            raise _no_value(key, word[place + 1 :].strip())
        return key, value["value"]
    raise ConfigError(f"`--set` is `{word}`; expected KEY=VALUE", hint=_EXAMPLE)


def _no_value(key: str, text: str) -> ConfigError:
    """Say that a value is not written as in TOML; a word has often lost its quotes to the shell."""
    hint = "a number, true, a list in brackets, a table in braces, or a word in quotes"
    if text.replace("_", "a").replace("-", "a").isalnum():
        hint = f"a word needs its quotes, past the shell: --set '{key}=\"{text}\"'"
    return ConfigError(f"`{key}` is set to `{text}`; expected a TOML value", hint=hint)


def _toml(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _only_keys(values: Mapping[str, Any]) -> Keys:
    """Return the path to the only value of nested tables."""
    if len(values) != 1:
        raise ConfigError(f"`--set` names {len(values)} keys at once; expected one", hint=_EXAMPLE)
    ((key, value),) = values.items()
    return (key, *(_only_keys(value) if isinstance(value, Mapping) else ()))


def with_changes(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario's values with changes by dotted key, in their order; not yet validated.

    A table is laid upon the one that is there, unless it names a law.

    Raises:
        ConfigError: A key leads through a name that the scenario does not have, or through
            something that is no table.
    """
    changed = dict(values)
    for key, value in changes.items():
        changed = _with(changed, keys_of(key), value, at=())
    return changed


def _with(values: Mapping[str, Any], keys: Keys, value: Any, at: Keys) -> dict[str, Any]:
    key, *rest = keys
    if not rest:
        if isinstance(value, Mapping):
            return merged(values, {key: value}, at)
        return {**values, key: value}
    if key not in values and at[:1] in [(name,) for name in _NAMED] and len(at) == 1:
        raise unknown_choice(at[0], key, values)
    inner = values.get(key, {})
    if not isinstance(inner, Mapping):
        raise ConfigError(
            f"`{key_text((*at, key))}` is `{_short(inner)}`, no table: it has no key "
            f"`{key_text(rest)}`",
            hint=f"set `{key_text((*at, key))}` as a whole",
        )
    return {**values, key: _with(inner, tuple(rest), value, (*at, key))}


def _short(value: Any) -> str:
    text = value_text(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def grid(changes: Mapping[str, Any]) -> Grid:
    """Return the runs that the changes ask for: every combination of the values of each list.

    A list makes a sweep where the key takes no list; a list of lists where it takes one.

    Raises:
        ConfigError: A list is empty or repeats a value, or there are more than `MAX_RUNS` runs.
    """
    varied = tuple(key for key, value in changes.items() if _makes_sweep(key, value))
    for key in varied:
        _check_list(key, changes[key])
    if (n := math.prod(len(changes[key]) for key in varied)) > MAX_RUNS:
        sizes = " x ".join(str(len(changes[key])) for key in varied)
        raise ConfigError(
            f"the sweep has {n:,} runs ({sizes}); expected at most {MAX_RUNS}",
            hint="give fewer values, or several sweeps",
        )
    combinations = itertools.product(*(changes[key] for key in varied))
    runs = tuple(dict(changes) | dict(zip(varied, values, strict=True)) for values in combinations)
    return Grid(varied, runs)


def _makes_sweep(key: str, value: Any) -> bool:
    if not isinstance(value, list):
        return False
    if keys_of(key)[-1] in _list_keys():
        return bool(value) and all(isinstance(item, list) for item in value)
    return True


def _check_list(key: str, values: list[Any]) -> None:
    if not values:
        raise ConfigError(f"`{key}` is set to an empty list; expected values to sweep")
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ConfigError(f"the sweep of `{key}` has `{_short(value)}` twice")


@functools.cache
def _list_keys() -> frozenset[str]:
    """Return the keys of a scenario whose value may be a list, e.g. `hour_weights`."""
    schema = Scenario.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    return frozenset(
        name
        for section in sections
        for name, field in section.get("properties", {}).items()
        if any(way.get("type") == "array" for way in _ways(field))
    )


def _ways(field: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a field's schema, and those of the ways in which it may be written."""
    yield field
    for kind in ("anyOf", "oneOf"):
        yield from field.get(kind, ())
