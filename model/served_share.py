"""The share of a class among unlabelled rows, with an error that asks for no calibration."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from abkit.core import checks
from abkit.model.predictions import Floats

_CLIP: Final = 1e-9  # scores of 0 and 1 have no finite log-odds


@dataclass(frozen=True, slots=True, kw_only=True)
class MeansEstimate:
    """A share from mean scores; None: the labelled rows cannot tell."""

    share: float | None  # in [0, 1]
    standard_error: float | None
    lower: float | None  # one-sided, at the confidence asked for; 0: no share is too small


def share_by_means(
    served: Floats, scores: Floats, is_positive: npt.NDArray[np.bool_], *, confidence: float
) -> MeansEstimate:
    """Estimate the share of positives among served rows from mean scores.

    Under label shift the served mean is s m_1 + (1 - s) m_0, with m_1 and m_0 the means of both
    classes, so s = (m - m_0) / (m_1 - m_0), whatever the scores mean. The lower limit is the
    smallest s that T(s) = m - m_0 - s (m_1 - m_0) <= z sd(T) does not reject (Fieller's way, no
    division). It is made to be set against the labelled share g as if that were exact: sd carries
    the error of g, too, moved to s by the odds ratio, s (1 - s) (m_1 - m_0) / sqrt(n g (1 - g)).

    Args:
        served: Scores of unlabelled rows, shape (n,), n >= 1.
        scores: The same scores of labelled rows, shape (m,).
        is_positive: Their labels, shape (m,).
        confidence: One-sided, in (0, 1).

    Raises:
        ConfigError: `confidence` outside its domain.

    References:
        Bella, Ferri, Hernandez-Orallo and Ramirez-Quintana (2010), Quantification via probability
        estimators, ICDM, 737-742; Fieller (1954), JRSS B 16, 175-185.
    """
    checks.level("confidence", confidence)
    nothing = MeansEstimate(share=None, standard_error=None, lower=None)
    classes = scores[is_positive], scores[~is_positive]
    if min(len(served), *map(len, classes)) < 2:
        return nothing
    (m, v), (m1, v1), (m0, v0) = map(_mean, (served, *classes))
    z, apart = float(special.ndtri(confidence)), m1 - m0
    if apart <= z * np.sqrt(v1 + v0):
        return nothing
    of_share = 1 / len(classes[0]) + 1 / len(classes[1])  # 1 / (n g (1 - g))

    def variance(s: float) -> float:
        return v + s**2 * v1 + (1 - s) ** 2 * v0

    def beyond(s: float) -> float:
        golden = (apart * s * (1 - s)) ** 2 * of_share
        return m - m0 - s * apart - z * float(np.sqrt(variance(s) + golden))

    share = float(np.clip((m - m0) / apart, 0, 1))
    if beyond(1.0) > 0:  # served scores above those of the positives: no label shift does that
        return nothing
    lower = float(optimize.brentq(beyond, 0.0, 1.0)) if beyond(0.0) > 0 else 0.0
    return MeansEstimate(
        share=share, standard_error=float(np.sqrt(variance(share))) / apart, lower=lower
    )


def calibration_p_value(scores: Floats, is_positive: npt.NDArray[np.bool_]) -> float | None:
    """Return the p-value of "these probabilities are calibrated"; None where nothing tells.

    The score test of intercept 0 and slope 1 in logit P(y = 1) = a + b logit p, chi-squared with
    two degrees of freedom. It finds scores that are too high, too low, too sure or too unsure.

    Args:
        scores: Probabilities of the positive class, shape (n,).
        is_positive: Labels, shape (n,).

    References:
        Cox (1958), Two further applications of a model for binary regression, Biometrika 45,
        562-565.
    """
    p = np.clip(scores, _CLIP, 1 - _CLIP)
    x = np.column_stack([np.ones(len(p)), special.logit(p)])
    score = x.T @ (is_positive - p)
    information = (x * (p * (1 - p))[:, None]).T @ x
    if np.linalg.matrix_rank(information) < 2:
        return None
    return float(np.exp(-score @ np.linalg.solve(information, score) / 2))


def _mean(values: Floats) -> tuple[float, float]:
    """Return a mean and the variance of that mean."""
    return float(values.mean()), float(values.var(ddof=1)) / len(values)
