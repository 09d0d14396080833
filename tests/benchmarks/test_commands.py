"""Whole commands, start-up included: what a person waits for.

Absolute times vary with the machine; the ratio to a bare `import pandas` in a fresh Python,
taken in the same run, says how heavy a command is.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark


def seconds(words: list[str], env: dict[str, str], cwd: Path) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], env=env, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - start


@pytest.fixture
def timed(tmp_path: Path) -> Callable[..., float]:
    env = os.environ | {"ABKIT_CACHE": str(tmp_path / "cache")}

    def run(*words: str, repeats: int = 5, before: Callable[[], None] = lambda: None) -> float:
        taken = []
        for _ in range(repeats):
            before()
            taken.append(seconds(list(words), env, tmp_path))
        return statistics.median(taken)

    return run


def show(what: str, taken: float, goal: float, unit: float) -> None:
    print(f"{what:<44} {taken:6.2f} s  (goal {goal:g} s)  {taken / unit:5.1f} x import pandas")
    assert taken < 3 * goal, "three times the goal: not the machine's noise"


def test_commands(timed: Callable[..., float], tmp_path: Path) -> None:
    unit = timed("-c", "import pandas")
    print()
    show("abkit --help", timed("-m", "abkit", "--help"), 0.3, unit)
    show("abkit simulate --help", timed("-m", "abkit", "simulate", "--help"), 0.3, unit)
    simulate = ("-m", "abkit", "simulate", "--weeks", "2")
    show("simulate --weeks 2, first run, with training", timed(*simulate, repeats=1), 60, unit)

    def forget_scores() -> None:
        shutil.rmtree(tmp_path / "cache" / "scores")

    scoring = timed(*simulate, repeats=3, before=forget_scores)
    show("simulate --weeks 2, scores not cached", scoring, 12, unit)
    show("simulate --weeks 2, model and scores cached", timed(*simulate), 6, unit)
    show("audit --sample 485", timed("-m", "abkit", "audit", "--sample", "485"), 6, unit)
