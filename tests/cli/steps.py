"""What the tests of the command line share: its type, and what to look for."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


Cli = Callable[..., Done]


def in_80_columns(text: str) -> None:
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text


def files_below(folder: Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in os.walk(folder)
        for name in names
    )
