"""Do the arms get the same matters, and do the matters stay what they were?"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from scipy import special

from abkit.analysis.brought import Brought, Cell, Total
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.sample_ratio import ALARM
from abkit.core.check import Check
from abkit.core.metrics import PRR

DRIFT_WARN: Final = 0.02  # a smaller change of a share, or of the mean score, is not worth a word
_WEEK: Final = 7
_LEAST: Final = 10  # first contacts on either side of a stratum
_LEAST_VARIANCE: Final = 5.0  # of hits: about as many are expected on the smaller side

Split = Callable[[Cell], tuple[object, int] | None]  # stratum, and 0 or 1; None: left out


def brought_checks(brought: Brought | None, control: str, treatment: str) -> Iterator[Check]:
    """Yield a warning where first contacts differ between the arms: before any arm did anything.

    Menu reasons and scores at first contacts, by use-case: what came before the arm acted can
    differ only by chance, by the assignment, or by what was logged.
    """
    if brought is None:
        return
    found = _most_different(brought.quantities, _arms(control, treatment))
    if found is None or found.p_value >= ALARM:
        return
    yield Check(
        code="balance",
        treatment=treatment,
        status="warn",
        p_value=found.p_value,
        detail=f"at first contacts, before any arm did anything, {found.words}: {control} "
        f"{_percent(found.low)}, {treatment} {_percent(found.high)}",
        hint="contacts may be missing from one arm for what they are about; harmless only where "
        "the arms have another menu, or another model's scores",
    )


def answer_checks(brought: Brought | None, control: str, treatment: str) -> Iterator[Check]:
    """Yield a warning where those who rejected an offer, or accepted one, answer by arm.

    Sharper than the response rate over all offers, which such a difference moves by less.
    """
    if brought is None:
        return
    found = _most_different(brought.answers, _arms(control, treatment))
    if found is None or found.p_value >= ALARM:
        return
    yield Check(
        code="response_by_acceptance",
        treatment=treatment,
        metric=PRR.name,
        status="warn",
        p_value=found.p_value,
        detail=f"of the customers who {found.words} the offer at first contact, {control} "
        f"{_percent(found.low)}, {treatment} {_percent(found.high)} answered",
        hint="PRR compares other customers than were offered: see its worst case",
    )


def _arms(control: str, treatment: str) -> Split:
    """Return the split by arm within use-cases."""
    sides = {control: 0, treatment: 1}
    return lambda cell: (cell[0], sides[cell[1]]) if cell[1] in sides else None


def drift_checks(brought: Brought | None, *, least: float = DRIFT_WARN) -> Iterator[Check]:
    """Yield a warning where first contacts of later weeks bring other matters than earlier ones.

    Days are compared with the same weekday of another half of the log, so that a pattern of the
    week is no drift; an odd week in the middle is left out.
    """
    if brought is None or brought.days < 2 * _WEEK:
        return
    weeks = brought.days // _WEEK
    half = weeks // 2

    def side(cell: Cell) -> tuple[object, int] | None:
        week, weekday = divmod(cell[2], _WEEK)
        if week >= weeks or half <= week < weeks - half:
            return None
        return weekday, int(week >= half)

    found = _most_different(brought.quantities, side)
    if found is None or found.p_value >= ALARM or abs(found.high - found.low) < least:
        return
    yield Check(
        code="drift",
        status="warn",
        p_value=found.p_value,
        detail=f"what first contacts bring has changed, weekday by weekday: {found.words} from "
        f"{_percent(found.low)} to {_percent(found.high)}",
        hint="the effect may depend on when it is measured, and a model's calibration and "
        "threshold on what it was fitted on: audit the latest days",
    )


class _Difference:
    """Two stratified means of one quantity, and the p-value of no difference."""

    def __init__(self, words: str, low: float, high: float, p_value: float) -> None:
        self.words, self.low, self.high, self.p_value = words, low, high, p_value


def _most_different(
    quantities: Mapping[str, Mapping[Cell, Total]], split: Split
) -> _Difference | None:
    """Return the quantity that differs most surely, its p-value Holm-adjusted over all of them."""
    found = [
        difference
        for words, sums in quantities.items()
        if (difference := _difference(words, sums, split)) is not None
    ]
    adjusted = holm_adjusted([one.p_value for one in found])
    for one, p_value in zip(found, adjusted, strict=True):
        one.p_value = p_value
    return min(found, key=lambda one: one.p_value, default=None)


def _difference(words: str, sums: Mapping[Cell, Total], split: Split) -> _Difference | None:
    """Return the difference of stratified means; None where too little is known of it.

    With means a, b of a stratum's sides, w_s = n_a n_b / (n_a + n_b) and S_s the variance of both
    sides together (divisor n_a + n_b - 1),

        z = sum_s w_s (b_s - a_s) / sqrt(V), V = sum_s w_s S_s:

    of shares Cochran-Mantel-Haenszel's statistic. The sides' own variances would not do: a rare
    reason that a small side lacks has none there. V below 5 is too little for a normal law.

    References:
        Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748;
        Mantel and Fleiss (1980), Am. J. Epidemiol. 112, 129-134, for the 5.
    """
    strata: dict[object, list[Total]] = {}
    for cell, total in sums.items():
        place = split(cell)
        if place is not None:
            pair = strata.setdefault(place[0], [Total(), Total()])
            pair[place[1]] += total
    pairs = [(a, b) for a, b in strata.values() if min(a.n, b.n) >= _LEAST]
    weights = [a.n * b.n / (a.n + b.n) for a, b in pairs]
    whole = sum(weights)
    variance = sum(w * (a + b).variance for w, (a, b) in zip(weights, pairs, strict=True))
    if variance < _LEAST_VARIANCE:
        return None
    low, high = (
        sum(w * pair[i].mean for w, pair in zip(weights, pairs, strict=True)) / whole
        for i in (0, 1)
    )
    z = abs(high - low) * whole / math.sqrt(variance)
    return _Difference(words, low, high, float(2 * special.ndtr(-z)))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
