"""Models trained on generated history: made once for each recipe, then cached."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

import abkit.core
import abkit.model
from abkit.core.cache import cache_folder, sources_digest
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.store import check_folder, digest_of, sha256_of
from abkit.model.artifact import Artifact, save
from abkit.model.presets import ModelConfig
from abkit.simulations.language.sets import LANGUAGE_VERSION, golden_set, logged_history

N_LOGGED: Final = 20_000
N_GOLDEN: Final = {2: 1_013, 5: 1_839}  # each golden part (paper, section 3)
BINARY_NAMES: Final = (REASONS[DEFECTIVE], "other")
CORE_CODE: Final = ("checks.py", "evaluated.py", "rng.py", "store.py")  # what `model` builds on
# What turns texts into weights and scores, besides the texts: part of every cache key.
MODEL_CODE: Final = digest_of(
    [
        sources_digest(Path(abkit.model.__path__[0])),
        *(sha256_of(Path(abkit.core.__path__[0]) / name) for name in CORE_CODE),
        *(version(name) for name in ("torch", "tokenizers", "numpy", "scipy", "scikit-learn")),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a model trained on generated history."""

    config: ModelConfig
    prior: tuple[float, ...]  # of the true reasons in the logs and the golden set, shape (5,)
    target_precision: float = 0.85
    gamma_auto: bool = False  # gamma is chosen, not the config's

    @property
    def key(self) -> str:
        """Return a hash of the recipe, of the code that follows it and of the libraries below."""
        chosen = {"gamma": "auto"} if self.gamma_auto else {}
        return digest_of(
            {
                **chosen,
                "config": self.config.to_dict(),
                "prior": self.prior,
                "target_precision": self.target_precision,
                "sizes": [N_LOGGED, N_GOLDEN[self.config.n_classes]],
                "language": LANGUAGE_VERSION,
                "code": MODEL_CODE,
                "labels": [BINARY_NAMES, REASONS],
            }
        )


def cached_model(
    recipe: Recipe, *, checkpoint: Path | None = None, progress: Progress = SILENT
) -> Path:
    """Return the folder of the recipe's model, trained now unless it is cached."""
    folder = cache_folder("models") / recipe.key[:32]
    if not (folder / "manifest.json").is_file():
        check_folder(folder)
        save(train_on_history(recipe, checkpoint=checkpoint, progress=progress), folder)
    return folder


def train_on_history(
    recipe: Recipe, *, checkpoint: Path | None = None, progress: Progress = SILENT
) -> Artifact:
    """Generate noisy logs and golden parts at the recipe's prior; train, calibrate, certify."""
    from abkit.model.fitting import fit_artifact  # torch

    config = recipe.config
    binary = config.n_classes == 2
    n_golden, seed = N_GOLDEN[config.n_classes], config.seed
    logs = logged_history(N_LOGGED, prior=recipe.prior, seed=seed, progress=progress)
    golden = {
        purpose: golden_set(n_golden, prior=recipe.prior, seed=seed, purpose=purpose)
        for purpose in ("calibrate", "report", "certify")
    }

    def labels(reason: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        return (reason != DEFECTIVE).astype(np.int64) if binary else reason.astype(np.int64)

    parts = {purpose: (part.texts, labels(part.reason)) for purpose, part in golden.items()}
    return fit_artifact(
        logs.texts,
        labels(logs.logged_reason),
        calibrate=parts["calibrate"],
        report=parts["report"],
        certify=parts["certify"],
        config=config,
        class_names=BINARY_NAMES if binary else REASONS,
        target_precision=recipe.target_precision,
        gamma_auto=recipe.gamma_auto,
        checkpoint=checkpoint,
        progress=progress,
    )
