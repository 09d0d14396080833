"""The gate as a reader sees it: what failed first, what passed in one line."""

from collections.abc import Sequence
from typing import Final

from abkit.core.check import Check
from abkit.render.grid import Prose
from abkit.render.numbers import p_value

LOUD: Final = ("fail", "warn")
_SHOWN: Final = 3  # examples in a terminal; the JSON has all


def checks_block(checks: Sequence[Check], title: str = "Checks") -> Prose:
    """Return the checks in the order of their weight."""
    failed = any(check.status == "fail" for check in checks)
    lines = [
        line
        for status in LOUD
        for check in checks
        if check.status == status
        for line in _loud(check)
    ]
    passed: dict[str, list[str]] = {}
    for check in checks:
        if check.status == "pass":
            where = check.use_case or "all"
            p = [] if check.p_value is None else [f"{where} {p_value(check.p_value)}"]
            passed.setdefault(check.code, []).extend(p)
    if passed:
        words = [code(name) + (f" (p: {', '.join(p)})" if p else "") for name, p in passed.items()]
        lines.append(f"pass (alarm at p below .001): {', '.join(words)}")
    lines.extend(_not_run(checks))
    return Prose(title=titled(title, failed=failed), lines=tuple(lines))


def titled(title: str, *, failed: bool) -> str:
    """Return the title of checks, which says whether one failed."""
    return f"{title}: NOT TRUSTED" if failed else title


def code(name: str) -> str:
    """Return a code as words."""
    return name.replace("_", " ")


def _loud(check: Check) -> list[str]:
    where = "".join(f" {name}" for name in (check.treatment, check.use_case) if name)
    p = "" if check.p_value is None else f" ({_p(check.p_value)})"
    shown = ", ".join(check.examples[:_SHOWN])
    such = f"; such as {shown}" if shown else ""
    hint = f" - {check.hint}" if check.hint else ""
    return [
        f"{code(check.status).upper()} {code(check.code)}{where}{p}: {check.detail}{such}{hint}"
    ]


def _p(value: float) -> str:
    """0.0004 -> `p = .0004`; 0.00004 -> `p < .0001`."""
    shown = p_value(value)
    return f"p < {shown[1:]}" if shown.startswith("<") else f"p = {shown}"


def _not_run(checks: Sequence[Check]) -> list[str]:
    """Return what could not be checked, and what to do about it: one line per reason."""
    reasons: dict[str, list[Check]] = {}
    for check in checks:
        if check.status == "not_run":
            reasons.setdefault(check.detail, []).append(check)
    lines = []
    for why, group in reasons.items():
        names = dict.fromkeys(
            code(check.code) + (f" {check.use_case}" if check.use_case else "") for check in group
        )
        hints = dict.fromkeys(check.hint for check in group if check.hint)
        lines.append(f"not run: {', '.join(names)} ({why})" + "".join(f" - {h}" for h in hints))
    return lines
