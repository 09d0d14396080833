"""Parts by hash: kept whole, damage is told."""

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for
from abkit.model.golden_ledger import GoldenPart, from_tensors, to_facts, to_tensors
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
