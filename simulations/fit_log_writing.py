"""A scenario fitted to a log as a file: every number says beside it what it rests on."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tomli_w

from abkit.core.escape import visible
from abkit.core.fitted_log import LogParameter
from abkit.simulations.scenario import Scenario

_LONG_LIST: Final = re.compile(r"\[\n((?:\s+[-+0-9.e]+,\n)+)\]")
_HEAD: Final = re.compile(r"\[.+\]")
_KEY: Final = re.compile(r"([A-Za-z0-9_]+) = ")


def log_text(
    scenario: Scenario, parameters: Mapping[str, LogParameter], *, header: Sequence[str]
) -> str:
    """Return the scenario as TOML, below a comment of these lines."""
    plain = tomli_w.dumps(scenario.model_dump(mode="json", exclude_none=True))
    plain = _LONG_LIST.sub(lambda found: f"[{' '.join(found[1].split()).rstrip(',')}]", plain)
    table: tuple[str, ...] = ()
    lines = [f"# {visible(line)}" for line in header] + [""]
    for line in plain.splitlines():
        if _HEAD.fullmatch(line):
            table = _path(line)
        lines.append(_commented(line, table, parameters))
    return "\n".join(lines) + "\n"


def _path(head: str) -> tuple[str, ...]:
    """Return the names in a table's head."""
    path: list[str] = []
    values: Any = tomllib.loads(head)
    while values:
        (name, values), *_ = values.items()
        path.append(name)
    return tuple(path)


def _commented(line: str, table: tuple[str, ...], parameters: Mapping[str, LogParameter]) -> str:
    """Return a line with what its number, or its list, rests on."""
    found = _KEY.match(line)
    if not found:
        return line
    key = ".".join((*table, found[1]))
    if key in parameters:
        return f"{line} # {_said(parameters[key])}"
    items = [p for name, p in parameters.items() if name.startswith(f"{key}.")]
    if not items:
        return line
    known = sum(p.kept == "log" for p in items)
    return f"{line} # of {len(items)} numbers {known} are the log's, the others the base's"


def _said(parameter: LogParameter) -> str:
    """Return what a parameter rests on, in a few words."""
    if parameter.kept == "prior":
        return "prior"
    was = "" if parameter.base is None else f", was {parameter.base:g}"
    estimate = parameter.estimate
    if estimate is None:
        return f"{parameter.kept}{was}"
    error = "" if estimate.standard_error is None else f" +- {estimate.standard_error:.2g}"
    bound = "; at the bound" if parameter.kept == "bound" else ""
    return f"log {estimate.value:.4g}{error}: {estimate.by}{bound}{was}"
