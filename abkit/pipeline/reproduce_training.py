"""The study's trainings: each made once, several side by side, resumed where they were killed."""

import multiprocessing
import queue
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from abkit.core.progress import Progress
from abkit.pipeline.reproduce_job import Job, Outcome, read_outcome, train_job

T = TypeVar("T")


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
