"""Thresholds with a finite-sample promise: fixed-sequence exact tests, or one order statistic."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.model.metrics import flagged_and_hits
from abkit.model.predictions import Floats, checked_scores
from abkit.model.thresholds import midway

Goal = Literal["precision", "recall"]
START: Final = 30  # at 85 % and 95 % the smallest flagged set that may hold one wrong row
STEP: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedThreshold:
    """A threshold whose promise fails in at most 1 - confidence of draws; None: nothing certified.

    Precision and recall are those of the same rows. There they flatter a threshold that was
    chosen for its precision; the promise is `target`, no more.
    """

    threshold: float | None  # flag a row when score >= threshold
    goal: Goal
    target: float
    confidence: float
    start: int | None  # the smallest flagged set that was tested; None: recall needs no sequence
    step: int | None
    tests: int  # made until one failed, that one included
    n: int
    n_positive: int
    n_flagged: int  # rows at or above the threshold; 0 when there is none
    observed_precision: float | None
    observed_recall: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values, unrounded."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "CertifiedThreshold":
        """Return the threshold that `to_dict` described; other keys are refused."""
        if set(values) != {field.name for field in fields(cls)}:
            raise ConfigError(f"a certified threshold has keys {sorted(values)}")
        return cls(**values)


def certify_precision(
    scores: npt.ArrayLike,
    is_positive: npt.ArrayLike,
    *,
    target: float = 0.85,
    confidence: float = 0.95,
    start: int | None = None,
    step: int = STEP,
) -> CertifiedThreshold:
    """Return the lowest threshold whose precision is shown to exceed `target`.

    Rows are ranked by falling score. The sets above rank start + 1, start + step + 1, ... are
    tested in this order, each exactly: with m rows of which x are positive, "precision <= target"
    is rejected when P(Bin(m, target) >= x) <= 1 - confidence. The first set that is not rejected
    ends the sequence; the last rejected one gives the threshold. Each test may use the whole
    level, since a wrong promise must first wrongly reject the first true hypothesis.

    Exact for any distribution in which precision does not rise as the threshold falls: given how
    many rows lie above the point where precision meets the target, those are independent draws of
    precision at most `target`, and those between it and the tested rank have no more. Each set
    ends strictly above the score of the next rank, so tied rows stand together, and given that
    score its rows are independent draws from above it.

    Args:
        scores: Shape (n,), finite, of rows that were drawn independently from what is served and
            on which nothing was fitted; larger is more likely positive.
        is_positive: Shape (n,).
        target: Precision to exceed, in (0, 1).
        confidence: At least this share of draws keeps the promise, in (0, 1).
        start: The smallest set tested; fixed before the labels are seen. None: `default_start`.
        step: Rows between tests, >= 1.

    Raises:
        ConfigError: A number outside its domain, or `start` so small that no set of that size
            could reject.
        DataError: Arrays out of their domain.

    References:
        Clopper and Pearson (1934), Biometrika 26, 404-413 (the exact test, inverted).
        Bauer (1991), Statistics in Medicine 10, 871-890 (ordered hypotheses at full level).
        Angelopoulos et al. (2021), Learn then Test, arXiv:2110.01052, section 3 (thresholds).
    """
    checks.level("target", target)
    checks.level("confidence", confidence)
    checks.at_least("step", step, 1)
    start = _checked_start(start, target, confidence)
    s, y = checked_scores(scores, is_positive)
    distinct, flagged, hits = flagged_and_hits(s, y)
    candidates = _candidates(flagged, start, step)
    rejected = p_at_least(hits[candidates], flagged[candidates], target) <= 1 - confidence
    passed = len(rejected) if rejected.all() else int(rejected.argmin())
    chosen = int(candidates[passed - 1]) if passed else None
    return CertifiedThreshold(
        threshold=None if chosen is None else midway(distinct, chosen),
        goal="precision",
        target=target,
        confidence=confidence,
        start=start,
        step=step,
        tests=min(passed + 1, len(candidates)),
        n=len(s),
        n_positive=int(y.sum()),
        n_flagged=0 if chosen is None else int(flagged[chosen]),
        observed_precision=None if chosen is None else float(hits[chosen] / flagged[chosen]),
        observed_recall=None if chosen is None else float(hits[chosen] / y.sum()),
    )


def certify_recall(
    scores: npt.ArrayLike,
    is_positive: npt.ArrayLike,
    *,
    target: float = 0.9,
    confidence: float = 0.95,
) -> CertifiedThreshold:
    """Return the highest threshold whose recall is shown to reach `target`.

    It is the k-th smallest score among the n positives, with the largest k for which
    P(Bin(n, 1 - target) <= k - 1) <= 1 - confidence: recall at the k-th smallest of n independent
    scores is 1 - Beta(k, n - k + 1) when scores are continuous, and larger with ties, whatever
    their distribution. (A fixed sequence of exact tests from the lowest threshold upwards ends at
    the same rank.) Arguments and errors are those of `certify_precision`.

    References:
        Wilks (1941), Annals of Mathematical Statistics 12, 91-96 (distribution-free limits).
        Tong, Feng and Li (2018), Science Advances 4, eaao1659, proposition 1 (as a classifier's).
    """
    checks.level("target", target)
    checks.level("confidence", confidence)
    s, y = checked_scores(scores, is_positive)
    positive = np.sort(s[y])
    missed = np.arange(len(positive))  # positives below the threshold
    allowed = special.bdtr(missed, len(positive), 1 - target) <= 1 - confidence
    k = int(allowed.sum())  # the tail grows with k: those allowed come first
    distinct, flagged, hits = flagged_and_hits(s, y)
    chosen = int(np.flatnonzero(distinct == positive[k - 1])[0]) if k else None
    return CertifiedThreshold(
        threshold=None if chosen is None else midway(distinct, chosen),
        goal="recall",
        target=target,
        confidence=confidence,
        start=None,
        step=None,
        tests=1,
        n=len(s),
        n_positive=len(positive),
        n_flagged=0 if chosen is None else int(flagged[chosen]),
        observed_precision=None if chosen is None else float(hits[chosen] / flagged[chosen]),
        observed_recall=None if chosen is None else float(hits[chosen] / len(positive)),
    )


def p_at_least(hits: npt.ArrayLike, flagged: npt.ArrayLike, target: npt.ArrayLike) -> Floats:
    """Return P(Bin(flagged, target) >= hits), element by element; 1 for no hits."""
    x, m = np.broadcast_arrays(np.asarray(hits), np.asarray(flagged))
    p: Floats = np.asarray(target, dtype=np.float64)
    tail = special.betainc(np.maximum(x, 1), m - np.maximum(x, 1) + 1, p)
    out: Floats = np.where(x > 0, tail, 1.0)
    return out


def smallest_set(target: float, confidence: float, *, wrong: int = 0) -> int:
    """Return the fewest flagged rows that show precision > target with `wrong` wrong ones.

    These are Wilks' sample sizes: 59, 93, 124 for none, one, two at 95 % and 95 %.
    """
    low, high = wrong, wrong + 1
    while p_at_least(high - wrong, high, target) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        fails = p_at_least(middle - wrong, middle, target) > 1 - confidence
        low, high = (middle, high) if fails else (low, middle)
    return high


def default_start(target: float, confidence: float) -> int:
    """Return 30, or more where 30 rows could not hold one wrong row and still show the target."""
    return max(START, smallest_set(target, confidence, wrong=1))


def _checked_start(start: int | None, target: float, confidence: float) -> int:
    if start is None:
        return default_start(target, confidence)
    needed = smallest_set(target, confidence)
    if start < needed:
        raise ConfigError(
            f"`start` is {start}; even {start} right rows of {start} do not show a precision "
            f"above {target:g} with confidence {confidence:g}",
            hint=f"start at {needed} or more; {default_start(target, confidence)} is the default",
        )
    return start


def _candidates(
    flagged: npt.NDArray[np.int64], start: int, step: int
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Return, for ranks start, start + step, ..., n, the largest tied-together set within each.

    Ties can make it smaller than its rank: sets below `start` are left out, and each counts once.
    Indices into `flagged`, which holds rising sizes, shape (number of distinct scores,).
    """
    n = int(flagged[-1])
    ranks = np.append(np.arange(start, n, step), n)
    within = np.unique(np.searchsorted(flagged, ranks, side="right") - 1)
    within = within[within >= 0]
    return within[flagged[within] >= start]
