"""Kaplan and Meier's share of contacts repeated by the end of a window, censored ones included."""

from collections.abc import Iterable
from typing import Final

MINUTES: Final = 24 * 60


def repeated_share(
    minutes: Iterable[tuple[int, int, int]], followed: int, *, last: int = MINUTES
) -> float | None:
    """Return 1 - product over minutes of (1 - events / at risk): the share repeated by `last`.

    A contact is at risk until it is repeated, or until its follow-up is cut off before the window
    ends. In one minute events come before cut-offs. With nothing cut off it is the plain share of
    repeated contacts.

    Args:
        minutes: (minute, events, cut off) with minute in 1..`last`, in any order; a minute may
            come more than once.
        followed: Contacts followed through `last` and never repeated.
        last: The last minute of the window.

    Returns:
        A share in [0, 1]. None without contacts, and where nobody was followed up to `last`, since
        what happens later is then not known.

    References:
        Kaplan and Meier (1958), JASA 53, 457-481.
    """
    observed: dict[int, tuple[int, int]] = {}
    for minute, events, cut_off in minutes:
        if events or cut_off:
            before = observed.get(minute, (0, 0))
            observed[minute] = before[0] + events, before[1] + cut_off
    at_risk = followed + sum(map(sum, observed.values()))
    if not at_risk:
        return None
    survival = 1.0
    for minute in sorted(observed):
        events, cut_off = observed[minute]
        survival *= (at_risk - events) / at_risk
        at_risk -= events + cut_off
    if survival and not followed and max(observed) < last:
        return None
    return 1 - survival
