"""An audit from counts: how precise is the live classifier, and does it keep its promise?

Two samples are annotated: contacts the classifier flagged, and contacts it did not. Precision and
NPV need no more than their own sample. Recall and prevalence mix both, and exist only with the
numbers of contacts the samples stand for: pooling the annotations without these weights would
answer for a mixture that nobody serves.
"""

import math
from typing import Final

from abkit.analysis.design_weighted import Stratum, prevalence_share, recall_share
from abkit.analysis.exact_intervals import (
    binomial_tails,
    clopper_pearson_interval,
    hypergeometric_interval,
    hypergeometric_tails,
)
from abkit.core import checks
from abkit.core.audited import AuditedShare, AuditResult, AuditTarget, TargetVerdict
from abkit.core.errors import ConfigError

Counts = tuple[int, int]

MAX_COUNT: Final = 10**12
_WEIGHTED: Final = "design-weighted"
MAX_ANNOTATED: Final = 10**6  # beside a population: every hypergeometric probability is computed


def audit_counts(
    flagged: Counts | None = None,
    unflagged: Counts | None = None,
    *,
    population: Counts | None = None,
    target_precision: float = 0.85,
    confidence_level: float = 0.95,
) -> AuditResult:
    """Estimate precision and NPV with exact intervals and test the promised precision.

    Args:
        flagged: K of N flagged contacts were annotated as truly LABEL 0; None: none were
            annotated, so that the precision and the verdict stay open.
        unflagged: K of N unflagged contacts were annotated as truly not LABEL 0; None: none were
            annotated, so that the NPV stays open.
        population: How many flagged and unflagged contacts the samples were drawn from. When
            given, intervals and tests are hypergeometric, and recall and prevalence exist.
        target_precision: The promise, in (0, 1).
        confidence_level: Nominal two-sided coverage, in (0, 1); each one-sided test of the target
            has half its error, 2.5 % at 0.95.

    Raises:
        ConfigError: There is no count at all, or a count, a share or the level lies outside its
            domain.
    """
    checks.level("confidence_level", confidence_level)
    checks.level("target_precision", target_precision)
    if flagged is None and unflagged is None:
        raise ConfigError("neither `flagged` nor `unflagged` is given; expected at least one")
    sizes = population or (None, None)
    for name, counts, size in zip(
        ("flagged", "unflagged"), (flagged, unflagged), sizes, strict=True
    ):
        if counts is not None:
            _check_sample(name, counts, size)
    recall, prevalence = _mixed_shares(flagged, unflagged, population, confidence_level)
    return AuditResult(
        precision=_exact_share("flagged", flagged, sizes[0], confidence_level),
        npv=_exact_share("unflagged", unflagged, sizes[1], confidence_level),
        recall=recall,
        prevalence=prevalence,
        target=_target(flagged, sizes[0], target_precision, (1 - confidence_level) / 2),
        confidence_level=confidence_level,
        population=population,
    )


def _check_sample(name: str, counts: Counts, size: int | None) -> None:
    """Raise `ConfigError` unless `counts` is K/N, drawn from no fewer than N."""
    correct, annotated = counts
    if not (annotated >= 1 and 0 <= correct <= annotated):
        raise ConfigError(
            f"`{name}` is {correct}/{annotated}; expected K/N with 0 <= K <= N and N >= 1"
        )
    if annotated > MAX_COUNT or (size is not None and size > MAX_COUNT):
        count = f"{correct}/{annotated}" + ("" if size is None else f" of {size}")
        raise ConfigError(f"`{name}` is {count}; expected counts of at most {MAX_COUNT}")
    if size is not None and annotated > MAX_ANNOTATED:
        raise ConfigError(
            f"`{name}` has {annotated} annotated contacts; expected at most {MAX_ANNOTATED} when "
            "the population is given",
            hint="so large a sample hardly needs its population; leave it out",
        )
    if size is not None and size < annotated:
        raise ConfigError(
            f"`{name}` has {annotated} annotated contacts of a population of {size}",
            hint="the population counts all contacts that could have been sampled",
        )


def _unknown(note: str, method: str) -> AuditedShare:
    """Return a share of which nothing is known, and why."""
    return AuditedShare(estimate=None, ci_lower=None, ci_upper=None, method=method, note=note)


def _exact_share(name: str, counts: Counts | None, size: int | None, level: float) -> AuditedShare:
    """Return a sample's share with its exact interval."""
    if counts is None:
        return _unknown(f"no {name} contact was annotated", "Clopper-Pearson")
    k, n = counts
    if size is None:
        (lower, upper), method = (
            clopper_pearson_interval(k, n, confidence_level=level),
            "Clopper-Pearson",
        )
    else:
        lower, upper = hypergeometric_interval(k, n, population=size, confidence_level=level)
        method = f"hypergeometric, {n} of {size} sampled"
    return AuditedShare(
        estimate=k / n, ci_lower=lower, ci_upper=upper, method=method, successes=k, trials=n
    )


def _target(counts: Counts | None, size: int | None, target: float, tail: float) -> AuditTarget:
    """Test the target from both sides, so that the verdict agrees with the exact interval."""
    if counts is None:
        return AuditTarget(
            value=target, p_value_below=None, p_value_above=None, verdict="cannot_tell"
        )
    k, n = counts
    if size is None:
        below, above = binomial_tails(k, n, target)
    else:
        # at least the target means at least so many positives, at most it at most so many; the
        # margin keeps 0.85 * 1000 whole, as far as a float can tell
        least, most = math.ceil(target * size - 1e-9), math.floor(target * size + 1e-9)
        below = hypergeometric_tails(k, n, positives=least, population=size)[0]
        above = hypergeometric_tails(k, n, positives=most, population=size)[1]
    verdict: TargetVerdict = (
        "misses" if below < tail else "meets" if above < tail else "cannot_tell"
    )
    return AuditTarget(value=target, p_value_below=below, p_value_above=above, verdict=verdict)


def _mixed_shares(
    flagged: Counts | None, unflagged: Counts | None, population: Counts | None, level: float
) -> tuple[AuditedShare, AuditedShare]:
    """Return recall and prevalence, unknown without both samples and the population."""
    if flagged is None or unflagged is None:
        unknown = _unknown(
            "needs both samples, flagged and unflagged, and --population FLAGGED UNFLAGGED",
            _WEIGHTED,
        )
        return unknown, unknown
    if population is None:
        recall, prevalence = (
            _unknown(_wrong_by_pooling(flagged, unflagged, share), _WEIGHTED)
            for share in _pooled(flagged, unflagged)
        )
        return recall, prevalence
    positive = Stratum(positives=flagged[0], annotated=flagged[1], size=population[0])
    missed = unflagged[1] - unflagged[0]
    negative = Stratum(positives=missed, annotated=unflagged[1], size=population[1])
    return (
        recall_share(positive, negative, confidence_level=level),
        prevalence_share(positive, negative, confidence_level=level),
    )


def _pooled(flagged: Counts, unflagged: Counts) -> tuple[float | None, float]:
    """Return the recall and the prevalence of the annotated contacts: of nobody's mixture."""
    found, missed = flagged[0], unflagged[1] - unflagged[0]
    recall = found / (found + missed) if found + missed else None
    return recall, (found + missed) / (flagged[1] + unflagged[1])


def _wrong_by_pooling(flagged: Counts, unflagged: Counts, share: float | None) -> str:
    """Return what is needed, and the wrong number that pooling both samples would have given."""
    needed = "needs --population FLAGGED UNFLAGGED, the numbers of contacts sampled from"
    if share is None:
        return needed
    counts = " and ".join(f"{k}/{n}" for k, n in (flagged, unflagged))
    mixture = flagged[1] / (flagged[1] + unflagged[1])
    return (
        f"{needed}; pooling {counts} would say {100 * share:.1f} %: wrong, unless flagged contacts "
        f"are {100 * mixture:.1f} % of all, as of those annotated"
    )
