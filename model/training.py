"""The training loop: noisy logs in, the weights of the best epoch out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import optim

from abkit.core.errors import ConfigError, DataError
from abkit.core.progress import SILENT, Progress
from abkit.core.rng import rng_for
from abkit.model.batches import plan_batches, shuffled_batches, stack
from abkit.model.bilstm import BiLstm
from abkit.model.losses import focal_loss
from abkit.model.network import Network
from abkit.model.presets import ModelConfig
from abkit.model.text import Split, normalise, split_by_text
from abkit.model.threads import torch_seed, torch_threads
from abkit.model.tokenizer import encode, tokenizer_size, train_tokenizer

EPOCHS: Final = 4  # at least this many ...
UPDATES: Final = 1_000  # ... and at least this many steps of Adam, where the config leaves it open

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One row of the training history. The objective is the focal loss, never called NLL."""

    epoch: int  # 1-based
    objective: float  # mean focal loss over the training part, while training (dropout on)
    validation_objective: float  # mean focal loss over the validation part
    validation_nll: float  # mean -log p_y over the validation part: what early stopping compares


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained network, how it came about, and which rows it saw."""

    network: Network
    class_names: tuple[str, ...]
    history: tuple[Epoch, ...]
    best_epoch: int  # whose weights `network` holds
    split: Split  # row numbers of the texts given to `train`


def train(
    texts: Sequence[str],
    labels: npt.ArrayLike,
    config: ModelConfig,
    *,
    class_names: Sequence[str],
    progress: Progress = SILENT,
) -> Trained:
    """Train on 80 % of the texts, stop on 10 %, leave 10 % alone for a test.

    Adam on the focal loss, its rate falling to 0; batches of equal token length; early stopping
    on the validation NLL.
    The weights depend on the set of (text, label) pairs and the config, not on the rows' order
    nor on the number of threads that torch is set to.

    Args:
        texts: Logged texts, n of them; equal texts are kept in one part.
        labels: Int, shape (n,), in 0..k-1.
        config: Sizes and settings, of k classes.
        class_names: k names; the first is LABEL 0.
        progress: Shows the batches of each epoch.

    Raises:
        DataError: Lengths disagree, a label is out of range, texts are too few, or the training
            part holds one class only.
    """
    forms = [normalise(text) for text in texts]
    y = checked_labels(labels, n_texts=len(forms), n_classes=config.n_classes)
    if len(class_names) != config.n_classes:
        raise DataError(f"{len(class_names)} class names for {config.n_classes} classes")
    split = split_by_text(forms, seed=config.seed)
    training = _part(forms, y, split.train)
    validation = _part(forms, y, split.validation)
    _check_parts(len(forms), training, validation)
    best, network, history = _fit(training, validation, config, progress)
    return Trained(
        network=network,
        class_names=tuple(class_names),
        history=history,
        best_epoch=best,
        split=split,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    forms: list[str]
    labels: Labels  # (n,)


def _part(forms: list[str], labels: Labels, rows: Labels) -> _Part:
    """Return the part in an order that does not depend on the rows', so that sums repeat."""
    in_order = sorted(rows.tolist(), key=lambda row: (forms[row], labels[row]))
    return _Part([forms[row] for row in in_order], labels[np.array(in_order, dtype=np.int64)])


def _fit(
    training: _Part, validation: _Part, config: ModelConfig, progress: Progress
) -> tuple[int, Network, tuple[Epoch, ...]]:
    """Return the best epoch (the last one without early stopping), its network, the history."""
    tokenizer = train_tokenizer(training.forms, vocabulary_size=config.vocabulary_size)
    ids = encode(tokenizer, training.forms, max_tokens=config.max_tokens)
    lengths = np.array([len(one) for one in ids], dtype=np.int64)
    target = torch.from_numpy(training.labels)
    rng = rng_for(config.seed, "training batches")
    history: list[Epoch] = []
    with torch_threads(config.threads), torch_seed(config.seed):
        model = BiLstm(config, vocabulary_size=tokenizer_size(tokenizer))
        optimizer = optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        epochs, updates = _planned(lengths, config)
        schedule = optim.lr_scheduler.LambdaLR(optimizer, partial(_share_of_rate, updates=updates))
        for epoch in range(1, epochs + 1):
            batches = shuffled_batches(lengths, config.batch_size, rng)
            what = f"Training, epoch {epoch} of at most {epochs}"
            total = 0.0
            model.train()
            for batch in progress.track(batches, description=what, total=len(batches)):
                loss = focal_loss(model(stack(ids, batch)), target[batch], gamma=config.gamma)
                share = len(batch) / config.batch_size  # every text weighs the same
                optimizer.zero_grad()
                torch.autograd.backward(loss * share)
                optimizer.step()
                schedule.step()
                total += float(loss.detach()) * len(batch)
            now = Network(config=config, tokenizer=tokenizer, weights=_weights(model))
            history.append(_measured(epoch, total / len(ids), now, validation))
            if config.patience is None or history[-1].validation_nll <= min(
                row.validation_nll for row in history
            ):
                best, network = epoch, now
            elif epoch - best >= config.patience:
                break
    return best, network, tuple(history)


def _planned(lengths: Labels, config: ModelConfig) -> tuple[int, int]:
    """Return how many epochs to train at most, and how many updates they have."""
    per_epoch = len(plan_batches(lengths, config.batch_size))
    epochs = config.epochs or max(EPOCHS, math.ceil(UPDATES / per_epoch))
    return epochs, epochs * per_epoch


def _share_of_rate(done: int, *, updates: int) -> float:
    """Rise over the first twentieth, then fall to 0: late epochs settle instead of wandering."""
    return min(1.0, 20 * (done + 1) / updates) * (1 - done / updates)


def _weights(model: BiLstm) -> dict[str, npt.NDArray[np.float32]]:
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def _measured(epoch: int, objective: float, network: Network, validation: _Part) -> Epoch:
    """Return the history row of `network`; raise if training has diverged."""
    logits = torch.from_numpy(network.logits(validation.forms))
    target = torch.from_numpy(validation.labels)
    gamma = network.config.gamma
    row = Epoch(
        epoch=epoch,
        objective=objective,
        validation_objective=float(focal_loss(logits, target, gamma=gamma)),
        validation_nll=float(focal_loss(logits, target, gamma=0)),
    )
    if not math.isfinite(row.objective + row.validation_nll):
        rate = network.config.learning_rate
        raise ConfigError(
            f"training diverged in epoch {epoch}: the objective is {objective}",
            hint=f"`learning_rate` is {rate}; try {rate / 10:g}",
        )
    return row


def checked_labels(labels: npt.ArrayLike, *, n_texts: int, n_classes: int) -> Labels:
    """Return labels as int64, shape (n_texts,), or raise `DataError` for one outside 0..k-1."""
    y = np.asarray(labels)
    if y.shape != (n_texts,):
        raise DataError(f"{n_texts} texts but labels of shape {y.shape}")
    if len(y) and y.dtype.kind not in "iub":
        raise DataError(f"labels are of type {y.dtype}; expected integers from 0")
    if n_texts and (y.min() < 0 or y.max() >= n_classes):
        raise DataError(
            f"labels run from {y.min()} to {y.max()}; expected 0 to {n_classes - 1}",
        )
    return y.astype(np.int64)


def _check_parts(n: int, training: _Part, validation: _Part) -> None:
    if not (training.forms and validation.forms):
        raise DataError(
            f"{n} texts leave an empty part in the 8:1:1 split",
            hint="a few hundred distinct texts are the least that a classifier can learn from",
        )
    if len(seen := np.unique(training.labels)) < 2:
        raise DataError(f"every training text has label {seen[0]}; expected at least two classes")
