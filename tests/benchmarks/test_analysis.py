"""Table 3, the score test and its intervals: times beside the peer a user would pick."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from abkit.analysis.score_test import score_inference, score_statistic
from abkit.analysis.table3 import analyze_contacts
from abkit.core.contacts import CONTACT_SCHEMA, START

pytestmark = pytest.mark.benchmark

HOUR = 3_600_000_000


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of some runs: what the work takes when nothing else runs."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def write_contacts(path: Path, n: int) -> Path:
    """Write `n` contacts of 3 n / 4 customers over fifteen days; a few repeat."""
    rng = np.random.default_rng(n)
    customer = rng.integers(0, 3 * n // 4, n)
    start = START.astype(np.int64) + rng.integers(0, 15 * 24 * HOUR, n)
    answer = rng.choice(np.array(["positive", "negative", None]), n)
    ids = pa.array(customer).cast(pa.string())
    values = {
        "contact_id": pa.array(np.arange(n)).cast(pa.string()),
        "customer_id": ids,
        "issue_id": ids,
        "use_case": np.array(["A", "B", "C"])[customer % 3],
        "arm": np.array(["control", "treatment"])[customer // 3 % 2],
        "started_at": start,
        "ended_at": start + rng.integers(0, HOUR, n),
        "counted": start < START.astype(np.int64) + 14 * 24 * HOUR,
        "automated": rng.random(n) < 0.6,
        "resolution": ["refund"] * n,
        "response": answer.tolist(),
    }
    columns = [
        pa.array(values[f.name]).cast(f.type) if f.name in values else pa.nulls(n, f.type)
        for f in CONTACT_SCHEMA
        if f.name not in ("use_case", "arm", "resolution", "response")
    ]
    names = [f.name for f in CONTACT_SCHEMA if f.name not in ("use_case", "arm", "resolution",
                                                              "response")]  # fmt: skip
    table = pa.table(dict(zip(names, columns, strict=True)))
    for name in ("use_case", "arm", "resolution", "response"):
        table = table.append_column(name, pa.array(values[name]).dictionary_encode())
    parquet.write_table(table.select(CONTACT_SCHEMA.names), path)
    return path


def with_pandas(path: Path) -> dict[tuple[str, str], float]:
    """Three metrics by use-case: pandas for the rows, statsmodels for clustered p-values."""
    import pandas as pd
    import statsmodels.formula.api as smf

    log = pd.read_parquet(path).sort_values("started_at")
    day = pd.Timedelta(hours=24)
    gap = log.groupby(["customer_id", "issue_id"])["started_at"].shift(-1) - log["ended_at"]
    log["repeated"] = ((gap > pd.Timedelta(0)) & (gap <= day)).astype(int)
    mature = log["ended_at"] + day <= log["started_at"].max()
    log["positive"] = (log["response"] == "positive").astype(int)
    log["automated"] = log["automated"].astype(int)
    log["treated"] = (log["arm"] == "treatment").astype(int)
    frames = {
        "AR": (log["counted"], "automated"),
        "PRR": (log["counted"] & log["response"].notna(), "positive"),
        "24RR": (log["counted"] & mature, "repeated"),
    }
    found = {}
    for metric, (rows, column) in frames.items():
        for case, part in log[rows].groupby("use_case", observed=True):
            groups = part["customer_id"].astype("category").cat.codes
            fit = smf.ols(f"{column} ~ treated", part).fit(
                cov_type="cluster", cov_kwds={"groups": groups}
            )
            found[str(case), metric] = float(fit.pvalues["treated"])
    return found


def test_table3_of_150_k_contacts(tmp_path: Path) -> None:
    path = write_contacts(tmp_path / "contacts.parquet", 150_000)
    ours = seconds(lambda: analyze_contacts(path))
    theirs = seconds(lambda: with_pandas(path), times=1)
    p_values = {(case, row.metric): row.p_value for case, row in analyze_contacts(path).rows()}
    assert p_values == pytest.approx(with_pandas(path), abs=0.02)
    print(f"\nTable 3, 150 k contacts: {ours:.2f} s; pandas + statsmodels {theirs:.2f} s, "
          f"{theirs / ours:.0f} times as long")  # fmt: skip
    assert ours < 1.0


def test_table3_of_10_m_contacts(tmp_path: Path) -> None:
    """DESIGN: under 8 s, with 24RR from timestamps and customers as units; start-up included."""
    path = write_contacts(tmp_path / "contacts.parquet", 10_000_000)
    code = (
        "import resource; from pathlib import Path; "
        "from abkit.analysis.table3 import analyze_contacts; "
        f"analyze_contacts(Path({str(path)!r})); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken = time.perf_counter() - begun
    print(f"\nTable 3, 10 M contacts of 7.5 M customers on {os.cpu_count()} cores: {taken:.1f} s, "
          f"{done.stdout.strip()} MB")  # fmt: skip


def test_score_intervals() -> None:
    rng = np.random.default_rng(0)
    n1, n0 = rng.integers(10, 5000, (2, 10_000))
    x1, x0 = rng.binomial(n1, 0.3), rng.binomial(n0, 0.3)
    one = seconds(lambda: score_inference((56, 70), (48, 80)))
    many = seconds(lambda: score_inference((x1, n1), (x0, n0))) / 10_000
    from statsmodels.stats.proportion import confint_proportions_2indep as peer

    theirs = seconds(lambda: peer(56, 70, 48, 80, method="score", compare="ratio"))
    print(f"\nscore test and both intervals: {1e3 * one:.2f} ms for one table, {1e6 * many:.1f} us "
          f"in 10,000; statsmodels, ratio interval only: {1e3 * theirs:.2f} ms")  # fmt: skip
    assert many < 1e-3


def test_experiments_per_second() -> None:
    """DESIGN: type-I error and power on counts, 1 M experiments a second, no intervals."""
    rng = np.random.default_rng(0)

    def work() -> float:
        x1, x0 = rng.binomial(2000, 0.3, (2, 1_000_000))
        return float((np.abs(score_statistic((x1, 2000), (x0, 2000))) > 1.96).mean())

    taken = seconds(work)
    print(f"\ntype-I error on counts: {1 / taken:.1f} M experiments/s, rate {work():.4f}")
