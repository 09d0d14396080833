"""Times as UTC microseconds, against Python's zoneinfo at every change of the clocks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.analysis.instants import Instants, read_instants
from abkit.analysis.local_time import BLOCK, EPOCH, FIRST
from abkit.analysis.sources import open_source
from abkit.core.errors import AbkitError, ConfigError, DataError

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
SECOND = timedelta(seconds=1)


def micros(moment: datetime) -> int:
    start = EPOCH if moment.tzinfo is None else EPOCH.replace(tzinfo=UTC)
    return (moment - start) // timedelta(microseconds=1)


def read(
    values: pa.Array | Sequence[Any], zone: str | None = None
) -> tuple[list[int | None], Instants]:
    """What becomes of each value, in their order, and what is said about it."""
    values = values if isinstance(values, pa.Array) else pa.array(values)
    with open_source(pa.table({"at'\"s": values, "place": range(len(values))})) as source:
        found = read_instants(source, "at'\"s", zone=zone, role="the start")
        rows = source.rows(f"SELECT {found.sql} AS at FROM source ORDER BY place")
    return [row["at"] for row in rows], found


def refused(
    values: pa.Array | Sequence[Any], fact: str, hint: str | None, zone: str | None = None
) -> None:
    with pytest.raises(AbkitError) as caught:
        read(values, zone)
    assert fact in str(caught.value)
    assert hint in caught.value.hint if hint else caught.value.hint is None


def hours(zone: str) -> Iterator[tuple[datetime, bool, bool]]:
    """Local times around every change from 1990 to 2030: does each exist twice, or never?"""
    place = ZoneInfo(zone)
    start = datetime(1990, 1, 1)
    days = [start + timedelta(days=day) for day in range(41 * 365 + 10)]
    offsets = [day.replace(tzinfo=place).utcoffset() for day in days]
    for day, offset, following in zip(days, offsets, offsets[1:], strict=False):
        if offset == following:
            continue
        for minute in range(-60, 26 * 60, 5):
            moment = day + timedelta(minutes=minute, microseconds=-(minute % 2))
            first, second = (moment.replace(tzinfo=place, fold=fold) for fold in (0, 1))
            back = first.astimezone(UTC).astimezone(place).replace(tzinfo=None)
            yield moment, first.utcoffset() != second.utcoffset() and back == moment, back != moment


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_the_clocks(zone: str) -> None:
    """zoneinfo with fold = 0 is the same rule: the earlier of two, skipped times moved on."""
    cases = list(hours(zone))
    assert len({moment.year for moment, *_ in cases}) == (0 if zone == "Asia/Kathmandu" else 41)
    moments = [moment for moment, *_ in cases] or [datetime(2024, 6, 1, 12, 30)]
    expected = [micros(moment.replace(tzinfo=ZoneInfo(zone))) for moment in moments]
    text = [moment.isoformat(sep=" ") for moment in moments]
    for values in (pa.array(moments, pa.timestamp("us")), pa.array(text)):
        instants, found = read(values, zone)
        assert instants == expected
        assert found.ambiguous == sum(twice for _, twice, _ in cases)
        assert found.nonexistent == sum(never for *_, never in cases)
        assert bool(cases) == bool(found.ambiguous) == bool(found.nonexistent)
        assert len(found.notes) == (3 if cases else 1)


def test_a_window_at_the_edge_of_what_is_looked_at() -> None:
    """The days around each border of two blocks, in a zone whose clock skipped a whole day."""
    samoa = ZoneInfo("Pacific/Apia")
    for day in (datetime(2011, 12, 29, 22), datetime(2010, 9, 25, 12), datetime(2012, 4, 1)):
        shift = (micros(day) - FIRST) % BLOCK
        near = [day + timedelta(hours=h) for h in range(50)]
        far = [day - timedelta(days=40 * k, microseconds=shift % 7) for k in range(1, 40)]
        for values in (near, far, far + near, near[:3], near[-3:]):
            instants, found = read(pa.array(values, pa.timestamp("us")), "Pacific/Apia")
            assert instants == [micros(moment.replace(tzinfo=samoa)) for moment in values]
    _, found = read(pa.array([datetime(2011, 12, 30, h) for h in range(24)]), "Pacific/Apia")
    assert found.nonexistent == 24


def test_a_window_that_ends_where_a_block_does() -> None:
    """In Brazil clocks were set back at midnight; some block begins at such a midnight."""
    zone = ZoneInfo("America/Sao_Paulo")
    starts = [EPOCH + timedelta(microseconds=FIRST + k * BLOCK) for k in range(22_300, 23_100)]
    late = [start - timedelta(minutes=30) for start in starts]
    first, second = ([moment.replace(tzinfo=zone, fold=fold) for moment in late] for fold in (0, 1))
    twice = [
        moment
        for moment, a, b in zip(late, first, second, strict=True)
        if a.utcoffset() != b.utcoffset()
    ]
    assert twice
    for moment in twice:
        (instant,), found = read(pa.array([moment], pa.timestamp("us")), "America/Sao_Paulo")
        assert instant == micros(moment.replace(tzinfo=zone))
        assert found.ambiguous == 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.datetimes(), min_size=1, max_size=30),
    st.sampled_from([*ZONES, "UTC", "Africa/Casablanca", "Pacific/Apia", "Europe/Dublin"]),
)
def test_any_time_in_any_zone(moments: list[datetime], zone: str) -> None:
    instants, _ = read(pa.array(moments, pa.timestamp("us")), zone)
    place = ZoneInfo(zone)
    assert instants == [
        micros(moment) - moment.replace(tzinfo=place).utcoffset() // timedelta(microseconds=1)  # type: ignore[operator]
        for moment in moments
    ]


def test_a_day_across_a_change() -> None:
    """Berlin, 2026-03-28 12:00 to 03-29 12:30: 23.5 h have passed, not 24.5 h."""
    (start, end), _ = read(["2026-03-28 12:00", "2026-03-29 12:30"], "Europe/Berlin")
    assert start is not None
    assert end is not None
    assert end - start == timedelta(hours=23.5) // timedelta(microseconds=1)


def test_timestamps_with_a_zone_keep_it() -> None:
    moments = [datetime(2024, 3, 31, 0, 30, 0, 1, tzinfo=UTC), None, datetime(1, 1, 1, tzinfo=UTC)]
    for unit_zone in ("UTC", "Europe/Berlin"):
        instants, found = read(pa.array(moments, pa.timestamp("us", unit_zone)))
        assert instants == [moment and micros(moment) for moment in moments]
        assert (found.notes, found.ambiguous, found.missing) == ((), 0, None)
    _, found = read(pa.array(moments, pa.timestamp("us", "UTC")), "Europe/Berlin")
    assert found.notes == ("`at'\"s` has its own time zone; `Europe/Berlin` is not used",)


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_other_units(zone: str | None) -> None:
    """Finer digits are cut off, before 1970 too, as they are in text."""
    for unit, values, expected in (
        ("s", [1, -1], [1_000_000, -1_000_000]), ("ms", [1, -1], [1_000, -1_000]),
        ("ns", [1_999, -1, -1_001, None], [1, -1, -2, None]),
    ):  # fmt: skip
        instants, _ = read(pa.array(values, pa.timestamp(unit, zone)), None if zone else "UTC")
        assert instants == expected
    text = ["1969-12-31 23:59:59.9999999Z", "1970-01-01 00:00:00.0000019Z"]
    assert read(text)[0] == [-1, 1]


BERLIN = [
    ("2024-07-01 12:00", (2024, 7, 1, 10)), ("2024-07-01T12:00:00", (2024, 7, 1, 10)),
    (" 2024-7-1 12:00:30.5\t", (2024, 7, 1, 10, 0, 30, 500_000)), ("2024/07/01 2:00", (2024, 7, 1)),
]  # fmt: skip
OFFSET = [
    ("2024-07-01 12:00Z", (2024, 7, 1, 12)), ("2024-07-01T12:00:01Z", (2024, 7, 1, 12, 0, 1)),
    ("2024-07-01 12:00+02:00", (2024, 7, 1, 10)), ("2024-07-01 12:00-0330", (2024, 7, 1, 15, 30)),
    ("2024-07-01 12:00:00 +02", (2024, 7, 1, 10)), ("2024-07-01 12:00:00 UTC", (2024, 7, 1, 12)),
    ("2024-07-01 12:00:00.5 GMT", (2024, 7, 1, 12, 0, 0, 500_000)),
    (" 2024-07-01 12:00:00 -0200 ", (2024, 7, 1, 14)),
]  # fmt: skip


def expected_of(cases: list[tuple[str, tuple[int, ...]]]) -> list[int]:
    return [micros(datetime(*parts)) for _, parts in cases]  # type: ignore[arg-type]


def test_text() -> None:
    empty = [None, "", " \t"]
    instants, found = read([text for text, _ in BERLIN] + empty, "Europe/Berlin")
    assert instants == [*expected_of(BERLIN), None, None, None]
    assert found.missing == 3
    assert found.notes == ("`at'\"s` was read as local time in Europe/Berlin",)
    instants, found = read([text for text, _ in OFFSET] + empty)
    assert instants == [*expected_of(OFFSET), None, None, None]
    assert (found.missing, found.notes) == (3, ())
    both = [
        *OFFSET,
        ("2024-10-27 02:30Z", (2024, 10, 27, 2, 30)),
        *BERLIN,
        ("2024-10-27 02:30", (2024, 10, 27, 0, 30)),
    ]
    instants, found = read([text for text, _ in both] + empty, "Europe/Berlin")
    assert instants == [*expected_of(both), None, None, None]
    assert (found.missing, found.ambiguous, found.nonexistent) == (3, 1, 0)
    assert found.notes == (
        "`at'\"s` was read as local time in Europe/Berlin in the 5 rows without an offset; "
        "9 have one",
        "1 of `at'\"s` the clock struck twice: the first was taken",
    )
    _, found = read(["2024-07-01 12:00Z"], "UTC")
    assert found.notes == ("`at'\"s` has its own offsets; `UTC` is not used",)


@pytest.mark.parametrize(
    "text",
    [
        "soon", "03.31.2024 02:30", "31.03.24 02:30", "31.03.2024T02:30", "03/31/2024 02:30",
        "2024-02-30 10:00", "2024-03-31 25:00",
        "2024-03-31 02:30 PM", "24-03-31 02:30", "0000-01-01 00:00", "10000-01-01 00:00", "epoch",
        "infinity", "2024-01-01 00:00 (BC)", "2024-03-31 02:30 Europe/Berlin", "1711852200",
        "2024-03-31 02:30+99", "2024-03-31 02:30 CET", "20240331T023000Z", "2024-03-31 10",
    ],
)  # fmt: skip
def test_no_time(text: str) -> None:
    values = [text, "2024-01-01 00:00", None, f"{text} "]
    for zone in (None, "UTC"):
        fact = f"`at'\"s` cannot be read as a time in 2 of 4 rows, e.g. `{text}`, `{text} `"
        refused(values, fact, "2024-03-18 09:30:00+01:00", zone)


def test_days_first() -> None:
    """With dots the day is first, as ISO 8601 of the same moment; with slashes either may be."""
    dotted = ["18.03.2024 00:03:22", "1.4.2024, 9:05", " 01.04.2024  23:59:59.5 ", None, "",
              "2024-04-01 09:05", "18.03.2024 00:03:22+01:00", "31.03.2024 02:30"]  # fmt: skip
    iso = ["2024-03-18 00:03:22", "2024-04-01 09:05", "2024-04-01 23:59:59.5", None, "",
           "2024-04-01 09:05", "2024-03-18 00:03:22+01:00", "2024-03-31 02:30"]  # fmt: skip
    values, found = read(dotted, "Europe/Berlin")
    assert values == read(iso, "Europe/Berlin")[0]
    assert values[0] == micros(datetime(2024, 3, 18, 0, 3, 22, tzinfo=ZoneInfo("Europe/Berlin")))
    assert found.notes[0] == "`at'\"s` was read as day.month.year"
    assert (found.missing, found.nonexistent) == (2, 1)
    for rows in (dotted[:1], ["18.03.2024 00:03:22Z"]):
        assert read(rows, "UTC")[1].notes[0] == "`at'\"s` was read as day.month.year"
    assert len(read(iso[:1], "UTC")[1].notes) == 1
    at = "`at'\"s`"
    refused(dotted[:2], f"{at} has no time zone (e.g. `1.4.2024, 9:05`)", "--tz Europe/Berlin")
    refused(["18.03.2024"], f"{at} is a date without a time of day in 1 of 1 rows", "time of day")


def test_what_is_refused() -> None:
    at = "`at'\"s`"
    naive = [datetime(2024, 3, 31, 2, 30), datetime(2024, 3, 31, 4, 30)]
    refused(naive, f"{at} has no time zone (e.g. `2024-03-31 02:30:00`)", "--tz Europe/Berlin")
    refused(["2024-03-31 02:30"], f"{at} has no time zone (e.g. `2024-03-31 02:30`)", "--tz Europe")
    refused(
        ["2024-03-31 02:30Z", "2024-03-31 03:30", "2024-03-31 01:30"],
        f"{at} has a time zone in 1 rows (e.g. `2024-03-31 02:30Z`) and none in 2 (e.g. "
        "`2024-03-31 01:30`)", "--tz Europe/Berlin",
    )  # fmt: skip
    refused(
        pa.array([19_000], pa.date32()), f"{at} is DATE; expected timestamps", "not only a date"
    )
    refused(["2024-03-31"], f"{at} is a date without a time of day in 1 of 1 rows", "time of day")
    refused([1711852200], f"{at} is BIGINT; expected timestamps", "seconds or milliseconds")
    refused([1711852200.5], f"{at} is DOUBLE; expected timestamps", "seconds or milliseconds")
    refused([True], f"{at} is BOOLEAN; expected timestamps", "ISO 8601")
    outside = f"{at} holds a time outside the years 1 to 9999"
    for value in (2**63 - 1, -(2**63) + 1, 253_402_300_800_000_000, -62_135_596_800_000_001):
        stamps = np.array([0, value], "datetime64[us]")
        refused(pa.array(stamps), outside, "empty", "UTC")
        refused(pa.array(stamps).cast(pa.timestamp("us", "UTC")), outside, None)


def test_zones() -> None:
    for zone, hint in (("Europe/Berlinn", "`Europe/Berlin`"), ("+02:00", None), ("", None),
                       ("../UTC", None), ("Europe", None), ("a\0b", None)):  # fmt: skip
        with pytest.raises(ConfigError, match="is no IANA time zone") as caught:
            read(["2024-03-31 02:30"], zone)
        assert hint is None or hint in str(caught.value.hint)
    with (
        pytest.raises(DataError, match=r"no column `start` \(for the start\)"),
        open_source(pa.table({"started": [1]})) as source,
    ):
        read_instants(source, "start", zone=None, role="the start")


def test_nothing_but_missing_values() -> None:
    for values in (pa.array([None, None], pa.timestamp("us")), pa.array([None, ""], pa.string())):
        instants, found = read(values)
        assert instants == [None, None]
        assert found.missing == 2


def test_only_the_given_rows_are_read() -> None:
    """Rows that were left out neither raise nor count."""
    berlin = "`at` was read as local time in Europe/Berlin"
    texts = ["2024-10-27 02:30", "2024-10-27 02:30", "soon", "2024-03-31 02:30Z"]
    for values, kept in (
        (pa.array(texts), 1),
        (pa.array([datetime(2024, 10, 27, 2, 30)] * 2 + [datetime(2024, 3, 31, 2, 30)] * 2), 2),
    ):
        with open_source(pa.table({"at": values, "place": range(4)})) as source:
            source.rows(f"CREATE TEMP VIEW kept AS SELECT * FROM source WHERE place < {kept}")
            found = read_instants(
                source, "at", zone="Europe/Berlin", role="the start", relation="kept"
            )
        twice = f"{kept} of `at` the clock struck twice: the first was taken"
        assert found.notes == (berlin, twice)
        assert (found.ambiguous, found.nonexistent, found.missing) == (kept, 0, 0)
