"""Calibrated probabilities of texts: unique texts once, in batches that never read padding."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from abkit.core.progress import SILENT, Progress
from abkit.model.artifact import Artifact
from abkit.model.network import Network

Floats = npt.NDArray[np.float64]


def score_texts(artifact: Artifact, texts: Sequence[str], progress: Progress = SILENT) -> Floats:
    """Return the calibrated P(LABEL 0) of each text, shape (n,), in (0, 1).

    The same set of texts gives the same bytes in any order; a text's score in another set is the
    same to 1e-6.

    Raises:
        DataError: A text is not a string.
        ArtifactError: Weights, tokenizer and configuration do not fit each other.
    """
    return probabilities(artifact, texts, progress)[:, 0]


def probabilities(artifact: Artifact, texts: Sequence[str], progress: Progress = SILENT) -> Floats:
    """Return calibrated probabilities, shape (n, k), columns in the order of the class names."""
    return artifact.calibrator.apply(logits(artifact, texts, progress))


def logits(artifact: Artifact, texts: Sequence[str], progress: Progress = SILENT) -> Floats:
    """Return uncalibrated logits, shape (n, k)."""
    network = Network(
        config=artifact.config, tokenizer=artifact.tokenizer, weights=artifact.weights
    )
    return network.logits(texts, progress=progress)
