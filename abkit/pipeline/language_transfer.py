"""Do models carry over between generated and real texts? Average precision for LABEL 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.core.rng import rng_for
from abkit.core.tables import read_columns
from abkit.model.baseline import fit_baseline
from abkit.simulations.language.sets import TextSet

Floats = npt.NDArray[np.float64]
N_RESAMPLES: Final = 500
N_FOLDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledFile:
    """Real texts with golden labels."""

    name: str
    texts: list[str]
    defective: npt.NDArray[np.bool_]  # (n,)
    weight: Floats  # (n,), how many rows of the population each stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One model scored on texts of another origin; the interval is a percentile bootstrap."""

    trained_on: str
    scored_on: str
    n: int
    prevalence: float  # weighted share of LABEL 0: what a random order would reach
    average_precision: float
    ci_lower: float
    ci_upper: float


def real_files(folder: Path) -> tuple[LabelledFile, ...]:
    """Return the golden rows of the clothing, telecom and phone files in `folder`."""
    clothes = read_columns(folder / "clothing_reviews.parquet", ["text", "gold", "weight"])
    turns = read_columns(folder / "assistant_requests.csv.gz", ["text", "gold"])
    phones = read_columns(folder / "phone_sentences.csv.gz", ["text", "reason"])
    found = []
    for name, table in (
        ("clothing returns", clothes),
        ("telecom turns", turns),
        ("phone sentences", phones.rename(columns={"reason": "gold"})),
    ):
        rows = table[table["gold"] != ""]
        weight = rows["weight"].astype(float) if "weight" in rows else np.ones(len(rows))
        found.append(
            LabelledFile(
                name=name,
                texts=rows["text"].tolist(),
                defective=(rows["gold"] == REASONS[DEFECTIVE]).to_numpy(dtype=bool),
                weight=np.asarray(weight, dtype=np.float64),
            )
        )
    return tuple(found)


def transfers(
    files: Sequence[LabelledFile], history: TextSet, golden: TextSet, *, seed: int
) -> tuple[Transfer, ...]:
    """Return generated to real, real to real (cross-validated), real to generated, per file."""
    if not files:
        return ()
    rng = rng_for(seed, "language", "bootstrap")
    generated = fit_baseline(history.texts, _labels(history.logged_reason == DEFECTIVE))
    positive = golden.reason == DEFECTIVE
    ones = np.ones(len(positive))
    own = generated.probabilities(golden.texts)[:, 0]
    rows = [_transfer("generated log", "generated golden", own, positive, ones, rng)]
    for file in files:
        scores = generated.probabilities(file.texts)[:, 0]
        here = (file.defective, file.weight, rng)
        rows.append(_transfer("generated log", file.name, scores, *here))
        rows.append(_transfer(f"{file.name} (other folds)", file.name, _folds(file, rng), *here))
        back = fit_baseline(file.texts, _labels(file.defective))
        scores = back.probabilities(golden.texts)[:, 0]
        rows.append(_transfer(file.name, "generated golden", scores, positive, ones, rng))
    return tuple(rows)


def _labels(defective: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    return np.where(defective, 0, 1).astype(np.int64)


def _folds(file: LabelledFile, rng: np.random.Generator) -> Floats:
    """Return scores of each row by a model trained on the other folds of the same file."""
    fold = rng.permutation(len(file.texts)) % N_FOLDS
    scores = np.empty(len(file.texts))
    for k in range(N_FOLDS):
        inside = fold == k
        kept = [t for t, out in zip(file.texts, inside, strict=True) if not out]
        model = fit_baseline(kept, _labels(file.defective[~inside]))
        held = [t for t, out in zip(file.texts, inside, strict=True) if out]
        scores[inside] = model.probabilities(held)[:, 0]
    return scores


def _transfer(
    trained_on: str,
    scored_on: str,
    scores: Floats,
    positive: npt.NDArray[np.bool_],
    weight: Floats,
    rng: np.random.Generator,
) -> Transfer:
    n = len(scores)
    resampled = []
    for _ in range(N_RESAMPLES):
        i = rng.integers(n, size=n)
        resampled.append(weighted_average_precision(scores[i], positive[i], weight[i]))
    lower, upper = np.quantile(resampled, (0.025, 0.975))
    return Transfer(
        trained_on=trained_on,
        scored_on=scored_on,
        n=n,
        prevalence=float(np.average(positive, weights=weight)),
        average_precision=weighted_average_precision(scores, positive, weight),
        ci_lower=float(lower),
        ci_upper=float(upper),
    )


def weighted_average_precision(
    scores: Floats, positive: npt.NDArray[np.bool_], weight: Floats
) -> float:
    """Return sum over thresholds of (R_j - R_(j-1)) P_j with weighted recall and precision.

    Tied scores are one threshold; 0 when nothing is positive. All arrays have shape (n,).
    """
    order = np.argsort(-scores, kind="stable")
    s, hit, w = scores[order], positive[order], weight[order]
    last = np.flatnonzero(np.append(s[1:] != s[:-1], True))  # the last row of each tied run
    hits, flagged = np.cumsum(w * hit)[last], np.cumsum(w)[last]
    if hits[-1] == 0:
        return 0.0
    return float(np.sum(np.diff(hits / hits[-1], prepend=0.0) * hits / flagged))
