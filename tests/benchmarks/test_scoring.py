"""Scoring speed of the compact model on one thread, beside padded random batches."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from abkit.core.rng import rng_for
from abkit.model.batches import plan_batches, stack
from abkit.model.network import Network
from abkit.model.presets import ModelConfig, preset
from abkit.model.text import normalise
from abkit.model.threads import torch_seed, torch_threads
from abkit.model.tokenizer import encode, train_tokenizer

pytestmark = pytest.mark.benchmark
N = 20_000


def random_texts(n: int, seed: int) -> list[str]:
    """Texts of log-normal length, mean about 17 words, of a Zipf-like vocabulary."""
    rng = rng_for(seed, "benchmark texts")
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    words = ["".join(letters[rng.integers(0, 26, k)]) for k in rng.integers(2, 9, 3000)]
    ranks = (3000 ** rng.random((n, 60))).astype(int) - 1
    lengths = np.clip(rng.lognormal(np.log(15), 0.5, n).astype(int), 1, 60)
    return [" ".join(words[i] for i in row[:k]) for row, k in zip(ranks, lengths, strict=True)]


def untrained(config: ModelConfig, texts: list[str]) -> Network:
    """Speed does not depend on what the weights are."""
    from abkit.model.bilstm import BiLstm
    from abkit.model.tokenizer import tokenizer_size

    tokenizer = train_tokenizer(texts[:4000], vocabulary_size=config.vocabulary_size)
    with torch_seed(0):
        module = BiLstm(config, vocabulary_size=tokenizer_size(tokenizer))
    weights = {name: value.numpy() for name, value in module.state_dict().items()}
    return Network(config=config, tokenizer=tokenizer, weights=weights)


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the fastest wall time in seconds: noise only ever adds."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def padded_random_batches(network: Network, ids: list[list[int]]) -> None:
    """The usual way: texts in their order, padded to the longest of each batch."""
    model = network.module()
    with torch.inference_mode():
        for first in range(0, len(ids), 256):
            part = ids[first : first + 256]
            longest = max(map(len, part))
            model(torch.tensor([one + [0] * (longest - len(one)) for one in part]))


def bucketed_batches(network: Network, ids: list[list[int]]) -> None:
    model = network.module()
    with torch.inference_mode():
        for batch in plan_batches(np.array([len(one) for one in ids]), 256):
            model(stack(ids, batch))


def test_compact_scores_8k_texts_a_second_on_one_thread() -> None:
    texts = random_texts(N, 0)
    network = untrained(preset("compact", n_classes=2), texts)
    ids = encode(network.tokenizer, [normalise(text) for text in texts], max_tokens=128)
    whole = best_of(3, lambda: network.logits(texts))
    with torch_threads(1):
        bucketed = best_of(3, lambda: bucketed_batches(network, ids))
        padded = best_of(2, lambda: padded_random_batches(network, ids))
    tokens = np.mean([len(one) for one in ids])
    print(
        f"\nscoring {N:,} texts of {tokens:.1f} tokens, one thread: {N / whole:,.0f} texts/s whole "
        f"(normalising and tokenising included), network alone {N / bucketed:,.0f} bucketed, "
        f"{N / padded:,.0f} padded: {padded / bucketed:.1f} times slower"
    )
    assert N / whole > 8_000
    assert padded > bucketed
