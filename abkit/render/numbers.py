"""How numbers look: the only place that rounds."""

import math

MINUS = "\u2212"
MISSING = "\u2013"


def in_weeks(n: int) -> str:
    """1 -> `1 week`; 2 -> `2 weeks`."""
    return f"{n} week" + ("s" if n > 1 else "")


def count(n: float) -> str:
    """12345 -> `12,345`."""
    return f"{n:,.0f}"


def percent(share: float | None, digits: int = 2) -> str:
    """0.60749 -> `60.75`: per cent without the sign, which stands in the column's head."""
    if share is None or math.isnan(share):
        return MISSING
    return f"{100 * share:.{digits}f}".replace("-", MINUS)


def signed(share: float | None, digits: int = 2) -> str:
    """0.0213 -> `+2.13`; zero alone has no sign."""
    if share is None or math.isnan(share):
        return MISSING
    if math.isinf(share):
        return f"{'+' if share > 0 else MINUS}\u221e"
    text = f"{100 * share:+.{digits}f}" if share else f"{0:.{digits}f}"
    return text.replace("-", MINUS)


def interval(lower: float | None, upper: float | None, digits: int = 2) -> str:
    """(0.0137, 0.0285) -> `[+1.37, +2.85]`."""
    return f"[{signed(lower, digits)}, {signed(upper, digits)}]"


def share(value: float | None, digits: int = 3) -> str:
    """0.79175 -> `.792`; -0.05 -> `\u2212.050`; 1 -> `1.000`."""
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    if abs(value) < 1:
        text = text.replace("0.", ".", 1)
    return text.replace("-", MINUS)


def p_value(p: float | None) -> str:
    """0.00004 -> `<.0001`; never a bare zero."""
    if p is None or math.isnan(p):
        return MISSING
    return "<.0001" if p < 0.0001 else share(p, 4 if p < 0.1 else 2)


def plain(value: float | None, *, figures_of: float | None = None, sign: bool = False) -> str:
    """1234.567 -> `1,235`; 0.0123456 -> `0.01235`: a number in its metric's own unit.

    Four figures, or as many decimals as `figures_of` has in four figures.
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return f"{'+' if value > 0 else MINUS}\u221e"
    whole = abs(value if figures_of is None else figures_of)
    digits = max(0, 3 - math.floor(math.log10(whole))) if whole else 0
    shown = f"{value:{'+' if sign and value else ''},.{digits}f}" if digits <= 8 else f"{value:.3e}"
    return shown.replace("-", MINUS)


def plain_effect(estimate: float | None, lower: float, upper: float) -> tuple[str, str]:
    """(0.15, -0.005, 0.3088) -> `+0.1500`, `[−0.0050, +0.3088]`: one number of decimals."""
    finite = [abs(x) for x in (estimate, lower, upper) if x is not None and math.isfinite(x)]
    largest = max(finite, default=0.0)
    low, mid, high = (plain(x, figures_of=largest, sign=True) for x in (lower, estimate, upper))
    return mid, f"[{low}, {high}]"
