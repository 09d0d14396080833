"""What the docs say that a command prints is what it prints."""

from pathlib import Path

import pytest

from .printed import PAGES, blocks, printed

CASES = [(page.name, *block) for page in PAGES for block in blocks(page)]


def test_there_are_blocks() -> None:
    assert len(CASES) >= 2


@pytest.mark.parametrize(("page", "command", "shown"), CASES)
def test_docs_are_printed(page: str, command: str, shown: str, real_data: Path | None) -> None:
    if "../shared" in command and real_data is None:
        return  # said in the header of the run
    assert printed(command) == shown
