"""Replications killed with SIGKILL and resumed: the same bytes as undisturbed, in another cache."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from abkit.pipeline.replicating import replicate

SMALL = """
base = "returns-bot-points"
name = "small"
[arrivals]
first_contacts_per_week = 4_000
[customers]
text_rate = 0.0
"""
N, LIMIT_S = 8, 60


def command(scenario: Path, runs: Path) -> list[str]:
    words = ("--scenario", scenario, "--runs", runs, "--weeks", 1, "--replications", N)
    return [sys.executable, "-m", "abkit", "simulate", *map(str, words), "--jobs", "2"]


def kept(cache: Path) -> list[Path]:
    return sorted((cache / "replications").glob("*/[0-9]*.json"))


def killed_midway(words: list[str], cache: Path) -> str:
    """Kill the command once two replications are kept; return what it wrote to stderr."""
    process = subprocess.Popen(
        words, env=os.environ | {"ABKIT_CACHE": str(cache)}, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + LIMIT_S
    while len(kept(cache)) < 2 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    return process.communicate(timeout=LIMIT_S)[1]  # ends when its children have ended, too


def test_a_killed_and_resumed_run_has_the_bytes_of_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, cache = tmp_path / "small.toml", tmp_path / "killed"
    scenario.write_text(SMALL)
    words = command(scenario, tmp_path / "resumed")
    said = killed_midway(words, cache)
    before = {path: path.stat().st_mtime_ns for path in kept(cache)}
    assert 2 <= len(before) < N
    assert not (tmp_path / "resumed").exists()
    assert said == "Replications ...\n"  # no traceback, no warning
    monkeypatch.setenv("ABKIT_CACHE", str(cache))
    subprocess.run(words, check=True, capture_output=True, timeout=LIMIT_S)
    after = {path: path.stat().st_mtime_ns for path in kept(cache)}
    assert len(after) == N
    assert before.items() <= after.items()  # none was made twice
    (resumed,) = (tmp_path / "resumed" / "replications").iterdir()
    monkeypatch.setenv("ABKIT_CACHE", str(tmp_path / "undisturbed"))
    whole = replicate(scenario=scenario, weeks=1, runs=tmp_path / "whole", replications=N)
    for name in ("results.json", "scenario.toml"):
        assert (resumed / name).read_bytes() == (whole.run / name).read_bytes()
