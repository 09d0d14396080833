"""`score`: a model's calibrated P(LABEL 0) beside the texts of a file."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from abkit.core.errors import ConfigError, DataError
from abkit.core.progress import SILENT, Progress
from abkit.core.store import atomic_write, check_writable
from abkit.core.tables import read_table
from abkit.model.artifact import load
from abkit.pipeline.sheets import write_csv
from abkit.pipeline.simulating import DEFAULT_SCENARIO, default_model
from abkit.simulations.scenario_files import load_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredFile:
    """The file's columns as text, then `score` and `flagged`."""

    table: pd.DataFrame
    n_flagged: int
    threshold: float | None  # None: the model has none, so `flagged` is null in every row


def score(
    file: Path | str,
    *,
    text: str = "text",
    model: Path | str | None = None,
    out: Path | str | None = None,
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
        RunError: `out` cannot be written.
        DataError: The file cannot be used, or has a column `score` or `flagged` already.
        ArtifactError: The model cannot be used.
    """
    file, out = Path(file), None if out is None else Path(out)
    if out is not None:
        _check_out(out)
    table = read_table(file, needed=[text])
    for name in ("score", "flagged"):
        if name in table.columns:
            raise DataError(f"`{file}` has a column `{name}` already", hint="rename it first")
    if model is None:
        artifact = default_model(load_scenario(DEFAULT_SCENARIO), progress)
    else:
        artifact = load(Path(model))
    from abkit.model.scoring import score_texts  # torch

    has_text = table[text].str.strip() != ""
    scores = score_texts(artifact, table.loc[has_text, text].tolist(), progress)
    table["score"] = pd.Series(scores, index=table.index[has_text]).reindex(table.index)
    threshold = artifact.threshold.threshold
    table["flagged"] = pd.Series(pd.NA, index=table.index, dtype="boolean")
    if threshold is not None:
        table.loc[has_text, "flagged"] = scores >= threshold
    if out is not None:
        _write(table, out)
    n_flagged = int(table["flagged"].sum())
    return ScoredFile(table=table, n_flagged=n_flagged, threshold=threshold)


def _check_out(out: Path) -> None:
    if out.suffix not in (".csv", ".parquet"):
        raise ConfigError(f"`out` is `{out}`; expected a name that ends in .csv or .parquet")
    check_writable(out)


def _write(table: pd.DataFrame, out: Path) -> None:
    if out.suffix == ".csv":
        write_csv(out, table)
        return
    with atomic_write(out) as file:
        table.to_parquet(file, index=False)
