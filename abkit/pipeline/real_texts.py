"""Networks and the linear baseline, trained and measured on real texts."""

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from abkit.core import checks
from abkit.core.errors import DataError, unknown_choice
from abkit.core.progress import SILENT, Progress
from abkit.core.real_texts import RealTexts
from abkit.pipeline.real_texts_changes import CHANGES
from abkit.pipeline.real_texts_data import TASKS
from abkit.pipeline.real_texts_measures import task_report
from abkit.pipeline.real_texts_training import MODELS, Job, Outcome, run_job

_SLOWEST: Final = "clothing not recommended"


def real_texts(
    folder: Path,
    *,
    seeds: int = 1,
    tasks: Sequence[str] = tuple(TASKS),
    rows: int | None = None,
    epochs: int | None = None,
    workers: int = 2,
    progress: Progress = SILENT,
) -> RealTexts:
    """Train CE, FL1 and FL5 and the linear baseline on every task, and measure them.

    The networks are `compact`, stopped early; temperatures are fitted on the validation part. FL1
    is also trained with one thing changed, where `CHANGES` has changes for the task.

    Args:
        folder: Of the files that `abkit.pipeline.real_texts_data` reads.
        seeds: How many, from 0 on; each has its own split and weights.
        tasks: Names of `TASKS`.
        rows: At most so many of each task; None: all.
        epochs: At most; None: as many as `compact` plans.
        workers: Trainings side by side, one thread each; they do not change the results.
        progress: Counts the models.

    Raises:
        ConfigError: A number is out of its domain, or a task unknown.
        DataError: A file cannot be used.
    """
    for name, value in (("seeds", seeds), ("workers", workers)):
        checks.at_least(name, value, 1)
    for task in tasks:
        if task not in TASKS:
            raise unknown_choice("task", task, TASKS)
    if not folder.is_dir():
        raise DataError(f"there is no folder `{folder}`", hint="check the path")
    texts = {task: TASKS[task](folder) for task in tasks}  # refused before any training
    in_order = sorted(tasks, key=lambda task: task != _SLOWEST)  # so that workers end together
    jobs = [
        Job(folder=folder, task=task, model=model, seed=seed, rows=rows, epochs=epochs)
        for task in in_order
        for seed in range(seeds)
        for model in (*MODELS, *CHANGES[task])
    ]
    what = f"Training {len(jobs)} models"
    found: dict[Job, Outcome] = {}
    for outcome in progress.track(_run(jobs, workers), description=what, total=len(jobs)):
        found[outcome.job] = outcome
    return RealTexts(
        seeds=tuple(range(seeds)),
        tasks=tuple(
            task_report(
                texts[task],
                {model: _of_model(task, model, jobs, found) for model in MODELS},
                {model: _of_model(task, model, jobs, found) for model in CHANGES[task]},
            )
            for task in tasks
        ),
    )


def _of_model(
    task: str, model: str, jobs: Sequence[Job], found: Mapping[Job, Outcome]
) -> list[Outcome]:
    """Return the outcomes, seed by seed."""
    return [found[job] for job in jobs if (job.task, job.model) == (task, model)]


def _run(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    if workers == 1:
        yield from map(run_job, jobs)
        return
    spawning = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(min(workers, len(jobs)), spawning) as pool:
        try:
            for future in as_completed([pool.submit(run_job, job) for job in jobs]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
