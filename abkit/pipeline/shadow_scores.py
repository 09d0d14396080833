"""A control log's shadow scores, its own or a model's, and from where on a text is flagged."""

from pathlib import Path

import numpy as np
import pandas as pd

from abkit.core.progress import Progress
from abkit.model.artifact import load
from abkit.pipeline.threshold_choice import threshold_in_use


def threshold_of(
    table: pd.DataFrame, model: Path | None, asked: float | str | None
) -> tuple[float | None, str]:
    """Return the text check's threshold, None if none is known, and where it is from in words."""
    if isinstance(asked, float):
        return asked, "given on the command line"
    if model is not None:
        used = threshold_in_use(load(model), asked)
        return used.value, used.origin
    if "flagged" in table and "score" in table:
        flagged = table["flagged"].fillna(False).astype(bool) & table["score"].notna()
        if flagged.any():
            return float(table.loc[flagged, "score"].min()), "the lowest score flagged in the log"
    return None, "none known"


def with_scores(table: pd.DataFrame, model: Path, progress: Progress) -> pd.DataFrame:
    """Return the log with texts scored, if it holds texts and no score."""
    if "text" not in table or ("score" in table and table["score"].notna().any()):
        return table
    from abkit.model.scoring import score_texts  # torch

    typed = table["text"].fillna("").str.strip() != ""
    scores = np.full(len(table), np.nan)
    scores[typed.to_numpy()] = score_texts(load(model), table.loc[typed, "text"].tolist(), progress)
    return table.assign(score=scores)
