"""Whole processes: seconds from start to end, and the most memory that was resident."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# a small process in between: a child's peak would otherwise begin with that of its large parent
_LAUNCHER = """
import json, os, sys, time
begun = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
taken = time.perf_counter() - begun
print()
print(json.dumps([taken, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One process, or the best of several runs of it."""

    seconds: float
    cpu_s: float
    peak_mb: float
    out: str


def measure(words: Sequence[str]) -> Measured:
    """Run this Python with `words`; start-up is included."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-c", _LAUNCHER, sys.executable, *words],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, f"{words}: {done.stderr}"
    out, _, facts = done.stdout.rstrip().rpartition("\n")
    seconds, cpu_s, peak_mb = json.loads(facts)
    return Measured(seconds=seconds, cpu_s=cpu_s, peak_mb=peak_mb, out=out)


def alternate(commands: Mapping[str, Sequence[str]], *, times: int = 3) -> dict[str, Measured]:
    """Run the commands in turn, each `times` times; keep the fastest run and the largest peak."""
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(times):
        for name, words in commands.items():
            runs[name].append(measure(words))
    return {
        name: Measured(
            seconds=min(run.seconds for run in of),
            cpu_s=min(run.cpu_s for run in of),
            peak_mb=max(run.peak_mb for run in of),
            out=of[0].out,
        )
        for name, of in runs.items()
    }
