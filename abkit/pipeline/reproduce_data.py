"""The texts of the study: noisy logs to train on, golden parts at two class balances."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.paper import GOLDEN_SHARE, GOLDEN_SIZES
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.reproduced import Golden
from abkit.pipeline.history import BINARY_NAMES
from abkit.pipeline.language_study import SERVED_SHARE, prior_with
from abkit.simulations.language.sets import golden_set, logged_history

GOLDEN: Final[tuple[Golden, ...]] = ("served", "paper")  # whose class balance golden texts have
SHARES: Final = {"served": SERVED_SHARE, "paper": GOLDEN_SHARE}  # of LABEL 0 in them
CLASSES: Final = {1: 2, 2: 5}  # by table
NAMES: Final = {1: BINARY_NAMES, 2: REASONS}

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Texts and their labels, shape (n,)."""

    texts: list[str]
    labels: Labels


@dataclass(frozen=True, slots=True)
class StudyTexts:
    """What one seed of one table trains and is measured on."""

    logs: Part  # labels as logged
    true_labels: Labels  # of the logs, shape (n,)
    golden: dict[str, Part]  # by `calibrate-served`, `report-paper` and so on


def study_texts(table: int, *, n_texts: int, seed: int) -> StudyTexts:
    """Generate the logs at the served class balance, and two golden parts at each of two."""
    logs = logged_history(n_texts, prior=prior_with(SERVED_SHARE), seed=seed)
    golden = {}
    for balance, share in SHARES.items():
        for purpose in ("calibrate", "report"):
            drawn = golden_set(
                GOLDEN_SIZES[table], prior=prior_with(share), seed=seed, purpose=purpose
            )
            golden[f"{purpose}-{balance}"] = Part(drawn.texts, _codes(table, drawn.reason))
    return StudyTexts(
        logs=Part(logs.texts, _codes(table, logs.logged_reason)),
        true_labels=_codes(table, logs.reason),
        golden=golden,
    )


def _codes(table: int, reason: npt.NDArray[np.int8]) -> Labels:
    return (reason if CLASSES[table] > 2 else reason != DEFECTIVE).astype(np.int64)
