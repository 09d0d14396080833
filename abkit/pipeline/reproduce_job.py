"""One training of the study: its texts in, every logit that the study needs out, and its time.

The network is not kept. This file decides what is, so it is part of the key of what is cached:
an edit to its code trains everything again.
"""

import io
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from abkit.core.cache import cache_folder
from abkit.core.progress import Progress
from abkit.core.store import atomic_write, write_json
from abkit.core.study import Spent
from abkit.model.presets import ModelConfig
from abkit.pipeline.reproduce_data import NAMES, StudyTexts, study_texts
from abkit.pipeline.reproduce_key import key_of

T = TypeVar("T")
Floats = npt.NDArray[np.float64]

NETWORKS: Final = ("last", "early")
VALIDATION: Final = "validation"  # of the logs, with their noisy labels
TRUTH: Final = "validation-truth"  # the same texts' true labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training: of a table's classes, on so many texts."""

    table: int
    n_texts: int
    config: ModelConfig  # its seed is also the texts'

    @property
    def file(self) -> Path:
        """Return where the outcome is kept."""
        facts = {"table": self.table, "n_texts": self.n_texts, "config": self.config.to_dict()}
        return cache_folder("reproduce") / f"{key_of(facts)}.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one training is measured by."""

    job: Job
    facts: dict[str, Any]  # by network: epoch, training accuracy, noise learnt; and counts
    logits: dict[str, Floats]  # by `network/part`, shape (n, k)
    labels: dict[str, npt.NDArray[np.int64]]  # by part, shape (n,)
    spent: Spent | None = None  # None: the time was not recorded


def train_job(job: Job, *, progress: Progress) -> None:
    """Train, score every part with the last and the early-stopped network, and keep that."""
    from abkit.model.training import train  # torch

    file = job.file
    checkpoint = file.with_suffix(".checkpoint")
    clock = _Clock(file, resumed=checkpoint.is_file(), progress=progress)
    texts = study_texts(job.table, n_texts=job.n_texts, seed=job.config.seed)
    trained = train(
        texts.logs.texts, texts.logs.labels, job.config, class_names=NAMES[job.table],
        checkpoint=checkpoint, progress=clock,
    )  # fmt: skip
    rows = trained.split.validation
    parts = {name: (part.texts, part.labels) for name, part in texts.golden.items()}
    parts[VALIDATION] = [texts.logs.texts[row] for row in rows], texts.logs.labels[rows]
    arrays, facts = {}, _counts(texts, trained.split.train)
    networks = {"last": trained.last, "early": trained.best}
    epochs = {"last": len(trained.history), "early": trained.best_epoch}
    for name, network in networks.items():
        for part, (of_part, _) in parts.items():
            arrays[f"{name}/{part}"] = network.logits(of_part)
        learnt = network.logits([texts.logs.texts[row] for row in trained.split.train])
        facts[name] = {"epoch": epochs[name], **_memory(learnt, texts, trained.split.train)}
    facts["history"] = [asdict(row) for row in trained.history]
    labels = {f"labels/{part}": of_part for part, (_, of_part) in parts.items()}
    labels[f"labels/{TRUTH}"] = texts.true_labels[rows]
    clock.record()
    _write(file, {**arrays, **labels}, facts)
    checkpoint.unlink(missing_ok=True)


class _Clock:
    """A progress that records, after every epoch, what the training has taken until then.

    Beside the outcome, not in it: an outcome has the same bytes whoever makes it again.
    """

    def __init__(self, file: Path, *, resumed: bool, progress: Progress) -> None:
        self.file, self.progress = _seconds(file), progress
        self.before = (read_spent(file) if resumed else None) or Spent(cpu_s=0, wall_s=0)
        self.started = time.process_time(), time.perf_counter()

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items`, then record."""
        yield from self.progress.track(items, description=description, total=total)
        self.record()

    def record(self) -> None:
        """Write the seconds of this process, and of earlier ones that were killed."""
        cpu, wall = self.started
        write_json(
            self.file,
            {
                "cpu_s": self.before.cpu_s + time.process_time() - cpu,
                "wall_s": self.before.wall_s + time.perf_counter() - wall,
            },
        )


def _seconds(file: Path) -> Path:
    return file.with_suffix(".seconds.json")


def read_spent(file: Path) -> Spent | None:
    """Return the recorded time of the training whose outcome is `file`; None: there is none."""
    try:
        return Spent(**json.loads(_seconds(file).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def _memory(logits: Floats, texts: StudyTexts, rows: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return the accuracy on logged training labels, and the share of wrong ones repeated."""
    repeated = logits.argmax(axis=1) == texts.logs.labels[rows]
    wrong = texts.logs.labels[rows] != texts.true_labels[rows]
    return {
        "training_accuracy": float(repeated.mean()),
        "noise_learnt": float(repeated[wrong].mean()) if wrong.any() else 0.0,
    }


def _counts(texts: StudyTexts, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    k = int(texts.logs.labels.max()) + 1
    wrong = texts.logs.labels[rows] != texts.true_labels[rows]
    return {
        "logged": np.bincount(texts.logs.labels, minlength=k).tolist(),
        "wrong_labels": float(wrong.mean()),
    }


def _write(path: Path, arrays: dict[str, npt.NDArray[Any]], facts: dict[str, Any]) -> None:
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, facts=np.array(json.dumps(facts)), **arrays)
    with atomic_write(path) as file:
        file.write(content.getvalue())


def read_outcome(job: Job) -> Outcome:
    """Return the kept outcome of a finished job."""
    path = job.file
    with np.load(path, allow_pickle=False) as kept:
        facts = json.loads(str(kept["facts"]))
        labels = {
            name.removeprefix("labels/"): kept[name] for name in kept if name.startswith("labels/")
        }
        logits = {name: kept[name] for name in kept if name.startswith(NETWORKS)}
    return Outcome(job=job, facts=facts, logits=logits, labels=labels, spent=read_spent(path))
