"""Training speed of the compact model in CPU seconds, beside padded random batches and threads."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import optim

from abkit.core.rng import rng_for
from abkit.model.batches import shuffled_batches, stack
from abkit.model.bilstm import BiLstm
from abkit.model.losses import focal_loss
from abkit.model.presets import preset
from abkit.model.threads import torch_seed, torch_threads

pytestmark = pytest.mark.benchmark
N, VOCABULARY = 6_400, 4_000


def corpus() -> tuple[list[list[int]], torch.Tensor]:
    """6,400 texts of log-normal length, mean 23 subwords, at most 64; labels at random."""
    rng = rng_for(0, "benchmark training")
    lengths = np.clip(rng.lognormal(np.log(20), 0.5, N).astype(int), 1, 64)
    ids = [rng.integers(0, VOCABULARY, length).tolist() for length in lengths]
    return ids, torch.from_numpy(rng.integers(0, 2, N))


def epoch(ids: list[list[int]], labels: torch.Tensor, *, padded: bool, threads: int):
    """Return wall and CPU seconds of one epoch of the training loop's own steps."""
    config = replace(preset("compact", n_classes=2), threads=threads)
    rng = rng_for(0, "benchmark order")
    lengths = np.array([len(one) for one in ids])
    rows = rng.permutation(N)
    batches = (
        [rows[first : first + config.batch_size] for first in range(0, N, config.batch_size)]
        if padded
        else shuffled_batches(lengths, config.batch_size, rng)
    )
    with torch_threads(threads), torch_seed(0):
        model = BiLstm(config, vocabulary_size=VOCABULARY).train()
        optimizer = optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        wall, cpu = time.perf_counter(), time.process_time()
        for batch in batches:
            longest = int(lengths[batch].max())
            tokens = (
                torch.tensor([ids[row] + [0] * (longest - len(ids[row])) for row in batch])
                if padded
                else stack(ids, batch)
            )
            loss = focal_loss(model(tokens), labels[batch], gamma=1.0)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    return time.perf_counter() - wall, time.process_time() - cpu


def test_compact_trains_an_epoch_of_6400_texts_in_3_cpu_seconds() -> None:
    ids, labels = corpus()
    one = min(epoch(ids, labels, padded=False, threads=1) for _ in range(2))
    two = min(epoch(ids, labels, padded=False, threads=2) for _ in range(2))
    padded = epoch(ids, labels, padded=True, threads=1)
    print(
        f"\ntraining an epoch of {N:,} texts: bucketed {one[1]:.1f} CPU s ({one[0]:.1f} s wall); "
        f"padded {padded[1]:.1f} CPU s: {padded[1] / one[1]:.1f} times slower; two threads "
        f"{two[0]:.1f} s wall and {two[1]:.1f} CPU s: {two[0] / one[0]:.2f} of the wall time"
    )
    assert one[1] < 3
    assert padded[1] > one[1]
