"""Isotonic calibration: the best of all increasing curves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core.errors import ConfigError
from abkit.model.calibration import Calibrator, Floats, check_keys, checked
from abkit.model.presets import CalibratorKind


@dataclass(frozen=True, slots=True)
class Curve:
    """An increasing curve: straight between its points, level beyond the first and the last."""

    log_odds: tuple[float, ...]  # strictly increasing
    probability: tuple[float, ...]  # not decreasing, inside (0, 1)

    def sound(self) -> bool:
        """Return whether it is such a curve."""
        x, p = np.array(self.log_odds), np.array(self.probability)
        return bool(
            len(x) == len(p) > 0
            and np.isfinite(x).all()
            and (np.diff(x) > 0).all()
            and (np.diff(p) >= 0).all()
            and 0 < p[0] <= p[-1] < 1
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Isotonic(Calibrator):
    """P(class) read off a curve over the class's log-odds; more than two classes normalised."""

    curves: tuple[Curve, ...]  # of LABEL 0 alone with two classes, else of each class
    kind: CalibratorKind = "isotonic"

    @property
    def n_classes(self) -> int:
        """Return k."""
        return max(len(self.curves), 2)

    def _apply(self, z: Floats) -> Floats:
        read: Floats = np.stack(
            [
                np.interp(log_odds(z, c), curve.log_odds, curve.probability)
                for c, curve in enumerate(self.curves)
            ],
            axis=1,
        )
        one = len(self.curves) == 1
        p: Floats = np.hstack([read, 1 - read]) if one else read / read.sum(axis=1, keepdims=True)
        return p

    def to_dict(self) -> dict[str, Any]:
        """Return the curves as JSON-able values."""
        curves = [
            {"log_odds": list(curve.log_odds), "probability": list(curve.probability)}
            for curve in self.curves
        ]
        return {"kind": self.kind, "curves": curves}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Isotonic":
        """Return the calibrator that `to_dict` described; other keys or values are refused."""
        check_keys(values, {"kind", "curves"})
        curves = []
        for curve in values["curves"]:
            check_keys(curve, {"log_odds", "probability"})
            curves.append(Curve(tuple(curve["log_odds"]), tuple(curve["probability"])))
        if not curves or len(curves) == 2 or not all(curve.sound() for curve in curves):
            raise ConfigError("a calibrator's curves are not increasing inside (0, 1)")
        return cls(curves=tuple(curves))


def log_odds(logits: Floats, c: int) -> Floats:
    """Return log(p_c / (1 - p_c)) of softmax(logits), shape (n,): no rounding near 0 and 1."""
    others: Floats = special.logsumexp(np.delete(logits, c, axis=1), axis=1)
    return logits[:, c] - others


def fit_isotonic(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Isotonic:
    """Fit, by least squares, the best increasing curve from a class's log-odds to its share.

    By pool-adjacent-violators, which also maximises the likelihood. With two classes one curve,
    of P(LABEL 0); with more one per class against the rest, normalised to sum to 1.
    Rows with equal log-odds are pooled first, so they get one value. A block of rows with one
    class only would be given 0 or 1; no value leaves [1/(n+2), 1 - 1/(n+2)], the rule of
    succession for all n rows, so that one later surprise costs a finite NLL. Levels make ties:
    thresholds have fewer places to stand. Arguments and errors are those of `fit_temperature`.

    References:
        Zadrozny and Elkan (2002), Transforming Classifier Scores into Accurate Multiclass
        Probability Estimates, KDD. Fewer than about 1,000 rows overfit: Niculescu-Mizil and
        Caruana (2005), Predicting Good Probabilities with Supervised Learning, ICML, section 5.
    """
    from sklearn.isotonic import IsotonicRegression  # a second; an artifact is read without it

    z, y = checked(logits, labels)
    k, least = z.shape[1], 1 / (len(y) + 2)
    curves = []
    for c in range(1 if k == 2 else k):
        fit = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
        fit.fit(log_odds(z, c), (y == c).astype(np.float64))
        curves.append(Curve(tuple(fit.X_thresholds_.tolist()), tuple(fit.y_thresholds_.tolist())))
    return Isotonic(curves=tuple(curves))
