"""The bars of a reliability diagram, each with an exact interval."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core import checks
from abkit.core.evaluated import EvaluatedBin
from abkit.model.predictions import Floats, checked, checked_weights
from abkit.model.reliability import (
    CalibrationOf,
    Edges,
    bin_numbers,
    columns_of,
    confidence_and_hit,
    reliability,
)


def diagram(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    class_names: Sequence[str],
    n_bins: int = 10,
    edges: Edges = "right",
    calibration_of: CalibrationOf = "top-label",
    positive: int | None = None,
    weights: npt.ArrayLike | None = None,
    confidence_level: float = 0.95,
) -> tuple[EvaluatedBin, ...]:
    """Return the bins of `reliability`, with the interval of the share that came true.

    The interval is `exact_interval`; with weights its number of rows is Kish's effective one,
    (sum w)^2 / sum w^2: at most the rows there are.
    """
    p, y = checked(probabilities, labels)
    w = checked_weights(weights, len(y))
    found = reliability(
        p, y, n_bins=n_bins, edges=edges, calibration_of=calibration_of, positive=positive,
        weights=w,
    )  # fmt: skip
    sums = [
        _weights(confidence_and_hit(p, y, column)[0], w, n_bins, edges)
        for column in columns_of(calibration_of, positive, p.shape[1])
    ]
    weight, square = np.concatenate(sums, axis=1)
    bars = []
    for one, total, squared in zip(found.bins, weight.tolist(), square.tolist(), strict=True):
        lower, upper = None, None
        if one.accuracy is not None:
            lower, upper = exact_interval(
                one.accuracy, total * total / squared, confidence_level=confidence_level
            )
        bars.append(
            EvaluatedBin(
                class_name=None if one.class_index is None else class_names[one.class_index],
                lower=one.lower,
                upper=one.upper,
                n=one.n,
                weight=total,
                accuracy=one.accuracy,
                confidence=one.confidence,
                ci_lower=lower,
                ci_upper=upper,
            )
        )
    return tuple(bars)


def exact_interval(
    share: float, n: float, *, confidence_level: float = 0.95
) -> tuple[float, float]:
    """Return Clopper and Pearson's interval for a share of n rows; n may be an effective number.

    Raises:
        ConfigError: A share outside [0, 1], n not above 0, or a level outside (0, 1).

    References:
        Clopper and Pearson (1934), Biometrika 26, 404-413. Effective number: Korn and Graubard
        (1998), Survey Methodology 24, 193-201.
    """
    checks.probability("share", share)
    checks.positive("n", n)
    checks.level("confidence_level", confidence_level)
    tail, hits = (1 - confidence_level) / 2, share * n
    lower = special.betaincinv(hits, n - hits + 1, tail) if share > 0 else 0.0
    upper = special.betainccinv(hits + 1, n - hits, tail) if share < 1 else 1.0
    return float(lower), float(upper)


def _weights(confidence: Floats, w: Floats, n_bins: int, edges: Edges) -> Floats:
    """Return sums of w and of w^2 by bin, shape (2, n_bins)."""
    at = bin_numbers(confidence, n_bins, edges)[0]
    return np.stack([np.bincount(at, weights=v, minlength=n_bins) for v in (w, w * w)])
