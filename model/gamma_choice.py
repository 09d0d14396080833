"""The focal loss's gamma chosen by calibrated validation NLL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from abkit.core.errors import ConfigError, DataError
from abkit.core.progress import SILENT, Progress
from abkit.model.calibration import fit_temperature
from abkit.model.epochs import Labels
from abkit.model.presets import ModelConfig
from abkit.model.text import normalise, split_by_text, text_hashes
from abkit.model.training import Trained, train

GAMMAS: Final = (0.0, 1.0, 3.0, 5.0)  # cross-entropy and the paper's, without its extreme

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One gamma on the validation part (logged labels, noise included)."""

    gamma: float
    epoch: int  # whose weights were kept
    nll: float  # of the plain softmax
    temperatures: tuple[float, float]  # fitted on the first half, on the second
    calibrated_nll: float  # each half under the temperature of the other
    difference: float  # of the calibrated NLL to the chosen gamma's
    standard_error: float  # of that difference, rows paired; 0 for the chosen one


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaChoice:
    """What was chosen, and what from."""

    trained: Trained  # with the chosen gamma
    candidates: tuple[Candidate, ...]


def choose_gamma(
    texts: Sequence[str],
    labels: npt.ArrayLike,
    config: ModelConfig,
    *,
    class_names: Sequence[str],
    gammas: Sequence[float] = GAMMAS,
    checkpoint: Path | None = None,
    progress: Progress = SILENT,
) -> GammaChoice:
    """Train once for every gamma and keep the one of the lowest calibrated validation NLL.

    Focal losses of different gammas are no common scale, and their plain NLLs differ by what one
    temperature repairs. So the validation part is halved (equal texts share a half), a temperature
    is fitted on each half, and the NLL of each half is taken under the other's: no row judges
    what was fitted on it. All rows count. Of equals the smallest gamma is taken.

    The same part stops each training early, which flatters all gammas alike.

    Args:
        texts: Logged texts, as for `train`.
        labels: Int, shape (n,), in 0..k-1.
        config: Of k classes, with the focal loss; its own gamma is not used.
        class_names: k names; the first is LABEL 0.
        gammas: Each 0 or at least 1, at least one.
        checkpoint: A name; each gamma's training resumes from a file of its own beside it.
        progress: Shows the trainings, one after another.

    Raises:
        ConfigError: The config's loss has no gamma, or a gamma lies outside its domain.
        DataError: As for `train`, or a half of the validation part would be empty.
    """
    if config.loss != "focal":
        raise ConfigError(f"`gamma` is chosen for the loss `focal`; the loss is `{config.loss}`")
    configs = [replace(config, gamma=gamma) for gamma in sorted(set(gammas))]
    second = _second_half(texts, config.seed)
    trainings = [
        train(
            texts, labels, one, class_names=class_names, progress=progress,
            checkpoint=checkpoint and checkpoint.with_name(f"{checkpoint.name}-{one.gamma:g}"),
        )
        for one in configs
    ]  # fmt: skip
    y = np.asarray(labels, dtype=np.int64)
    judged = [_judged(trained, texts, y, second) for trained in trainings]
    best = min(range(len(judged)), key=lambda i: float(judged[i].calibrated.mean()))
    return GammaChoice(
        trained=trainings[best],
        candidates=tuple(
            _candidate(trained, one, judged[best])
            for trained, one in zip(trainings, judged, strict=True)
        ),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    plain: Floats  # (n,) -log p_y
    calibrated: Floats  # (n,) the same, under the temperature of the other half
    temperatures: tuple[float, float]


def _second_half(texts: Sequence[str], seed: int) -> npt.NDArray[np.bool_]:
    """Return which rows of the validation part are its second half, before any training."""
    forms = [normalise(text) for text in texts]
    rows = split_by_text(forms, seed=seed).validation
    keys = text_hashes([forms[row] for row in rows], key=f"gamma halves {seed}")
    second: npt.NDArray[np.bool_] = keys % np.uint64(2) == 1
    if second.all() or not second.any():  # also where there is no row at all
        raise DataError(
            f"the validation part has {len(set(keys.tolist()))} distinct texts; they make no two "
            "halves to choose gamma by",
            hint="name a gamma, or bring more texts",
        )
    return second


def _judged(
    trained: Trained, texts: Sequence[str], labels: Labels, second: npt.NDArray[np.bool_]
) -> _Judged:
    rows = trained.split.validation
    z, y = trained.network.logits([texts[row] for row in rows]), labels[rows]
    first_t, second_t = (
        fit_temperature(z[half], y[half]).temperature for half in (~second, second)
    )
    own = np.where(second, first_t, second_t)[:, None]
    return _Judged(_losses(z, y), _losses(z / own, y), (first_t, second_t))


def _losses(z: Floats, y: Labels) -> Floats:
    """Return -log softmax(z)_y of every row."""
    losses: Floats = special.logsumexp(z, axis=1) - z[np.arange(len(y)), y]
    return losses


def _candidate(trained: Trained, one: _Judged, best: _Judged) -> Candidate:
    apart = one.calibrated - best.calibrated
    return Candidate(
        gamma=trained.network.config.gamma,
        epoch=trained.kept_epoch,
        nll=float(one.plain.mean()),
        temperatures=one.temperatures,
        calibrated_nll=float(one.calibrated.mean()),
        difference=float(apart.mean()),
        standard_error=float(apart.std(ddof=1) / np.sqrt(len(apart))),
    )
