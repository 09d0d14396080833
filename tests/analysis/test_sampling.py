"""The audit's samples: who can be drawn, determinism, equal chances, refusals."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

from abkit.analysis.sampling import draw_audit_sample
from abkit.core.errors import ConfigError, DataError

Row = dict[str, Any]


@pytest.fixture
def log_rows(contact: Callable[..., Row]) -> list[Row]:
    """Thirty flagged and forty unflagged contacts that may be drawn, and as many that may not."""
    rows = []
    for i in range(140):
        kind = {"text": f"text {i}", "score": i / 140, "flagged": i % 70 < 30}
        arm, counted = "treatment", True
        if i >= 70:
            arm = "control" if i % 3 == 0 else "treatment"
            counted = i % 3 != 1
            if i % 3 == 2:
                kind = {"text": None, "score": None, "flagged": None}
        rows.append(contact(i, f"c{i}", arm, i, i + 1, counted=counted, **kind))
    return rows


@pytest.fixture
def log(write_log: Callable[..., Path], log_rows: list[Row]) -> Path:
    return write_log(log_rows)


def test_draws_from_counted_treatment_contacts_with_text(log: Path) -> None:
    everybody = draw_audit_sample(log, n_flagged=30, n_unflagged=40, seed=1)
    assert everybody.population == (30, 40)
    assert {c.contact_id for c in everybody.flagged} == {f"k{i}" for i in range(30)}
    assert {c.contact_id for c in everybody.unflagged} == {f"k{i}" for i in range(30, 70)}
    for one in everybody.flagged:
        i = int(one.contact_id[1:])
        assert (one.text, one.score, one.flagged, one.use_case) == (f"text {i}", i / 140, True, "A")
    assert not any(one.flagged for one in everybody.unflagged)


def test_same_seed_same_sample_whatever_the_row_order(
    log: Path, log_rows: list[Row], write_log: Callable[..., Path]
) -> None:
    first = draw_audit_sample(log, n_flagged=12, n_unflagged=9, seed=5)
    order = np.random.default_rng(0).permutation(len(log_rows))
    shuffled = write_log([log_rows[i] for i in order], "shuffled.parquet")
    assert draw_audit_sample(shuffled, n_flagged=12, n_unflagged=9, seed=5) == first
    assert draw_audit_sample(log, n_flagged=12, n_unflagged=9, seed=6) != first


def test_a_larger_sample_contains_the_smaller(log: Path) -> None:
    small = draw_audit_sample(log, n_flagged=10, n_unflagged=10, seed=3)
    large = draw_audit_sample(log, n_flagged=25, n_unflagged=10, seed=3)
    assert large.flagged[:10] == small.flagged
    assert large.unflagged == small.unflagged


def test_everybody_has_the_same_chance(log: Path) -> None:
    """6 of 30, 200 times: each count within 4.5 SD of 40; pairs are drawn without repetition."""
    counts: Counter[str] = Counter()
    for seed in range(200):
        drawn = draw_audit_sample(log, n_flagged=6, n_unflagged=1, seed=seed).flagged
        assert len({one.contact_id for one in drawn}) == 6
        counts.update(one.contact_id for one in drawn)
    assert len(counts) == 30
    assert max(abs(n - 40) for n in counts.values()) < 4.5 * (200 * 0.2 * 0.8) ** 0.5


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((31, 1), "`--sample` is 31, but the log has 30 counted flagged contacts with text"),
        ((1, 41), "`--sample-unflagged` is 41, but the log has 40 counted unflagged"),
        ((0, 1), "`--sample` is 0"),
        ((1, -1), "`--sample-unflagged` is -1"),
    ],
)
def test_impossible_sizes_are_refused(log: Path, sizes: tuple[int, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        draw_audit_sample(log, n_flagged=sizes[0], n_unflagged=sizes[1], seed=1)


@pytest.mark.parametrize(
    ("flagged", "message", "hint"),
    [
        (False, "`--sample` is 1, .* 0 counted flagged", "nothing was flagged: .* lower threshold"),
        (True, "`--sample-unflagged` is 1, .* 0 ", "everything was flagged: .* higher threshold"),
        (None, "`--sample` is 1, .* 0 counted", "no contact of this arm has both"),
    ],
)
def test_an_empty_population_says_why(
    write_log: Callable[..., Path],
    contact: Callable[..., Row],
    flagged: bool | None,
    message: str,
    hint: str,
) -> None:
    scored = {"text": "t", "score": 0.5, "flagged": flagged}
    log = write_log([contact(i, f"c{i}", "treatment", 0, 1, **scored) for i in range(3)])
    with pytest.raises(ConfigError, match=message) as caught:
        draw_audit_sample(log, n_flagged=1, n_unflagged=1, seed=1)
    assert re.match(hint, str(caught.value.hint))


def test_other_arms_and_logs(log: Path, tmp_path: Path) -> None:
    control = draw_audit_sample(log, n_flagged=1, n_unflagged=1, seed=1, arm="control")
    assert sum(control.population) == 23
    with pytest.raises(ConfigError, match="the log has 0 counted flagged .* in the arm `other`"):
        draw_audit_sample(log, n_flagged=1, n_unflagged=1, seed=1, arm="other")
    table = parquet.read_table(log).drop_columns(["flagged"])
    parquet.write_table(table, tmp_path / "unscored.parquet")
    with pytest.raises(DataError, match="has no column `flagged` .for an audit."):
        draw_audit_sample(tmp_path / "unscored.parquet", seed=1)
