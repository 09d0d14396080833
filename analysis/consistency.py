"""Does a stated percentage fit its counts? (The GRIM check: k of n rounds to few figures.)"""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

from abkit.core.audited import StatedPercentage
from abkit.core.errors import ConfigError

_MAX_DECIMALS: Final = 12  # more than any count can tell apart


def percentage_fits(successes: int, trials: int, stated: str) -> bool:
    """Return whether `successes` of `trials` rounds to `stated` per cent.

    `stated` is text, since its number of decimals says how it was rounded; halves may have been
    rounded up or to even.

    Raises:
        ConfigError: `stated` is no number of per cent, or `trials` is not positive.

    References:
        Brown and Heathers (2017), Social Psychological and Personality Science 8, 363-369.
    """
    if trials < 1:
        raise ConfigError(f"`trials` is {trials}; expected at least 1")
    wanted = _per_cent(stated)
    exact = Decimal(100 * successes) / Decimal(trials)
    unit = Decimal(1).scaleb(int(wanted.as_tuple().exponent))
    return wanted in (exact.quantize(unit, ROUND_HALF_UP), exact.quantize(unit, ROUND_HALF_EVEN))


def _per_cent(stated: str) -> Decimal:
    """Return a stated percentage, or raise `ConfigError`."""
    refusal = ConfigError(f"`{stated}` is no percentage", hint="write it as 83.8")
    try:
        wanted = Decimal(stated)
    except InvalidOperation:
        raise refusal from None
    if not (wanted.is_finite() and 0 <= wanted <= 1000):
        raise refusal
    if int(wanted.as_tuple().exponent) < -_MAX_DECIMALS:
        raise ConfigError(f"`{stated}` has more than {_MAX_DECIMALS} decimals")
    return wanted


def check_stated(name: str, successes: int, trials: int, stated: str) -> StatedPercentage:
    """Check "`successes` of `trials` is `stated` %", which was said of `name`.

    Raises:
        ConfigError: As `percentage_fits`.
    """
    wrong = consistency_note(successes, trials, stated)
    note = f"{successes}/{trials} is {stated} %, as stated" if wrong is None else wrong
    return StatedPercentage(
        name=name, successes=successes, trials=trials, stated=stated, fits=wrong is None, note=note
    )


def consistency_note(successes: int, trials: int, stated: str) -> str | None:
    """Return what is wrong with "`successes` of `trials` is `stated` %", None if nothing is.

    When exchanging two neighbouring digits of `trials` makes the statement true, that reading is
    named as well.
    """
    if percentage_fits(successes, trials, stated):
        return None
    decimals = max(0, -int(Decimal(stated).as_tuple().exponent))
    note = f"{successes}/{trials} is {100 * successes / trials:.{decimals}f} %, not {stated} %"
    for other in _digit_swaps(trials):
        if other >= max(successes, 1) and percentage_fits(successes, other, stated):
            return f"{note}; {successes}/{other} is {stated} %"
    return note


def _digit_swaps(number: int) -> list[int]:
    """Return the numbers made by exchanging two neighbouring digits of `number`."""
    digits = str(number)
    swapped = [
        int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])
        for i in range(len(digits) - 1)
    ]
    return [other for other in swapped if other != number]
