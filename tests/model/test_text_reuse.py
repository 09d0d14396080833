"""One purpose for every text: what is refused, what chance may repeat."""

import numpy as np
import pytest
from scipy import stats

from abkit.core.errors import DataError
from abkit.core.rng import rng_for
from abkit.model.fresh_uses import FreshUse
from abkit.model.golden_ledger import GoldenPart
from abkit.model.text import normalise, text_hashes
from abkit.model.text_reuse import Known, above_chance, check_apart, check_fresh


def texts(name: str, n: int = 100) -> list[str]:
    return [f"{name} text with number {i} of many words" for i in range(n)]


def hashed(rows: list[str]) -> np.ndarray:
    return text_hashes([normalise(row) for row in rows])


def part(rows: list[str]) -> GoldenPart:
    p = np.full(len(rows), 0.5)
    return GoldenPart(
        labels_of="golden",
        probabilities=np.column_stack([p, 1 - p]),
        labels=np.arange(len(rows)) % 2,
        hashes=hashed(rows),
        n_in_training=0,
    )


def short_stream(n: int, seed: int) -> list[str]:
    """Texts of two words as many write them: common ones often, rare ones once."""
    ranks = rng_for(seed, "short stream").zipf(1.3, size=n) % 1_000_000
    return [f"word {rank}" for rank in ranks]


LEDGER = {name: part(texts(name)) for name in ("calibrate", "certify", "report")}
SEEN = np.unique(hashed(texts("trained")))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("calibrate", "calibrated it and chose its plug-in threshold"),
        ("certify", "certified its threshold"),
        ("report", "were reported on"),
        ("trained", "were trained on"),
    ],
)
def test_a_second_purpose_is_refused(name: str, says: str) -> None:
    again = [row.upper() for row in texts(name, 20)] + texts("fresh", 80)
    with pytest.raises(DataError, match=f"20 of the 100 .*: 20 {says}") as refused:
        check_fresh(LEDGER, again, seen=SEEN, source="mine.csv")
    assert refused.value.hint is not None
    assert "label a fresh draw" in refused.value.hint


def test_fresh_rows_and_chance() -> None:
    nothing = Known(n_long=0, n_short=0)
    assert check_fresh(LEDGER, texts("fresh"), seen=SEEN, source="x") == nothing
    few = texts("fresh", 95) + texts("report", 5)
    assert check_fresh(LEDGER, few, seen=SEEN, source="x") == Known(n_long=5, n_short=0)
    assert check_fresh({}, ["broken"], seen=SEEN, source="x") == nothing


def test_short_texts_that_chance_repeats_may_stay() -> None:
    """Of each draw's rows about as many are known as of the report part's."""
    ledger = {name: part(short_stream(400, i)) for i, name in enumerate(LEDGER)}
    seen = np.unique(hashed(short_stream(8000, 9)))
    for seed in range(20, 40):
        known = check_fresh(ledger, short_stream(300, seed), seen=seen, source="x")
        assert known.n_short > 150


@pytest.mark.parametrize("name", ["calibrate", "certify", "report", "seen"])
def test_short_texts_alone_do_not_pass_as_fresh(name: str) -> None:
    """All rows known, where chance knows four of five: a used file, or a piece of one."""
    seen_rows = short_stream(8000, 9)
    ledger = {one: part(short_stream(400, i)) for i, one in enumerate(LEDGER)}
    again = short_stream(400, list(LEDGER).index(name))[::-1] if name != "seen" else seen_rows[:400]
    seen = np.unique(hashed(seen_rows + short_stream(400, 0) + short_stream(400, 1)))
    with pytest.raises(DataError, match="served this model before|the very ones that"):
        check_fresh(ledger, again, seen=seen, source="x")
    with pytest.raises(DataError, match="300 of the 300 rows .* chance explains about 2.. *:"):
        check_fresh(ledger, again[:300], seen=seen, source="x")


def test_the_very_rows_of_a_part_are_refused_whatever_they_are() -> None:
    """A world of one text: chance explains everything, but a file equal to a part is that part."""
    ledger = {"certify": part(["broken"] * 50), "report": part(["broken"] * 60)}
    for n, says in ((50, "certified its threshold"), (60, "were reported on")):
        with pytest.raises(DataError, match=f"the {n} rows of `x` are the very ones that {says}"):
            check_fresh(ledger, ["Broken "] * n, seen=SEEN, source="x")
    assert check_fresh(ledger, ["broken"] * 55, seen=SEEN, source="x").n_short == 55


def test_a_draw_that_was_tested_before_is_refused() -> None:
    asked = {"goal": "precision", "target": 0.9, "class": "lost"}
    use = FreshUse(question=asked, hashes=hashed(texts("mine")), labels=np.arange(100) % 2)
    check_fresh(LEDGER, texts("mine"), seen=SEEN, source="x")
    with pytest.raises(DataError, match="50 of the 50 .*: 50 were tested for 90 % precision of `l"):
        check_fresh(LEDGER, texts("mine", 50), seen=SEEN, source="x", uses=[use])
    now = asked | {"target": 0.8}
    with pytest.raises(DataError, match="tested for 90 % .* `lost`; asked now: 80 % .* `lost`$"):
        check_fresh(LEDGER, texts("mine"), seen=SEEN, source="x", uses=[use], asked=now)


def test_parts_stand_apart() -> None:
    check_apart([texts("a"), texts("b"), texts("c")])
    check_apart([])
    check_apart([["broken"] * 3, ["broken"] * 4])
    with pytest.raises(DataError, match="two golden parts share 50 of 100 texts"):
        check_apart([texts("a"), texts("b"), texts("b", 50) + texts("c", 50)])
    with pytest.raises(DataError, match="two golden parts share 3 of 3 texts"):
        check_apart([["broken", "dead", "dead"], ["dead", "broken", "dead"]])


def test_chance_is_fishers_exact_test() -> None:
    for known, n, repeated, others in ((66, 66, 1124, 1268), (147, 196, 1124, 1268), (9, 9, 1, 9)):
        table = [[known, n - known], [repeated, others - repeated]]
        p = stats.fisher_exact(table, alternative="greater").pvalue
        assert above_chance(known, n, repeated, others) == (p < 0.001)
    assert not above_chance(0, 0, 0, 10)
    assert not above_chance(5, 5, 0, 0)


def test_chance_is_seldom_mistaken_for_reuse() -> None:
    """Two draws of one stream: the test of level .001 errs in few of 400 pairs."""
    errors = 0
    for seed in range(400):
        stream, fresh = short_stream(500, 1000 + seed), short_stream(120, 5000 + seed)
        _, place, copies = np.unique(stream, return_inverse=True, return_counts=True)
        known = int(np.isin(fresh, stream).sum())
        errors += above_chance(known, 120, int((copies[place] > 1).sum()), 500)
    assert errors <= 4
