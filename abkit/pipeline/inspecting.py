"""`inspect`: what abkit sees in a file, and which command could read it."""

from pathlib import Path
from typing import Final

from abkit.analysis.csv_header import read_header
from abkit.analysis.inspection import Seen, look_at
from abkit.analysis.sources import Data
from abkit.core.errors import DataError
from abkit.core.inspected import PLACEHOLDER, Inspection
from abkit.pipeline.suggested_analysis import suggest_analysis
from abkit.pipeline.suggested_commands import suggest_audit, suggest_scoring, suggest_training

_READABLE: Final = (
    "give a table: CSV with a header (also as .gz), Parquet, a DuckDB database, or a run's folder"
)
TRUTH = "true_"  # what only a simulation knows: no command reads it


def inspect(data: Data, *, table: str | None = None) -> Inspection:
    """Say what a file holds, what it lacks for which command, and which line to type.

    Roles are told by names and values; nothing is guessed that only the user knows: the control
    arm, the outcomes, the label to detect, the zone of a clock.

    Args:
        data: As for `analyze`.
        table: The table or view of a database.

    Raises:
        ConfigError: `table` is given without a database.
        DataError: The data cannot be read.
    """
    seen = _look_at(data, table)
    known = tuple(column for column in seen.columns if not column.name.startswith(TRUTH))
    place = str(data) if isinstance(data, (str, Path)) else PLACEHOLDER
    options = [] if table is None else ["--table", table]
    is_plain = _is_plain(place)
    return Inspection(
        source=seen.source,
        form=seen.form,
        rows=seen.rows,
        looked_at=seen.looked_at,
        columns=seen.columns,
        commands=(
            suggest_analysis(known, place, options),
            suggest_training(known, place, is_plain=is_plain),
            suggest_scoring(known, place, is_plain=is_plain),
            suggest_audit(known, place),
        ),
    )


def _look_at(data: Data, table: str | None) -> Seen:
    """Return what the file holds; an error always says what would be read."""
    try:
        return look_at(data, table=table)
    except DataError as error:
        if error.hint is None:
            raise DataError(str(error), hint=_READABLE) from None
        raise


def _is_plain(place: str) -> bool:
    """Say whether the file is one that `train` and `score` read: not a folder, comma-separated."""
    path, name = Path(place), place.lower()
    if not path.is_file():
        return False
    if name.endswith((".parquet", ".pq")):
        return True
    return name.endswith((".csv", ".csv.gz")) and read_header(path).delimiter == ","
