"""As of when a log is read: every way to write it, and what none of them is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from abkit.analysis.analyzing import analyze
from abkit.analysis.until import moment_until
from abkit.core.errors import ConfigError

MIDNIGHT = datetime(2024, 10, 29, 23, tzinfo=UTC)  # in Berlin, the day after the clock was set


@pytest.mark.parametrize(
    ("until", "zone"),
    [
        (MIDNIGHT, None), (MIDNIGHT, "Asia/Tokyo"), ("2024-10-30T00:00+01:00", "Asia/Tokyo"),
        ("2024-10-29T23:00Z", None), (" 2024-10-30 ", "Europe/Berlin"),
        (date(2024, 10, 30), "Europe/Berlin"), (datetime(2024, 10, 30), "Europe/Berlin"),
        ("2024-10-30 00:00", "Europe/Berlin"), (pd.Timestamp("2024-10-30"), "Europe/Berlin"),
        ("2024-10-29T23:00", "UTC"),
    ],
)  # fmt: skip
def test_one_moment(until: Any, zone: str | None) -> None:
    moment = moment_until(until, zone)
    assert moment is not None
    assert moment - MIDNIGHT == timedelta(0)


def test_none() -> None:
    assert moment_until(None, "Europe/Berlin") is None


def test_of_an_hour_struck_twice_the_first() -> None:
    assert moment_until("2024-10-27T02:30", "Europe/Berlin") == datetime(
        2024, 10, 27, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["30.10.2024", "10/30/2024", "tomorrow", "", "2024-02-30"])
def test_no_form(text: str) -> None:
    with pytest.raises(ConfigError, match="which is no date or time of ISO 8601") as error:
        moment_until(text, "UTC")
    assert f"`until` is `{text}`" in str(error.value)
    assert "2024-01-15" in str(error.value.hint)


def test_the_zone_is_asked_for_as_option_and_as_argument() -> None:
    with pytest.raises(ConfigError, match="`until` is `2024-10-30` without") as error:
        moment_until("2024-10-30", None)
    assert "--tz ZONE (in Python zone=...)" in str(error.value.hint)
    assert "2024-10-30T00:00:00+00:00 for UTC" in str(error.value.hint)


def test_text_and_one_metric_in_an_analysis() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "arm": rng.choice(["control", "new"], 96),
            "paid": rng.integers(0, 2, 96),
            "at": pd.date_range("2024-03-01", periods=96, freq="h"),
        }
    )
    options: dict[str, Any] = {"variant": "arm", "mapping": {"started_at": "at"}, "zone": "UTC"}
    whole = analyze(frame, metrics=["paid=paid"], **options)
    assert analyze(frame, metrics="paid=paid", **options) == whole
    early = analyze(frame, metrics="paid=paid", until="2024-03-02", **options)
    assert (whole.rows, early.rows) == (96, 25)
