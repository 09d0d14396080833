"""Bugs that are planted to see a check fail."""

from collections.abc import Callable
from typing import Any

import pytest

Patch = Callable[[pytest.MonkeyPatch], None]


def patched(kind: type, name: str, change: Callable[..., Any]) -> Patch:
    """Return a patch that replaces a method by `change(method, self, ...)`."""
    method = getattr(kind, name)

    def apply(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(kind, name, lambda self, *args: change(method, self, *args))

    return apply
