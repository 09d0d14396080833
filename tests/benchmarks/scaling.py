"""What logs of growing size take beyond a small one, in one process; prints JSON.

By analysis: the small log's time, then each other log's time beyond it, both as wall and CPU
seconds, medians of paired runs.
"""

import json
import statistics
import sys
import time
from typing import Any

from abkit.analysis.analyzing import analyze

TIMES = (40, 9, 3, 2)  # pairs, by log
COUNTS = {
    "variant": "arm",
    "use_case": "use_case",
    "metrics": ("automated=automated", "positive=positive"),
}


def once(path: str, options: dict[str, Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    analyze(path, **options)
    return time.perf_counter() - wall, time.process_time() - cpu


def beyond(small: str, log: str, times: int, options: dict[str, Any]) -> list[list[float]]:
    """Return the small log's times and what the other takes more."""
    starts, excesses = [], []
    for _ in range(times):  # in turn, so that what else runs disturbs both
        start, whole = once(small, options), once(log, options)
        starts.append(start)
        excesses.append([more - less for more, less in zip(whole, start, strict=True)])
    return [list(map(statistics.median, zip(*of, strict=True))) for of in (starts, excesses)]


def main() -> None:
    small, *logs = sys.argv[1:]
    taken = {}
    for name, options in (("Two rates from counts", COUNTS), ("Table 3", {})):
        pairs = zip(logs, TIMES, strict=True)
        found = [beyond(small, log, times, options) for log, times in pairs]
        taken[name] = [found[0][0], *(excess for _, excess in found)]
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
