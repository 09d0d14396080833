"""What the clocks of a time zone show: offsets, hours struck twice, hours skipped."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from abkit.core.errors import ConfigError, nearest

SECOND: Final = 1_000_000  # all instants are whole microseconds
DAY: Final = 86_400 * SECOND
BLOCK: Final = 32 * DAY  # data are looked at by blocks, so that one odd year costs nothing
EPOCH: Final = datetime(1970, 1, 1)
FIRST: Final = (datetime.min - EPOCH) // timedelta(microseconds=1)  # 0001-01-01 00:00
LAST: Final = (datetime.max - EPOCH) // timedelta(microseconds=1)  # 9999-12-31 23:59:59.999999


@dataclass(frozen=True, slots=True)
class Change:
    """The clock is set: local times from `at` have `offset` to UTC, those before it `before`.

    Local times in [at - |offset - before|, at) exist twice when the clock is set back, and never
    when it is set forward. Both are read with `before`: the earlier of the two, or moved on by what
    was skipped, as Python does with fold = 0 (PEP 495).
    """

    at: int
    before: int
    offset: int

    @property
    def window(self) -> tuple[int, int]:
        """Return the local times that exist twice or never: from, and up to but without."""
        return self.at - abs(self.offset - self.before), self.at


def time_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone called `name`.

    Raises:
        ConfigError: There is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = nearest(name, available_timezones()) or "for example Europe/Berlin or UTC"
        raise ConfigError(f"`tz` is `{name}`, which is no IANA time zone", hint=hint) from None


def changes(zone: ZoneInfo, blocks: Iterable[int]) -> tuple[int, list[Change]]:
    """Return the first offset, and every change of it, within blocks of local time.

    Block k holds the local times FIRST + k BLOCK up to FIRST + (k + 1) BLOCK; between blocks that
    are no neighbours a single change stands for all. Two days more are looked at, for a window
    that begins inside a block and ends after it. No zone has set its clocks twice within a day.
    """
    days: list[int] = []
    for block in sorted(blocks):
        start = FIRST + block * BLOCK
        days += range(max(start, days[-1] + DAY if days else start), start + BLOCK + 3 * DAY, DAY)
    known = [(day, _offset(zone, day)) for day in days]
    found = []
    for (day, before), (after, offset) in pairwise(known):
        if offset == before:
            continue
        found.append(Change(_set_at(zone, day, after), before, offset))
    return known[0][1], found


def _set_at(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the first local second after `low` that has the offset of `high`, by bisection."""
    offset = _offset(zone, high)
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        low, high = (low, middle) if _offset(zone, middle) == offset else (middle, high)
    return high


def _offset(zone: ZoneInfo, local: int) -> int:
    """Return the offset to UTC, in microseconds, of a local time, the earlier of two."""
    shown = EPOCH + timedelta(microseconds=min(local, LAST))
    offset = shown.replace(tzinfo=zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)
