"""Maps from logits to probabilities, fitted on held-out data: what they share, and two of them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from abkit.core.errors import ConfigError, DataError
from abkit.model.presets import CalibratorKind

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

# log T and biases are kept within these: on separable data the best T is 0 and a bias is infinite
LOG_TEMPERATURE: Final = (math.log(0.02), math.log(50.0))
BIAS: Final = (-15.0, 15.0)


class Calibrator(ABC):
    """What turns logits into probabilities; `abkit.model.calibrators` fits and reads every kind."""

    __slots__ = ()
    kind: CalibratorKind

    @property
    @abstractmethod
    def n_classes(self) -> int:
        """Return k."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the kind and every parameter as JSON-able values."""

    @abstractmethod
    def _apply(self, z: Floats) -> Floats:
        """Return probabilities, shape (n, k), of logits of that shape."""

    def apply(self, logits: npt.ArrayLike) -> Floats:
        """Return probabilities, shape (n, k), rows summing to 1, of logits (n, k).

        Raises:
            DataError: The logits are of another number of classes.
        """
        z = np.asarray(logits, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.n_classes:
            raise DataError(f"logits of shape {z.shape}; expected (n, {self.n_classes})")
        return self._apply(z)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling(Calibrator):
    """p = softmax(logits / temperature + bias); with bias 0 the order of confidences is kept."""

    kind: CalibratorKind  # none, temperature or platt
    temperature: float
    bias: tuple[float, ...]  # (k,), sums to 0

    @property
    def n_classes(self) -> int:
        """Return k."""
        return len(self.bias)

    def _apply(self, z: Floats) -> Floats:
        probabilities: Floats = special.softmax(z / self.temperature + np.array(self.bias), axis=1)
        return probabilities

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return {"kind": self.kind, "temperature": self.temperature, "bias": list(self.bias)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Scaling":
        """Return the calibrator that `to_dict` described; other keys or values are refused."""
        check_keys(values, {"kind", "temperature", "bias"})
        temperature, bias = float(values["temperature"]), tuple(map(float, values["bias"]))
        if not (0 < temperature < np.inf and np.all(np.isfinite(bias))):
            raise ConfigError(f"a calibrator has temperature {temperature} and bias {bias}")
        return cls(kind=values["kind"], temperature=temperature, bias=bias)


def check_keys(values: Mapping[str, Any], expected: set[str]) -> None:
    """Raise `ConfigError` unless a described calibrator has just those keys."""
    if set(values) != expected:
        raise ConfigError(f"a calibrator has keys {sorted(values)}; expected {sorted(expected)}")


def no_calibration(n_classes: int) -> Scaling:
    """Return the plain softmax."""
    return Scaling(kind="none", temperature=1.0, bias=(0.0,) * n_classes)


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Scaling:
    """Fit one temperature by maximum likelihood: never worse in NLL than T = 1 on this data.

    The NLL is convex in 1/T, so its only minimum is found by bounded search over log T, which
    keeps T positive, within [0.02, 50].

    Args:
        logits: Shape (n, k), n >= 1.
        labels: Int, shape (n,), in 0..k-1.

    Raises:
        DataError: Shapes disagree, or a label or logit is out of its domain.

    References:
        Guo et al. (2017), On Calibration of Modern Neural Networks, ICML, section 4.2.
    """
    z, y = checked(logits, labels)
    fit = optimize.minimize_scalar(
        lambda u: mean_nll(z * np.exp(-u), y),
        bounds=LOG_TEMPERATURE,
        method="bounded",
        options={"xatol": 1e-9},
    )
    log_t = min((float(fit.x), 0.0, *LOG_TEMPERATURE), key=lambda u: mean_nll(z * np.exp(-u), y))
    return Scaling(kind="temperature", temperature=float(np.exp(log_t)), bias=(0.0,) * z.shape[1])


def fit_platt(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Scaling:
    """Fit a temperature and one bias per class by maximum likelihood.

    With two classes it is Platt's map: an affine function of the logit. The biases move the
    intercept, which a temperature cannot: needed where the class prior, or asymmetric label
    noise, differs between training and this data. Never worse in NLL than `fit_temperature` on
    this data, from which the search starts. Arguments and errors are those of that function.

    References:
        Platt (1999), Advances in Large Margin Classifiers, 61-74 (without its label smoothing).
        Alexandari et al. (2020), ICML, section 2 (bias-corrected temperature scaling).
    """
    z, y = checked(logits, labels)
    start = fit_temperature(z, y)
    first: Floats = np.array([math.log(start.temperature), *start.bias])
    limits = [LOG_TEMPERATURE, *[BIAS] * z.shape[1]]

    def objective(x: Floats) -> float:
        return _nll_and_gradient(x, z, y)[0]

    def gradient(x: Floats) -> Floats:
        return _nll_and_gradient(x, z, y)[1]

    fit = optimize.minimize(
        objective,
        first,
        jac=gradient,
        method="L-BFGS-B",
        bounds=optimize.Bounds([low for low, _ in limits], [high for _, high in limits]),
        options={"ftol": 1e-14, "gtol": 1e-9},
    )
    best = min((fit.x, first), key=objective)
    bias = best[1:] - best[1:].mean()  # softmax ignores a common shift
    return Scaling(
        kind="platt", temperature=float(np.exp(best[0])), bias=tuple(float(b) for b in bias)
    )


def mean_nll(z: Floats, y: Labels) -> float:
    """Return the mean of -log softmax(z)_y."""
    return float(np.mean(special.logsumexp(z, axis=1) - z[np.arange(len(y)), y]))


def _nll_and_gradient(x: Floats, z: Floats, y: Labels) -> tuple[float, Floats]:
    """Return the NLL of softmax(z / T + b) and its gradient in x = (log T, b)."""
    scaled = z * np.exp(-x[0])
    residual = special.softmax(scaled + x[1:], axis=1)
    residual[np.arange(len(y)), y] -= 1
    slope = -np.mean(np.sum(residual * scaled, axis=1))
    return mean_nll(scaled + x[1:], y), np.array([slope, *residual.mean(axis=0)])


def checked(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Floats, Labels]:
    """Return logits and labels as arrays, or raise `DataError` for what cannot be fitted."""
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if z.ndim != 2 or z.shape[1] < 2 or y.shape != z.shape[:1] or not len(y):
        raise DataError(f"logits of shape {z.shape} and labels of shape {y.shape}")
    if not np.isfinite(z).all():
        raise DataError(f"{int((~np.isfinite(z)).sum())} logits are not finite")
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= z.shape[1]:
        raise DataError(f"labels run from {y.min()} to {y.max()}; expected 0 to {z.shape[1] - 1}")
    return z, y.astype(np.int64)
