"""Batches of texts with equally many tokens: nothing is padded, so nothing reads padding."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Index = npt.NDArray[np.int64]


def plan_batches(lengths: Index, batch_size: int) -> list[Index]:
    """Return row numbers in batches of one length each, shortest first, rows in their order.

    Every row stands in exactly one batch; a batch holds at most `batch_size` rows.
    """
    order = np.argsort(lengths, kind="stable")
    starts = np.flatnonzero(np.diff(lengths[order], prepend=-1))
    buckets = np.split(order, starts[1:])
    return [
        bucket[first : first + batch_size]
        for bucket in buckets
        for first in range(0, len(bucket), batch_size)
    ]


def shuffled_batches(lengths: Index, batch_size: int, rng: np.random.Generator) -> list[Index]:
    """Return batches as `plan_batches` does, their members and their order drawn anew."""
    rows = rng.permutation(len(lengths))
    batches = [rows[batch] for batch in plan_batches(lengths[rows], batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def stack(ids: Sequence[Sequence[int]], rows: Index) -> Tensor:
    """Return the ids of `rows`, which have one length t, as int64 (n, t)."""
    return torch.tensor([ids[row] for row in rows], dtype=torch.int64)
