"""Roots of many scalar functions at once, each inside its own bracket."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_ROUNDING = 2 * np.finfo(np.float64).eps
_TINY = np.finfo(np.float64).tiny


def falling_roots(
    function: Callable[[Floats], Floats], lower: Floats, upper: Floats, *, max_iterations: int = 200
) -> Floats:
    """Return where `function` crosses zero from above, to full precision.

    Chandrupatla's method: inverse quadratic interpolation where it is safe, bisection elsewhere.
    The sign at both ends is taken as given (>= 0 at `lower`, < 0 at `upper`), so that a function
    which only touches zero at an end, or has lost its sign there to rounding, is no trap.

    Args:
        function: Elementwise map of shape (n,) to shape (n,), finite on every bracket.
        lower: Left ends, shape (n,).
        upper: Right ends, shape (n,), >= `lower`.
        max_iterations: Bisection alone needs about 60 for a bracket of length 1.

    Returns:
        Points in [lower, upper], shape (n,); the shared end of an empty bracket.

    References:
        Chandrupatla (1997), Advances in Engineering Software 28, 145-149.
    """
    a, b, c = upper.copy(), lower.copy(), upper.copy()
    fa, fb = function(upper), np.maximum(function(lower), 0.0)
    fa = np.where(fa < 0, fa, -np.maximum(fb, _TINY))  # a touch must not attract the interpolation
    fc = fa.copy()
    t = np.full_like(a, 0.5)
    best = np.where(fb == 0, b, a)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(max_iterations):
            best = np.where(np.abs(fa) < np.abs(fb), a, b)
            step = (_ROUNDING * np.abs(best) + _TINY) / np.abs(b - a)
            done = ~(step <= 0.5) | (fb == 0) | (fa == 0)  # NaN (an empty bracket) is done too
            if done.all():
                break
            x = np.where(done, a, a + np.clip(t, step, 1 - step) * (b - a))
            fx = np.where(done, fa, function(x))
            same = (fx < 0) == (fa < 0)
            c, fc = np.where(same, a, b), np.where(same, fa, fb)
            b, fb = np.where(same | done, b, a), np.where(same | done, fb, fa)
            a, fa = x, fx
            t = _next_step(a, b, c, fa, fb, fc)
    return best


def _next_step(a: Floats, b: Floats, c: Floats, fa: Floats, fb: Floats, fc: Floats) -> Floats:
    """Return how far to go from a to b: interpolated where that is safe, else half."""
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    smooth = (phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi)
    t = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return np.where(smooth & np.isfinite(t), t, 0.5)
