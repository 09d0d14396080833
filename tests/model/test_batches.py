"""Batches: a partition into equal lengths."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from abkit.core.rng import rng_for
from abkit.model.batches import plan_batches, shuffled_batches, stack

lengths = st.lists(st.integers(1, 9), max_size=80).map(lambda x: np.array(x, dtype=np.int64))


@given(lengths, st.integers(1, 7), st.booleans())
def test_every_row_once_in_batches_of_one_length(x, size: int, shuffled: bool) -> None:
    batches = shuffled_batches(x, size, rng_for(0, "b")) if shuffled else plan_batches(x, size)
    assert sorted(row for batch in batches for row in batch) == list(range(len(x)))
    assert all(len(set(x[batch])) == 1 and len(batch) <= size for batch in batches)
    for length in set(x):  # as few batches as can be
        n = int((x == length).sum())
        assert sum(x[batch[0]] == length for batch in batches) == -(-n // size)


def test_exact_plan() -> None:
    plan = plan_batches(np.array([3, 1, 3, 3, 1]), 2)
    assert [batch.tolist() for batch in plan] == [[1, 4], [0, 2], [3]]


def test_epochs_differ_and_seeds_repeat() -> None:
    x = np.repeat([1, 2, 3], 20)
    rng = rng_for(0, "b")
    first, second = shuffled_batches(x, 4, rng), shuffled_batches(x, 4, rng)
    again = shuffled_batches(x, 4, rng_for(0, "b"))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert [b.tolist() for b in first] != [b.tolist() for b in second]


def test_stack_holds_the_ids() -> None:
    tokens = stack([[1, 2], [9], [3, 4]], np.array([2, 0]))
    assert tokens.dtype == torch.int64
    assert tokens.tolist() == [[3, 4], [1, 2]]
