"""Simulated annotators: they see a contact's truth and err at a stated rate."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for


def annotate(
    contact_ids: Sequence[str],
    is_defective: npt.ArrayLike,
    *,
    error_rate: float = 0.02,
    seed: int,
    annotator: int = 0,
) -> npt.NDArray[np.bool_]:
    """Return whether each contact is annotated as truly LABEL 0.

    Each label is the truth, flipped with probability `error_rate`. The draw is keyed by seed,
    annotator and contact, so it depends neither on the order of the sample nor on who else is
    in it.

    Args:
        contact_ids: The sampled contacts, n of them.
        is_defective: Their truth, bool (n,).
        error_rate: P(label differs from the truth), in [0, 1].
        seed: Root seed.
        annotator: Which annotator; another one errs elsewhere.

    Raises:
        ConfigError: The rate lies outside [0, 1], or the lengths differ.
    """
    checks.probability("error_rate", error_rate)
    truth = np.asarray(is_defective, dtype=bool)
    if truth.shape != (len(contact_ids),):
        raise ConfigError(f"{len(contact_ids)} contacts have {truth.size} true reasons")
    u = [rng_for(seed, "annotator", annotator, contact).random() for contact in contact_ids]
    return truth ^ (np.array(u, dtype=float) < error_rate)
