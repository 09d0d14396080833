"""Table 3 from logs: exact counts by hand, recomputed with pandas, and what it must not do."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from scipy import stats
from statsmodels.stats.multitest import multipletests

from abkit.analysis.score_test import score_inference
from abkit.core.errors import ConfigError
from abkit.core.table3 import MetricRow, Table3

from .one_table import table_of

Row = dict[str, Any]
Writer = Callable[..., Path]
Maker = Callable[..., Any]


@pytest.fixture
def tiny(write_log: Writer, contact: Maker) -> Path:
    """Eleven contacts; the last start, at hour 60, is the cut-off.

    Control c1 comes back after 24 h exactly and again 30 h later; c2 overlaps, offered nothing
    first; c3 answers "negative". Treatment t1 answers and is automated; t2 repeats once, its last
    contact is immature; t3 is not counted, but it is the last start.
    """
    a, b = "control", "treatment"
    positive, negative = {"response": "positive"}, {"response": "negative"}
    return write_log(
        [
            contact(1, "c1", a, 0, 1, automated=True, **positive),
            contact(2, "c1", a, 25, 26),
            contact(3, "c1", a, 56, 57),  # immature
            contact(4, "c2", a, 5, 9, resolution=None, **positive),  # nothing was offered
            contact(5, "c2", a, 8, 10, automated=True, **positive),
            contact(6, "c3", a, 3, 4, **negative),
            contact(7, "t1", b, 1, 2, automated=True, **positive),
            contact(8, "t2", b, 2, 3, **negative),
            contact(9, "t2", b, 4, 5, automated=True),
            contact(10, "t2", b, 50, 51),  # immature
            contact(11, "t3", b, 60, 61, counted=False, automated=True, **positive),
        ]
    )


def rows_of(table: Table3) -> dict[tuple[str, str], MetricRow]:
    return {(case, row.metric): row for case, row in table.rows()}


def counts(row: MetricRow) -> tuple[int, ...]:
    control, treatment = row.control, row.treatment
    return (control.successes, control.trials, treatment.successes, treatment.trials)


def test_tiny_log_by_hand(tiny: Path) -> None:
    rows = rows_of(table_of(tiny))
    assert list(rows) == [("A", "AR"), ("A", "PRR"), ("A", "24RR")]
    assert counts(rows["A", "AR"]) == (2, 6, 2, 4)
    assert counts(rows["A", "PRR"]) == (2, 3, 1, 2)
    assert counts(rows["A", "24RR"]) == (1, 5, 1, 3)
    prr, repeat = rows["A", "PRR"], rows["A", "24RR"]
    assert (prr.control_responses.successes, prr.control_responses.trials) == (3, 5)
    assert (prr.treatment_responses.successes, prr.treatment_responses.trials) == (2, 4)
    assert (repeat.immature.control, repeat.immature.treatment) == (1, 1)
    assert (repeat.overlapping.control, repeat.overlapping.treatment) == (1, 0)


def test_tiny_log_customer_moments_by_hand(tiny: Path) -> None:
    """AR, control: (y, m) is (1, 3), (1, 2), (0, 1), p = 1/3: residuals 0, 1/3, -1/3."""
    row = rows_of(table_of(tiny))["A", "AR"]
    deff = (2 / 9) / (6 * 1 / 3 * 2 / 3)
    assert row.design_effect.control == 1  # at least 1: deff is 1/6
    assert row.intraclass_correlation.control == pytest.approx((deff - 1) / (14 / 6 - 1))
    # treatment: (1, 1), (1, 3), p = 1/2: residuals 1/2, -1/2
    assert row.intraclass_correlation.treatment == pytest.approx((0.5 / 1 - 1) / (10 / 4 - 1))
    variance = (2 / 9) / 36 * 3 / 2 + 0.5 / 16 * 2
    assert row.standard_error == pytest.approx(variance**0.5)
    assert row.method.endswith("t with 3 df")


def test_until_reads_the_log_as_it_was_then(tiny: Path) -> None:
    """A contact that started later is not there, one whose 24 h had not passed is immature."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    later = rows_of(table_of(tiny, until=start + timedelta(hours=200)))["A", "24RR"]
    assert counts(later) == (1, 6, 1, 4)
    sooner = rows_of(table_of(tiny, until=start + timedelta(hours=25)))["A", "24RR"]
    assert counts(sooner) == (1, 1, 0, 0)
    assert (sooner.immature.control, sooner.immature.treatment) == (4, 3)
    assert sooner.difference.estimate is None
    assert sooner.difference.note == "no trials in treatment"
    assert (sooner.p_value, sooner.verdict) == (None, "no_difference_shown")


def test_until_is_exact_to_the_microsecond(tiny: Path) -> None:
    """The first contact ended at hour 1: its 24 h have passed at hour 25, not a moment before."""
    closing = datetime(2024, 1, 2, 1, tzinfo=UTC)
    for until, trials in ((closing, 1), (closing - timedelta(microseconds=1), 0)):
        assert rows_of(table_of(tiny, until=until))["A", "24RR"].control.trials == trials


def test_empty_log_of_one_arm_per_use_case_has_defined_rows(
    write_log: Writer, contact: Maker
) -> None:
    path = write_log(
        [
            contact(1, "a", "control", 0, 1),
            contact(2, "b", "treatment", 0, 1, use_case="B"),
            contact(3, "b", "treatment", 90, 91, use_case="B"),
        ]
    )
    table = table_of(path)
    assert [group.use_case for group in table.use_cases] == ["A", "B"]
    assert {row.verdict for _, row in table.rows()} == {"no_difference_shown"}
    assert "NaN" not in table.to_json()


# ---- an independent re-computation with pandas


def recomputed(rows: list[Row]) -> dict[tuple[str, str, str], list[tuple[int, int]]]:
    """Return (y, m) per customer, by use-case, metric and arm: loops, no SQL."""
    log = pd.DataFrame(rows).sort_values(["started_at", "ended_at", "contact_id"])
    cutoff, day = log["started_at"].max(), pd.Timedelta(hours=24)
    log["next"] = log.groupby(["customer_id", "issue_id"])["started_at"].shift(-1)
    gap = log["next"] - log["ended_at"]
    log["mature"] = log["ended_at"] + day <= cutoff
    log["repeated"] = (gap > pd.Timedelta(0)) & (gap <= day)
    log["offered"] = log["resolution"].notna()
    log = log[log["counted"].astype(bool)]
    answered = log[log["offered"] & log["response"].notna()]
    frames = {
        "AR": log.assign(y=log["automated"].astype(int)),
        "PRR": answered.assign(y=(answered["response"] == "positive").astype(int)),
        "24RR": log[log["mature"]].assign(y=log.loc[log["mature"], "repeated"].astype(int)),
    }
    found = {}
    for metric, frame in frames.items():
        for (case, arm, _), group in frame.groupby(["use_case", "arm", "customer_id"]):
            found.setdefault((case, metric, arm), []).append((int(group["y"].sum()), len(group)))
    return found


def deff(customers: list[tuple[int, int]]) -> tuple[float, float, float, float]:
    """Return rate, design effect, linearised variance, and its variance, from residuals."""
    y, m = np.array(customers, float).T
    p, k = y.sum() / m.sum(), len(y)
    squares = ((y - p * m) ** 2).sum()
    doubt = ((y - p * m)[m > 1] ** 4).sum() / m.sum() ** 4
    variance = squares / m.sum() ** 2
    return p, squares / (m.sum() * p * (1 - p)), variance * k / (k - 1), doubt


def test_random_log_recomputed_with_pandas(write_log: Writer, random_rows: Maker) -> None:
    log = random_rows(1500, seed=3)
    table = table_of(write_log(log))
    customers = recomputed(log)
    rows = rows_of(table)
    assert len(rows) == 9
    for (case, metric), row in rows.items():
        parts = []
        for arm, side in (("control", row.control), ("treatment", row.treatment)):
            own = customers[case, metric, arm]
            assert (side.successes, side.trials) == tuple(map(sum, zip(*own, strict=True)))
            parts.append((side.successes, side.trials, *deff(own), len(own)))
        (x0, n0, p0, d0, v0, q0, k0), (x1, n1, p1, d1, v1, q1, k1) = parts
        d0, d1 = max(1.0, d0), max(1.0, d1)
        df = 2 * (v0 * (k0 - 1) / k0 + v1 * (k1 - 1) / k1) ** 2 / (q0 + q1)
        assert df < k0 + k1 - 2
        assert row.design_effect.control == pytest.approx(d0)
        assert row.design_effect.treatment == pytest.approx(d1)
        assert row.standard_error == pytest.approx((v0 + v1) ** 0.5)
        score = score_inference((x1 / d1, n1 / d1), (x0 / d0, n0 / d0), df=df)
        assert row.p_value == pytest.approx(float(score.p_value))
        assert row.difference.estimate == pytest.approx(p1 - p0)
        assert row.difference.ci_upper == pytest.approx(float(score.difference_upper))
        assert row.relative.estimate == pytest.approx(p1 / p0 - 1)
        assert row.relative.ci_lower == pytest.approx(float(score.ratio_lower) - 1)
        wald = (p1 - p0) / (d0 * p0 * (1 - p0) / n0 + d1 * p1 * (1 - p1) / n1) ** 0.5
        assert row.p_value == pytest.approx(2 * stats.t.sf(abs(wald), df), abs=0.01)
    adjusted = multipletests([row.p_value for row in rows.values()], method="holm")[1]
    assert [row.p_value_adjusted for row in rows.values()] == pytest.approx(list(adjusted))


def test_pooled_rows_sum_the_counts(write_log: Writer, random_rows: Maker) -> None:
    table = table_of(write_log(random_rows(900, seed=5)))
    for pooled in table.pooled:
        of_metric = [row for _, row in table.rows() if row.metric == pooled.metric]
        assert pooled.control.trials == sum(row.control.trials for row in of_metric)
        assert pooled.treatment.successes == sum(row.treatment.successes for row in of_metric)
        estimates = [row.difference.estimate for row in of_metric]
        assert min(estimates) < pooled.difference.estimate < max(estimates)
        assert pooled.heterogeneity.df == 2


def test_one_contact_per_customer_is_the_plain_score_test(
    write_log: Writer, contact: Maker
) -> None:
    rng = np.random.default_rng(0)
    log = [
        contact(i, f"c{i}", ("control", "treatment")[i % 2], i / 9, i / 9, automated=bool(x))
        for i, x in enumerate(rng.random(400) < 0.5)
    ]
    row = rows_of(table_of(write_log(log)))["A", "AR"]
    plain = score_inference(
        (row.treatment.successes, row.treatment.trials), (row.control.successes, row.control.trials)
    )
    assert row.method == "Miettinen-Nurminen score"
    assert row.p_value == float(plain.p_value)
    assert row.difference.ci_lower == float(plain.difference_lower)
    assert row.relative.ci_upper == float(plain.ratio_upper) - 1
    assert row.intraclass_correlation.control is None


# ---- verdicts


@pytest.mark.parametrize(
    ("arm_rates", "verdicts"),
    [
        ((0.4, 0.7), {"AR": "better", "24RR": "worse"}),
        ((0.7, 0.4), {"AR": "worse", "24RR": "better"}),
        ((0.5, 0.5), {"AR": "no_difference_shown", "24RR": "no_difference_shown"}),
    ],
)
def test_verdict_knows_which_direction_is_better(
    write_log: Writer,
    contact: Maker,
    arm_rates: tuple[float, float],
    verdicts: dict[str, str],
) -> None:
    """Automated contacts are also the repeated ones here."""
    log = []
    for i in range(800):
        arm, success = i % 2, (i // 2) % 100 < 100 * arm_rates[i % 2]
        name = ("control", "treatment")[arm]
        log.append(contact(2 * i, f"c{i}", name, 0, 1, automated=success))
        if success:
            log.append(contact(2 * i + 1, f"c{i}", name, 5, 6, counted=False))
    log.append(contact(9999, "last", "control", 99, 99, counted=False))
    rows = rows_of(table_of(write_log(log)))
    assert {metric: rows["A", metric].verdict for metric in verdicts} == verdicts
    assert rows["A", "PRR"].verdict == "no_difference_shown"


def test_lost_after_correction(write_log: Writer, contact: Maker) -> None:
    log = [
        contact(i, f"c{i}", ("control", "treatment")[i % 2], 0, 1, automated=(i // 2) < k)
        for i, k in ((i, (60, 75)[i % 2]) for i in range(400))
    ]
    row = rows_of(table_of(write_log(log)))["A", "AR"]
    assert row.p_value_adjusted == pytest.approx(3 * row.p_value)
    level = 1 - 2 * row.p_value
    row = rows_of(table_of(write_log(log), confidence_level=level))["A", "AR"]
    assert row.verdict == "lost_after_correction"
    assert row.difference.ci_lower > 0
    level = 1 - 3.1 * row.p_value
    assert rows_of(table_of(write_log(log), confidence_level=level))["A", "AR"].verdict == (
        "better"
    )


# ---- what must not matter


def test_same_bytes_for_any_threads_and_row_order(
    write_log: Writer, random_rows: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = random_rows(700, seed=11)
    first = table_of(write_log(log)).to_json()
    shuffled = [log[i] for i in np.random.default_rng(0).permutation(len(log))]
    path = write_log(shuffled, "shuffled.parquet")
    connect = duckdb.connect
    for threads in (1, 3):
        monkeypatch.setattr(
            duckdb,
            "connect",
            lambda n=threads, **k: connect(config=k["config"] | {"threads": n}),
        )
        assert table_of(path).to_json() == first


def test_truth_is_never_read(write_log: Writer, random_rows: Maker, tmp_path: Path) -> None:
    path = write_log(random_rows(200, seed=2))
    wanted = table_of(path).to_json()
    table = parquet.read_table(path)
    kept = [name for name in table.column_names if not name.startswith("true_")]
    parquet.write_table(table.select(kept), tmp_path / "kept.parquet")
    assert table_of(tmp_path / "kept.parquet").to_json() == wanted


def test_exchanging_the_arms_turns_every_row_round(write_log: Writer, random_rows: Maker) -> None:
    path = write_log(random_rows(600, seed=7))
    there = table_of(path)
    back = table_of(path, control="treatment", treatment="control")
    for (_, one), (_, other) in zip(there.rows(), back.rows(), strict=True):
        assert one.control == other.treatment
        assert one.p_value == pytest.approx(other.p_value)
        assert one.difference.ci_lower == pytest.approx(-other.difference.ci_upper)
        assert 1 + one.relative.ci_lower == pytest.approx(1 / (1 + other.relative.ci_upper))


def test_heavy_libraries_stay_unloaded(tiny: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from abkit.analysis.analyzing import analyze; "
        f"analyze(Path({str(tiny)!r})).to_json(); "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('statsmodels', 'torch', 'simpy', 'matplotlib', 'sklearn', 'pandas', 'rich') "
        "or m.startswith('scipy.stats')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_json_has_the_documented_shape(write_log: Writer, random_rows: Maker) -> None:
    facts = json.loads(table_of(write_log(random_rows(300, seed=9))).to_json())
    assert set(facts) == {
        "arms", "units", "confidence_level", "intervals", "family", "use_cases", "pooled",
        "checks",
    }  # fmt: skip
    assert facts["arms"] == {"control": "control", "treatment": "treatment"}
    row = facts["use_cases"][0]["metrics"][0]
    assert {
        "metric", "control", "treatment", "difference", "relative", "p_value",
        "p_value_adjusted", "method", "design_effect", "verdict",
    } <= set(row)  # fmt: skip
    assert set(row["control"]) == {"successes", "trials", "rate"}
    assert set(row["difference"]) == {"estimate", "ci_lower", "ci_upper"}
    pooled = facts["pooled"][0]
    assert set(pooled["heterogeneity"]) == {"q", "df", "p_value"}
    assert {"code", "status", "p_value", "detail"} <= set(facts["checks"][0])


# ---- bad input


def test_infinite_numbers_are_null_with_a_note(write_log: Writer, contact: Maker) -> None:
    log = [contact(i, f"c{i}", ("control", "treatment")[i % 2], 0, 1) for i in range(20)]
    log[1]["automated"] = True
    row = json.loads(table_of(write_log(log)).to_json())["use_cases"][0]["metrics"][0]
    assert row["relative"]["estimate"] is None
    assert row["relative"]["ci_upper"] is None
    assert row["relative"]["note"].startswith("no successes in control")
    assert row["difference"]["estimate"] == 0.1


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"treatment": "treatmnt"}, "`treatment` is `treatmnt`", "did you mean `treatment`?"),
        ({"control": "treatment", "treatment": "treatment"}, "are both `treatment`", None),
        ({"confidence_level": 95}, "`confidence_level` is 95", "write 0.95 for 95 %"),
        ({"until": datetime(2024, 1, 3)}, "without a time zone", "2024-01-03T00:00:00+00:00"),
        ({"allocation": {"control": -1}}, "`allocation` gives `control`", None),
    ],
)
def test_bad_arguments(
    tiny: Path, arguments: dict[str, Any], message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        table_of(tiny, **arguments)
    assert hint is None or hint in str(caught.value.hint)


def test_a_path_is_not_a_pattern(tiny: Path, tmp_path: Path) -> None:
    """Brackets, stars and quotes in a name are letters, not a glob or SQL."""
    odd = tmp_path / "it's [a] log*.parquet"
    odd.write_bytes(tiny.read_bytes())
    assert table_of(odd).to_json() == table_of(tiny).to_json()


def test_one_record_per_use_case_and_metric(
    write_log: Writer, random_rows: Callable[..., list[Row]]
) -> None:
    table = table_of(write_log(random_rows(300, seed=2)))
    frame = table.to_pandas()
    assert list(zip(frame["use_case"], frame["metric"], strict=True)) == [
        (case, metric) for case in "ABC" for metric in ("AR", "PRR", "24RR")
    ]
    assert frame["difference.estimate"].tolist() == [
        row.difference.estimate for _, row in table.rows()
    ]
    assert {"control.rate", "treatment.successes", "relative.ci_upper", "verdict"} <= set(frame)
