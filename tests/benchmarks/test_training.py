"""Training speed of the compact model in CPU seconds: beside padded random batches, as good."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from abkit.core.progress import SILENT
from abkit.model.epochs import Part, Training
from abkit.model.presets import ModelConfig, preset
from abkit.model.text import normalise, split_by_text
from abkit.model.threads import torch_seed, torch_threads
from abkit.model.tokenizer import encode, tokenizer_size
from abkit.pipeline.reproduce_data import study_texts

from . import plain_training

pytestmark = pytest.mark.benchmark
SEEDS, EPOCHS = (0, 1, 2), 4
AS_GOOD = 0.005  # of validation NLL


def parts(seed: int) -> tuple[Part, Part]:
    """Return 80 and 10 % of 8,000 generated logged texts."""
    logs = study_texts(1, n_texts=8_000, seed=seed).logs
    forms = [normalise(text) for text in logs.texts]
    split = split_by_text(forms, seed=seed)
    return tuple(
        Part([forms[row] for row in rows], logs.labels[rows])
        for rows in (split.train, split.validation)
    )


def bucketed(training: Training) -> Iterator[tuple[float, float]]:
    """Yield CPU seconds and validation NLL of each epoch of abkit's own loop."""
    for _ in range(EPOCHS):
        started = time.process_time()
        training.run_epoch(SILENT)
        yield time.process_time() - started, training.history[-1].validation_nll


def both(config: ModelConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return seconds and NLL of both loops, each of shape (epochs, 2)."""
    train, validation = parts(config.seed)
    with torch_threads(config.threads), torch_seed(config.seed):
        training = Training(train, validation, config)
        ours = np.array(list(bucketed(training)))
    ids = encode(training.tokenizer, validation.forms, max_tokens=config.max_tokens)
    plain = plain_training.epochs(
        training.ids, train.labels, (ids, validation.labels), config, n_epochs=EPOCHS,
        vocabulary_size=tokenizer_size(training.tokenizer),
    )  # fmt: skip
    return ours, np.array(list(plain))


def reached(run: np.ndarray, nll: float) -> float:
    """Return the CPU seconds until the NLL was as low as that."""
    return float(run[:, 0].cumsum()[np.argmax(run[:, 1] <= nll)])


def test_compact_trains_faster_than_the_plain_loop_to_the_same_quality() -> None:
    """Means over seeds of four epochs of 6,400 texts, the default config's rate and batches."""
    config = replace(preset("compact", n_classes=2), epochs=EPOCHS)
    runs = [both(replace(config, seed=seed)) for seed in SEEDS]
    ours, plain = (np.mean([run[i] for run in runs], axis=0) for i in (0, 1))
    target = max(ours[:, 1].min(), plain[:, 1].min())
    times = [reached(run, target) for run in (ours, plain)]
    fastest = min(run[0][:, 0].min() for run in runs)
    for name, run in (("equal lengths", ours), ("padded", plain)):
        after = ", ".join(f"{nll:.4f}" for nll in run[:, 1])
        print(f"\n{name}: {run[:, 0].mean():.1f} CPU s an epoch; validation NLL {after}", end="")
    print(
        f"\nboth reach {target:.4f}: after {times[0]:.1f} and {times[1]:.1f} CPU s, padded "
        f"{times[1] / times[0]:.1f} times slower; fastest epoch {fastest:.1f} CPU s (goal 3)"
    )
    assert ours[:, 1].min() <= plain[:, 1].min() + AS_GOOD  # no worse than the plain loop
    assert times[1] > times[0]
    assert fastest < 3
