"""When served texts have other class shares than the labelled ones: label shift.

The shares change, the texts of each class do not: recall and the false-positive rate stay, while
precision and every probability move.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core import checks
from abkit.core.errors import ConfigError, DataError
from abkit.model.predictions import Floats

MAX_ITERATIONS: Final = 10_000
TOLERANCE: Final = 1e-10  # of the largest change of a share


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorEstimate:
    """Class shares among unlabelled rows, by maximum likelihood."""

    prior: tuple[float, ...]  # (k,), sums to 1
    standard_errors: tuple[float | None, ...]  # (k,); None where the likelihood does not curve
    p_value: float  # of no shift: likelihood ratio, chi-squared with k - 1 degrees of freedom
    n: int
    iterations: int


def precision_at_prior(recall: float, false_positive_rate: float, prior: float) -> float | None:
    """Return prior TPR / (prior TPR + (1 - prior) FPR); None when nothing would be flagged."""
    hits, wrong = prior * recall, (1 - prior) * false_positive_rate
    return hits / (hits + wrong) if hits + wrong > 0 else None


def prior_for_precision(
    recall: float, false_positive_rate: float, precision: float
) -> float | None:
    """Return the prior at which that precision is had: below it, a promise of it is broken."""
    checks.level("precision", precision)
    needed, given = precision * false_positive_rate, (1 - precision) * recall
    return needed / (needed + given) if needed + given > 0 else None


def moved(share: float, prior: float, new_prior: float) -> float:
    """Return a precision, or a probability of two classes, moved from one prior to another.

    odds(share) is multiplied by odds(new_prior) / odds(prior).

    References:
        Elkan (2001), IJCAI, theorem 2.
    """
    checks.probability("share", share)
    for name, value in (("prior", prior), ("new_prior", new_prior)):
        checks.level(name, value)
    positive = share * new_prior * (1 - prior)
    return positive / (positive + (1 - share) * prior * (1 - new_prior))


def corrected(
    probabilities: npt.ArrayLike, prior: npt.ArrayLike, new_prior: npt.ArrayLike
) -> Floats:
    """Return probabilities (n, k) at `new_prior` from those at `prior`: p_c new_c / old_c, scaled.

    References:
        Saerens, Latinne and Decaestecker (2002), Neural Computation 14, 21-41, equation 2.4.
    """
    p, old = _checked(probabilities, prior)
    new = _shares("new_prior", new_prior, p.shape[1])
    scaled = p * (new / old)
    total = scaled.sum(axis=1, keepdims=True)
    if (total == 0).any():
        raise DataError("a row has probability 0 for every class that `new_prior` allows")
    out: Floats = scaled / total
    return out


def estimate_prior(probabilities: npt.ArrayLike, prior: npt.ArrayLike) -> PriorEstimate:
    """Estimate the class shares of unlabelled rows by expectation maximisation.

    From the shares s, every row's probabilities are corrected to them, and their mean is the next
    s, until no share moves by 1e-10 (or 10,000 times). It maximises the likelihood
    sum log sum_c s_c p_c / prior_c, which is concave, so the start does not matter. It believes
    the probabilities: they must be calibrated at `prior`.

    Args:
        probabilities: Shape (n, k), n >= 1, of unlabelled rows.
        prior: Shape (k,), the shares at which they are calibrated, each above 0.

    Raises:
        ConfigError: `prior` is no list of k shares above 0 that sum to 1.
        DataError: Probabilities out of their domain.

    References:
        Saerens, Latinne and Decaestecker (2002), Neural Computation 14, 21-41, section 3.2.
    """
    p, old = _checked(probabilities, prior)
    ratio: Floats = p / old
    if not ratio.any(axis=1).all():
        raise DataError("a row has probability 0 for every class")
    shares, iterations = _maximised(ratio, old)
    gain = float(np.sum(np.log(ratio @ shares)) - np.sum(np.log(ratio @ old)))
    return PriorEstimate(
        prior=tuple(float(share) for share in shares / shares.sum()),
        standard_errors=_standard_errors(ratio, shares),
        p_value=float(special.gammaincc((len(old) - 1) / 2, max(gain, 0.0))),
        n=len(p),
        iterations=iterations,
    )


def _maximised(ratio: Floats, shares: Floats) -> tuple[Floats, int]:
    """Return the shares of highest likelihood, (k,), and how many steps they took."""
    for step in range(1, MAX_ITERATIONS + 1):
        new: Floats = shares * np.mean(ratio / (ratio @ shares)[:, None], axis=0)
        moved_by = float(np.abs(new - shares).max())
        shares = new
        if moved_by < TOLERANCE:
            return shares, step
    return shares, MAX_ITERATIONS


def _standard_errors(ratio: Floats, shares: Floats) -> tuple[float | None, ...]:
    """Return them from the observed information of the shares, which sum to 1."""
    scores = ratio / (ratio @ shares)[:, None]
    free = scores[:, :-1] - scores[:, -1:]  # the last share is 1 minus the others
    information = free.T @ free
    if np.linalg.matrix_rank(information) < len(information):
        return (None,) * len(shares)
    covariance = np.linalg.inv(information)
    variances = np.append(np.diag(covariance), covariance.sum())
    return tuple(float(np.sqrt(max(v, 0.0))) for v in variances)


def _checked(probabilities: npt.ArrayLike, prior: npt.ArrayLike) -> tuple[Floats, Floats]:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] < 2 or not len(p):
        raise DataError(f"probabilities of shape {p.shape}; expected (n, k) with k >= 2")
    if not ((p >= 0) & (p <= 1)).all():
        raise DataError("a probability lies outside [0, 1]")
    old = _shares("prior", prior, p.shape[1])
    if not (old > 0).all():
        raise ConfigError(f"`prior` is {old.tolist()}; expected every share above 0")
    return p, old


def _shares(name: str, value: npt.ArrayLike, k: int) -> Floats:
    shares = np.asarray(value, dtype=np.float64)
    if shares.shape != (k,) or not (shares >= 0).all() or not abs(shares.sum() - 1) < 1e-6:
        raise ConfigError(f"`{name}` is {shares.tolist()}; expected {k} shares that sum to 1")
    return shares
