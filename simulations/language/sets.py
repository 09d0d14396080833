"""The sets of texts: the noisy history, the golden sets, the held-out supply that is served."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import REASONS
from abkit.core.rng import rng_for
from abkit.simulations.language.generator import write, write_texts
from abkit.simulations.language.noise import log_codes

PURPOSES: Final = ("calibrate", "report", "certify")


@dataclass(frozen=True, slots=True)
class TextSet:
    """Texts with their true reason and with the code a log shows."""

    texts: list[str]
    reason: npt.NDArray[np.int8]  # (n,) true
    logged_reason: npt.NDArray[
        np.int8
    ]  # (n,) noisy in a history, equal to `reason` in a golden set
    hardness: npt.NDArray[np.float64]  # (n,) in [0, 1)


@dataclass(frozen=True, slots=True)
class Supply:
    """Held-out texts to serve, sorted by (reason, level), equally many per cell."""

    texts: list[str]
    reason: npt.NDArray[np.int8]  # (n,)
    level: npt.NDArray[np.int8]  # (n,), 0 is easiest
    digest: str  # hex sha256 of texts, reasons and levels


def _language_version() -> str:
    """Return a hash of this package's files: a cached model never outlives its texts."""
    digest = hashlib.sha256()
    folder = resources.files("abkit.simulations.language")
    files = [f for f in folder.iterdir() if f.name.endswith((".py", ".toml"))]
    for file in sorted(files, key=lambda f: f.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


LANGUAGE_VERSION: Final = _language_version()


def _draw_issues(
    n: int, prior: Sequence[float], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Return true reasons drawn from `prior` and hardness uniform in [0, 1)."""
    checks.at_least("n", n, 1)
    shares = np.asarray(prior, dtype=float)
    if (
        shares.shape != (len(REASONS),)
        or not (shares >= 0).all()
        or not abs(shares.sum() - 1) < 1e-6
    ):
        raise ConfigError(
            f"`prior` is {list(prior)}; expected {len(REASONS)} shares that sum to 1",
            hint="in the order " + ", ".join(REASONS),
        )
    reason = rng.choice(len(REASONS), size=n, p=shares / shares.sum()).astype(np.int8)
    return reason, rng.random(n)


def logged_history(
    n: int, *, prior: Sequence[float], seed: int, progress: Progress = SILENT
) -> TextSet:
    """Return `n` training texts with noisy logged codes; reasons follow `prior`, shape (5,)."""
    rng = rng_for(seed, "language", "history")
    reason, hardness = _draw_issues(n, prior, rng)
    written = write(reason, hardness, part="train", seed=seed, progress=progress)
    logged = log_codes(reason, written.telling, rng)
    return TextSet(written.texts, reason, logged, hardness)


def golden_set(
    n: int, *, prior: Sequence[float], seed: int, purpose: str, progress: Progress = SILENT
) -> TextSet:
    """Return `n` texts of the golden part with their true reason as label.

    `purpose` is one of PURPOSES; each has its own texts, drawn apart from the others.
    """
    if purpose not in PURPOSES:
        raise unknown_choice("purpose", purpose, PURPOSES)
    rng = rng_for(seed, "language", "golden", purpose)
    reason, hardness = _draw_issues(n, prior, rng)
    own_seed = int(rng.integers(2**62))
    texts = write_texts(reason, hardness, part="golden", seed=own_seed, progress=progress)
    return TextSet(texts, reason, reason.copy(), hardness)


def served_supply(
    per_reason: int, *, levels: int = 5, seed: int, progress: Progress = SILENT
) -> Supply:
    """Return `per_reason` served texts of each reason, an equal number at each hardness level.

    Within level l hardness is uniform in [l / levels, (l + 1) / levels).
    """
    checks.at_least("levels", levels, 1)
    checks.at_least("per_reason", per_reason, levels)
    if per_reason % levels:
        raise ConfigError(
            f"`per_reason` is {per_reason}; expected a multiple of `levels`, {levels}"
        )
    reason = np.repeat(np.arange(len(REASONS), dtype=np.int8), per_reason)
    level = np.tile(np.repeat(np.arange(levels, dtype=np.int8), per_reason // levels), len(REASONS))
    hardness = (level + rng_for(seed, "language", "supply").random(len(reason))) / levels
    texts = write_texts(reason, hardness, part="served", seed=seed, progress=progress)
    content = json.dumps([texts, reason.tolist(), level.tolist()], ensure_ascii=False).encode()
    return Supply(texts, reason, level, hashlib.sha256(content).hexdigest())
