"""The layers, enforced: imports run one way, not even inside a function otherwise."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UPPER = {"abkit.cli", "abkit.pipeline", "abkit.render", "rich", "typer", "matplotlib"}
SIBLINGS = {"abkit.model", "abkit.simulations", "abkit.analysis"}
HEAVY = {"torch", "sklearn", "tokenizers", "safetensors", "simpy", "statsmodels", "duckdb"}
MODEL_ONLY = {"torch", "sklearn", "tokenizers", "safetensors"}
FORBIDDEN = {
    "abkit/core": UPPER | SIBLINGS | HEAVY | {"scipy"},
    "model": UPPER | (SIBLINGS - {"abkit.model"}) | (HEAVY - MODEL_ONLY),
    "simulations": UPPER | (SIBLINGS - {"abkit.simulations"}) | (HEAVY - {"simpy"}),
    "analysis": UPPER | (SIBLINGS - {"abkit.analysis"}) | (HEAVY - {"statsmodels", "duckdb"}),
    "abkit/pipeline": {"abkit.cli", "abkit.render", "rich", "typer"} | HEAVY,
    "abkit/render": SIBLINGS | HEAVY | {"abkit.cli", "abkit.pipeline"},
    "abkit/cli": SIBLINGS | HEAVY,
}
# Results lend themselves their renderings: the one upward import, inside four methods.
ALLOWED = {("abkit/core/results.py", "abkit.render"), ("abkit/core/results.py", "rich")}


def imported(source: str) -> set[str]:
    """Every absolute module name that `source` imports, at any depth."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_import_direction(folder: str) -> None:
    files = list((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        where = str(path.relative_to(ROOT))
        for name in imported(path.read_text(encoding="utf-8")):
            crossed = {word for word in FORBIDDEN[folder] if f"{name}.".startswith(f"{word}.")}
            crossed -= {word for place, word in ALLOWED if place == where}
            assert not crossed, f"{where} imports {name}"


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_are_absolute(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), path


def test_folder_names_are_never_imported_bare() -> None:
    for path in ROOT.glob("[a-z]*/**/*.py"):
        for name in imported(path.read_text(encoding="utf-8")):
            assert name.partition(".")[0] not in ("model", "simulations", "analysis"), path


@pytest.mark.parametrize("arguments", [["--help"], ["simulate", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    heavy = HEAVY | {"numpy", "pandas", "scipy", "pyarrow"}
    code = (
        "import sys\nfrom abkit.cli.app import main\n"
        f"sys.argv = ['abkit', *{arguments}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_package_has_one_name() -> None:
    code = "import sys; sys.path.insert(0, '.'); import model"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "this folder is the package `abkit.model`" in done.stderr


def test_files_are_small() -> None:
    for folder in ("abkit", "model", "simulations", "analysis"):
        for path in (ROOT / folder).rglob("*.py"):
            n = len(path.read_text(encoding="utf-8").splitlines())
            assert n <= 350, f"{path.relative_to(ROOT)} has {n} lines"
