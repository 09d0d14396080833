"""Write the customers' texts: one per issue, from its true reason and its hardness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from abkit.core.errors import ConfigError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import REASONS
from abkit.core.rng import rng_for
from abkit.simulations.language.compose import Composer
from abkit.simulations.language.draws import Draws
from abkit.simulations.language.lexicon import PARTS
from abkit.simulations.language.style import apply_style


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """Texts and how each tells its reason."""

    texts: list[str]
    telling: npt.NDArray[np.int8]  # (n,) codes of `ambiguity.Telling`


def write_texts(
    reason: npt.NDArray[np.int8],
    hardness: npt.NDArray[np.float64],
    *,
    part: str,
    seed: int,
    progress: Progress = SILENT,
) -> list[str]:
    """Return one text per issue.

    Args:
        reason: True reason codes in 0..4, shape (n,).
        hardness: In [0, 1], shape (n,); raises the share of texts that hint at the reason, bury
            it under another one, or omit it.
        part: Whose frames to use, one of PARTS; no frame longer than four words belongs to two.
        seed: Together with `part` it keys the random stream; equal arguments give equal texts.
        progress: Shows how far it is.

    Raises:
        ConfigError: Unknown part, unequal shapes, a code or a hardness outside its domain.
    """
    return write(reason, hardness, part=part, seed=seed, progress=progress).texts


def write(
    reason: npt.NDArray[np.int8],
    hardness: npt.NDArray[np.float64],
    *,
    part: str,
    seed: int,
    progress: Progress = SILENT,
) -> WrittenTexts:
    """Return what `write_texts` returns, and how each text tells its reason."""
    if part not in PARTS:
        raise unknown_choice("part", part, PARTS)
    codes, levels = np.asarray(reason), np.asarray(hardness, dtype=float)
    _check_issues(codes, levels)
    draws = Draws(rng_for(seed, "language", part))
    composer = Composer(part, draws)
    texts, telling = [], np.empty(codes.size, dtype=np.int8)
    pairs = zip(codes.tolist(), levels.tolist(), strict=True)
    todo = progress.track(pairs, description="Writing texts", total=codes.size)
    for i, (code, level) in enumerate(todo):
        draft = composer.draft(code, level)
        telling[i] = draft.telling
        texts.append(apply_style(draft, draws))
    return WrittenTexts(texts, telling)


def _check_issues(codes: npt.NDArray[np.int8], levels: npt.NDArray[np.float64]) -> None:
    if codes.ndim != 1 or codes.shape != levels.shape:
        raise ConfigError(
            f"`reason` has shape {codes.shape}, `hardness` {levels.shape}; expected equal lengths"
        )
    if bad := int((~((codes >= 0) & (codes < len(REASONS)))).sum()):
        last = len(REASONS) - 1
        raise ConfigError(f"{bad} of {codes.size} codes in `reason` lie outside 0 to {last}")
    if bad := int((~((levels >= 0) & (levels <= 1))).sum()):
        raise ConfigError(f"{bad} of {levels.size} values in `hardness` lie outside 0 to 1")
