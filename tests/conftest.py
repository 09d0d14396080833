"""Shared fixtures: the real data, a private cache."""

from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def real_data() -> Path | None:
    """The folder of real texts and measurements, or None where it is absent."""
    return REAL_DATA if REAL_DATA.is_dir() else None


def pytest_report_header() -> str:
    state = "present" if REAL_DATA.is_dir() else "ABSENT: tests on real data check nothing"
    return f"real data ({REAL_DATA.relative_to(ROOT.parent)}): {state}"


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep the tests' models and scores out of the user's cache; train the default model once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("ABKIT_CACHE", str(folder))
        yield folder
