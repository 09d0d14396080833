"""The texts that customers type, each scored once by a model; both are cached."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from abkit.core.cache import cache_folder
from abkit.core.errors import DataError
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.rng import rng_for
from abkit.core.store import atomic_write, digest_of
from abkit.model.artifact import Artifact
from abkit.pipeline.history import MODEL_CODE
from abkit.pipeline.labelled import Labelled, LabelledTexts
from abkit.simulations.language.sets import LANGUAGE_VERSION, served_supply
from abkit.simulations.scenario import LEVELS
from abkit.simulations.supply import ScoredSupply

PER_REASON: Final = 6_000
SUPPLY_SEED: Final = 0  # of the texts; the customers' draws have the run's seed

Codes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Held-out texts by true reason and hardness level, not yet scored."""

    texts: pa.Array
    reason: Codes
    level: Codes
    digest: str
    origin: str  # in words


def generated_texts(progress: Progress = SILENT) -> Texts:
    """Return the default supply, 6,000 texts per reason, from the cache when it is there."""
    key = digest_of([PER_REASON, LEVELS, SUPPLY_SEED, LANGUAGE_VERSION])
    path = cache_folder("supplies") / f"{key[:32]}.parquet"
    table = _cached(path, parquet.read_table)
    if table is None:
        made = served_supply(PER_REASON, levels=LEVELS, seed=SUPPLY_SEED, progress=progress)
        table = pa.table({"text": pa.array(made.texts), "reason": made.reason, "level": made.level})
        with atomic_write(path) as file:
            parquet.write_table(table, file)
    return Texts(
        texts=table["text"].combine_chunks(),
        reason=table["reason"].to_numpy(),
        level=table["level"].to_numpy(),
        digest=key,
        origin=(
            f"{table.num_rows:,} generated texts; beyond four words, from frames that training "
            "never saw"
        ),
    )


def _cached(path: Path, read: Callable[[Path], T]) -> T | None:
    """Return what a cached file holds; None when it is absent or damaged, to be made again."""
    try:
        return read(path)
    except (OSError, ValueError, EOFError):  # pyarrow's errors are ValueErrors
        return None


def own_texts(source: LabelledTexts, labelled: Labelled, artifact: Artifact) -> Texts:
    """Return a user's texts as a supply; those that the model was fitted on are left out.

    LABEL 0 texts go to customers whose true reason is LABEL 0, all others to the others. Their
    hardness is unknown, so they are dealt over the levels at random: the menu's errors then say
    nothing about the text.

    Raises:
        DataError: Too few unseen texts are left.
    """
    unseen = np.flatnonzero(~artifact.has_seen(labelled.texts))
    positive = np.array([reason == source.label_0 for reason in labelled.reasons])[unseen]
    n_0, n_rest = int(positive.sum()), int((~positive).sum())
    needed = LEVELS, LEVELS * (len(REASONS) - 1)
    if n_0 < needed[0] or n_rest < needed[1]:
        raise DataError(
            f"`{source.path}` has {n_0} texts of `{source.label_0}` and {n_rest} others that the "
            f"model was not fitted on; at least {needed[0]} and {needed[1]} are needed",
            hint="serve other texts than those the model was trained on",
        )
    reason, level = np.empty(unseen.size, dtype=np.int8), np.empty(unseen.size, dtype=np.int8)
    rng = rng_for(SUPPLY_SEED, "deal texts")
    for rows, reasons in ((positive, [DEFECTIVE]), (~positive, range(1, len(REASONS)))):
        cells = [(code, step) for code in reasons for step in range(LEVELS)]
        dealt = rng.permutation(np.resize(np.arange(len(cells)), int(rows.sum())))
        reason[rows], level[rows] = np.array(cells, dtype=np.int8)[dealt].T
    order = np.lexsort((level, reason))
    served = [labelled.texts[row] for row in unseen[order]]
    left_out = len(labelled.texts) - unseen.size
    return Texts(
        texts=pa.array(served),
        reason=reason[order],
        level=level[order],
        digest=digest_of([served, reason[order].tolist(), level[order].tolist()]),
        origin=(
            f"{source.path.name}: {n_0:,} texts of {source.label_0}, {n_rest:,} others; "
            f"{left_out:,} left out because the model was fitted on them"
        ),
    )


def scored(texts: Texts, artifact: Artifact, progress: Progress = SILENT) -> ScoredSupply:
    """Return the texts with the model's scores; torch is needed only when they are not cached."""
    key = digest_of([artifact.digest, texts.digest, MODEL_CODE])
    path = cache_folder("scores") / f"{key[:32]}.npy"
    scores = _cached(path, _load_scores)
    if scores is None:
        scores = _write_scores(path, texts, artifact, progress)
    return ScoredSupply(texts=texts.texts, reason=texts.reason, level=texts.level, scores=scores)


def _load_scores(path: Path) -> Floats:
    scores: Floats = np.load(path, allow_pickle=False)
    return scores


def _write_scores(path: Path, texts: Texts, artifact: Artifact, progress: Progress) -> Floats:
    from abkit.model.scoring import score_texts  # torch

    scores = score_texts(artifact, texts.texts.to_pylist(), progress=progress)
    buffer = BytesIO()
    np.save(buffer, scores)
    with atomic_write(path) as file:
        file.write(buffer.getvalue())
    return scores
