"""Vector scaling: one scale and one bias for each class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from abkit.core.errors import ConfigError
from abkit.model.calibration import (
    BIAS,
    LOG_TEMPERATURE,
    Calibrator,
    Floats,
    Labels,
    check_keys,
    checked,
    fit_temperature,
    mean_nll,
)
from abkit.model.presets import CalibratorKind

# a scale is 1/T of its class, within the limits of T: positive, so no logit lowers its own class
SCALE: Final = (float(np.exp(-LOG_TEMPERATURE[1])), float(np.exp(-LOG_TEMPERATURE[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorScaling(Calibrator):
    """p = softmax(scale * logits + bias), class by class; it may change which class is largest."""

    scale: tuple[float, ...]  # (k,), positive
    bias: tuple[float, ...]  # (k,), sums to 0
    kind: CalibratorKind = "vector"

    @property
    def n_classes(self) -> int:
        """Return k."""
        return len(self.bias)

    def _apply(self, z: Floats) -> Floats:
        probabilities: Floats = special.softmax(
            z * np.array(self.scale) + np.array(self.bias), axis=1
        )
        return probabilities

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return {"kind": self.kind, "scale": list(self.scale), "bias": list(self.bias)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "VectorScaling":
        """Return the calibrator that `to_dict` described; other keys or values are refused."""
        check_keys(values, {"kind", "scale", "bias"})
        scale, bias = (tuple(map(float, values[name])) for name in ("scale", "bias"))
        sound = np.isfinite([*scale, *bias]).all() and min(scale, default=0) > 0
        if not sound or len(scale) != len(bias):
            raise ConfigError(f"a calibrator has scale {scale} and bias {bias}")
        return cls(scale=scale, bias=bias)


def fit_vector_scaling(logits: npt.ArrayLike, labels: npt.ArrayLike) -> VectorScaling:
    """Fit scales and biases by maximum likelihood: never worse in NLL than one temperature.

    The NLL is convex in them; the search (L-BFGS-B, scales in [.02, 50]) starts from
    `fit_temperature`, whose arguments and errors are these too. With two classes it has one
    parameter more than Platt's map, and is no function of the difference of the logits.

    References:
        Guo et al. (2017), On Calibration of Modern Neural Networks, ICML, section 4.2.
    """
    z, y = checked(logits, labels)
    k = z.shape[1]
    start = 1 / fit_temperature(z, y).temperature
    first: Floats = np.concatenate([np.full(k, np.clip(start, *SCALE)), np.zeros(k)])

    def objective(x: Floats) -> float:
        return mean_nll(z * x[:k] + x[k:], y)

    def gradient(x: Floats) -> Floats:
        return _gradient(x, z, y)

    limits = [SCALE] * k + [BIAS] * k
    fit = optimize.minimize(
        objective,
        first,
        jac=gradient,
        method="L-BFGS-B",
        bounds=optimize.Bounds([low for low, _ in limits], [high for _, high in limits]),
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1_000},
    )
    best = min((fit.x, first), key=objective)
    bias = best[k:] - best[k:].mean()  # softmax ignores a common shift
    return VectorScaling(
        scale=tuple(float(s) for s in best[:k]), bias=tuple(float(b) for b in bias)
    )


def _gradient(x: Floats, z: Floats, y: Labels) -> Floats:
    """Return the gradient of the NLL of softmax(s z + b) in x = (s, b)."""
    k = z.shape[1]
    residual = special.softmax(z * x[:k] + x[k:], axis=1)
    residual[np.arange(len(y)), y] -= 1
    gradient: Floats = np.concatenate([(residual * z).mean(axis=0), residual.mean(axis=0)])
    return gradient
