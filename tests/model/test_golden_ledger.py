"""Parts by hash: one purpose each, and a refusal that says which it was."""

import numpy as np
import pytest

from abkit.core.errors import ConfigError, DataError
from abkit.core.rng import rng_for
from abkit.model.golden_ledger import (
    GoldenPart,
    check_apart,
    check_fresh,
    from_tensors,
    to_facts,
    to_tensors,
)
from abkit.model.text import normalise, text_hashes


def texts(name: str, n: int = 100) -> list[str]:
    return [f"{name} text with number {i} of many words" for i in range(n)]


def part(rows: list[str], labels=None) -> GoldenPart:
    n = len(rows)
    y = np.arange(n) % 2 if labels is None else np.asarray(labels)
    p = rng_for(0, "part").random(n)
    return GoldenPart(
        labels_of="golden",
        probabilities=np.column_stack([p, 1 - p]),
        labels=y,
        hashes=text_hashes([normalise(row) for row in rows]),
        n_in_training=0,
    )


LEDGER = {name: part(texts(name)) for name in ("calibrate", "certify", "report")}
SEEN = np.unique(text_hashes([normalise(row) for row in texts("trained")]))


def test_the_hash_knows_texts_and_labels_but_not_their_order() -> None:
    rows, labels = texts("a"), np.arange(100) % 2
    same = part(rows[::-1], labels[::-1])
    assert part(rows, labels).digest == same.digest
    assert part([row.upper() for row in rows], labels).digest == same.digest
    assert part(rows[:-1], labels[:-1]).digest != same.digest
    assert part(rows, 1 - labels).digest != same.digest


def test_round_trip_and_damage() -> None:
    facts, tensors = to_facts(LEDGER), to_tensors(LEDGER)
    got = from_tensors(facts, tensors)
    assert {n: p.digest for n, p in got.items()} == {n: p.digest for n, p in LEDGER.items()}
    assert np.array_equal(got["report"].probabilities, LEDGER["report"].probabilities)
    swapped = tensors | {"report.labels": 1 - tensors["report.labels"]}
    with pytest.raises(ConfigError, match="the part `report` is not the one"):
        from_tensors(facts, swapped)
    with pytest.raises(ConfigError, match="golden part is `test`"):
        from_tensors({"test": facts["report"]}, tensors)


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
    assert check_fresh(LEDGER, texts("fresh"), seen=SEEN, source="x") == 0
    few = texts("fresh", 95) + texts("report", 5)
    assert check_fresh(LEDGER, few, seen=SEEN, source="x") == 5
    assert check_fresh({}, ["broken"], seen=SEEN, source="x") == 0


def test_what_everybody_writes_is_no_reuse() -> None:
    short = [f"broken {i}" for i in range(50)]
    ledger = {"calibrate": part(short)}
    assert check_fresh(ledger, short, seen=SEEN, source="x") == 0


def test_parts_stand_apart() -> None:
    check_apart([texts("a"), texts("b"), texts("c")])
    check_apart([])
    with pytest.raises(DataError, match="two golden parts share 50 of 100 texts"):
        check_apart([texts("a"), texts("b"), texts("b", 50) + texts("c", 50)])
