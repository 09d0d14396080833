"""The device that is chosen, the caller's torch state that is given back."""

import pytest
import torch

from abkit.core.errors import ConfigError
from abkit.model.presets import ModelConfig
from abkit.model.threads import choose_device, torch_seed
from abkit.model.training import train


@pytest.mark.parametrize(
    ("request_", "gpu", "chosen"),
    [
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_chosen_device(request_: str, gpu: bool, chosen: str, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: gpu)
    assert choose_device(request_) == chosen


@pytest.mark.parametrize(
    ("version", "fact"), [(None, "was built without CUDA"), ("12.8", "finds no such GPU")]
)
def test_no_gpu_where_one_is_asked_for(version: str | None, fact: str, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.version.cuda", version)
    with pytest.raises(ConfigError, match=rf"`device` is `cuda`, but torch .* {fact}") as caught:
        choose_device("cuda")
    assert "`auto`" in str(caught.value.hint)


def test_an_unknown_device() -> None:
    with pytest.raises(ConfigError, match="`device` is `gpu`; expected one of `auto`"):
        choose_device("gpu")


def test_training_on_a_gpu_that_is_not_there(corpus, tiny, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    config = ModelConfig.from_dict(tiny.to_dict() | {"device": "cuda"})
    with pytest.raises(ConfigError, match="`device` is `cuda`"):
        train(corpus.texts, corpus.logged, config, class_names=("a", "b"))


def test_the_seed_decides_and_the_callers_state_comes_back() -> None:
    state = torch.random.get_rng_state()
    drawn = []
    for seed in (1, 1, 2):
        with torch_seed(seed):
            drawn.append(float(torch.rand(())))
    assert drawn[0] == drawn[1] != drawn[2]
    assert torch.equal(torch.random.get_rng_state(), state)
