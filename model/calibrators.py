"""Every kind of calibrator, by name: fitted, and read back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError, unknown_choice
from abkit.model.calibration import (
    Calibrator,
    Scaling,
    checked,
    fit_platt,
    fit_temperature,
    no_calibration,
)
from abkit.model.isotonic import Isotonic, fit_isotonic
from abkit.model.presets import CALIBRATORS, CalibratorKind
from abkit.model.vector_scaling import VectorScaling, fit_vector_scaling

MIN_PER_CLASS: Final = 10

_FITS: Final[Mapping[str, Callable[[npt.ArrayLike, npt.ArrayLike], Calibrator]]] = {
    "temperature": fit_temperature,
    "platt": fit_platt,
    "vector": fit_vector_scaling,
    "isotonic": fit_isotonic,
}


def fit_calibrator(
    kind: CalibratorKind, logits: npt.ArrayLike, labels: npt.ArrayLike
) -> Calibrator:
    """Fit the calibrator of that kind; `none` fits nothing.

    All but a temperature need 10 rows of every class: without any, the best bias of a class is
    minus infinity. With fewer a temperature is fitted instead, and the result's `kind` says so.
    """
    if kind == "none":
        return no_calibration(np.asarray(logits).shape[1])
    z, y = checked(logits, labels)
    enough = np.bincount(y, minlength=z.shape[1]).min() >= MIN_PER_CLASS
    return _FITS[kind if enough else "temperature"](z, y)


def read_calibrator(values: Mapping[str, Any]) -> Calibrator:
    """Return the calibrator that its `to_dict` described.

    Raises:
        ConfigError: The kind is unknown, or keys or values are not those of the kind.
    """
    kind = values.get("kind")
    if kind not in CALIBRATORS:
        raise unknown_choice("kind", str(kind), CALIBRATORS)
    try:
        if kind == "isotonic":
            return Isotonic.from_dict(values)
        return (VectorScaling if kind == "vector" else Scaling).from_dict(values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"a calibrator of kind `{kind}` cannot be read: {error}") from error
