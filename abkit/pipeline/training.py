"""`train`: a calibrated classifier, from generated history or from a user's labelled texts."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.cache import cache_folder
from abkit.core.errors import ConfigError, DataError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import DEFECTIVE
from abkit.core.store import check_folder
from abkit.core.trained import ClassShares, TrainingReport
from abkit.model.artifact import Artifact, check_place, load, save
from abkit.model.golden_ledger import to_facts
from abkit.model.presets import ModelConfig
from abkit.model.presets import preset as named_preset
from abkit.model.text import normalise, text_hashes
from abkit.pipeline.class_shares import class_shares
from abkit.pipeline.history import N_LOGGED, Recipe, cached_model
from abkit.pipeline.labelled import Labelled, LabelledTexts
from abkit.simulations.language.sets import logged_history
from abkit.simulations.scenario_files import load_scenario

TASKS: Final = ("binary", "multi")
_MAX_SEED: Final = 2**63 - 1  # torch takes no larger one

_Third = tuple[list[str], npt.NDArray[np.int64]]


def train(
    *,
    data: LabelledTexts | None = None,
    golden: LabelledTexts | None = None,
    task: str = "binary",
    preset: str = "compact",
    gamma: float | Literal["auto"] | None = None,
    loss: str = "focal",
    label_smoothing: float = 0.0,
    calibrator: str | None = None,
    device: str = "cpu",
    epochs: int | None = None,
    seed: int = 0,
    target_precision: float = 0.85,
    out: Path | str | None = None,
    checkpoint: Path | str | None = None,
    progress: Progress = SILENT,
) -> TrainingReport:
    """Train, calibrate, choose a threshold, report.

    Args:
        data: Noisy labelled texts; None: generated history at the default scenario's prior.
        golden: Carefully labelled texts, of which a random third of the distinct texts
            calibrates, a third certifies and the rest is reported on. Logged rows that they may
            have been drawn from are left out of the training, and counted. None: the logs' own
            validation and test parts, noise included, and no certified threshold.
        task: `binary`, LABEL 0 against the rest, or `multi`, every reason a class.
        preset: `compact` or `paper`.
        gamma: Of the focal loss: 0 is cross-entropy, else at least 1; None: the preset's, 1.
            `auto`: 0, 1, 3 and 5 are trained, and the lowest calibrated validation NLL decides.
        loss: `focal`, or `flsd53`, whose gamma is 5 or 3 by sample.
        label_smoothing: Share of each label that is spread evenly over all classes, in [0, 1).
        calibrator: `none`, `temperature`, `platt`, `vector` or `isotonic`; None: the preset's.
        device: That trains: `cpu`, `cuda`, or `auto`, a GPU where there is one. Only the CPU's
            bytes repeat; scores are always the CPU's.
        epochs: At most; None: the preset's.
        seed: Of the generated texts, the split, the weights and the batches.
        target_precision: Of LABEL 0, that the threshold is chosen for.
        out: Where the artifact is written; None: the cache.
        checkpoint: A file that keeps the training after every epoch: a killed one goes on from
            there. With `auto` there is one for each gamma, `-0` to `-5` behind the name.
        progress: Shows training and scoring.

    Raises:
        ConfigError: An argument lies outside its domain.
        DataError: The texts cannot be used.
        ArtifactError: `out` is another folder than a model's.
        RunError: `out` or `checkpoint` cannot be written.
    """
    out = None if out is None else Path(out)
    _check(task, seed, target_precision, out)
    if data is None and golden is not None:
        raise ConfigError("`golden` is given without `data`", hint="add --data FILE")
    _check_loss(gamma, loss)
    auto = gamma == "auto"
    asked = {"gamma": None if auto else gamma, "epochs": epochs, "calibrator": calibrator}
    changes: dict[str, Any] = {
        "seed": seed, "loss": loss, "label_smoothing": label_smoothing,
        "device": _device(device), **{k: v for k, v in asked.items() if v is not None},
    }  # fmt: skip
    keep = None if checkpoint is None else Path(checkpoint)

    def config(n_classes: int) -> ModelConfig:
        return replace(named_preset(preset, n_classes=n_classes), **changes)

    if data is None:
        prior = load_scenario("returns-bot-points").served_prior()
        recipe = Recipe(
            config=config(2 if task == "binary" else 5),
            prior=tuple(map(float, prior)),
            target_precision=target_precision,
            gamma_auto=auto,
        )
        folder = cached_model(recipe, checkpoint=keep, progress=progress)
        artifact = load(folder)
        folder = save(artifact, out) if out is not None else folder
        source = f"{_kept(artifact, N_LOGGED)} generated texts with noisy logged reasons"
        return report_of(artifact, folder, source, _generated_shares(artifact, recipe))
    labelled = data.read()
    binary = data.label_0, f"not {data.label_0}"
    names = binary if task == "binary" else labelled.class_names(data.label_0)
    artifact = _fit(
        labelled, golden.read() if golden else None, names, config(len(names)),
        rest=task == "binary", target_precision=target_precision, gamma_auto=auto,
        checkpoint=keep, progress=progress,
    )  # fmt: skip
    folder = save(artifact, out or cache_folder("models") / artifact.digest[:32])
    left_out = f", {labelled.left_out:,} rows without text or reason left out"
    kept = _kept(artifact, len(labelled.texts))
    source = f"{data.path.name}: {kept} texts{left_out * (labelled.left_out > 0)}"
    codes = labelled.codes(names, rest=task == "binary")
    return report_of(
        artifact, folder, source, class_shares(artifact, labelled.texts, codes, progress)
    )


def _kept(artifact: Artifact, n: int) -> str:
    """Return how many of n logged texts the golden set left for the training, in words."""
    lost = sum(artifact.metrics["training"].get("left_out", {}).values())
    return f"{n - lost:,} of {n:,}" if lost else f"{n:,}"


def _generated_shares(artifact: Artifact, recipe: Recipe) -> ClassShares | None:
    """Return the shares of the generated logs, which are made again in half a second."""
    logs = logged_history(N_LOGGED, prior=recipe.prior, seed=recipe.config.seed)
    codes = logs.logged_reason.astype(np.int64)
    if len(artifact.class_names) == 2:
        codes = (codes != DEFECTIVE).astype(np.int64)
    return class_shares(artifact, logs.texts, codes)


def _check(task: str, seed: int, target_precision: float, out: Path | None) -> None:
    """Refuse what would fail only after the training."""
    checks.level("target_precision", target_precision)
    if task not in TASKS:
        raise unknown_choice("task", task, TASKS)
    if not 0 <= seed <= _MAX_SEED:
        raise ConfigError(f"`seed` is {seed}; expected a whole number from 0 to {_MAX_SEED}")
    if out is not None:
        check_folder(out.parent)
        check_place(out)


def _check_loss(gamma: float | Literal["auto"] | None, loss: str) -> None:
    if loss == "flsd53" and gamma is not None:
        raise ConfigError(
            f"`gamma` is {gamma}, but the loss `flsd53` has its own: 5 or 3 by sample",
            hint="leave one of the two out",
        )
    if isinstance(gamma, str) and gamma != "auto":
        raise ConfigError(f"`gamma` is `{gamma}`; expected `auto`, 0 or a number of at least 1")


def _device(device: str) -> str:
    if device == "cpu":  # the answer without torch, which takes a second to import
        return device
    from abkit.model.threads import choose_device

    return choose_device(device)


def _fit(
    logs: Labelled, golden: Labelled | None, names: tuple[str, ...], config: ModelConfig, *,
    rest: bool, target_precision: float, gamma_auto: bool, checkpoint: Path | None,
    progress: Progress,
) -> Artifact:  # fmt: skip
    from abkit.model.fitting import fit_artifact  # torch

    calibrate, certify, report = None, None, None
    if golden is not None:
        codes = golden.codes(names, rest=rest)
        calibrate, certify, report = golden_thirds(golden.texts, codes, seed=config.seed)
    return fit_artifact(
        logs.texts, logs.codes(names, rest=rest), calibrate=calibrate, report=report,
        certify=certify, config=config, class_names=names, target_precision=target_precision,
        gamma_auto=gamma_auto, checkpoint=checkpoint, progress=progress,
    )  # fmt: skip


def golden_thirds(
    texts: list[str], codes: npt.NDArray[np.int64], *, seed: int
) -> tuple[_Third, _Third, _Third]:
    """Split so that equal texts share a third, whatever the order of the rows.

    Distinct normal forms are ranked by keyed hash; the lowest third of the ranks calibrates, the
    next certifies, the rest is reported on.

    Raises:
        DataError: There are fewer than three distinct texts.
    """
    ranks = text_hashes([normalise(text) for text in texts], key=f"golden thirds {seed}")
    distinct = np.unique(ranks)
    if distinct.size < 3:
        raise DataError(f"the golden set has {distinct.size} distinct texts; it makes three parts")
    place = np.searchsorted(distinct, ranks) * 3 // distinct.size
    calibrate, certify, report = (
        ([texts[row] for row in np.flatnonzero(place == third)], codes[place == third])
        for third in range(3)
    )
    return calibrate, certify, report


def report_of(
    artifact: Artifact, folder: Path, source: str, shares: ClassShares | None = None
) -> TrainingReport:
    """Return what a model's folder holds; `source` says in words what it was trained on."""
    return TrainingReport(
        folder=folder,
        digest=artifact.digest,
        source=source,
        class_names=artifact.class_names,
        config=artifact.config.to_dict(),
        calibrator=artifact.calibrator.to_dict(),
        threshold=artifact.threshold.to_dict(),
        certified=None if artifact.certified is None else artifact.certified.to_dict(),
        golden=to_facts(artifact.golden),
        label_source=artifact.label_source,
        metrics=artifact.metrics,
        class_shares=shares,
        n_called=int((artifact.golden["report"].probabilities.argmax(axis=1) == 0).sum()),
    )
