"""Counts as a person states them: `384/485`, or `384/485=79.2%` to have the percentage checked."""

import re
from decimal import Decimal
from typing import Final

from abkit.analysis.consistency import check_stated
from abkit.core.audited import StatedPercentage
from abkit.core.errors import ConfigError

_FORM: Final = re.compile(
    r"\s*([0-9]{1,18})\s*/\s*([0-9]{1,18})\s*(?:=\s*([0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)\s*(%?)\s*)?"
)

Stated = str | tuple[int, int]


def read_counts(
    name: str, stated: Stated | None
) -> tuple[tuple[int, int] | None, StatedPercentage | None]:
    """Return K and N of `K/N` or `K/N=X%`, and what the check of X says; None where there is none.

    Raises:
        ConfigError: The text has another form, or is no count.
    """
    if not isinstance(stated, str):  # nothing, or a pair
        return stated, None
    found = _FORM.fullmatch(stated)
    if found is None:
        raise ConfigError(
            f"`{name}` is `{stated}`; expected K/N or K/N=X%, as in 384/485 or 384/458=83.8%"
        )
    k, n = int(found[1]), int(found[2])
    if found[3] is None or not 0 <= k <= n or n < 1:  # such counts are refused by the audit
        return (k, n), None
    per_cent = _per_cent(found[3].replace(",", "."), marked=bool(found[4]), share=k / n)
    return (k, n), check_stated(name.removeprefix("--"), k, n, per_cent)


def _per_cent(stated: str, *, marked: bool, share: float) -> str:
    """Return a stated value in per cent; one below 1 may be a share: .838 for 83.8 %."""
    value = Decimal(stated)
    if marked or value >= 1 or share < 0.01:
        return stated
    return f"{value.scaleb(2):f}"
