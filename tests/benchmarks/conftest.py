"""The page of benchmarks that a run with `--page PATH` writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .page import Page


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--page", type=Path, help="write the tables of the analysis there, if all passed"
    )


@pytest.fixture(scope="session")
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Collect the tables."""
    kept = Page()
    yield kept
    path = request.config.getoption("--page", default=None)
    if path is not None and not request.session.testsfailed:
        kept.write(path)
