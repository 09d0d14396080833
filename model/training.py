"""Training: noisy logs in, the networks of the best and of the last epoch out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from abkit.core.errors import DataError
from abkit.core.progress import SILENT, Progress
from abkit.core.store import digest_of
from abkit.model.checkpoint import read_checkpoint, write_checkpoint
from abkit.model.epochs import Epoch, Labels, Part, Training
from abkit.model.network import Network
from abkit.model.presets import ModelConfig
from abkit.model.text import Split, normalise, split_by_text
from abkit.model.threads import choose_device, torch_seed, torch_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What a training came to, how, and which rows it saw."""

    best: Network  # after the best epoch, of the lowest validation NLL; see `Training`
    last: Network  # after the last epoch
    best_epoch: int  # 1-based; the last one of equals
    class_names: tuple[str, ...]
    history: tuple[Epoch, ...]
    split: Split  # row numbers of the texts given to `train`

    @property
    def network(self) -> Network:
        """Return the network the config asks for: the best, without early stopping the last."""
        return self.last if self.last.config.patience is None else self.best

    @property
    def kept_epoch(self) -> int:
        """Return the epoch after which the weights were those of `network`, 1-based."""
        return len(self.history) if self.last.config.patience is None else self.best_epoch


def train(
    texts: Sequence[str],
    labels: npt.ArrayLike,
    config: ModelConfig,
    *,
    class_names: Sequence[str],
    checkpoint: Path | None = None,
    progress: Progress = SILENT,
) -> Trained:
    """Train on 80 % of the texts, stop on 10 %, leave 10 % alone for a test.

    Adam on the config's loss, in batches of equal token length; where the config has a patience,
    early stopping on the validation NLL after a temperature.
    The weights depend on the set of (text, label) pairs and the config, not on the rows' order
    nor on the number of threads that torch is set to. (On a GPU their last bits need not repeat.)

    Args:
        texts: Logged texts, n of them; equal texts are kept in one part.
        labels: Int, shape (n,), in 0..k-1.
        config: Sizes and settings, of k classes.
        class_names: k names; the first is LABEL 0.
        checkpoint: A file that holds the training's state after every epoch. If it is there, the
            training goes on from it, to the same bits as one that was never interrupted.
        progress: Shows the batches of each epoch.

    Raises:
        DataError: Lengths disagree, a label is out of range, texts are too few, or the training
            part holds one class only.
        ConfigError: The checkpoint is of another config or other texts, training diverged, or
            torch cannot use the config's device.
        RunError: The checkpoint is damaged, or cannot be written.
    """
    choose_device(config.device)  # refuses one that is not there
    forms = [normalise(text) for text in texts]
    y = checked_labels(labels, n_texts=len(forms), n_classes=config.n_classes)
    if len(class_names) != config.n_classes:
        raise DataError(f"{len(class_names)} class names for {config.n_classes} classes")
    split = split_by_text(forms, seed=config.seed)
    training = _part(forms, y, split.train)
    validation = _part(forms, y, split.validation)
    _check_parts(len(forms), training, validation)
    run = _fit(training, validation, config, checkpoint, progress)
    return Trained(
        best=run.network(run.best),
        last=run.network(run.last),
        best_epoch=run.best_epoch,
        class_names=tuple(class_names),
        history=tuple(run.history),
        split=split,
    )


def _part(forms: list[str], labels: Labels, rows: Labels) -> Part:
    """Return the part in an order that does not depend on the rows', so that sums repeat."""
    in_order = sorted(rows.tolist(), key=lambda row: (forms[row], labels[row]))
    return Part([forms[row] for row in in_order], labels[np.array(in_order, dtype=np.int64)])


def _fit(
    training: Part,
    validation: Part,
    config: ModelConfig,
    checkpoint: Path | None,
    progress: Progress,
) -> Training:
    """Run all epochs, from the checkpoint's state on where there is one."""
    identity = {
        "config": digest_of(config.to_dict()),
        "texts": digest_of([[p.forms, p.labels.tolist()] for p in (training, validation)]),
        "torch version": torch.__version__,  # another one computes other bits
    }
    with torch_threads(config.threads), torch_seed(config.seed, config.device):
        state = read_checkpoint(checkpoint, identity=identity) if checkpoint else None
        run = Training(training, validation, config)
        if state is not None:
            run.restore(*state)
        while not run.finished:
            run.run_epoch(progress)
            if checkpoint is not None:
                facts, tensors = run.state()
                write_checkpoint(checkpoint, identity=identity, facts=facts, tensors=tensors)
    return run


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


def _check_parts(n: int, training: Part, validation: Part) -> None:
    if not (training.forms and validation.forms):
        raise DataError(
            f"{n} texts leave an empty part in the 8:1:1 split",
            hint="a few hundred distinct texts are the least that a classifier can learn from",
        )
    if len(seen := np.unique(training.labels)) < 2:
        raise DataError(f"every training text has label {seen[0]}; expected at least two classes")
