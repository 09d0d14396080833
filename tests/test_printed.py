"""What the docs say that a command prints is what it prints."""

from pathlib import Path

import pytest

from .printed import PAGES, ROOT, SLOW_PAGES, blocks, printed

CASES = [(page.name, *block) for page in PAGES for block in blocks(page)]
SLOW_CASES = [block for page in SLOW_PAGES for block in blocks(page)]


def test_there_are_blocks() -> None:
    assert len(CASES) >= 2


@pytest.mark.parametrize(("page", "command", "shown"), CASES)
def test_docs_are_printed(page: str, command: str, shown: str, real_data: Path | None) -> None:
    if "../shared" in command and real_data is None:
        return  # said in the header of the run
    assert printed(command) == shown


@pytest.mark.slow
@pytest.mark.parametrize(("command", "shown"), SLOW_CASES)
def test_slow_docs_are_printed(command: str, shown: str) -> None:
    written = ROOT / command.split("--out ")[1].split()[0]
    there = written.exists()
    try:
        assert printed(command) == shown
    finally:
        if not there:
            written.unlink(missing_ok=True)
