"""Replications: independent of the number of processes, resumable, stopped by Stein's rule."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.core.replicated import ReplicatedRow, Replications
from abkit.core.runs import open_run
from abkit.pipeline import replicating
from abkit.pipeline.replicated_rows import _launch
from abkit.pipeline.replicating import replicate
from abkit.pipeline.simulating import simulate

SMALL = """
base = "returns-bot-points"
name = "small"
[arrivals]
first_contacts_per_week = 4_000
[customers]
text_rate = 0.0
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario in which nobody types, so that no model is needed; a cache of its own."""
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return path


class Watched:
    """A progress that remembers what it was shown, and may stop the work like Ctrl-C."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.shown: list[tuple[str, int | None]] = []
        self.stop_after = stop_after

    def track(
        self, items: Iterable[Any], *, description: str, total: int | None = None
    ) -> Iterator[Any]:
        self.shown.append((description, total))
        for done, item in enumerate(items, 1):
            yield item
            if done == self.stop_after:
                raise KeyboardInterrupt


def made(folder: Path, scenario: Path, **options: Any) -> Replications:
    return replicate(scenario=scenario, weeks=1, runs=folder, **options)


def test_results_do_not_depend_on_processes(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(tmp_path / "one", small, replications=4)
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "another"))  # or they would be found
    two = made(tmp_path / "two", small, replications=4, jobs=2)
    files = [(run / "results.json").read_bytes() for run in (one.run, two.run)]
    assert files[0] == files[1]
    assert one.n == 4
    assert len({tuple(row.estimate for row in r.rows) for r in one.replications}) == 4
    assert "replications" in open_run(one.run).command[-2]


def test_a_stopped_run_goes_on_where_it_was(small: Path, tmp_path: Path) -> None:
    whole = made(tmp_path / "whole", small, replications=5, seed=7)
    cache = Path(os.environ["ABKIT_CACHE"]) / "replications"
    (folder,) = cache.iterdir()
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "stopped", small, replications=5, seed=7, progress=Watched(stop_after=2))
    assert len(list(folder.iterdir())) == 2
    assert not (tmp_path / "stopped" / "replications").exists()
    (folder / "000001.json").write_text('{"number": 1}')  # damaged: made again
    watched = Watched()
    again = made(tmp_path / "again", small, replications=5, seed=7, progress=watched)
    assert watched.shown == [("Replications, 1 of 5 at hand", 4)]
    assert again.to_dict() == whole.to_dict()
    more = made(tmp_path / "more", small, replications=6, seed=7, progress=watched)
    assert watched.shown[1:] == [("Replications, 5 of 6 at hand", 1)]
    assert more.replications[:5] == whole.replications


KILLED = """
import sys
from pathlib import Path
from abkit.pipeline.replicating import replicate
if __name__ == "__main__":
    replicate(replications=60, jobs=2, scenario=Path(sys.argv[1]), weeks=1, runs=Path("runs"))
"""


def test_a_killed_run_leaves_whole_replications_and_no_process(small: Path, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    process = subprocess.Popen([sys.executable, str(script), str(small)], cwd=tmp_path)
    cache = Path(os.environ["ABKIT_CACHE"]) / "replications"

    def finished() -> list[Path]:
        return sorted(cache.glob("*/[0-9]*.json"))

    until(lambda: len(finished()) >= 3 or process.poll() is not None)
    children = children_of(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(children) >= 2
    until(lambda: not any(map(running, children)))
    kept = finished()
    assert 3 <= len(kept) < 60
    for path in kept:
        assert json.loads(path.read_text())["number"] == int(path.stem)
    assert not (tmp_path / "runs").exists()
    watched = Watched()
    found = made(tmp_path / "runs", small, replications=len(kept) + 1, progress=watched)
    numbers = [int(path.stem) for path in kept]
    at_hand = sum(number <= len(kept) for number in numbers)
    assert watched.shown[0][1] == len(kept) + 1 - at_hand
    assert found.n == len(kept) + 1


def until(true: Any, limit_s: float = 60) -> None:
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in found.split()]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_first_replication_is_the_plain_run(small: Path, tmp_path: Path) -> None:
    plain = simulate(scenario=small, weeks=1, runs=tmp_path / "runs")
    first = made(tmp_path / "runs", small, replications=2).replications[0]
    assert first.contacts == plain.contacts
    stated = [(row.difference.estimate, row.difference.ci_lower) for _, row in plain.table3.rows()]
    assert [(row.estimate, row.ci_lower) for row in first.rows] == stated


def test_rows_are_what_numpy_says(small: Path, tmp_path: Path) -> None:
    found = made(tmp_path, small, replications=5)
    assert [row.metric for row in found.rows] == ["AR", "PRR", "24RR"] * 3
    for i, row in enumerate(found.rows):
        own = [one.rows[i] for one in found.replications]
        values = np.array([one.estimate for one in own])
        assert row.mean == pytest.approx(values.mean())
        assert row.sd == pytest.approx(values.std(ddof=1))
        assert row.ci_upper - row.mean == pytest.approx(2.7764451 * row.sd / np.sqrt(5))  # t, 4 df
        assert row.truth == row.first_contacts == pytest.approx(0, abs=1e-15)  # nobody types
        assert row.hold_truth == sum(one.ci_lower <= 0 <= one.ci_upper for one in own)
        assert row.hold_mean == sum(one.ci_lower <= row.mean <= one.ci_upper for one in own)


def test_a_launch_of_the_same_changes_nothing(small: Path, tmp_path: Path) -> None:
    """Nobody types: both worlds are one, and the A/B test's delta is all error."""
    found = made(tmp_path, small, replications=3)
    for row in found.rows:
        assert row.global_effect == row.global_se == 0
        assert row.variance_reduction is None
        assert row.bias == row.mean
        assert row.bias_se == pytest.approx(row.sd / np.sqrt(3))
        assert row.hold_global == row.hold_truth
    assert "share the agents' queue" in found.to_markdown()


def test_the_truth_over_replications_is_what_numpy_says() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(0.5, 0.01, 30)
    effects = rng.normal(0.02, 0.002, 30)
    shown = effects + rng.normal(0.004, 0.005, 30)
    rows = [
        ReplicatedRow(
            treatment="treatment", use_case="A", metric="AR", estimate=delta, ci_lower=delta - 0.01,
            ci_upper=delta + 0.01, standard_error=0.005, verdict="better", all_control=rate,
            all_treatment=rate + effect,
        )
        for rate, effect, delta in zip(before, effects, shown, strict=True)
    ]  # fmt: skip
    launch = _launch([*rows, replace(rows[0], all_treatment=None)])  # undefined: left out
    assert launch.of.n == 30
    assert launch.of.mean == pytest.approx(effects.mean())
    assert launch.bias.mean == pytest.approx((shown - effects).mean())
    assert launch.bias.sd == pytest.approx((shown - effects).std(ddof=1))
    assert launch.held == (np.abs(shown - effects) <= 0.01).sum() < 30
    apart = np.var(before, ddof=1) + np.var(before + effects, ddof=1)
    assert launch.variance_reduction == pytest.approx(apart / np.var(effects, ddof=1))


def test_a_replication_without_the_truth_is_made_again(small: Path, tmp_path: Path) -> None:
    """As an older version stored it."""
    whole = made(tmp_path / "one", small, replications=2)
    (path,) = (Path(os.environ["ABKIT_CACHE"]) / "replications").glob("*/000001.json")
    older = json.loads(path.read_text())
    for row in older["rows"]:
        del row["all_control"]
    path.write_text(json.dumps(older))
    watched = Watched()
    again = made(tmp_path / "two", small, replications=2, progress=watched)
    assert watched.shown == [("Replications, 1 of 2 at hand", 1)]
    assert again.to_dict() == whole.to_dict()


def test_as_many_as_the_half_width_asks_for(small: Path, tmp_path: Path) -> None:
    found = made(tmp_path, small, replications=10, until_half_width=1.4, of=["A:AR"])
    row = found.rows[0]
    assert found.until is not None
    assert found.until.first_stage == 10
    assert found.n > 10
    assert (row.ci_upper - row.ci_lower) / 2 <= 0.014
    first = np.array([one.rows[0].estimate for one in found.replications[:10]])
    t = 2.2621572  # 9 df
    assert found.n == np.ceil((t * first.std(ddof=1) / 0.014) ** 2)
    assert row.ci_upper - row.mean == pytest.approx(t * first.std(ddof=1) / np.sqrt(found.n))
    wide = made(tmp_path, small, replications=10, until_half_width=50)
    assert wide.n == 10


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"replications": 1}, "`replications` is 1; expected at least 2"),
        ({"replications": 10_001}, "expected at most 10000"),
        ({"replications": 3, "jobs": 0}, "`jobs` is 0; expected at least 1"),
        ({"replications": 9, "until_half_width": 1.0}, "`replications` is 9; expected at least 10"),
        ({"until_half_width": 0.0}, "`until_half_width` is 0.0; expected"),
        ({"until_half_width": float("nan")}, "`until_half_width` is nan; expected"),
        ({"until_half_width": 1.0, "of": ["ar"]}, "`of` is `ar`; expected `AR`"),
        ({"until_half_width": 1.0, "of": ["D:AR"]}, "as in `A:AR`"),
        ({"until_half_width": 1.0, "of": []}, "`of` names no row"),
    ],
)
def test_refusals(
    small: Path, tmp_path: Path, options: dict[str, Any], fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicating, "run_replication", None)  # nothing may be simulated
    with pytest.raises(ConfigError, match=fact):
        made(tmp_path / "runs", small, **options)
    assert not (tmp_path / "runs").exists()


def test_a_width_out_of_reach(small: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"would need \d+ replications; expected at most") as told:
        made(tmp_path / "runs", small, replications=10, until_half_width=0.001, of=["A:PRR"])
    assert "points are within reach" in str(told.value.hint)
