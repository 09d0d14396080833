"""The files of an audit in its run's folder: a new folder is whole or absent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from abkit.core.runs import whole_folder
from abkit.core.store import atomic_write

SHEET: Final = "sheet.csv"


def save_audit(place: Path, files: Mapping[str, str]) -> None:
    """Write an audit's files, by name; a sheet that is there already stays as it is.

    A person may be filling the sheet in. A folder that is there already may hold other people's
    answers; then each file is replaced whole.

    Raises:
        RunError: The place cannot be written.
    """
    if not place.exists():
        try:
            with whole_folder(place) as draft:
                _write(draft, files)
        except OSError:
            if not place.is_dir():  # else: the same audit, made by somebody at the same time
                raise
        else:
            return
    _write(place, {n: text for n, text in files.items() if n != SHEET or not (place / n).exists()})


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        with atomic_write(folder / name) as file:
            file.write(text.encode())
