"""The folder is `abkit.model`, and nothing else."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_folder_cannot_be_imported_under_another_name() -> None:
    got = subprocess.run(
        [sys.executable, "-c", "import model"], cwd=ROOT, capture_output=True, text=True
    )
    assert got.returncode == 1
    assert "this folder is the package `abkit.model`" in got.stderr


def test_no_pickle_and_no_torch_load() -> None:
    for path in (ROOT / "model").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        for banned in ("pickle", "joblib", "torch.load", "torch.save", "eval(", "exec("):
            assert banned not in source.replace("model.eval()", ""), f"{path.name}: {banned}"
