"""Do annotators mean the same? Cohen's kappa of each pair, with its interval."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from abkit.analysis.quantiles import critical_value
from abkit.core import checks
from abkit.core.agreement import PairAgreement
from abkit.core.errors import ConfigError

Answers = Sequence[bool | None]  # one per text; None: this annotator did not judge it
Interval = tuple[float | None, float | None, float | None]  # estimate, lower, upper

_METHOD: Final = "Cohen's kappa, interval of Fleiss, Cohen and Everitt"
_NOTHING: Final = "no text was judged by both"
_ONE_ANSWER: Final = "both always gave the same answer: kappa is 0/0"
_CONSTANT: Final = "one of them always gave the same answer: kappa is 0, whatever the other says"
_NO_ERROR: Final = "no interval: the standard error of this table vanishes"


def pair_agreements(
    answers: Mapping[str, Answers], *, confidence_level: float = 0.95
) -> tuple[PairAgreement, ...]:
    """Compare every two annotators on the texts that both judged, in the order of `answers`.

    Raises:
        ConfigError: The annotators' answers differ in number, or a level lies outside (0, 1).
    """
    checks.level("confidence_level", confidence_level)
    if len({len(given) for given in answers.values()}) > 1:
        raise ConfigError("the annotators' answers differ in number; expected one per text")
    return tuple(
        _pair(first, second, answers[first], answers[second], confidence_level)
        for first, second in combinations(answers, 2)
    )


def cohen_kappa(
    both_yes: int, only_first: int, only_second: int, both_no: int, *, confidence_level: float
) -> tuple[Interval, str | None]:
    """Return kappa = (p_o - p_e) / (1 - p_e) with its interval, and why a number is None.

    p_o is the share of agreement, p_e the one expected by chance from both annotators' shares of
    yes. The interval is kappa +- z times its large-sample standard error, cut to [-1, 1].

    References:
        Cohen (1960), Educational and Psychological Measurement 20, 37-46.
        Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72, 323-327.
    """
    n = both_yes + only_first + only_second + both_no
    first_yes, second_yes = both_yes + only_first, both_yes + only_second
    if n == 0:
        return (None, None, None), _NOTHING
    if first_yes == second_yes and first_yes in (0, n):
        return (None, None, None), _ONE_ANSWER
    if first_yes in (0, n) or second_yes in (0, n):
        return (0.0, None, None), _CONSTANT
    from statsmodels.stats.inter_rater import cohens_kappa  # a second: for two annotators only

    table = [[both_yes, only_first], [only_second, both_no]]
    found = cohens_kappa(table)
    kappa, variance = float(found.kappa), float(found.var_kappa)
    if variance < 1e-12:  # all agree, or none: rounding may leave it a little off zero
        return (kappa, None, None), _NO_ERROR
    half = float(critical_value(confidence_level)) * math.sqrt(variance)
    return (kappa, max(-1.0, kappa - half), min(1.0, kappa + half)), None


def _pair(
    first: str, second: str, ours: Answers, theirs: Answers, confidence_level: float
) -> PairAgreement:
    both = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None]
    cells = ((True, True), (True, False), (False, True), (False, False))
    yes, ours_alone, theirs_alone, no = (both.count(cell) for cell in cells)
    (kappa, lower, upper), note = cohen_kappa(
        yes, ours_alone, theirs_alone, no, confidence_level=confidence_level
    )
    return PairAgreement(
        first=first, second=second, both_yes=yes, only_first=ours_alone,
        only_second=theirs_alone, both_no=no, kappa=kappa, ci_lower=lower, ci_upper=upper,
        method=_METHOD, note=note,
    )  # fmt: skip
