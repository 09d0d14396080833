"""A run by the hour, beside pandas and a queue counted customer by customer; and its picture."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.errors import ConfigError
from abkit.core.world_hours import WorldHours
from abkit.pipeline.simulating import simulate
from abkit.pipeline.world_hours import queue_by_hour, world_hours
from abkit.render.figures.world import plot_world
from abkit.simulations.clock import HOUR

SMALL = """
base = "returns-bot-points"
name = "small"
[arrivals]
first_contacts_per_week = 6_000
[agents]
heads = 1
[customers]
text_rate = 0.0
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hours")
    (folder / "small.toml").write_text(SMALL)
    return simulate(scenario=folder / "small.toml", weeks=1, runs=folder / "runs").run


def test_pandas_agrees(run: Path) -> None:
    found, log = world_hours(run), pq.read_table(run / "contacts.parquet").to_pandas()
    assert found.days == 7
    assert found.source.endswith(f", seed 1: run {run.name}")
    hours = pd.date_range("2024-01-01", periods=168, freq="h", tz="UTC")
    begun = log["started_at"].dt.floor("h").value_counts().reindex(hours, fill_value=0)
    assert found.arrivals == tuple(begun)
    days = pd.date_range("2024-01-01", periods=7, tz="UTC")
    for arm, rates in found.automation:
        own = log[log["arm"] == arm]
        share = own.groupby(own["started_at"].dt.floor("D"))["automated"].mean().reindex(days)
        assert rates == pytest.approx(tuple(share))
    assert [arm for arm, _ in found.automation] == ["control", "treatment"]


def test_waits_are_all_there(run: Path) -> None:
    """Customer-hours in the queue are the sum of the waits, but for those beyond the week."""
    found, log = world_hours(run), pq.read_table(run / "contacts.parquet").to_pandas()
    early = log["ended_at"] < pd.Timestamp("2024-01-08", tz="UTC")
    sure, most = log.loc[early, "wait_s"].sum(), log["wait_s"].sum()
    assert sure <= 3600 * sum(found.queue) <= most
    assert max(found.queue) > 1
    asked = [mean for mean in found.mean_wait_s if mean is not None]
    assert max(asked) > 30
    for mean, p90 in zip(found.mean_wait_s, found.p90_wait_s, strict=True):
        assert (mean is None) == (p90 is None)


@given(spells=st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(0, 3 * HOUR)), max_size=30))
def test_queue_by_hour_is_a_sum_of_overlaps(spells: list[tuple[int, int]]) -> None:
    joined, wait = (
        np.array(column, dtype=np.int64) for column in zip(*(spells or [(0, 0)]), strict=True)
    )
    found = queue_by_hour(joined, wait, 4)
    for hour in range(4):
        first, end = hour * HOUR, (hour + 1) * HOUR
        inside = [
            max(min(j + w, end) - max(j, first), 0) for j, w in zip(joined, wait, strict=True)
        ]
        assert found[hour] == pytest.approx(sum(inside) / HOUR)


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_a_picture_has_the_same_bytes_again(run: Path, tmp_path: Path, form: str) -> None:
    shown = world_hours(run)
    one, two = (plot_world(shown, tmp_path / f"{name}.{form}") for name in "ab")
    assert one.read_bytes() == two.read_bytes()
    if form == "svg":
        for word in ("Arrivals", "treatment", "90 % wait no longer", run.name):
            assert word in one.read_text()


def test_many_weeks_and_gaps(tmp_path: Path) -> None:
    hours = 24 * 28
    shown = WorldHours(
        source="many", days=28, arrivals=(1,) * hours, queue=(0.0,) * hours,
        mean_wait_s=(None,) * hours, p90_wait_s=(None,) * hours,
        automation=tuple((f"$arm_{i}", (None,) * 14 + (0.5,) * 14) for i in range(5)),
    )  # fmt: skip
    text = plot_world(shown, tmp_path / "many.svg").read_text()
    assert "week; weekends are shaded" in text
    assert "$arm_4" in text


def test_another_ending_is_refused(tmp_path: Path) -> None:
    shown = WorldHours(
        source="", days=0, arrivals=(), queue=(), mean_wait_s=(), p90_wait_s=(), automation=()
    )
    with pytest.raises(ConfigError, match="expected a name that ends in"):
        plot_world(shown, tmp_path / "world.gif")
