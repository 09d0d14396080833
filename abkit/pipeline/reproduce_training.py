"""The study's trainings: each made once, several side by side, resumed where they were killed.

What is kept of a training is every logit that the study needs, not the network.
"""

import io
import json
import multiprocessing
import queue
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

import abkit.core
import abkit.model
from abkit.core.cache import cache_folder
from abkit.core.progress import Progress
from abkit.core.store import atomic_write, digest_of
from abkit.model.presets import ModelConfig
from abkit.pipeline.reproduce_data import NAMES, StudyTexts, study_texts
from abkit.simulations.language.sets import LANGUAGE_VERSION

T = TypeVar("T")
Floats = npt.NDArray[np.float64]

NETWORKS: Final = ("last", "early")
VALIDATION: Final = "validation"  # of the logs, with their noisy labels
TRUTH: Final = "validation-truth"  # the same texts' true labels
# The files that decide a training's logits: part of the key of what is cached.
CODE: Final = {
    abkit.core: ("checks.py", "rng.py"),
    abkit.model: (
        "batches.py", "bilstm.py", "checkpoint.py", "epochs.py", "losses.py", "network.py",
        "presets.py", "text.py", "threads.py", "tokenizer.py", "training.py",
    ),
}  # fmt: skip
LIBRARIES: Final = ("torch", "tokenizers", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training: of a table's classes, on so many texts."""

    table: int
    n_texts: int
    config: ModelConfig  # its seed is also the texts'

    @property
    def file(self) -> Path:
        """Return where the outcome is kept."""
        sources = [
            sha256((Path(package.__path__[0]) / name).read_bytes()).hexdigest()
            for package, names in CODE.items()
            for name in names
        ]
        key = digest_of(
            {
                "table": self.table,
                "n_texts": self.n_texts,
                "config": self.config.to_dict(),
                "language": LANGUAGE_VERSION,
                "code": [*sources, *map(version, LIBRARIES)],
            }
        )
        return cache_folder("reproduce") / f"{key[:32]}.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one training is measured by."""

    job: Job
    facts: dict[str, Any]  # by network: epoch, training accuracy, noise learnt; and counts
    logits: dict[str, Floats]  # by `network/part`, shape (n, k)
    labels: dict[str, npt.NDArray[np.int64]]  # by part, shape (n,)


def outcomes(jobs: Sequence[Job], *, workers: int, progress: Progress) -> list[Outcome]:
    """Return the outcome of every job, in their order; those not cached are trained now.

    The outcomes do not depend on the number of workers: each has one torch thread of its own.
    """
    absent = [job for job in jobs if not job.file.is_file()]
    epochs = sum(job.config.epochs or 0 for job in absent)
    done = _run(absent, workers) if absent else iter(())
    what = f"Training {len(absent)} networks for {absent[0].config.epochs} epochs" if absent else ""
    if absent:
        for _ in progress.track(done, description=what, total=epochs):
            pass
    return [read_outcome(job) for job in jobs]


class _Queue(Protocol):
    def put(self, item: int, /) -> None: ...

    def get(self, block: bool = True, timeout: float | None = None) -> int: ...


class _Event(Protocol):
    def set(self) -> None: ...

    def is_set(self) -> bool: ...


class _Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """The study was interrupted; the last finished epoch is kept."""


@dataclass(slots=True)
class _Epochs:
    """A progress that reports every finished run over the batches, and stops when it is told."""

    finished: _Queue
    stop: _Event
    counted: int = 0

    def track(
        self, items: Iterable[T], *, description: str, total: int | None = None
    ) -> Iterator[T]:
        """Yield `items`; what `description` and `total` say is shown elsewhere."""
        for item in items:
            if self.stop.is_set():
                raise _Stopped
            yield item
        self.finished.put(1)
        self.counted += 1


_shared: tuple[_Queue, _Event]  # of a worker process, set when it starts


def _start_worker(finished: _Queue, stop: _Event) -> None:
    global _shared
    _shared = finished, stop


def _start_process(finished: _Queue, stop: _Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it, too, and sets `stop`
    _start_worker(finished, stop)


def _work(job: Job) -> None:
    epochs = _Epochs(*_shared)
    train_job(job, progress=epochs)
    for _ in range((job.config.epochs or 0) - epochs.counted):  # done before it was resumed
        epochs.finished.put(1)


def _run(jobs: Sequence[Job], workers: int) -> Iterator[int]:
    """Train all jobs; yield once for every finished epoch."""
    spawning = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    alone = workers == 1 or len(jobs) == 1
    finished: Any = queue.Queue() if alone else spawning.Queue()
    stop: Any = threading.Event() if alone else spawning.Event()
    pool: Executor = (
        ThreadPoolExecutor(1, initializer=_start_worker, initargs=(finished, stop))
        if alone
        else ProcessPoolExecutor(
            min(workers, len(jobs)), spawning, initializer=_start_process, initargs=(finished, stop)
        )
    )
    with pool:
        running = [pool.submit(_work, job) for job in jobs]
        try:
            while not all(future.done() for future in running):
                yield from _drained(finished)
                for future in running:
                    if future.done():
                        future.result()  # an error ends the study at once
            yield from _drained(finished, block=False)
            for future in running:
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _drained(finished: _Queue, *, block: bool = True) -> Iterator[int]:
    """Yield what is in the queue; wait half a second for the first."""
    try:
        yield finished.get(block, 0.5)
        while True:
            yield finished.get(False)
    except queue.Empty:
        return


def train_job(job: Job, *, progress: Progress) -> None:
    """Train, score every part with the last and the early-stopped network, and keep that."""
    from abkit.model.training import train  # torch

    texts = study_texts(job.table, n_texts=job.n_texts, seed=job.config.seed)
    checkpoint = job.file.with_suffix(".checkpoint")
    trained = train(
        texts.logs.texts, texts.logs.labels, job.config, class_names=NAMES[job.table],
        checkpoint=checkpoint, progress=progress,
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
    _write(job.file, {**arrays, **labels}, facts)
    checkpoint.unlink(missing_ok=True)


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
    with np.load(job.file, allow_pickle=False) as kept:
        facts = json.loads(str(kept["facts"]))
        labels = {
            name.removeprefix("labels/"): kept[name] for name in kept if name.startswith("labels/")
        }
        logits = {name: kept[name] for name in kept if name.startswith(NETWORKS)}
    return Outcome(job=job, facts=facts, logits=logits, labels=labels)
