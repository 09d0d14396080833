"""What a temperature is worth that was fitted on noisy labels instead of golden ones."""

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
    *, noisy: LogitsAndLabels, golden: LogitsAndLabels, report: LogitsAndLabels
) -> Mapping[str, Judged]:
    """Fit a temperature on noisy labels and one on golden labels; judge both on a third part.

    If labels are flipped whatever the text says, a share s of all that a model is sure of is
    wrong in the logs, however sure and right it is: -log(1 - p) of such a row costs the more the
    surer the model. The temperature that the logs ask for is therefore too high for the truth:
    on clean labels it leaves the model under-confident. It over-corrects.

    Args:
        noisy: Logits and logged labels of a validation part.
        golden: Logits and golden labels of another one.
        report: Logits and golden labels, to judge on.

    Returns:
        By what the temperature was fitted on: `none` (T = 1), `noisy`, `golden`.

    Raises:
        DataError: Logits or labels cannot be used.
    """
    temperatures = {
        "none": 1.0,
        "noisy": fit_temperature(*noisy).temperature,
        "golden": fit_temperature(*golden).temperature,
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
