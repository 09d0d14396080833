"""Maps from logits to probabilities, fitted on held-out data: temperature, and Platt's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from abkit.core.errors import ConfigError, DataError, unknown_choice
from abkit.model.presets import CALIBRATORS, CalibratorKind

Floats = npt.NDArray[np.float64]

# log T and biases are kept within these: on separable data the best T is 0 and a bias is infinite
LOG_TEMPERATURE: Final = (math.log(0.02), math.log(50.0))
BIAS: Final = (-15.0, 15.0)
MIN_PER_CLASS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrator:
    """p = softmax(logits / temperature + bias); with bias 0 the order of confidences is kept."""

    kind: CalibratorKind
    temperature: float
    bias: tuple[float, ...]  # (k,), sums to 0

    def apply(self, logits: npt.ArrayLike) -> Floats:
        """Return probabilities, shape (n, k), rows summing to 1, of logits (n, k)."""
        z = np.asarray(logits, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != len(self.bias):
            raise DataError(f"logits of shape {z.shape}; expected (n, {len(self.bias)})")
        probabilities: Floats = special.softmax(z / self.temperature + np.array(self.bias), axis=1)
        return probabilities

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return {"kind": self.kind, "temperature": self.temperature, "bias": list(self.bias)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibrator":
        """Return the calibrator that `to_dict` described; other keys or values are refused."""
        if set(values) != {"kind", "temperature", "bias"}:
            raise ConfigError(f"a calibrator has keys {sorted(values)}")
        if values["kind"] not in CALIBRATORS:
            raise unknown_choice("kind", str(values["kind"]), CALIBRATORS)
        temperature, bias = float(values["temperature"]), tuple(map(float, values["bias"]))
        if not (0 < temperature < np.inf and np.all(np.isfinite(bias))):
            raise ConfigError(f"a calibrator has temperature {temperature} and bias {bias}")
        return cls(kind=values["kind"], temperature=temperature, bias=bias)


def no_calibration(n_classes: int) -> Calibrator:
    """Return the plain softmax."""
    return Calibrator(kind="none", temperature=1.0, bias=(0.0,) * n_classes)


def fit_temperature(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Calibrator:
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
    z, y = _checked(logits, labels)
    fit = optimize.minimize_scalar(
        lambda u: _nll(z * np.exp(-u), y),
        bounds=LOG_TEMPERATURE,
        method="bounded",
        options={"xatol": 1e-9},
    )
    log_t = min((float(fit.x), 0.0, *LOG_TEMPERATURE), key=lambda u: _nll(z * np.exp(-u), y))
    return Calibrator(
        kind="temperature", temperature=float(np.exp(log_t)), bias=(0.0,) * z.shape[1]
    )


def fit_platt(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Calibrator:
    """Fit a temperature and one bias per class by maximum likelihood.

    With two classes it is Platt's map: an affine function of the logit. The biases move the
    intercept, which a temperature cannot: needed where the class prior, or asymmetric label
    noise, differs between training and this data. Never worse in NLL than `fit_temperature` on
    this data, from which the search starts. Arguments and errors are those of that function.

    References:
        Platt (1999), Advances in Large Margin Classifiers, 61-74 (without its label smoothing).
        Alexandari et al. (2020), ICML, section 2 (bias-corrected temperature scaling).
    """
    z, y = _checked(logits, labels)
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
    return Calibrator(
        kind="platt", temperature=float(np.exp(best[0])), bias=tuple(float(b) for b in bias)
    )


def fit_calibrator(
    kind: CalibratorKind, logits: npt.ArrayLike, labels: npt.ArrayLike
) -> Calibrator:
    """Fit the calibrator of that kind; `none` fits nothing.

    `platt` needs 10 rows of every class: without any, the best bias of a class is minus infinity.
    With fewer a temperature is fitted instead, and the result's `kind` says so.
    """
    if kind == "none":
        return no_calibration(np.asarray(logits).shape[1])
    z, y = _checked(logits, labels)
    enough = np.bincount(y, minlength=z.shape[1]).min() >= MIN_PER_CLASS
    return fit_platt(z, y) if kind == "platt" and enough else fit_temperature(z, y)


def _nll(z: Floats, y: npt.NDArray[np.int64]) -> float:
    """Return the mean of -log softmax(z)_y."""
    return float(np.mean(special.logsumexp(z, axis=1) - z[np.arange(len(y)), y]))


def _nll_and_gradient(x: Floats, z: Floats, y: npt.NDArray[np.int64]) -> tuple[float, Floats]:
    """Return the NLL of softmax(z / T + b) and its gradient in x = (log T, b)."""
    scaled = z * np.exp(-x[0])
    residual = special.softmax(scaled + x[1:], axis=1)
    residual[np.arange(len(y)), y] -= 1
    slope = -np.mean(np.sum(residual * scaled, axis=1))
    return _nll(scaled + x[1:], y), np.array([slope, *residual.mean(axis=0)])


def _checked(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64]]:
    z, y = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if z.ndim != 2 or z.shape[1] < 2 or y.shape != z.shape[:1] or not len(y):
        raise DataError(f"logits of shape {z.shape} and labels of shape {y.shape}")
    if not np.isfinite(z).all():
        raise DataError(f"{int((~np.isfinite(z)).sum())} logits are not finite")
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= z.shape[1]:
        raise DataError(f"labels run from {y.min()} to {y.max()}; expected 0 to {z.shape[1] - 1}")
    return z, y.astype(np.int64)
