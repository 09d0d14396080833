"""Whether the golden set has other class shares than the logs: prior shift, beside label noise."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.progress import SILENT, Progress
from abkit.core.trained import ClassShares
from abkit.model.artifact import Artifact
from abkit.model.prior_shift import PriorEstimate, estimate_prior
from abkit.model.text import normalise, split_by_text

_TELLS_NOTHING: Final = 12**-0.5  # the standard deviation of a share of which nothing is known


def class_shares(
    artifact: Artifact,
    texts: Sequence[str],
    codes: npt.NDArray[np.int64],
    progress: Progress = SILENT,
) -> ClassShares | None:
    """Return the class shares of the logs, as logged and by the scores, and of the golden set.

    Logged codes are noisy, so their shares differ from the golden ones even where nothing has
    shifted. The true shares of the logs are estimated from the calibrated scores of their test
    part, on which nothing was fitted, by expectation maximisation (`estimate_prior`).

    Args:
        artifact: Trained on these logs.
        texts: The logged texts, those left out among them.
        codes: As logged, shape (n,).
        progress: Shows the scoring.
    """
    k = len(artifact.class_names)
    golden = [part.labels for part in artifact.golden.values() if part.labels_of == "golden"]
    if not golden or artifact.label_source != "golden":
        return None
    found, n_scored = _estimated(artifact, texts, progress)
    counts = np.bincount(np.concatenate(golden), minlength=k)
    return ClassShares(
        class_names=artifact.class_names,
        logged=tuple(map(float, np.bincount(codes, minlength=k) / len(codes))),
        n_logged=len(codes),
        by_scores=found.prior if found else None,
        standard_errors=_usable_errors(found) if found else None,
        n_scored=n_scored,
        golden=tuple(map(float, counts / counts.sum())),
        n_golden=int(counts.sum()),
    )


def _usable_errors(found: PriorEstimate) -> tuple[float | None, ...]:
    """Return the standard errors; None for one that means nothing.

    That is one above the standard deviation of a share of which nothing is known, since then the
    scores hardly tell the classes apart, or of a share within one text of 0 or 1, where the
    likelihood has its maximum at the edge and its curvature is no error.
    """
    edge = 1 / found.n
    return tuple(
        error if error is not None and error < _TELLS_NOTHING and edge < share < 1 - edge else None
        for share, error in zip(found.prior, found.standard_errors, strict=True)
    )


def _estimated(
    artifact: Artifact, texts: Sequence[str], progress: Progress
) -> tuple[PriorEstimate | None, int]:
    """Return the shares by the scores of the test part; None where a class cannot be compared."""
    forms = [normalise(text) for text in texts]
    test = split_by_text(forms, seed=artifact.config.seed).test
    if not len(test) or min(artifact.class_prior) <= 0:
        return None, len(test)
    from abkit.model.scoring import probabilities  # torch

    p = probabilities(artifact, [forms[row] for row in test], progress)
    if not (p > 0).any(axis=1).all():
        return None, len(test)
    return estimate_prior(p, artifact.class_prior), len(test)
