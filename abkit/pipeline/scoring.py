"""`score`: a model's calibrated P(LABEL 0) beside the texts of a file."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from abkit.core.errors import ConfigError, DataError
from abkit.core.escape import spreadsheet_safe
from abkit.core.progress import SILENT, Progress
from abkit.core.store import atomic_write
from abkit.core.tables import read_columns
from abkit.pipeline.history import load_model
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_recipe
from abkit.simulations.scenario_files import load_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFile:
    """The file's columns as text, then `score` and `flagged`."""

    table: pd.DataFrame
    n_flagged: int


def score(
    file: Path,
    *,
    text: str = "text",
    model: Path | None = None,
    out: Path | None = None,
    progress: Progress = SILENT,
) -> ScoredFile:
    """Score every row's text; rows without one keep null scores.

    Args:
        file: CSV, CSV.gz or Parquet.
        text: The column of texts.
        model: An artifact's folder; None: the default model.
        out: Where to write the table, `.csv` or `.parquet`; None: nowhere.
        progress: Shows the batches.

    Raises:
        ConfigError: `out` has another ending.
        DataError: The file cannot be used, or has a column `score` or `flagged` already.
        ArtifactError: The model cannot be used.
    """
    if out is not None and out.suffix not in (".csv", ".parquet"):
        raise ConfigError(f"`out` is `{out}`; expected a name that ends in .csv or .parquet")
    table = read_columns(file)
    read_columns(file, [text])  # the column's absence is an error of its own
    for name in ("score", "flagged"):
        if name in table.columns:
            raise DataError(f"`{file}` has a column `{name}` already", hint="rename it first")
    artifact = load_model(model, default_recipe(load_scenario(DEFAULT_SCENARIO)), progress)
    from abkit.model.scoring import score_texts  # torch

    has_text = table[text].str.strip() != ""
    scores = score_texts(artifact, table.loc[has_text, text].tolist(), progress)
    table.loc[has_text, "score"] = scores
    threshold = artifact.threshold.threshold
    flagged = table["score"] >= (2.0 if threshold is None else threshold)
    table["flagged"] = flagged.astype("boolean").mask(~has_text)
    if out is not None:
        _write(table, out)
    return ScoredFile(table=table, n_flagged=int(flagged.sum()))


def to_safe_csv(table: pd.DataFrame) -> str:
    """Return a CSV in which a spreadsheet shows text instead of evaluating it."""
    safe = table.copy()
    for name in safe.columns.difference(["score", "flagged"]):
        safe[name] = safe[name].map(spreadsheet_safe)
    return safe.to_csv(index=False, lineterminator="\n")


def _write(table: pd.DataFrame, out: Path) -> None:
    with atomic_write(out) as file:
        if out.suffix == ".parquet":
            table.to_parquet(file, index=False)
        else:
            file.write(to_safe_csv(table).encode())
