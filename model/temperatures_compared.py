"""What a temperature is worth, by what it was fitted on: noisy labels, true ones, other texts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.model import metrics
from abkit.model.calibration import fit_temperature, no_calibration
from abkit.model.reliability import reliability

LogitsAndLabels = tuple[npt.ArrayLike, npt.ArrayLike]  # (n, k) and (n,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One temperature on the report part, on which nothing was fitted."""

    temperature: float
    nll: float  # mean, nats
    ece: float  # top label, ten right-closed bins
    confidence: float  # mean of the largest probability
    accuracy: float  # the same under every temperature


def compare_temperatures(
    fitted_on: Mapping[str, LogitsAndLabels], *, report: LogitsAndLabels
) -> Mapping[str, Judged]:
    """Fit one temperature on each part, and judge all of them, and T = 1, on another part.

    Labels that are flipped whatever the text says over-correct: a share of what a model is sure of
    is wrong in the logs, however right it is, and costs the more the surer the model. Such logs
    ask for a higher temperature than the truth does, and leave the model under-confident.
    Noise that the model can learn does the opposite. Where LABEL 0 is often logged as another
    reason, the model has learnt to say so, the logs agree, and only the truth would ask for a
    higher temperature. To tell the two, give the same texts with logged and with true labels.

    Args:
        fitted_on: Logits and labels of the parts to fit on, by name.
        report: Logits and true labels, to judge on; no row of it should stand in the others.

    Returns:
        By name, `none` (T = 1) first.

    Raises:
        DataError: Logits or labels cannot be used.
    """
    temperatures = {"none": 1.0} | {
        name: fit_temperature(*part).temperature for name, part in fitted_on.items()
    }
    return {name: _judged(one, *report) for name, one in temperatures.items()}


def _judged(temperature: float, logits: npt.ArrayLike, labels: npt.ArrayLike) -> Judged:
    z = np.asarray(logits, dtype=np.float64)
    p = no_calibration(z.shape[1]).apply(z / temperature)
    y = np.asarray(labels)
    return Judged(
        temperature=temperature,
        nll=metrics.nll(p, y),
        ece=reliability(p, y).ece,
        confidence=float(p.max(axis=1).mean()),
        accuracy=float((p.argmax(axis=1) == y).mean()),
    )
