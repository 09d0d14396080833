"""A killed training goes on to the same bits; a checkpoint of another one is refused."""

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from abkit.core.errors import ConfigError, RunError
from abkit.model.checkpoint import read_checkpoint, write_checkpoint
from abkit.model.presets import ModelConfig
from abkit.model.training import Trained, train

NAMES = ("defective", "other")

# Trains on what it is given, and kills itself without warning in the middle of an epoch.
KILLED = """
import json, os, pickle, signal, sys
from pathlib import Path
from abkit.model.presets import ModelConfig
from abkit.model.training import train

texts, labels, config, path, epoch = pickle.loads(sys.stdin.buffer.read())

class Deadly:
    def track(self, items, *, description, total=None):
        for i, item in enumerate(items):
            if f"epoch {epoch} " in description and i == total // 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield item

train(texts, labels, ModelConfig(**config), class_names=("defective", "other"),
      checkpoint=Path(path), progress=Deadly())
"""


class Epochs:
    """Notes which epochs are trained."""

    def __init__(self, stop_at: str = "never") -> None:
        self.seen: list[str] = []
        self.stop_at = stop_at

    def track(self, items, *, description, total=None):
        self.seen.append(description.split()[2])
        if self.seen[-1] == self.stop_at:
            raise KeyboardInterrupt
        yield from items


def same(a: Trained, b: Trained) -> bool:
    """Whether both networks, to the bit, and all facts agree."""
    return (a.history, a.best_epoch) == (b.history, b.best_epoch) and all(
        x.tokenizer == y.tokenizer
        and x.weights.keys() == y.weights.keys()
        and all(np.array_equal(x.weights[name], y.weights[name]) for name in x.weights)
        for x, y in ((a.best, b.best), (a.last, b.last))
    )


@pytest.fixture(scope="module")
def overfit(tiny) -> ModelConfig:
    """Long enough that best and last differ, with every dropout on."""
    return replace(
        tiny, gamma=0.0, learning_rate=0.05, epochs=7, patience=None, schedule="constant"
    )


@pytest.fixture(scope="module")
def unbroken(corpus, overfit) -> Trained:
    return train(corpus.texts, corpus.logged, overfit, class_names=NAMES)


def test_a_killed_training_ends_as_an_unbroken_one(corpus, overfit, unbroken, tmp_path) -> None:
    """SIGKILL in the middle of epoch 5 and, resumed, of epoch 6; then to the end."""
    path = tmp_path / "deep" / "state"
    for epoch in (5, 6):
        given = (corpus.texts, corpus.logged, asdict(overfit), str(path), epoch)
        killed = subprocess.run([sys.executable, "-c", KILLED], input=pickle.dumps(given))
        assert killed.returncode == -signal.SIGKILL
        assert os.listdir(path.parent) == ["state"]
    epochs = Epochs()
    resumed = train(
        corpus.texts, corpus.logged, overfit, class_names=NAMES, checkpoint=path, progress=epochs
    )
    assert epochs.seen == ["6", "7"]
    assert same(resumed, unbroken)
    assert unbroken.best_epoch < 6  # so that the best network came out of the file
    again = Epochs()
    finished = train(
        corpus.texts, corpus.logged, overfit, class_names=NAMES, checkpoint=path, progress=again
    )
    assert again.seen == []
    assert same(finished, unbroken)


def test_early_stopping_and_a_falling_rate_resume_too(corpus, tiny, tmp_path) -> None:
    config = replace(tiny, learning_rate=0.05, epochs=12, patience=2)
    whole = train(corpus.texts, corpus.logged, config, class_names=NAMES)
    assert len(whole.history) == whole.best_epoch + 2 < 12
    for stop in ("2", str(whole.best_epoch + 2)):
        with pytest.raises(KeyboardInterrupt):
            train(
                corpus.texts, corpus.logged, config, class_names=NAMES,
                checkpoint=tmp_path / "state", progress=Epochs(stop),
            )  # fmt: skip
    resumed = train(
        corpus.texts, corpus.logged, config, class_names=NAMES, checkpoint=tmp_path / "state"
    )
    assert same(resumed, whole)


def test_resuming_leaves_the_callers_random_state_alone(corpus, tiny, tmp_path) -> None:
    state = torch.random.get_rng_state()
    for _ in range(2):
        train(corpus.texts, corpus.logged, tiny, class_names=NAMES, checkpoint=tmp_path / "state")
        assert torch.equal(torch.random.get_rng_state(), state)


def test_a_checkpoint_of_another_training_is_refused(corpus, tiny, tmp_path) -> None:
    path = tmp_path / "state"
    short = replace(tiny, epochs=1)
    train(corpus.texts, corpus.logged, short, class_names=NAMES, checkpoint=path)
    before = path.read_bytes()
    flipped = np.where(np.arange(len(corpus.logged)) == 3, 1 - corpus.logged, corpus.logged)
    for labels, config, differs in (
        (corpus.logged, replace(short, gamma=3.0), "other config"),
        (corpus.logged, replace(short, epochs=2), "other config"),
        (1 - corpus.logged, short, "other texts"),
        (flipped, replace(short, label_smoothing=0.1), "other config"),
    ):
        with pytest.raises(ConfigError, match=differs) as caught:
            train(corpus.texts, labels, config, class_names=NAMES, checkpoint=path)
        assert str(path) in str(caught.value)
        assert "delete it" in str(caught.value.hint)
    assert path.read_bytes() == before


def test_another_torch_is_another_training(corpus, tiny, tmp_path, monkeypatch) -> None:
    path, config = tmp_path / "state", replace(tiny, epochs=1)
    train(corpus.texts, corpus.logged, config, class_names=NAMES, checkpoint=path)
    monkeypatch.setattr("torch.__version__", "9.9.0")
    with pytest.raises(ConfigError, match="other torch version"):
        train(corpus.texts, corpus.logged, config, class_names=NAMES, checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"notes", bytes(100), b"half"])
def test_a_file_that_is_no_checkpoint(tmp_path, content: bytes) -> None:
    path = tmp_path / "state"
    write_checkpoint(path, identity={"a": "1"}, facts={}, tensors={"x": torch.ones(50)})
    path.write_bytes(path.read_bytes()[:150] if content == b"half" else content)
    with pytest.raises(RunError, match="cannot be used as a checkpoint") as caught:
        read_checkpoint(path, identity={"a": "1"})
    assert "delete it" in str(caught.value.hint)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Big integers and awkward floats too; the order of keys is kept."""
    path = tmp_path / "state"
    facts = {"big": [2**64 - 1, 2**130], "small": [0.1, 5e-324, 1e308], "none": None, "a": {"b": 1}}
    tensors = {"x": torch.arange(6).reshape(2, 3).t(), "y": torch.tensor(3.0)}
    assert read_checkpoint(path, identity={"a": "1"}) is None
    write_checkpoint(path, identity={"a": "1"}, facts=facts, tensors=tensors)
    read = read_checkpoint(path, identity={"a": "1"})
    assert read is not None
    assert read[0] == facts
    assert read[1].keys() == tensors.keys()
    assert all(torch.equal(read[1][name], tensors[name]) for name in tensors)


def test_a_place_that_cannot_be_written_is_told_before_training(corpus, tiny, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError):
        train(
            corpus.texts, corpus.logged, tiny, class_names=NAMES,
            checkpoint=tmp_path / "file" / "state", progress=Epochs("1"),
        )  # fmt: skip
