"""An audit's folder: whole or absent, and a sheet that somebody fills in stays."""

from pathlib import Path

import pytest

from abkit.core.errors import RunError
from abkit.core.store import atomic_write
from abkit.pipeline import audit_folder
from abkit.pipeline.audit_folder import save_audit

FILES = {"sheet.csv": "blank", "key.csv": "key", "result-sheet.json": "{}"}


def test_a_new_folder_has_every_file(tmp_path: Path) -> None:
    place = tmp_path / "run" / "audits" / "1-1-seed1"
    save_audit(place, FILES)
    assert {path.name: path.read_text() for path in place.iterdir()} == FILES
    assert [path.name for path in place.parent.iterdir()] == ["1-1-seed1"]


def test_a_sheet_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("half done")
    (tmp_path / "key.csv").write_text("old")
    save_audit(tmp_path, FILES)
    assert (tmp_path / "sheet.csv").read_text() == "half done"
    assert (tmp_path / "key.csv").read_text() == "key"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> object:
        if path.name == "result-sheet.json":
            raise RunError(f"`{path}` cannot be written: No space left on device")
        return atomic_write(path)

    monkeypatch.setattr(audit_folder, "atomic_write", full)
    with pytest.raises(RunError, match="No space left"):
        save_audit(tmp_path / "audits" / "new", FILES)
    assert list((tmp_path / "audits").iterdir()) == []


def test_two_at_once_both_end_with_whole_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "new"

    def slower(path: Path) -> object:
        if not place.exists():  # the other one finishes first
            place.mkdir()
            (place / "sheet.csv").write_text("theirs")
        return atomic_write(path)

    monkeypatch.setattr(audit_folder, "atomic_write", slower)
    save_audit(place, FILES)
    assert (place / "sheet.csv").read_text() == "theirs"
    assert (place / "result-sheet.json").read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
