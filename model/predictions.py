"""Arrays that metrics take: probabilities with labels, scores with flags, checked once."""

import numpy as np
import numpy.typing as npt

from abkit.core.errors import DataError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def checked(probabilities: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Floats, Labels]:
    """Return probabilities (n, k) and labels (n,), or raise `DataError`.

    Refused: n = 0, k < 2, a probability outside [0, 1] or not finite, a row that does not sum to
    1 within 0.01, a label outside 0..k-1.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    if p.ndim != 2 or p.shape[1] < 2 or y.shape != p.shape[:1] or not len(y):
        raise DataError(f"probabilities of shape {p.shape} with labels of shape {y.shape}")
    bad = ~((p >= 0) & (p <= 1)).all(axis=1)
    if bad.any():
        raise DataError(f"row {int(bad.argmax())} has a probability outside [0, 1]")
    bad = np.abs(p.sum(axis=1) - 1) > 0.01
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"row {row} sums to {p[row].sum():.4f}; expected 1 within 0.01",
            hint="give probabilities of all classes, not logits",
        )
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= p.shape[1]:
        raise DataError(f"labels run from {y.min()} to {y.max()}; expected 0 to {p.shape[1] - 1}")
    return p, y.astype(np.int64)


def checked_weights(weights: npt.ArrayLike | None, n: int) -> Floats:
    """Return row weights (n,), 1 where `weights` is None, or raise `DataError`.

    A row of weight 2 counts as two rows. Refused: a weight below 0 or not finite, all of them 0.
    """
    if weights is None:
        return np.ones(n)
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (n,):
        raise DataError(f"weights of shape {w.shape} with {n} rows")
    bad = ~((w >= 0) & np.isfinite(w))
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"row {row} has the weight {w[row]}; expected a number of at least 0")
    if not w.any():
        raise DataError("every row has the weight 0")
    return w


def checked_scores(
    scores: npt.ArrayLike, is_positive: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return scores and flags, both (n,), n >= 1, or raise `DataError`."""
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(is_positive)
    if s.ndim != 1 or y.shape != s.shape or not len(s):
        raise DataError(f"scores of shape {s.shape} with labels of shape {y.shape}")
    if not np.isfinite(s).all():
        raise DataError(f"{int((~np.isfinite(s)).sum())} of {len(s)} scores are not finite")
    if not np.isin(y, (0, 1)).all():
        raise DataError("`is_positive` holds other values than true and false")
    return s, y.astype(np.bool_)
