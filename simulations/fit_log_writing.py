"""A scenario fitted to a log as a file: every number says beside it what it rests on."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import tomli_w

from abkit.core.escape import visible
from abkit.core.fitted_log import LogParameter
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_lines import Statement, statements

_LONG_LIST: Final = re.compile(r"\[\n((?:\s+[-+0-9.e]+,\n)+)\]")


def log_text(
    scenario: Scenario, parameters: Mapping[str, LogParameter], *, header: Sequence[str]
) -> str:
    """Return the scenario as TOML, below a comment of these lines."""
    plain = tomli_w.dumps(scenario.model_dump(mode="json", exclude_none=True))
    plain = _LONG_LIST.sub(lambda found: f"[{' '.join(found[1].split()).rstrip(',')}]", plain)
    lines = [f"# {visible(line)}" for line in header] + [""]
    lines += [_commented(statement, parameters) for statement in statements(plain)]
    return "\n".join(lines) + "\n"


def _commented(statement: Statement, parameters: Mapping[str, LogParameter]) -> str:
    """Return a statement with what its number, or its list, rests on."""
    for keys, _ in statement.stated():
        key = ".".join(keys)
        items = [p for name, p in parameters.items() if name.startswith(f"{key}.")]
        if key in parameters:
            return f"{statement.text} # {_said(parameters[key])}"
        if items:
            known = sum(p.kept == "log" for p in items)
            said = f"of {len(items)} numbers {known} are the log's, the others the base's"
            return f"{statement.text} # {said}"
    return statement.text


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
