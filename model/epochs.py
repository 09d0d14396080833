"""Epoch after epoch of Adam on one training part: measured, resumable, on one device."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch import optim

from abkit.core.errors import ConfigError
from abkit.core.progress import Progress
from abkit.core.rng import rng_for
from abkit.model.batches import plan_batches, shuffled_batches, stack
from abkit.model.bilstm import BiLstm
from abkit.model.checkpoint import Facts, Tensors
from abkit.model.losses import focal_loss, objective_of
from abkit.model.network import Network
from abkit.model.presets import ModelConfig
from abkit.model.tokenizer import encode, tokenizer_size, train_tokenizer

# What is planned where the config leaves it open: at least so many epochs and steps of Adam ...
EPOCHS: Final = 4
UPDATES: Final = 1_000
# ... and, since few texts must be read more often, READINGS / n - EPOCHS of n texts: 4 epochs from
# 15,000 on, more for fewer, up to 40. docs/real-texts.md shows what the extra epochs are worth.
READINGS: Final = 120_000
MOST_EPOCHS: Final = 40

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One row of the training history. The objective is the config's loss, never called NLL."""

    epoch: int  # 1-based
    objective: float  # mean loss over the training part, while training (dropout on)
    validation_objective: float  # mean loss over the validation part
    validation_nll: float  # mean -log p_y over the validation part, uncalibrated


@dataclass(frozen=True, slots=True)
class Part:
    """Normal forms and their labels."""

    forms: list[str]
    labels: Labels  # (n,)


class Training:
    """One training between two epochs; made and used inside `torch_threads` and `torch_seed`."""

    def __init__(self, training: Part, validation: Part, config: ModelConfig) -> None:
        self.config, self.validation = config, validation
        tokenizer = train_tokenizer(training.forms, vocabulary_size=config.vocabulary_size)
        self.tokenizer = tokenizer
        self.ids = encode(tokenizer, training.forms, max_tokens=config.max_tokens)
        self.lengths = np.array([len(one) for one in self.ids], dtype=np.int64)
        self.labels = torch.from_numpy(training.labels)
        self.objective = objective_of(config)
        self.epochs, self.updates = planned(self.lengths, config)
        self.patience = patience(config, epochs=self.epochs)
        self.device = torch.device(config.device)
        self.rng = rng_for(config.seed, "training batches")
        # made on the CPU and moved, so that every device starts from the same weights
        self.model = BiLstm(config, vocabulary_size=tokenizer_size(tokenizer)).to(self.device)
        self.optimizer = optim.Adam(self.model.parameters(), lr=config.learning_rate, fused=True)
        self.done = 0  # updates
        self.history: list[Epoch] = []
        self.best_epoch = 0
        self.best: Tensors = {}  # weights after the epoch of the lowest `_compared`
        self.lowest = math.inf  # what it was after that epoch
        self.last: Tensors = {}  # weights after the last epoch

    @property
    def finished(self) -> bool:
        """Whether all planned epochs are done, or validation has got worse for long enough."""
        n = len(self.history)
        return n >= self.epochs or n - self.best_epoch >= self.patience

    def run_epoch(self, progress: Progress) -> None:
        """Train one more epoch and measure it on the validation part."""
        epoch = len(self.history) + 1
        batches = shuffled_batches(self.lengths, self.config.batch_size, self.rng)
        what = f"Training, epoch {epoch} of at most {self.epochs}"
        total = 0.0
        self.model.train()
        for batch in progress.track(batches, description=what, total=len(batches)):
            total += self._step(batch) * len(batch)
        self.last = {name: v.detach().cpu().clone() for name, v in self.model.state_dict().items()}
        logits = self.network(self.last).logits(self.validation.forms)
        row = self._measured(epoch, total / len(self.ids), torch.from_numpy(logits))
        self.history.append(row)
        compared = self._compared(logits)
        if compared <= self.lowest:
            self.best_epoch, self.best, self.lowest = epoch, self.last, compared

    def _step(self, batch: npt.NDArray[np.int64]) -> float:
        """Make one update and return the batch's mean loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * self._share_of_rate()
        tokens = stack(self.ids, batch).to(self.device)
        loss = self.objective(self.model(tokens), self.labels[batch].to(self.device))
        share = len(batch) / self.config.batch_size  # every text weighs the same
        self.optimizer.zero_grad()
        torch.autograd.backward(loss * share)
        self.optimizer.step()
        self.done += 1
        return float(loss.detach())

    def _share_of_rate(self) -> float:
        constant = self.config.schedule == "constant"
        return 1.0 if constant else share_of_rate(self.done, updates=self.updates)

    def _compared(self, logits: npt.NDArray[np.float64]) -> float:
        """Return what is lowest after the best epoch: an NLL of the validation part.

        With early stopping it is the NLL after a temperature. The focal loss starts out too
        unsure: its plain NLL keeps falling while it grows confident, long after its ranking, all
        that calibration cannot mend, has got worse. Without early stopping it is the plain NLL.

        References:
            Berta et al. (2025), Rethinking Early Stopping: Refine, Then Calibrate,
            arXiv:2501.19195.
        """
        if self.patience < math.inf:
            from abkit.model.calibration import fit_temperature  # no other training reads it

            logits = logits / fit_temperature(logits, self.validation.labels).temperature
        target = torch.from_numpy(self.validation.labels)
        return float(focal_loss(torch.from_numpy(logits), target, gamma=0))

    def _measured(self, epoch: int, objective: float, logits: torch.Tensor) -> Epoch:
        """Return the history row of those validation logits; raise if training has diverged."""
        target = torch.from_numpy(self.validation.labels)
        row = Epoch(
            epoch=epoch,
            objective=objective,
            validation_objective=float(self.objective(logits, target)),
            validation_nll=float(focal_loss(logits, target, gamma=0)),
        )
        if not math.isfinite(row.objective + row.validation_nll):
            rate = self.config.learning_rate
            raise ConfigError(
                f"training diverged in epoch {epoch}: the objective is {objective}",
                hint=f"`learning_rate` is {rate}; try {rate / 10:g}",
            )
        return row

    def network(self, weights: Tensors) -> Network:
        """Return those weights as a network."""
        arrays = {name: value.numpy() for name, value in weights.items()}
        return Network(config=self.config, tokenizer=self.tokenizer, weights=arrays)

    def state(self) -> tuple[Facts, Tensors]:
        """Return everything that later epochs and the result depend on."""
        facts = {
            "history": [asdict(row) for row in self.history],
            "best_epoch": self.best_epoch,
            "updates": self.done,
            "batches": _as_lists(self.rng.bit_generator.state),
        }
        adam = {
            f"{parameter}/{name}": value
            for parameter, moments in self.optimizer.state_dict()["state"].items()
            for name, value in moments.items()
        }
        generators = {"cpu": torch.random.get_rng_state()}
        if self.config.device == "cuda":
            generators["cuda"] = torch.cuda.get_rng_state()
        groups = {"weights": self.last, "best": self.best, "adam": adam, "generators": generators}
        return facts, {
            f"{group}/{name}": value
            for group, tensors in groups.items()
            for name, value in tensors.items()
        }

    def restore(self, facts: Facts, tensors: Tensors) -> None:
        """Continue from what `state` returned."""
        self.history = [Epoch(**row) for row in facts["history"]]
        self.best_epoch, self.done = facts["best_epoch"], facts["updates"]
        self.rng.bit_generator.state = _as_arrays(facts["batches"])
        self.last, self.best = _group(tensors, "weights"), _group(tensors, "best")
        self.lowest = self._compared(self.network(self.best).logits(self.validation.forms))
        self.model.load_state_dict(self.last)
        adam: dict[int, Tensors] = {}
        for key, value in _group(tensors, "adam").items():
            parameter, name = key.split("/")
            adam.setdefault(int(parameter), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": adam, "param_groups": groups})
        torch.random.set_rng_state(tensors["generators/cpu"])
        if self.config.device == "cuda":
            torch.cuda.set_rng_state(tensors["generators/cuda"])


def planned(lengths: Labels, config: ModelConfig) -> tuple[int, int]:
    """Return how many epochs to train at most, and how many updates they have.

    Where the config leaves it open, for n texts in b batches: ceil(120,000 / n) - 4 epochs, within
    4 to 40, but no fewer than ceil(1,000 / b). Early stopping may end the training before.

    Args:
        lengths: Tokens of each training text, shape (n,), n >= 1.
        config: Its `epochs` and `batch_size`.
    """
    per_epoch = len(plan_batches(lengths, config.batch_size))
    often = min(MOST_EPOCHS, math.ceil(READINGS / len(lengths)) - EPOCHS)
    epochs = config.epochs or max(EPOCHS, often, math.ceil(UPDATES / per_epoch))
    return epochs, epochs * per_epoch


def patience(config: ModelConfig, *, epochs: int) -> float:
    """Return how many epochs without a better one end the training; inf without early stopping.

    Where the config leaves the epochs open, no fewer than a quarter of those planned: an epoch of
    few texts makes few updates.
    """
    if config.patience is None:
        return math.inf
    return config.patience if config.epochs else max(config.patience, epochs // 4)


def share_of_rate(done: int, *, updates: int) -> float:
    """Rise over the first twentieth, then fall to 0: late epochs settle instead of wandering."""
    return min(1.0, 20 * (done + 1) / updates) * (1 - done / updates)


def _group(tensors: Tensors, group: str) -> Tensors:
    start = f"{group}/"
    return {key.removeprefix(start): tensors[key] for key in tensors if key.startswith(start)}


def _as_lists(state: Any) -> Any:
    """Return a numpy generator's state as JSON-able values."""
    if isinstance(state, dict):
        return {key: _as_lists(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state


def _as_arrays(state: Any) -> Any:
    """Return what `_as_lists` was given; a Philox state's arrays are all unsigned 64-bit."""
    if isinstance(state, dict):
        return {key: _as_arrays(value) for key, value in state.items()}
    return np.array(state, dtype=np.uint64) if isinstance(state, list) else state
