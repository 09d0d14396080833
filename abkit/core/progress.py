"""Progress of long work: an iterable that the command line may wrap in a bar."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Whoever shows progress; the library itself never prints."""

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items` unchanged; `total` is their number when `items` has no length."""
        ...


class _Silent:
    """Show nothing."""

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        yield from items


SILENT: Final[Progress] = _Silent()
