"""Thresholds for the paper's target precision: chosen on one golden part, tried on another."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.reproduced import Chosen, Golden, model_name
from abkit.model.calibration import no_calibration
from abkit.model.metrics import precision_recall_at
from abkit.model.thresholds import plug_in_threshold
from abkit.pipeline.reproduce_job import Outcome

TARGET_PRECISION: Final = 0.85  # the paper's


def chosen_thresholds(golden: Golden, by_seed: Sequence[Sequence[Outcome]]) -> tuple[Chosen, ...]:
    """Return one row per model: the plug-in threshold of every seed, and what it gives.

    Args:
        golden: Whose share of LABEL 0 the golden parts have.
        by_seed: For each seed one outcome per model.
    """
    found = []
    for outcomes in zip(*by_seed, strict=True):
        thresholds, precision, recall = zip(*(_tried(one, golden) for one in outcomes), strict=True)
        found.append(
            Chosen(
                model=model_name(outcomes[0].job.config.gamma), target=TARGET_PRECISION,
                thresholds=thresholds, precision=precision, recall=recall,
            )
        )  # fmt: skip
    return tuple(found)


def _tried(
    outcome: Outcome, golden: Golden
) -> tuple[float, float, float] | tuple[None, None, None]:
    (scores, positive), (other_scores, other_positive) = (
        _scores(outcome, f"{purpose}-{golden}") for purpose in ("report", "calibrate")
    )
    threshold = plug_in_threshold(
        other_scores, other_positive, target_precision=TARGET_PRECISION
    ).threshold
    if threshold is None:
        return None, None, None
    return threshold, *precision_recall_at(scores, positive, threshold)


def _scores(outcome: Outcome, part: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    plain = no_calibration(outcome.job.config.n_classes)
    return plain.apply(outcome.logits[f"last/{part}"])[:, 0], outcome.labels[part] == 0
