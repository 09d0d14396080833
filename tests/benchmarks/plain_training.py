"""The training loop that a user would write: random batches, padded to their longest text."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, optim

from abkit.core.rng import rng_for
from abkit.model.bilstm import BiLstm
from abkit.model.epochs import share_of_rate
from abkit.model.losses import focal_loss
from abkit.model.presets import ModelConfig
from abkit.model.threads import torch_seed, torch_threads


class Padded(BiLstm):
    """The same network on padded texts; the maximum is over a text's own tokens."""

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Map ids, int64 (n, t), and where they are padding, bool (n, t), to logits (n, k)."""
        embedded = self.token_dropout(self.embedding_dropout(self.embed(tokens)))
        states, _ = self.lstm(embedded)
        return self.head(states.masked_fill(padding[..., None], -torch.inf).amax(dim=1))


def epochs(
    ids: list[list[int]],
    labels: np.ndarray,
    validation: tuple[list[list[int]], np.ndarray],
    config: ModelConfig,
    *,
    n_epochs: int,
    vocabulary_size: int,
) -> Iterator[tuple[float, float]]:
    """Yield CPU seconds and validation NLL of each epoch; rate, loss and sizes are the config's."""
    rng = rng_for(config.seed, "plain training")
    target = torch.from_numpy(labels)
    n, size = len(ids), config.batch_size
    updates, done = n_epochs * -(-n // size), 0
    with torch_threads(config.threads), torch_seed(config.seed):
        model = Padded(config, vocabulary_size=vocabulary_size + 1)  # the last id is padding
        optimizer = optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        for _ in range(n_epochs):
            started = time.process_time()
            model.train()
            rows = rng.permutation(n)
            for first in range(0, n, size):
                batch = rows[first : first + size]
                rate = config.learning_rate * share_of_rate(done, updates=updates)
                optimizer.param_groups[0]["lr"] = rate
                loss = focal_loss(
                    model(*_padded([ids[row] for row in batch], vocabulary_size)), target[batch],
                    gamma=config.gamma,
                )  # fmt: skip
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                done += 1
            nll = _nll(model, *validation, pad=vocabulary_size)
            yield time.process_time() - started, nll


def _padded(texts: list[list[int]], pad: int) -> tuple[Tensor, Tensor]:
    longest = max(map(len, texts))
    tokens = torch.tensor([text + [pad] * (longest - len(text)) for text in texts])
    return tokens, tokens == pad


def _nll(model: Padded, ids: list[list[int]], labels: np.ndarray, *, pad: int) -> float:
    model.eval()
    with torch.inference_mode():
        logits = [model(*_padded(ids[first : first + 64], pad)) for first in range(0, len(ids), 64)]
        return float(focal_loss(torch.cat(logits), torch.from_numpy(labels), gamma=0))
