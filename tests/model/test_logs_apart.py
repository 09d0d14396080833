"""Golden texts leave the logs, whoever drew them; texts that everybody writes stay."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.core.errors import DataError
from abkit.core.rng import rng_for
from abkit.model.logs_apart import apart

LONG = [f"my parcel number {i} came with a broken lid" for i in range(1000)]


def labels(n: int) -> np.ndarray:
    return np.arange(n) % 2


def test_long_texts_leave_with_all_their_copies() -> None:
    logs = [*LONG, *(row.upper() for row in LONG[:10]), "broken"]
    got = apart(logs, labels(len(logs)), [*LONG[:50], "never logged before by any customer at all"])
    assert (got.n_long, got.n_short) == (60, 0)
    assert [logs[row] for row in got.kept] == [*LONG[50:], "broken"]


def test_nothing_leaves_without_golden_texts_in_the_logs() -> None:
    for golden in ([], ["another text of more than four words"], ["short"]):
        got = apart(LONG, labels(1000), golden)
        assert got.kept.tolist() == list(range(1000))
        assert (got.n_long, got.n_short) == (0, 0)


def short_stream(n: int, seed: int) -> list[str]:
    ranks = rng_for(seed, "short stream").zipf(1.5, size=n) % 10_000
    return [f"word {rank}" for rank in ranks]


def test_short_texts_stay_where_chance_repeats_them() -> None:
    logs = short_stream(3000, 0)
    for seed in range(1, 20):
        assert apart(logs, labels(3000), short_stream(300, seed)).n_short == 0


def test_short_texts_drawn_from_the_logs_leave_one_for_one() -> None:
    """What is left is the logs without the drawn rows."""
    logs = short_stream(3000, 0)
    drawn = rng_for(0, "drawn").permutation(3000)[:300]
    got = apart(logs, labels(3000), [logs[row] for row in drawn])
    assert (got.n_long, got.n_short) == (0, 300)
    kept = Counter(logs[row] for row in got.kept)
    assert kept + Counter(logs[row] for row in drawn) == Counter(logs)


def test_every_label_of_a_text_loses_its_share() -> None:
    """100 rows `dead`, 60 logged as 0; ten go: six of them were logged as 0."""
    logs = ["dead"] * 100 + [f"word {i}" for i in range(900)]
    y = np.array([0] * 60 + [1] * 40 + [1] * 900)
    got = apart(logs, y, ["dead"] * 10 + [f"word {i}" for i in range(90)])
    assert got.n_short == 100
    left = y[got.kept[got.kept < 100]]
    assert (int((left == 0).sum()), int((left == 1).sum())) == (54, 36)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(random) -> None:
    rows = [(f"word {i % 150}", i % 3) for i in range(250)] + [(text, 1) for text in LONG[:100]]
    golden = [f"word {i}" for i in range(40, 120)] + LONG[:9]
    orders = [list(range(len(rows))), random.sample(range(len(rows)), len(rows))]
    left = []
    for order in orders:
        texts = [rows[i][0] for i in order]
        kept = apart(texts, np.array([rows[i][1] for i in order]), golden).kept
        left.append(Counter(rows[order[i]] for i in kept))
    assert left[0] == left[1]


@pytest.mark.parametrize(
    ("logs", "golden", "says"),
    [
        (LONG, LONG, "1,000 of 1,000 logged texts .* leaves 0 to train on"),
        (LONG, LONG[:901], "901 of 1,000 logged texts .* leaves 99 to train on"),
        (LONG[:500], LONG[:301], "301 of 500 logged texts .* leaves 199 to train on"),
        (["broken"] * 600, ["broken"] * 600, "600 of 600 logged texts"),
        (short_stream(600, 0), short_stream(600, 0), "600 of 600 logged texts"),
    ],
)
def test_too_little_left_is_refused(logs: list[str], golden: list[str], says: str) -> None:
    with pytest.raises(DataError, match=says) as refused:
        apart(logs, labels(len(logs)), golden)
    assert "never trained on" in str(refused.value.hint)


def test_a_large_golden_set_is_no_reason_to_refuse() -> None:
    assert len(apart(LONG, labels(1000), LONG[:800]).kept) == 200
    assert len(apart(LONG[:150], labels(150), LONG[:10]).kept) == 140
    few_words = ["broken", "dead"] * 100  # the whole vocabulary, whoever wrote it
    assert len(apart(few_words, labels(200), few_words[:150]).kept) == 200
