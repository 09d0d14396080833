"""The network against an LSTM written out in numpy, and its size against the formula."""

import numpy as np
import pytest
import torch

from abkit.model.bilstm import BiLstm
from abkit.model.presets import ModelConfig, preset
from abkit.model.threads import torch_seed, torch_threads


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_direction(x, w, suffix: str):
    """One direction of one layer, text by text: gates in torch's order i, f, g, o."""
    h = np.zeros(w[f"lstm.weight_hh_{suffix}"].shape[1])
    c, out = h.copy(), []
    for step in x[::-1] if suffix.endswith("reverse") else x:
        gates = (
            w[f"lstm.weight_ih_{suffix}"] @ step
            + w[f"lstm.bias_ih_{suffix}"]
            + w[f"lstm.weight_hh_{suffix}"] @ h
            + w[f"lstm.bias_hh_{suffix}"]
        )
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        out.append(h)
    return np.array(out[::-1] if suffix.endswith("reverse") else out)


def numpy_logits(ids, w):
    x = w["embed.weight"][ids]
    for layer in ("l0", "l1"):
        x = np.hstack([numpy_direction(x, w, layer), numpy_direction(x, w, f"{layer}_reverse")])
    dense = np.maximum(w["head.1.weight"] @ x.max(axis=0) + w["head.1.bias"], 0)
    return w["head.4.weight"] @ dense + w["head.4.bias"]


@pytest.mark.parametrize("t", [1, 2, 7])
def test_logits_against_numpy(tiny: ModelConfig, t: int) -> None:
    with torch_seed(0):
        model = BiLstm(tiny, vocabulary_size=50).eval()
    weights = {name: value.double().numpy() for name, value in model.state_dict().items()}
    tokens = torch.arange(3 * t).reshape(3, t) * 5 % 50
    got = model(tokens).detach().numpy()
    assert got == pytest.approx(
        np.array([numpy_logits(x.numpy(), weights) for x in tokens]), abs=2e-6
    )


@pytest.mark.parametrize(("k", "hidden"), [(2, 128), (5, 512)])
def test_paper_sizes(k: int, hidden: int) -> None:
    """Section 3: embedding 1024, hidden 128 or 512, two bidirectional layers, two dense ones."""
    config = preset("paper", n_classes=k)
    with torch.device("meta"):
        n = sum(w.numel() for w in BiLstm(config, vocabulary_size=6000).parameters())
    first = 2 * 4 * hidden * (1024 + hidden + 2)
    second = 2 * 4 * hidden * (2 * hidden + hidden + 2)
    dense = (2 * hidden + 1) * hidden + (hidden + 1) * k
    assert n == 6000 * 1024 + first + second + dense
    assert (config.embedding_dropout, config.dense_dropout) == (0.1, 0.2)


def test_token_dropout_hides_whole_tokens(tiny: ModelConfig) -> None:
    """About 20 % of tokens (4 SD of 4,000), all numbers of each; embedding dropout single ones."""
    with torch_seed(0):
        model = BiLstm(tiny, vocabulary_size=50).train()
        kept = model.token_dropout(torch.ones(200, 20, 16)) != 0
        single = model.embedding_dropout(torch.ones(200, 20, 16)) != 0
    assert (kept.all(dim=-1) | ~kept.any(dim=-1)).all()
    assert abs(1 - kept.float().mean().item() - 0.2) < 4 * (0.2 * 0.8 / 4_000) ** 0.5
    assert abs(1 - single.float().mean().item() - 0.1) < 4 * (0.1 * 0.9 / 64_000) ** 0.5


def test_dropout_only_in_training(tiny: ModelConfig) -> None:
    with torch_seed(0):
        model = BiLstm(tiny, vocabulary_size=50)
        tokens = torch.arange(12).reshape(2, 6)
        assert not torch.equal(model(tokens), model(tokens))
        model.eval()
        assert torch.equal(model(tokens), model(tokens))


def test_threads_and_seed_are_restored() -> None:
    before, state = torch.get_num_threads(), torch.random.get_rng_state()
    with torch_threads(3), torch_seed(9):
        assert torch.get_num_threads() == 3
        torch.rand(5)
    assert torch.get_num_threads() == before
    assert torch.equal(torch.random.get_rng_state(), state)
