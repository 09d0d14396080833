"""The moment as of which a log is read, as somebody writes it."""

from datetime import date, datetime, timedelta, timezone

from abkit.analysis.local_time import time_zone
from abkit.core.errors import ConfigError

_FORM = "write it as 2024-01-15, 2024-01-15T18:30 or 2024-01-15T18:30+01:00"


def moment_until(until: date | str | None, zone: str | None) -> datetime | None:
    """Return a moment with its time zone: its own, else `zone`; a date is its first moment.

    Args:
        until: A moment, a date, or either as ISO 8601 writes it.
        zone: The IANA time zone of what has none; of a time that the clock struck twice the first.

    Raises:
        ConfigError: It is written otherwise, or has no zone and none is given.
    """
    if until is None:
        return None
    moment = until if isinstance(until, datetime) else _read(str(until).strip())
    if moment.tzinfo is not None:
        return moment
    if zone is None:
        raise ConfigError(
            f"`until` is `{until}` without a time zone",
            hint="say it with --tz ZONE (in Python zone=...), as in Europe/Berlin, or write "
            f"{moment.isoformat()}+00:00 for UTC",
        )
    offset = moment.replace(tzinfo=time_zone(zone)).utcoffset()
    return moment.replace(tzinfo=timezone(offset or timedelta()))


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"`until` is `{text}`, which is no date or time of ISO 8601", hint=_FORM
        ) from None
