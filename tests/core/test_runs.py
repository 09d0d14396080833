"""Run folders: whole or absent, found by age, refused when damaged."""

import time
from pathlib import Path

import pytest

from abkit.core.errors import RunError
from abkit.core.runs import find_run, new_id, open_run, seal, whole_folder

FACTS = {"command": ["simulate"], "arguments": {}, "seed": 1, "digests": {}, "versions": {}}


def make(root: Path, name: str) -> Path:
    with whole_folder(root / name) as draft:
        (draft / "a.txt").write_text("a")
        (draft / "run.log").write_text("12:00")
        seal(draft, **FACTS)
    return root / name


def test_the_latest_is_found(tmp_path: Path) -> None:
    first = make(tmp_path, new_id("abcdef0"))
    time.sleep(0.002)
    second = make(tmp_path, new_id("0bcdef0"))
    assert find_run(tmp_path) == second
    assert find_run(tmp_path, first.name) == first
    assert open_run(second).seed == 1


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop"), whole_folder(tmp_path / "x") as draft:
        (draft / "a.txt").write_text("a")
        raise ValueError("stop")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("run", ["../x", "/etc", "a\0b", "", ".", "x" * 300, "nothere"])
def test_names_that_are_no_run(tmp_path: Path, run: str) -> None:
    make(tmp_path, "r1")
    with pytest.raises(RunError):
        find_run(tmp_path, run)


def test_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="has no run") as caught:
        find_run(tmp_path / "absent")
    assert "abkit simulate" in str(caught.value.hint)


def test_damage_is_seen(tmp_path: Path) -> None:
    folder = make(tmp_path, "r1")
    (folder / "run.log").write_text("other times are no damage")
    open_run(folder)
    (folder / "a.txt").write_text("b")
    with pytest.raises(RunError, match="`a.txt` was changed or damaged"):
        open_run(folder)
    (folder / "a.txt").unlink()
    with pytest.raises(RunError, match="lacks its file `a.txt`"):
        open_run(folder)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match="no readable manifest"):
        open_run(folder)
