"""`fit-scenario --log`: a scenario from a control log and golden labels, no effect known."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from abkit.core.errors import ConfigError, DataError, nearest
from abkit.core.fitted_log import FittedToLog
from abkit.core.progress import SILENT, Progress
from abkit.core.store import atomic_write, digest_of
from abkit.core.tables import read_columns, read_table
from abkit.pipeline.fitted_file import base_name, check_out
from abkit.pipeline.scenarios import one_run
from abkit.pipeline.shadow_scores import threshold_of, with_scores
from abkit.pipeline.simulating import DEFAULT_SCENARIO
from abkit.pipeline.threshold_choice import read_threshold
from abkit.simulations.fit_log import ENOUGH_LABELS, LogFit, fit_log, observed_resolutions
from abkit.simulations.fit_log_rows import (
    IS_0,
    IS_OTHER,
    NEEDED,
    OPTIONAL,
    ControlLog,
    control_log,
)
from abkit.simulations.fit_log_scenario import PRIOR_SD, Settled, settle
from abkit.simulations.fit_log_writing import log_text
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import load_scenario

CONTACTS: Final = "contacts.parquet"  # of a run folder
LABEL_COLUMNS: Final = ("label", "is_label_0", "reason", "true_reason")
_TIMES: Final = ("started_at", "ended_at")
_NUMBERS: Final = ("attempt", "score", "wait_s")
_FLAGS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def fit_to_log(
    log: str | Path,
    *,
    labels: str | Path,
    out: Path,
    base: str | Path = DEFAULT_SCENARIO,
    changes: Mapping[str, Any] | None = None,
    label_column: str | None = None,
    model: Path | None = None,
    threshold: float | str | None = None,
    progress: Progress = SILENT,
) -> FittedToLog:
    """Write the scenario that a control log with golden labels tells of.

    What the log identifies is estimated, with standard errors; all else keeps the base's value and
    is listed. Columns `true_*` are never read.

    Args:
        log: Contacts of control alone: Parquet, CSV, CSV.gz, or a run folder.
        labels: A table with `contact_id` and a label: yes or no (is it truly LABEL 0?), or one of
            the five reasons; empty cells are no labels.
        out: The scenario file to write; its name becomes the scenario's.
        base: A packaged scenario's name, or a TOML file: the priors, and the laws of durations.
        changes: Values that replace the base's, by dotted key.
        label_column: Which column holds the labels; None: one of `LABEL_COLUMNS`.
        model: An artifact's folder: its threshold is taken, and texts without a score are scored.
        threshold: Of the text check; `certified` is the model's; None: the model's plug-in one,
            else the lowest score that the log says is flagged.
        progress: Shows scoring.

    Raises:
        ConfigError: An argument lies outside its domain, or the fitted scenario is refused.
        DataError: A file cannot be used, or the log is no control log.
        ArtifactError: The model cannot be used.
        RunError: `out` cannot be written.
    """
    log, labels, out, asked = Path(log), Path(labels), Path(out), read_threshold(threshold)
    if isinstance(asked, str) and model is None:
        raise ConfigError("`threshold` is `certified`, which is a model's", hint="add --model")
    check_out(out, (log, labels, base))
    scenario, base = load_scenario(base, one_run(changes or {})), base_name(base, changes)
    given = read_labels(labels, label_column)
    table = read_control_log(log)
    used, origin = threshold_of(table, model, asked)
    if model is not None:
        table = with_scores(table, model, progress)
    rows = control_log(table, given)
    _check_labels(rows, labels)
    fit = fit_log(rows, scenario, threshold=used)
    settled = settle(fit, scenario, name=out.stem, resolutions=observed_resolutions(rows))
    fitted = settled.scenario()
    _write(out, fitted, settled, base, scenario, log.name)
    words: tuple[str, ...] = ("abkit", "simulate", "--scenario", str(out))
    if model is not None:
        words += ("--model", str(model))
    return FittedToLog(
        scenario=fitted.name, out=out, base=str(base), log=log.name, labels=labels.name,
        contacts=rows.issue.size, issues=rows.issues, days=fit.arrivals.days, threshold=used,
        threshold_origin=origin, prior_sd=PRIOR_SD, parameters=tuple(settled.parameters.values()),
        text_check=fit.text_check, held=tuple(settled.held),
        notes=(*_label_notes(fit, rows, len(given)), *settled.notes), next_command=words,
    )  # fmt: skip


def read_control_log(path: Path) -> pd.DataFrame:
    """Return the columns that a fit reads; empty cells are null.

    Raises:
        DataError: The file cannot be read, lacks a column, or a cell is no time or number.
    """
    file = path / CONTACTS if path.is_dir() else path
    if file.suffix in (".parquet", ".pq") and file.is_file():
        table = _from_parquet(file)
    else:
        table = read_table(file, needed=NEEDED)
        table = table[[name for name in (*NEEDED, *OPTIONAL) if name in table.columns]]
        table = table.mask(table == "")
    for name in (*_TIMES, *_NUMBERS):
        if name in table.columns:
            table[name] = _converted(table[name], file)
    for name in ("accepted", "flagged"):
        if name in table.columns:
            table[name] = _flags(table[name], file)
    return table


def _from_parquet(file: Path) -> pd.DataFrame:
    try:
        there = pq.read_schema(file).names
        for name in NEEDED:
            if name not in there:
                raise DataError(f"`{file}` has no column `{name}`", hint=nearest(name, there))
        columns = [name for name in (*NEEDED, *OPTIONAL) if name in there]
        frame: pd.DataFrame = pq.read_table(file, columns=columns).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"`{file}` cannot be read: {str(error).splitlines()[0]}") from None
    return frame


def _converted(column: "pd.Series[Any]", file: Path) -> "pd.Series[Any]":
    """Return times in UTC, or numbers; what is neither is refused, what is empty stays."""
    read: pd.Series[Any]
    if column.name in _TIMES:
        read, kind = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601"), "a time"
    else:
        read, kind = pd.to_numeric(column, errors="coerce").astype("float64"), "a number"
    bad = read.isna() & column.notna()
    if column.name == "attempt":
        number = read.to_numpy(dtype=float)
        bad |= ~((number >= 1) & (number % 1 == 0))  # written so that NaN is bad too
        kind = "a whole number from 1 on"
    if bad.any():
        raise DataError(
            f"`{column.name}` of `{file}` is `{column[bad].iloc[0]}` in one of {int(bad.sum()):,} "
            f"rows; expected {kind}"
        )
    return read


def _flags(column: "pd.Series[Any]", file: Path) -> "pd.Series[Any]":
    """Return yes or no, null where the cell is empty."""
    words = column.astype("string").str.strip().str.lower()
    if (bad := words.notna() & ~words.isin(_FLAGS)).any():
        raise DataError(
            f"`{column.name}` of `{file}` is `{words[bad].iloc[0]}`; expected true or false"
        )
    return words.map(_FLAGS).astype("object")


def read_labels(path: Path, column: str | None) -> dict[str, str]:
    """Return the labels by contact.

    Raises:
        DataError: The file cannot be read, has no or two columns of labels, no label, or two
            different ones of a contact.
    """
    there = read_table(path, needed=["contact_id", *([column] if column else [])]).columns
    found = [column] if column else [name for name in LABEL_COLUMNS if name in there]
    if len(found) != 1:
        known = " or ".join(f"`{name}`" for name in LABEL_COLUMNS)
        what = "no column of labels" if not found else f"{len(found)} columns of labels"
        raise DataError(f"`{path}` has {what}; expected {known}", hint="name it with --label")
    table = read_columns(path, ["contact_id", found[0]])
    table = table[table[found[0]].str.strip() != ""].drop_duplicates()
    if table.empty:
        raise DataError(f"`{path}` holds no label: every `{found[0]}` is empty")
    if (twice := table["contact_id"].duplicated()).any():
        contact = table["contact_id"][twice].iloc[0]
        raise DataError(f"`{path}` labels contact `{contact}` in two ways")
    return dict(zip(table["contact_id"], table[found[0]], strict=True))


def _check_labels(rows: ControlLog, path: Path) -> None:
    """Refuse golden labels that are all LABEL 0, or all another: then nothing tells them apart."""
    is_0, other = (int((rows.first & (rows.label == kind)).sum()) for kind in (IS_0, IS_OTHER))
    if is_0 and other:
        return
    said = "no LABEL 0" if other else "LABEL 0 alone"
    raise DataError(
        f"`{path}` labels {is_0 + other:,} issues, {is_0:,} LABEL 0 and {other:,} others: with "
        f"{said} nobody knows who has it",
        hint="yes, true, 1 or `defective` say LABEL 0; every other reason, no, false and 0 say "
        f"another. A use-case needs {ENOUGH_LABELS} of each, hundreds for narrow intervals",
    )


def _label_notes(fit: LogFit, rows: ControlLog, given: int) -> list[str]:
    labelled = int(((rows.label >= 0) & rows.first).sum())
    notes = [f"{given:,} labels of {labelled:,} issues; a label holds for its whole issue"]
    if fit.few_labels:
        notes.append(
            f"too few labels in {', '.join(fit.few_labels)}: cells need {ENOUGH_LABELS} of LABEL 0 "
            "and of others, so all but the share keeps its prior there"
        )
    if np.isnan(rows.score).all():
        notes.append("the log holds no score: only labels tell who truly has LABEL 0")
    return notes


def _write(
    out: Path, fitted: Scenario, settled: Settled, base: str | Path, scenario: Scenario, log: str
) -> None:
    digest = digest_of(scenario.model_dump(mode="json"))
    header = [
        f"Fitted by `abkit fit-scenario` to the control log {log} and golden labels,",
        f"on {base} ({digest[:12]}). Beside each number: `log` with its standard error, or",
        "`prior`, which is the base's value.",
    ]
    parameters: Mapping[str, Any] = {
        name: replace(parameter) for name, parameter in settled.parameters.items()
    }
    with atomic_write(out) as file:
        file.write(log_text(fitted, parameters, header=header).encode())
