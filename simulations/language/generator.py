"""Write the customers' texts: one per issue, from its true reason and its hardness."""

from __future__ import annotations

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
        hardness: In [0, 1], shape (n,); raises the share of texts that hint at the reason, bury or omit it.
        part: Whose frames to use, one of PARTS; no frame longer than four words belongs to two parts.
        seed: Together with `part` it keys the random stream; equal arguments give equal texts.
        progress: Shows how far it is.

    Raises:
        ConfigError: Unknown part, unequal shapes, a code or a hardness outside its domain.
    """
    if part not in PARTS:
        raise unknown_choice("part", part, PARTS)
    codes, levels = np.asarray(reason), np.asarray(hardness, dtype=float)
    if codes.ndim != 1 or codes.shape != levels.shape:
        raise ConfigError(
            f"`reason` has shape {codes.shape}, `hardness` {levels.shape}; expected one of each per text"
        )
    if bad := int((~((codes >= 0) & (codes < len(REASONS)))).sum()):
        raise ConfigError(
            f"{bad} of {codes.size} codes in `reason` lie outside 0 to {len(REASONS) - 1}"
        )
    if bad := int((~((levels >= 0) & (levels <= 1))).sum()):
        raise ConfigError(f"{bad} of {levels.size} values in `hardness` lie outside 0 to 1")
    draws = Draws(rng_for(seed, "language", part))
    composer = Composer(part, draws)
    pairs = zip(codes.tolist(), levels.tolist(), strict=True)
    todo = progress.track(pairs, description="Writing texts", total=codes.size)
    return [apply_style(composer.draft(r, h), draws) for r, h in todo]
