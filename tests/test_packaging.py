"""What is installed is what is in the folders; nothing that must not be shipped is."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import abkit

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAPPED = {"abkit": "abkit"} | {
    name: f"abkit.{name}" for name in ("model", "simulations", "analysis")
}


def packages_on_disk() -> set[str]:
    found = set()
    for folder, package in MAPPED.items():
        for path in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join([package, *path.parent.relative_to(ROOT / folder).parts]))
    return found


def test_every_package_is_listed() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages_on_disk()


def test_one_version() -> None:
    assert abkit.__version__ == PROJECT["project"]["version"] == metadata.version("abkit")
    assert f"## [{abkit.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_dependencies_are_bounded_on_both_sides() -> None:
    project = PROJECT["project"]
    for line in project["dependencies"] + project["optional-dependencies"]["dev"]:
        assert re.fullmatch(r"[A-Za-z0-9_-]+>=[0-9.]+,<[0-9.]+", line), line


def test_constraints_name_versions_only() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9.]+(post[0-9]+)?|torch>=2.4,<2.14", line)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    place = tmp_path_factory.mktemp("wheel")  # a copy: setuptools leaves a folder build/ behind
    for name in MAPPED:
        shutil.copytree(ROOT / name, place / name)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    subprocess.run(  # the environment's own setuptools: works offline
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "out", "."],
        check=True, cwd=place, capture_output=True,
    )  # fmt: skip
    return zipfile.ZipFile(next((place / "out").glob("*.whl")))


def test_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = set()
    for folder, package in MAPPED.items():
        for pattern in ("*.py", "*.toml", "py.typed"):
            for path in (ROOT / folder).rglob(pattern):
                inside = path.relative_to(ROOT / folder).as_posix()
                wanted.add(f"{package.replace('.', '/')}/{inside}")
    assert shipped == wanted


def test_wheel_installs_one_name_and_no_data_set(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {name.split("/")[0] for name in names} == {
        "abkit", f"abkit-{abkit.__version__}.dist-info"
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".csv", ".gz", ".parquet"))]
