"""The Brier score taken apart: reliability, resolution, uncertainty, and what bins hide."""

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import unknown_choice
from abkit.core.evaluated import BrierParts
from abkit.model.predictions import Floats, Labels, checked, checked_weights
from abkit.model.reliability import EDGES, Edges, bin_numbers


def brier_parts(
    probabilities: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    n_bins: int = 10,
    edges: Edges = "right",
    weights: npt.ArrayLike | None = None,
) -> BrierParts:
    """Return the parts of the Brier score, each summed over the classes, like the score itself.

    For one class with probabilities p, outcomes y and their means p_b, y_b in bin b of weight w_b:

        reliability             sum_b w_b (p_b - y_b)^2
        resolution              sum_b w_b (y_b - mean y)^2
        uncertainty             mean y (1 - mean y)
        within-bin variance     mean (p - p_b)^2
        within-bin covariance   mean 2 (p - p_b) (y - y_b)

    Brier = reliability - resolution + uncertainty + variance - covariance, to rounding; the last
    two vanish where a bin has one probability (Murphy), and are missing where they are not.

    Args:
        probabilities: Shape (n, k), rows summing to 1 within 0.01.
        labels: Int, shape (n,), in 0..k-1.
        n_bins: Of equal width, per class.
        edges: Which end of a bin belongs to it.
        weights: Shape (n,): a row of weight 2 counts as two rows.

    Raises:
        DataError: Arrays out of their domain.
        ConfigError: An unknown `edges`, or n_bins < 1.

    References:
        Murphy (1973), Journal of Applied Meteorology 12, 595-600.
        Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting 23, 752-757.
    """
    p, y = checked(probabilities, labels)
    w = checked_weights(weights, len(y))
    checks.at_least("n_bins", n_bins, 1)
    if edges not in EDGES:
        raise unknown_choice("edges", edges, EDGES)
    parts = sum(_of_class(p[:, c], y == c, w / w.sum(), n_bins, edges) for c in range(p.shape[1]))
    return BrierParts(*map(float, np.asarray(parts)))


def _of_class(
    p: Floats, is_class: npt.NDArray[np.bool_], share: Floats, n_bins: int, edges: Edges
) -> Floats:
    """Return the five parts of one class, shape (5,)."""
    at: Labels = bin_numbers(p, n_bins, edges)[0]
    y = is_class.astype(np.float64)
    weight = np.bincount(at, weights=share, minlength=n_bins)
    safe = np.where(weight > 0, weight, 1)
    p_bin = np.bincount(at, weights=share * p, minlength=n_bins) / safe
    y_bin = np.bincount(at, weights=share * y, minlength=n_bins) / safe
    base = float(np.sum(share * y))
    dp, dy = p - p_bin[at], y - y_bin[at]
    return np.array(
        [
            np.sum(weight * (p_bin - y_bin) ** 2),
            np.sum(weight * (y_bin - base) ** 2),
            base * (1 - base),
            np.sum(share * dp**2),
            2 * np.sum(share * dp * dy),
        ]
    )
