"""The normal or Student reference of a statistic, without the second scipy.stats takes to load."""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]


def two_sided_p(statistic: npt.ArrayLike, df: npt.ArrayLike = math.inf) -> Floats:
    """Return P(|T| >= |statistic|), T standard normal where `df` is infinite, else Student's t."""
    z, freedom = np.broadcast_arrays(np.abs(np.asarray(statistic, float)), np.asarray(df, float))
    normal = np.isinf(freedom)
    student = special.stdtr(np.where(normal, 1.0, freedom), -z)
    return np.asarray(2 * np.where(normal, special.ndtr(-z), student))


def critical_value(confidence_level: float, df: npt.ArrayLike = math.inf) -> Floats:
    """Return c with P(|T| <= c) = `confidence_level`, T as in `two_sided_p`."""
    freedom, tail = np.asarray(df, float), (1 - confidence_level) / 2
    normal = np.isinf(freedom)
    student = special.stdtrit(np.where(normal, 1.0, freedom), tail)
    return np.asarray(-np.where(normal, special.ndtri(tail), student))
