"""A log of 10 M contacts: abkit, tea-tasting, and pandas with statsmodels on the same file."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .large_log import write_log
from .measured import Measured, alternate, measure
from .page import Page

pytestmark = pytest.mark.benchmark

HERE = Path(__file__).parent
ROWS = 10_000_000
SIZES = (100_000, 1_000_000, 10_000_000, 30_000_000)
COUNTS = ("--unit", "row", "--metric", "AR", "--metric", "PRR")
Answers = dict[str, list[float]]  # use-case and metric -> difference and p-value


@pytest.fixture(scope="module")
def log_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return a log of so many rows, written once."""
    folder = tmp_path_factory.mktemp("logs")

    def get(rows: int) -> Path:
        path = folder / f"{rows}.parquet"
        return path if path.exists() else write_log(path, rows)

    return get


def answers(out: str) -> Answers:
    """Return differences and p-values of abkit's JSON."""
    return {
        f"{case['use_case']} {row['metric']}": [row["difference"]["estimate"], row["p_value"]]
        for case in json.loads(out)["use_cases"]
        for row in case["metrics"]
    }


def cells(name: str, run: Measured, first: Measured) -> tuple[str, ...]:
    """Return one line of the table."""
    times = f"{run.seconds / first.seconds:.1f}"
    return name, f"{run.seconds:.2f}", f"{run.cpu_s:.2f}", f"{run.peak_mb:,.0f}", times


def analyze(path: Path, *options: str) -> list[str]:
    return ["-m", "abkit", "analyze", str(path), "--format", "json", *options]


def test_ar_and_prr_from_counts(log_of: Callable[[int], Path], page: Page) -> None:
    """DESIGN: under 1.5 s and 300 MB."""
    path = log_of(ROWS)
    runs = alternate(
        {
            "abkit analyze": analyze(path, *COUNTS),
            "tea-tasting": [str(HERE / "peer_tea_tasting.py"), str(path)],
            "pandas + statsmodels": [str(HERE / "peer_pandas.py"), str(path)],
        }
    )
    ours, *peers = runs.values()
    expected = answers(ours.out)
    for peer in peers:
        theirs: Answers = json.loads(peer.out)
        assert theirs.keys() == expected.keys()
        for key, (difference, p_value) in theirs.items():
            assert expected[key][0] == pytest.approx(difference, rel=1e-9), key
            assert expected[key][1] == pytest.approx(p_value, rel=1e-4), key
    page.add(
        "Automation Rate and Positive Response Rate of 10 M contacts",
        ("", "s", "CPU s", "peak MB", "times abkit's s"),
        [cells(name, run, ours) for name, run in runs.items()],
        "Parquet, three use-cases, two arms: six differences with p-values and intervals. The "
        "differences agree to 9 digits, the p-values to 4. tea-tasting: a DuckDB relation, one "
        "pass per metric. pandas reads five columns.",
    )
    assert ours.seconds < 3 * 1.5, "three times the goal: not the machine's noise"
    assert ours.seconds < min(peer.seconds for peer in peers)
    assert ours.peak_mb < 300


@pytest.mark.parametrize("limit", ["500MB"])
def test_table_3_with_customers_as_units(
    log_of: Callable[[int], Path], page: Page, limit: str
) -> None:
    """DESIGN: under 8 s, memory bounded by a setting."""
    path = log_of(ROWS)
    runs = alternate(
        {
            "Table 3": analyze(path),
            f"Table 3, memory limit {limit}": analyze(path, "--memory", limit),
        }
    )
    free, bounded = runs.values()
    assert free.out == bounded.out
    page.add(
        "Table 3 of 10 M contacts of 2.5 M customers",
        ("", "s", "CPU s", "peak MB", "times the first's s"),
        [cells(name, run, free) for name, run in runs.items()],
        "With 24RR from raw timestamps, customers as units, all checks. Both print the same bytes. "
        "The limit is DuckDB's own; Python and its packages come on top.",
    )
    assert free.seconds < 3 * 8, "three times the goal: not the machine's noise"


SCALING = """
import json, sys, time
from abkit.analysis.analyzing import analyze

def best(path, times, **options):
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        analyze(path, **options)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)

half, *logs = sys.argv[1:]
counts = {"unit": "row", "metrics": ("AR", "PRR")}
taken = {}
for name, options in (("AR and PRR from counts", counts), ("Table 3", {})):
    best(half, 1, **options)  # what is imported and allocated only once
    times = [best(half, 9, **options), best(logs[0], 9, **options)]
    taken[name] = times + [best(log, 2, **options) for log in logs[1:]]
print(json.dumps(taken))
"""


def test_time_per_row(log_of: Callable[[int], Path], page: Page) -> None:
    """Start-up excluded: where the line through the logs of 50,000 and 100,000 rows begins.

    CPU time, since a log of 100,000 rows is one row group of its file, which one thread reads.
    """
    logs = [str(log_of(rows)) for rows in (SIZES[0] // 2, *SIZES)]
    taken: dict[str, list[tuple[float, float]]] = json.loads(measure(["-c", SCALING, *logs]).out)
    rows, spreads = [], {}
    for name, ((_, half), *times) in taken.items():
        start = 2 * half - times[0][1]
        rates = [1e9 * (cpu - start) / n for (_, cpu), n in zip(times, SIZES, strict=True)]
        walls = [1e9 * (wall - start) / n for (wall, _), n in zip(times, SIZES, strict=True)]
        spreads[name] = max(rates) / min(rates)
        for what, of in (("CPU", rates), ("wall", walls)):
            rows.append((f"{name}, {what}", f"{start:.2f}", *(f"{rate:.0f}" for rate in of)))
    page.add(
        "Nanoseconds per row",
        ("", "start-up, s", *(f"{size:,} rows" for size in SIZES)),
        rows,
        "In one process. Start-up is where the line through the logs of 50,000 and 100,000 rows "
        "begins, in CPU time, and is taken off. One thread reads 100,000 rows, all do more.",
    )
    assert max(spreads.values()) <= 1.25, spreads
